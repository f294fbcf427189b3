"""Why a purchase went wrong: each has one cause, the causes add up to all of them, and what they cost to all that failed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sim.architectures import ARCHITECTURES, load_design
from sim.config.library import load_scenario
from sim.config.prices import load_prices
from sim.experiment.mornings import simulate
from sim.ledger.causes import NAMES, NONE, causes, lost
from sim.ledger.costs import PARTS
from sim.ledger.violations import VIOLATIONS
from sim.vocabulary import LATE_S
from tests.properties.world import World
from tests.properties.worlds import for_all, tiers, worlds
from tests.worlds import ONE_CUSTOMER, design, judged, world

ROOT = Path(__file__).parents[2]
SLOW = ONE_CUSTOMER.replace("450ms}", "30s}")
FAILING = ONE_CUSTOMER.replace("450ms}", "450ms}\n  failed: 100%")
IMPATIENT = ONE_CUSTOMER.replace("customers:\n", "customers:\n  double_tap: {p: 100%, gap: 100ms}\n")
LEAVING = SLOW.replace("1h}", "5s}\n  after_patience: {tap_again: 0%, refresh: 0%, leave: 100%}")
ONCE = {"app": {"retry": {"never": True}}}
HOLDS = {"app": {"timeout": "1min", "retry": {"never": True}}, "payment": {"timeout": "1min"}}
LIBRARY = {**HOLDS, "payment": {"timeout": "5s", "sdk": {"key": "fresh", "tries": 2}}}


def found(scenario: str, name: str, changes: dict[str, Any] | None = None, late_s: float = LATE_S) -> list[str]:
    """`kind: cause` of all that went wrong."""
    tables, evidence = judged(world(scenario), design(name, changes or {}), 0)
    codes = causes(tables, evidence.audit, late_s)
    return [": ".join(NAMES[code]) for code in sorted({*codes.tolist()} - {NONE})]


def test_who_got_it_has_no_cause() -> None:
    """Nor has a card that is declined at once."""
    assert found(ONE_CUSTOMER, "outbox") == []
    assert found(ONE_CUSTOMER.replace("450ms}", "450ms}\n  declined: 100%"), "naive") == []


@pytest.mark.parametrize(
    ("scenario", "name", "changes", "cause"),
    [
        (ONE_CUSTOMER + "network: {request_lost: 100%}\n", "naive", {}, "lost: network"),
        (ONE_CUSTOMER + 'faults: [{outage: database, at: "07:00", for: 1h}]\n', "idempotent", {}, "lost: waiting"),
        (ONE_CUSTOMER + 'faults: [{outage: checkout, at: "07:00", for: 1h}]\n', "naive", {}, "lost: shop down"),
        (ONE_CUSTOMER + 'faults: [{outage: provider, at: "07:00", for: 1h}]\n', "naive", {}, "lost: provider down"),
        (ONE_CUSTOMER + "faults: [{crash: checkout, after: charge, p: 100%}]\n", "naive", ONCE, "lost: charged"),
        (ONE_CUSTOMER + "faults: [{crash: checkout, after: claim, p: 100%}]\n", "idempotent", ONCE, "late: network"),
        (ONE_CUSTOMER + "faults: [{crash: checkout, after: commit, p: 100%}]\n", "idempotent", ONCE, "harmed: points missing"),
        (FAILING, "naive", {}, "lost: provider refused"),
        (ONE_CUSTOMER.replace("450ms}", "450ms}\n  errored: 100%"), "naive", {}, "lost: provider broke down"),
        (SLOW, "naive", {}, "lost: charged"),
        (FAILING, "outbox", {}, "lost: unsettled"),
        (IMPATIENT, "naive", {}, "harmed: tapped again"),
        (ONE_CUSTOMER.replace("450ms}", "450ms}\n  declined: 100%"), "outbox", {}, "harmed: yes, then no"),
        (ONE_CUSTOMER + "faults: [{duplicates: broker, p: 100%}]\n", "outbox", {"loyalty": {"inbox": None}},
         "harmed: points twice"),
        (LEAVING, "idempotent", {}, "harmed: left unheard"),
        (SLOW, "naive", HOLDS, "late: provider slow"),
        (SLOW, "naive", {**HOLDS, "proxy": {"timeout": "1s", "tries": 2}}, "harmed: proxy repeated"),
        (SLOW, "idempotent", LIBRARY, "harmed: library repeated"),
    ],
)  # fmt: skip
def test_one_customer(scenario: str, name: str, changes: dict[str, Any], cause: str) -> None:
    """What stood in the way of the only one there is, or led to the harm."""
    assert found(scenario, name, changes) == [cause]


def test_an_app_that_repeats() -> None:
    """The first answer is lost, so the app sends the request again: another order, and another charge."""
    once = "network: {answer_lost: 50%}\n"
    repeats = {"app": {"timeout": "2s", "retry": {"fixed": {"delay": "1s", "attempts": 9}}}}
    seen = {cause for seed in range(30) for cause in _seeded(ONE_CUSTOMER + once, repeats, seed)}
    assert "harmed: app repeated" in seen
    assert "harmed: tapped again" not in seen


def test_who_does_not_wait_for_the_provider_is_not_late_by_it() -> None:
    """The outbox answers before it charges: whose answer is late had lost it, however slow the provider is."""
    slow = SLOW + "network: {answer_lost: 50%}\nobjectives: {ack_latency_p95: 1s}\n"
    scenario, late = world(slow), set()
    for seed in range(20):
        tables, evidence = judged(scenario, design("outbox", {}), seed)
        codes = causes(tables, evidence.audit, scenario.late_s).tolist()
        late |= {NAMES[code] for code in codes if code != NONE and NAMES[code][0] == "late"}
    assert late == {("late", "network")}


def _seeded(scenario: str, changes: dict[str, Any], seed: int) -> list[str]:
    tables, evidence = judged(world(scenario), design("naive", changes), seed)
    return [": ".join(NAMES[code]) for code in causes(tables, evidence.audit, LATE_S).tolist() if code != NONE]


def test_late_is_what_the_objective_says() -> None:
    """The answer takes 450 ms and the way to the shop: it is late for who asks for less, and for nobody by default."""
    quick = ONE_CUSTOMER + "objectives: {ack_latency_p95: 100ms}\n"
    assert world(quick).late_s == 0.1
    assert world(ONE_CUSTOMER + "objectives: {ack_latency_p50: 2s, cost_per_1000: 600 USD}\n").late_s == 2
    assert world(ONE_CUSTOMER).late_s == LATE_S
    assert found(ONE_CUSTOMER, "naive", late_s=0.1) == ["late: provider slow"]
    assert found(ONE_CUSTOMER, "naive") == []


@pytest.mark.parametrize("examples", tiers(40, 400))
def test_causes_add_up(examples: int) -> None:
    """In any drawn world who is lost, harmed or late has one cause and nobody else any; and what the causes cost, by the same
    prices, is what all failures cost.
    """

    def holds(drawn: World) -> None:
        scenario, made = drawn.read()
        tables, evidence = judged(scenario, made)
        codes = causes(tables, evidence.audit, scenario.late_s)
        kinds = np.array([*(kind for kind, _ in NAMES), ""])[codes]
        gone = lost(tables, evidence.audit)
        people = tables.purchases
        late = (
            (people["good_card"] == 1) & ~(people["acknowledged_s"] - people["submitted_s"] <= scenario.late_s) & tables.waits
        )
        wronged = evidence.audit.abandoned | np.logical_or.reduce([known.flags(evidence) for known in VIOLATIONS.values()])
        assert np.array_equal(kinds == "lost", gone)
        assert np.array_equal(kinds == "harmed", wronged & ~gone)
        assert np.array_equal(kinds == "late", late & ~wronged & ~gone)
        counted = {name: evidence.tally.causes[*name, "purchases"] for name in NAMES}
        assert sum(counted.values()) == (codes != NONE).sum()
        failed = sum(evidence.bill.parts[part] for part in PARTS["failures"])
        assert sum(evidence.bill.by_cause.values()) == pytest.approx(failed, rel=1e-9, abs=1e-9)

    for_all(examples, holds, worlds)


def test_every_architecture_loses_to_a_network_that_is_down() -> None:
    """Whatever its story."""
    for name in ARCHITECTURES:
        assert found(ONE_CUSTOMER + "network: {request_lost: 100%}\n", name) == ["lost: network"]


@pytest.mark.parametrize(
    ("window", "name", "cause"),
    [
        ("w01-double-tap", "naive", "harmed: tapped again"),
        ("w02-automatic-retry", "naive", "harmed: app repeated"),
        ("w02-automatic-retry", "outbox", "late: network"),
        ("w03-refresh", "naive", "harmed: tapped again"),
        ("w07-crash-before-publish", "idempotent", "harmed: points missing"),
        ("w11-expired-key", "idempotent", "harmed: charged after a refusal"),
        ("w12-expired-lock", "inquiry", "harmed: charged when done"),
        ("w13-slow-charge", "inquiry", "harmed: charged unheard"),
        ("w16-late-and-broken", "inquiry", "harmed: charged after an error"),
    ],
)
def test_the_cause_of_a_window(window: str, name: str, cause: str) -> None:
    """What a failure window is about is among what the audit says led to harm."""
    scenario = load_scenario(ROOT / "scenarios" / "windows" / f"{window}.yaml")
    tables, evidence = simulate(scenario, load_design(name), load_prices(scenario.prices), 0)
    found = {NAMES[code] for code in causes(tables, evidence.audit, scenario.late_s).tolist() if code != NONE}
    assert tuple(cause.split(": ")) in found
