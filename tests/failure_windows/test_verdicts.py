from __future__ import annotations

import numpy as np
import pytest

from sim.config.library import load_scenario
from sim.config.prices import load_prices
from sim.experiment.statistics import zero_events_bound
from sim.failure_windows.verdicts import TOLERANCE, MorningHarm, Verdict, harm_of, judged
from tests.worlds import ONE_CUSTOMER, design, world
from tests.worlds import judged as judged_morning


def harms(*harmed: int, of: int = 600, kind: str = "double_charge") -> list[MorningHarm]:
    return [MorningHarm(of, number, {kind: number}, exposed=True) for number in harmed]


def cell(own: list[MorningHarm], naive: list[MorningHarm] | None) -> Verdict:
    return judged("W1", "mine", own, naive=naive)


def test_naive_is_closed_when_enough_purchases_came_and_nobody_was_harmed() -> None:
    """0 of 597 leaves 0.5006 % possible, and 0 of 600 leaves 0.498 %, which is below the tolerance."""
    assert zero_events_bound(597) > TOLERANCE > zero_events_bound(600)
    assert cell(harms(0, of=597), None).state == "undecided"
    assert cell(harms(0), None).state == "closed"


def test_naive_is_open_with_one_harmed() -> None:
    assert cell(harms(0, 1), None).state == "open"


def test_closed_is_also_closed_beside_naive() -> None:
    """Where naive harms 1 %, a design is closed once its bound is below 0.1 %, not below 0.5 %: that takes 2,995 purchases."""
    naive = harms(6, 6, 6, 6, 6, 6)
    assert cell(harms(0, 0, 0, 0), naive).state == "undecided"
    assert cell(harms(0, 0, 0, 0, 0), naive).state == "closed"
    assert cell(harms(0), harms(0)).state == "undecided", "one morning has no paired interval"
    assert cell(harms(0, 0), harms(0, 0)).state == "closed", "and where naive harms nobody, the tolerance is enough"


@pytest.mark.parametrize(
    ("own", "naive", "state"),
    [
        ((10, 12, 11, 10), (30, 33, 29, 31), "narrowed"),
        ((30, 33, 29, 31), (10, 12, 11, 10), "worse"),
        ((3, 4, 3, 4), (0, 0, 0, 0), "worse"),
        ((30, 33, 29, 31), (30, 33, 29, 31), "open"),
        ((31, 32, 29, 32), (30, 33, 30, 31), "open"),
        ((0, 90, 3, 20), (30, 33, 29, 31), "undecided"),
        ((0, 0, 0, 1), (30, 33, 29, 31), "narrowed"),
    ],
)
def test_states_by_the_paired_interval(own: tuple[int, ...], naive: tuple[int, ...], state: str) -> None:
    """Clearly fewer, clearly more, about as many by a narrow interval, or too wide an interval to tell."""
    assert cell(harms(*own), harms(*naive)).state == state


def test_only_the_same_mornings_are_compared() -> None:
    """Naive may have more mornings, for the sake of other designs; those beyond are left out of the pairs."""
    assert cell(harms(5, 6), harms(5, 6, 600, 600)) == cell(harms(5, 6), harms(5, 6))


def test_nobody_came() -> None:
    """Without purchases nothing can be said, and that is what is said."""
    empty = cell(harms(0, 0, of=0), harms(0, 0, of=0))
    assert (empty.state, empty.rate.mean, cell(harms(0, of=0), None).state) == ("undecided", None, "undecided")


def test_kinds_are_counted_over_all_mornings() -> None:
    """The commonest first; a kind that never happened is not there."""
    mixed = cell([*harms(1), *harms(2, kind="under_award"), *harms(1, kind="under_award")], None)
    assert list(mixed.kinds.items()) == [("under_award", 3), ("double_charge", 1)]
    assert (mixed.harmed, mixed.purchases, mixed.mornings) == (4, 1800, 3)


@pytest.mark.parametrize(("name", "retracted"), [("naive", 0), ("idempotent", 0), ("outbox", 1)])
def test_a_declined_card_opens_no_window(name: str, retracted: int) -> None:
    """Not even in a design that has said yes by then: that is what the early answer costs, and no fault did it."""
    declined = world(ONE_CUSTOMER.replace("450ms}", "450ms}\n  declined: 100%"))
    assert judged_morning(declined, design(name))[1].metrics["retracted_rate"] == retracted
    harm = harm_of(declined, design(name), load_prices(declined.prices), 0)
    assert (harm.purchases, harm.harmed, harm.kinds.get("retracted")) == (1, 0, None)


@pytest.mark.parametrize(
    ("window", "name", "knobs", "exposed"),
    [
        ("w08-relay-crash", "naive", {}, False),
        ("w08-relay-crash", "outbox", {}, True),
        ("w09-webhook-twice", "idempotent", {}, False),
        ("w09-webhook-twice", "idempotent", {"payment": {"webhooks": "checked"}}, True),
        ("w01-double-tap", "outbox", {}, True),
    ],
)
def test_what_has_nothing_to_strike_is_not_exposed(window: str, name: str, knobs: dict[str, object], exposed: bool) -> None:
    """A relay that isn't there can't crash, and webhooks that nobody listens to can't come twice."""
    world = load_scenario(f"windows/{window}")
    short = world.model_copy(update={"clock": world.clock.model_copy(update={"duration": 120.0, "drain": 60.0})})
    struck = harm_of(short, design(name, knobs, constant=False), load_prices(world.prices), 1)
    assert struck.exposed is exposed
    assert struck.harmed == 0 or exposed
    assert judged("W8", name, [struck], naive=None).exposed is exposed
    assert not np.isnan(struck.rate)
