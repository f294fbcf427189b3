"""The books of held money, of refunds and of what can be used up: hand-made, right, and then broken by one entry."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from sim.ledger.audit import audit, contradictions, returned_cents
from sim.ledger.records import Table, Tables
from sim.ledger.tally import failures
from tests.ledger.test_audit import GOOD, NAN, OK, tables_of

Change = Callable[[Tables], object]


def add(table: Table, **row: Any) -> None:
    for column, value in row.items():
        getattr(table, column).append(value)


def held() -> Tables:
    """An authorisation of 650: one cent captured, 49 voided, 100 expired, the rest still held; and one captured whole."""
    tables = tables_of(charges=[(0, 2.0, NAN), (0, 3.0, NAN)], orders=[OK], awards=[0], told_confirmed=True)
    tables.charges.cents[0] = 1
    whole = {"purchase": 0, "order": 0, "cents": 650, "voided_cents": 0, "expired_cents": 0, "authorised_s": 1.6}
    add(tables.holds, **whole | {"charge": 0, "captured_cents": 1, "voided_cents": 49, "expired_cents": 100, "released_s": NAN})
    add(tables.holds, **whole | {"charge": 1, "captured_cents": 650, "released_s": 3.0})
    call = {"purchase": 0, "outcome": 1, "sent_s": 1.7, "answered_s": 3.0}
    add(tables.captures, **call | {"hold": 0, "cents": 1, "captured_s": 2.0})
    add(tables.captures, **call | {"hold": 1, "cents": 600, "captured_s": 3.0})
    add(tables.captures, **call | {"hold": 1, "cents": 50, "captured_s": 3.0})
    add(tables.captures, **call | {"hold": 1, "cents": 50, "captured_s": NAN})  # refused
    return tables


def given_back() -> Tables:
    """Two charges: of one a part is given back, in two steps; of the other all, at the moment of the charge."""
    tables = tables_of(charges=[(0, 2.0, NAN), (0, 3.0, 3.0)], orders=[OK], awards=[0], told_confirmed=True)
    for charge, cents, at_s in ((0, 100, 4.0), (0, 549, 5.0), (1, 650, 3.0)):
        add(tables.refunds, charge=charge, purchase=0, cents=cents, refunded_s=at_s)
    return tables


def used_up() -> Tables:
    """Ten units: three sold, four taken and given back, two in somebody's hand; and an account that nobody draws on."""
    tables = tables_of(orders=[OK, OK, OK], awards=[0, 1, 2], charges=[(0, 2.0, NAN)])
    for status in (1, 2):
        tables.orders.status[status] = 0
    add(tables.accounts, kind=0, balance=10, left=5, overwritten=0)
    add(tables.accounts, kind=0, balance=7, left=7, overwritten=0)
    taken = {"purchase": 0, "account": 0, "taken_s": 1.5, "given_back_s": NAN, "given_back": 0, "sold_s": NAN}
    add(tables.takings, **taken | {"order": 0, "units": 3, "sold_s": 3.0})
    add(tables.takings, **taken | {"order": 1, "units": 4, "given_back": 4, "given_back_s": 2.0})
    add(tables.takings, **taken | {"order": 2, "units": 2})
    return tables


def entry(table: str, column: str, row: int, value: Any) -> Change:
    return lambda tables: getattr(getattr(tables, table), column).__setitem__(row, value)


BROKEN: dict[str, tuple[Callable[[], Tables], Change]] = {
    "authorised = captured + voided + expired + held": (held, entry("holds", "voided_cents", 0, 601)),
    "an authorisation of which nothing is held is released": (held, entry("holds", "released_s", 0, 9.0)),
    "captured of an authorisation = the sum of its captures": (held, entry("captures", "cents", 1, 601)),
    "captured of an authorisation = taken in the ledger": (held, entry("charges", "cents", 0, 2)),
    "authorised before captured": (held, entry("captures", "captured_s", 0, 1.5)),
    "no more is given back than was captured": (given_back, entry("refunds", "cents", 2, 651)),
    "only what was captured is given back": (given_back, entry("charges", "captured_s", 0, NAN)),
    "captured before refunded": (given_back, entry("charges", "captured_s", 1, 3.5)),
    "refunded in whole = all of it given back": (given_back, entry("refunds", "cents", 1, 550)),
    "left in the book = balance - taken + given back + overwritten": (used_up, entry("accounts", "left", 0, 6)),
    "only confirmed orders are sold anything": (used_up, entry("takings", "sold_s", 2, 3.0)),
    "taken before sold": (used_up, entry("takings", "taken_s", 0, 3.5)),
    "taking and order belong to the same purchase": (used_up, entry("takings", "purchase", 1, 1)),
}
ALSO = {  # the same entry says this as well
    "only what was captured is given back": "captured before refunded",
    "no more is given back than was captured": "",
}


@pytest.mark.parametrize("law", BROKEN)
def test_a_broken_law_is_named(law: str) -> None:
    made, change = BROKEN[law]
    tables = made()
    assert contradictions(tables, audit(tables)) == {}
    change(tables)
    found = contradictions(tables, audit(tables))
    assert found[law] >= 1
    assert set(found) <= {law, ALSO.get(law, law)}


def test_negative_parts_are_no_balance() -> None:
    """Each part is at least 0, though their sum may be right."""
    tables = held()
    tables.holds.voided_cents[0], tables.holds.expired_cents[0] = -1, 150
    assert contradictions(tables, audit(tables))["authorised = captured + voided + expired + held"] == 1


def test_units_that_were_overwritten_count() -> None:
    tables = used_up()
    tables.accounts.left[0], tables.accounts.overwritten[0] = 8, 3
    assert contradictions(tables, audit(tables)) == {}


def test_unlocked_refunds_may_give_back_too_much() -> None:
    """That is what they are tried for; with locks it is a bug."""
    tables = given_back()
    tables.refunds.cents[2] = 651
    tables.counts["refunds_unlocked"] = 1
    assert contradictions(tables, audit(tables)) == {}
    assert audit(tables).over_refunded_cents[0] == 1


def test_what_is_given_back_of_each_charge() -> None:
    """The sum of its refunds; a charge that was refunded whole without rows of its own, in full."""
    assert returned_cents(given_back()).tolist() == [649, 650]
    alone = tables_of(charges=[(0, 2.0, NAN), (0, 3.0, 9.0)], orders=[OK])
    assert returned_cents(alone).tolist() == [0, 650]


@pytest.mark.parametrize(
    ("balance", "sold", "missing"),
    [(10, (3, 4, 2), (0, 0, 0)), (9, (3, 4, 2), (0, 0, 0)), (8, (3, 4, 2), (0, 0, 1)), (3, (3, 4, 2), (0, 4, 2)),
     (2, (3, 4, 2), (1, 4, 2)), (0, (3, 4, 2), (3, 4, 2))],
)  # fmt: skip
def test_who_bought_first_has_theirs(balance: int, sold: tuple[int, ...], missing: tuple[int, ...]) -> None:
    """Of three orders in a row, the units that are missing are those beyond the balance."""
    tables = tables_of(orders=[OK])
    add(tables.accounts, kind=0, balance=balance, left=balance - sum(sold), overwritten=0)
    for number, units in enumerate(sold):
        add(
            tables.takings, purchase=0, order=0, account=0, units=units, given_back=0, taken_s=1.5, given_back_s=NAN,
            sold_s=3.0 + number,
        )  # fmt: skip
    assert audit(tables).oversold_units.tolist() == [sum(missing), 0]
    assert audit(tables).oversold.tolist() == [sum(missing) > 0, False]


def test_each_account_has_its_own_first() -> None:
    """Nobody has bought of the first account; of the second one unit is missing, of the third none."""
    tables = tables_of(orders=[OK])
    for balance in (5, 2, 3):
        add(tables.accounts, kind=0, balance=balance, left=balance, overwritten=0)
    for account, at_s in ((1, 3.0), (2, 4.0)):
        add(
            tables.takings, purchase=0, order=0, account=account, units=3, given_back=0, taken_s=1.5, given_back_s=NAN,
            sold_s=at_s,
        )  # fmt: skip
    assert audit(tables).oversold_units.tolist() == [1, 0]


def test_a_cent_that_is_taken_blocks_nothing() -> None:
    """An authorisation of which anything was captured has served its purpose; one of which nothing was taken has not."""
    tables = held()
    assert audit(tables).blocked.tolist() == [0, 0]
    tables.holds.captured_cents[0] = 0
    assert audit(tables).blocked.tolist() == [1, 0]


def test_taken_at_the_moment_of_the_authorisation() -> None:
    tables = held()
    tables.captures.captured_s[0] = 1.6
    assert contradictions(tables, audit(tables)) == {}


def test_what_is_released_at_once_was_not_held() -> None:
    tables = held()
    tables.holds.released_s[0] = tables.holds.authorised_s[0]
    assert audit(tables).held_cent_s.tolist() == [0, 0]


def test_units_that_stuck_and_units_given_back_twice() -> None:
    """In a hand at the end; and beyond what was taken."""
    tables = used_up()
    judged = audit(tables)
    assert (judged.stuck_units.tolist(), judged.over_returned_units.tolist()) == ([2, 0], [0, 0])
    tables.takings.given_back[1] = 9
    judged = audit(tables)
    assert (judged.stuck_units.tolist(), judged.over_returned_units.tolist()) == ([2, 0], [5, 0])
    tables.takings.given_back[2] = 2
    assert audit(tables).stuck_units.tolist() == [0, 0]


def test_oversold_orders_are_paid_back() -> None:
    """What an oversold order has rightly paid, less what was given back already: that is what it costs to make good."""
    tables = tables_of(**GOOD | {"charges": [(0, 2.0, NAN), (0, 2.5, NAN)]})
    add(tables.accounts, kind=0, balance=0, left=-1, overwritten=0)
    add(tables.takings, purchase=0, order=0, account=0, units=1, given_back=0, taken_s=1.5, given_back_s=NAN, sold_s=3.0)
    add(tables.refunds, charge=0, purchase=0, cents=150, refunded_s=5.0)
    cost = failures(tables, audit(tables))
    assert cost["oversold and paid"].tolist() == [True, False]
    assert cost["cents of oversold"].tolist() == [500, 0]
    assert cost["cents of oversold"].dtype == np.int64
    tables.charges.refunded_s[1] = 9.0
    cost = failures(tables, audit(tables))
    assert (cost["oversold and paid"].tolist(), cost["cents of oversold"].tolist()) == ([True, False], [500, 0])
    tables.charges.captured_s[1] = tables.charges.refunded_s[1] = NAN  # a call that took nothing
    assert failures(tables, audit(tables))["cents of oversold"].tolist() == [500, 0]
    tables.charges.refunded_s[0] = 9.0
    assert failures(tables, audit(tables))["oversold and paid"].tolist() == [False, False]


def test_empty_books_say_nothing() -> None:
    tables = tables_of(**GOOD)
    judged = audit(tables)
    for facts in (judged.oversold_units, judged.stuck_units, judged.over_returned_units, judged.blocked, judged.held_cent_s):
        assert facts.tolist() == [0, 0]
        assert np.issubdtype(facts.dtype, np.integer)
    assert contradictions(tables, judged) == {}
