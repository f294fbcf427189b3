"""The audit judges hand-made mornings of one purchase."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from sim.ledger.audit import Audit, audit, contradictions
from sim.ledger.laws import BrokenLaw, assert_laws
from sim.ledger.records import Purchases, StationRecord, Tables
from sim.ledger.tally import tally
from sim.vocabulary import Fate, Outcome, Status

NAN = float("nan")


def tables_of(
    *,
    charges: list[tuple[int, float, float]] = (),  # type: ignore[assignment]
    orders: list[tuple[Status, int]] = (),  # type: ignore[assignment]
    awards: list[int] = (),  # type: ignore[assignment]
    told_failed: bool = False,
    told_confirmed: bool = False,
    left: bool = False,
    shown_cents: int = 0,
    acknowledged: bool = False,
) -> Tables:
    """One purchase at second 1: charges (order, captured, refunded), orders (status, shown status), awards (order)."""
    tables = Tables(1000.0, 100.0, Purchases(2))  # to the second one nothing happens
    tables.purchases.submitted_s[0] = tables.purchases.submitted_s[1] = 1.0
    tables.purchases.good_card[0] = 1
    tables.purchases.told_failed[0] = told_failed
    tables.purchases.told_confirmed_s[0] = 5.0 if told_confirmed else NAN
    tables.purchases.left_s[0] = 7.0 if left else NAN
    tables.purchases.shown_cents[0] = shown_cents
    tables.purchases.acknowledged_s[0] = 1.1 if acknowledged else NAN
    for order, captured_s, refunded_s in charges:
        row: dict[str, Any] = {
            "purchase": 0, "order": order, "outcome": Outcome.CAPTURED, "cents": 650, "sent_s": 1.5,
            "answered_s": 2.5, "captured_s": captured_s, "refunded_s": refunded_s,
        }  # fmt: skip
        for column, value in row.items():
            getattr(tables.charges, column).append(value)
    for status, shown in orders:
        confirmed_s = 3.0 if status is Status.CONFIRMED else NAN
        row = {
            "purchase": 0, "status": status, "view_status": shown, "created_s": 1.2, "confirmed_s": confirmed_s,
            "changed_s": 3.0, "visible_s": 4.0 if shown == Status.CONFIRMED else NAN, "view_changed_s": 4.0,
        }  # fmt: skip
        for column, value in row.items():
            getattr(tables.orders, column).append(value)
    for order in awards:
        tables.awards.purchase.append(0)
        tables.awards.order.append(order)
        tables.awards.awarded_s.append(6.0)
    tables.counts = {"outbox_written": 0, "outbox_told": 0, "outbox_pending": 0, "outbox_lost": 0, "awards_repeated": 0}
    return tables


OK = (Status.CONFIRMED, Status.CONFIRMED)
GIVEN_UP = (Status.FAILED, Status.FAILED)
GOOD: dict[str, Any] = {"charges": [(0, 2.0, NAN)], "orders": [OK], "awards": [0], "told_confirmed": True}

# what happened -> what the audit says of it, besides the clean (charged 1, kept 1, ordered 1, correct)
CASES: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "clean": (GOOD, {"correct": True, "agreed_s": 4.0}),
    "charged twice": (
        {**GOOD, "charges": [(0, 2.0, NAN), (0, 9.0, NAN)]},
        {"charged": 2, "kept": 2, "correct": False, "agreed_s": np.inf},
    ),
    "refused, then charged": ({**GOOD, "charges": [(0, NAN, NAN), (0, 2.0, NAN)]}, {"correct": True, "agreed_s": 4.0}),
    "charged twice, one refunded": (
        {**GOOD, "charges": [(0, 2.0, NAN), (0, 9.0, 50.0)]},
        {"charged": 2, "kept": 1, "correct": True, "agreed_s": 50.0},
    ),
    "two orders": (
        {"charges": [(0, 2.0, NAN), (1, 2.0, NAN)], "orders": [OK, OK], "awards": [0, 1], "told_confirmed": True},
        {"ordered": 2, "over_awarded": True, "correct": False},
    ),
    "charged, given up": (
        {"charges": [(0, 2.0, NAN)], "orders": [(Status.FAILED, Status.FAILED)], "told_failed": True},
        {"orphan": True, "misinformed": True, "ordered": 0, "agreed_s": np.inf, "confirmed_s": np.inf},
    ),
    "charged, given up, refunded": (
        {"charges": [(0, 2.0, 30.0)], "orders": [(Status.FAILED, Status.FAILED)], "told_failed": True},
        {"orphan": False, "misinformed": False, "charged": 1, "kept": 0, "agreed_s": 30.0},
    ),
    "told failed, then confirmed": ({**GOOD, "told_failed": True}, {"misinformed": False, "correct": True}),
    "told failed, confirmed, but charged for both": (
        {**GOOD, "charges": [(0, 2.0, NAN), (0, 9.0, NAN)], "told_failed": True}, {"misinformed": True},
    ),
    "told confirmed, never charged": (
        {"orders": [OK], "awards": [0], "told_confirmed": True}, {"misinformed": True, "unpaid": True, "charged": 0},
    ),
    "left, charged and untold": (
        {**GOOD, "told_confirmed": False, "left": True}, {"abandoned": True, "misinformed": False, "correct": False},
    ),
    "left, told": ({**GOOD, "left": True}, {"abandoned": False, "correct": True}),
    "left, untold and refunded": (
        {**GOOD, "charges": [(0, 2.0, 30.0)], "told_confirmed": False, "left": True}, {"abandoned": False, "correct": False},
    ),
    "untold, but still there": ({**GOOD, "told_confirmed": False}, {"abandoned": False, "correct": True}),
    "told what was charged": ({**GOOD, "shown_cents": 650}, {"mistaken": False}),
    "told another amount": ({**GOOD, "shown_cents": 1}, {"mistaken": True, "misinformed": False}),
    "told another amount, not charged": (
        {"orders": [OK], "told_confirmed": True, "shown_cents": 1}, {"mistaken": False, "misinformed": True},
    ),
    "told yes, and served": ({**GOOD, "acknowledged": True}, {"retracted": False, "correct": True}),
    "told yes, then declined": (
        {"orders": [(Status.DECLINED, Status.DECLINED)], "acknowledged": True}, {"retracted": True, "ordered": 0},
    ),
    "told yes, and still waiting": (
        {"orders": [(Status.PENDING, Status.PENDING)], "acknowledged": True}, {"retracted": True, "unsettled": True},
    ),
    "told no": ({"orders": [(Status.DECLINED, Status.DECLINED)]}, {"retracted": False}),
    "no award": ({**GOOD, "awards": []}, {"under_awarded": True, "over_awarded": False, "correct": False}),
    "two awards": ({**GOOD, "awards": [0, 0]}, {"over_awarded": True, "under_awarded": False, "correct": False}),
    "an award for nothing": (
        {"orders": [(Status.FAILED, Status.FAILED)], "awards": [0]}, {"over_awarded": True, "ordered": 0},
    ),
    "not in the view": (
        {**GOOD, "orders": [(Status.CONFIRMED, -1)]}, {"differing": True, "unsettled": False, "agreed_s": np.inf},
    ),
    "pending": ({"orders": [(Status.PENDING, Status.PENDING)]}, {"unsettled": True, "differing": True, "ordered": 0}),
    "nothing at all": ({}, {"charged": 0, "ordered": 0, "orphan": False, "under_awarded": False, "unsettled": False}),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_audit(case: str) -> None:
    """Each invariant is broken by what breaks it, and by nothing else."""
    happened, expected = CASES[case]
    judged: Audit = audit(tables_of(**happened))
    assert {name: getattr(judged, name)[0] for name in expected} == expected


@pytest.mark.parametrize("case", CASES)
def test_the_laws_hold_for_honest_books(case: str) -> None:
    """Bad outcomes break promises, never the laws of bookkeeping."""
    tables = tables_of(**CASES[case][0])
    assert_laws(tally(tables, audit(tables)))


def test_the_laws_catch_cooked_books() -> None:
    """A fate nobody counted, an event that vanished, a time that runs backwards, a station that leaks: each raises."""

    def cooked(change: Any) -> None:
        tables = tables_of(**GOOD)
        change(tables)
        assert_laws(tally(tables, audit(tables)))

    def answered_although_lost(tables: Tables) -> None:
        for column, value in {"fate": Fate.LOST, "answer": 201, "purchase": 0, "submission": 1, "attempt": 1}.items():
            getattr(tables.requests, column).append(value)
        tables.requests.sent_s.append(1.0)
        tables.requests.answered_s.append(2.0)

    def vanished(tables: Tables) -> None:
        tables.counts["outbox_written"] = 1

    def backwards(tables: Tables) -> None:
        tables.charges.captured_s[0] = 0.5

    def leaking(tables: Tables) -> None:
        tables.stations.append(
            StationRecord("s", 1, 1, 1, 1.0, 0.0, 0, area_s=10.0, sojourn_s=10.1, provisioned_s=1e3, worked_s=1e3)
        )

    def somebody_elses(tables: Tables) -> None:
        tables.orders.purchase[0] = 1

    cooked(lambda tables: None)
    for change in (answered_although_lost, vanished, backwards, leaking, somebody_elses):
        with pytest.raises(BrokenLaw):
            cooked(change)


def request(tables: Tables, fate: Fate, *, sent_s: float, answered_s: float) -> None:
    """One more request of the purchase, which was answered."""
    for column, value in {"fate": fate, "answer": 201, "purchase": 0, "submission": 1, "attempt": 1}.items():
        getattr(tables.requests, column).append(value)
    tables.requests.sent_s.append(sent_s)
    tables.requests.answered_s.append(answered_s)


@pytest.mark.parametrize(
    ("law", "change"),
    [
        ("charge and order belong to the same purchase", lambda tables: tables.orders.purchase.__setitem__(0, 1)),
        ("no answer to a lost request", lambda tables: request(tables, Fate.LOST, sent_s=1.0, answered_s=2.0)),
        ("sent before answered", lambda tables: request(tables, Fate.EXECUTED, sent_s=2.0, answered_s=1.0)),
        ("submitted before acknowledged", lambda tables: tables.purchases.acknowledged_s.__setitem__(0, 0.9)),
        ("submitted before confirmed", lambda tables: tables.orders.confirmed_s.__setitem__(0, 0.9)),
        ("created before confirmed", lambda tables: tables.orders.confirmed_s.__setitem__(0, 1.1)),
        ("confirmed before visible", lambda tables: tables.orders.visible_s.__setitem__(0, 2.9)),
        ("sent before captured", lambda tables: tables.charges.captured_s.__setitem__(0, 1.4)),
    ],
)
def test_a_broken_law_is_named(law: str, change: Any) -> None:
    """Whoever reads the error knows which two facts contradict each other."""
    tables = tables_of(**GOOD)
    assert contradictions(tables, audit(tables)) == {}
    change(tables)
    found = contradictions(tables, audit(tables))
    assert found[law] + found[f"{law} (time runs forward)"] == 1
    assert set(found) <= {law, f"{law} (time runs forward)", "created before confirmed (time runs forward)"}


@pytest.mark.parametrize(
    ("charges", "orders", "before", "net"),
    [
        ({0: [650]}, [OK], 0, 0),  # one charge for one order is rightful
        ({0: [650]}, [], 650, 650),  # nobody was served: all of it is wrong
        ({0: [650, 650]}, [OK], 650, 650),
        (
            {0: [500], 1: [650]},
            [GIVEN_UP, OK],
            500,
            500,
        ),  # rightful is the charge for the confirmed order, though it came later
    ],
)
def test_what_was_taken_beyond_one_charge_for_an_order(
    charges: dict[int, list[int]], orders: Any, before: int, net: int
) -> None:
    """In whole cents, before refunds and after them."""
    rows = [(order, 2.0 + order) for order, amounts in charges.items() for _ in amounts]
    tables = tables_of(charges=[(order, captured_s, NAN) for order, captured_s in rows], orders=orders or [GIVEN_UP])
    for row, cents in enumerate(cents for amounts in charges.values() for cents in amounts):
        tables.charges.cents[row] = cents
    judged = audit(tables)
    assert (judged.overcharged_cents[0], judged.overcharged_net_cents[0]) == (before, net)
    assert (judged.overcharged_cents[1], judged.overcharged_cents.dtype) == (0, np.int64)
