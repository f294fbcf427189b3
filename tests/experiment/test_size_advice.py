"""The advice of a sizing, followed: on the same mornings with one fewer and one more, and on mornings that it hasn't seen."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest

from sim.architectures import load_design
from sim.architectures.lint.capacity import stations
from sim.config.design import Design
from sim.config.library import parse_scenario
from sim.config.scenario import Scenario
from sim.experiment.bench import Measure
from sim.experiment.capacity import Capacity, with_capacity
from sim.experiment.compare import Result, compare
from sim.experiment.effort import Effort
from sim.experiment.estimates import judge
from sim.experiment.fitting import Neighbour
from sim.experiment.goals import COST, SLACK
from sim.experiment.size import Sizing, size
from sim.vocabulary import METRICS
from tests.tiers import slow
from tests.worlds import design

MORNINGS, FRESH = 3, 4

ONSALE = """
name: small-onsale
clock: {start: "10:00", duration: 5min, drain: 5min}
traffic: {rate: 2/s, price: 85 USD}
provider: {latency: {lognormal: {median: 700ms, sigma: 0.9235}}, declined: 5%, failed: 1.5%}
faults: [{outage: provider, at: "10:02", for: 1min}]
objectives: {double_charge_rate: 0, ack_latency_p95: 5s}
"""
APP = {"timeout": "10s", "retry": {"exponential": {"base": "1s", "cap": "8s", "attempts": 3}}, "key": "purchase"}


@pytest.fixture(scope="module")
def onsale() -> Sizing:
    """A shop that charges in the request, with an outage that leaves more than 1 in 20 unanswered at any capacity."""
    shop = design("idempotent", {"app": APP, "checkout": {"workers": 32, "instances": 1}}, constant=False)
    return size(parse_scenario(ONSALE), [shop], Effort(MORNINGS, jobs=1), fresh=FRESH).sizings["idempotent"]


def at(sizing: Sizing, capacity: Capacity, effort: Effort) -> Result:
    """The design with another capacity, simulated without the search."""
    chosen = with_capacity(sizing.asked, capacity)
    return compare(sizing.result.scenario, [chosen], effort).results[chosen.name]


@pytest.mark.slow
def test_what_no_capacity_reaches_is_not_dropped(onsale: Sizing) -> None:
    """What stands in for it keeps the answer from serving nobody: it serves as many as capacity in plenty, at that cost."""
    assert onsale.goals.never == ("ack_latency_p95",)
    assert onsale.held_to("ack_latency_p95") == "stand-ins"
    assert onsale.capacity["checkout workers"] >= onsale.load["checkout workers"]
    unseen = Effort(4, 9000, jobs=1)
    sized, plenty = (at(onsale, capacity, unseen) for capacity in (onsale.capacity, onsale.reference))
    least = at(onsale, dict.fromkeys(onsale.capacity, 1), unseen)
    for share in ("acknowledged_share", "confirmed_share"):
        assert mean(sized, share) > (1 - SLACK) * mean(plenty, share)
        assert mean(sized, share) > 1.2 * mean(least, share)
    assert mean(sized, "cost_per_1000") < 1.05 * mean(plenty, "cost_per_1000")
    assert mean(sized, "cost_per_1000") < 0.5 * mean(least, "cost_per_1000")


@pytest.mark.slow
def test_lint_and_size_agree(onsale: Sizing) -> None:
    """What is below its offered load in the answer is what the lint finds overloaded, and there is a warning for it."""
    few = with_capacity(onsale.asked, dict.fromkeys(onsale.capacity, 2))
    load, number, _ = stations(few, onsale.result.scenario)["checkout.workers"]
    assert load > number == 2
    assert load == pytest.approx(onsale.load["checkout workers"])
    found = Sizing(**{**vars(onsale), "capacity": dict.fromkeys(onsale.capacity, 2)})
    assert found.overloaded == ["checkout workers"]
    assert found.warnings == [
        f"at the worst moment the first taps alone keep {load:.3g} checkout workers busy (Little's law), and there are 2: "
        "until the rush is over, work queues up or is refused"
    ]
    assert not onsale.warnings


def mean(result: Result, metric: str) -> float:
    value = result.metrics[metric].mean
    assert value is not None
    return value


def drawn(number: int) -> tuple[Scenario, Design]:
    """A small world with a fault or none, a design with its own capacity, and an objective that depends on capacity."""
    pick = Random(number)
    fault: dict[str, Any] = pick.choice(
        [{"outage": "provider", "at": "07:01", "for": "1min"},
         {"brownout": "provider", "at": "07:01", "for": "1min", "latency": "x6", "failed": "5%"}]
    )  # fmt: skip
    limits: dict[str, Any] = {pick.choice(["ack_latency_p95", "confirmation_lag_p95"]): f"{pick.choice([1, 4, 20, 60])}s"}
    if pick.random() < 0.5:
        limits |= {"double_charge_rate": 0, "confirmed_share": pick.choice(["50%", "97%"])}
    world = {
        "name": f"drawn-{number}",
        "clock": {"start": "07:00", "duration": "4min", "drain": "4min"},
        "traffic": {"rate": f"{pick.choice([20, 40, 80])}/min"},
        "provider": {"latency": {"exponential": pick.choice(["400ms", "1500ms"])}},
        "faults": [fault] if pick.random() < 0.7 else [],
        "objectives": limits,
    }
    return Scenario.model_validate(world), load_design(pick.choice(["naive", "idempotent", "outbox"]))


@pytest.mark.parametrize("number", slow(range(12), but=(3,)))
def test_one_fewer_and_one_more_are_as_it_says(number: int) -> None:
    """In drawn worlds all that is said of one fewer and of one more is so when they are simulated anew on those mornings."""
    scenario, chosen = drawn(number)
    sizing = size(scenario, [chosen], Effort(MORNINGS, jobs=1), fresh=FRESH).sizings[chosen.name]
    for name, one in sizing.fewer.items():
        assert one.number == sizing.capacity[name] - 1
        again(sizing, name, one, worse=True)
    for name, one in sizing.more.items():
        assert one.number == sizing.capacity[name] + 1
        again(sizing, name, one, worse=False)
    assert sizing.more
    assert [name for name in sizing.capacity if sizing.load[name] > sizing.capacity[name]] == sizing.overloaded
    assert len(sizing.warnings) == len(sizing.overloaded)


def again(sizing: Sizing, name: str, one: Neighbour, *, worse: bool) -> None:
    """Simulate a neighbour and what it is compared with, and hold what is said to that."""
    effort = Effort(one.mornings, MORNINGS if one.fresh else 0, jobs=1)
    near = at(sizing, sizing.capacity | {name: one.number}, effort)
    answer, plenty = (at(sizing, capacity, effort) for capacity in (sizing.capacity, sizing.reference))
    sign = 1 if worse else -1
    for measure in one.changed:
        to_plenty = one.to_plenty if measure == COST else worse and (measure.reached or measure.metric not in sizing.goals.met)
        other = plenty if to_plenty else answer
        if measure == COST:
            assert sign * (of(near, COST) - of(other, COST)) > 0 or near.metrics["cost_per_1000"].never
        elif measure.metric in sizing.goals.met and not measure.reached:
            limit = sizing.goals.limits[measure.metric]
            statuses = [judge(measure.metric, limit, made.metrics[measure.metric]) for made in (near, other)]
            assert (statuses[0] == "met") is not worse
            assert statuses[1] == "met" or not worse
        elif not measure.reached:
            known = METRICS[measure.metric]
            assert near.metrics[measure.metric].never or sign * known.badness(of(near, measure) - of(other, measure)) > 0
        if not measure.reached:
            assert one.values[measure] == near.metrics[measure.metric]
            assert one.instead_of[measure] == other.metrics[measure.metric]
    if worse and not one.changed:  # not a word of what breaks: then nothing that is met now is violated
        for metric in sizing.goals.met:
            statuses = [judge(metric, sizing.goals.limits[metric], made.metrics[metric]) for made in (near, answer)]
            assert "met" not in statuses or statuses[0] == "met"
    if not worse and COST not in one.changed:  # "no purchase gets cheaper": not on every morning by more than a twentieth
        ratios = near.values("cost_per_1000") / answer.values("cost_per_1000")
        assert (ratios >= 1 - SLACK).any()


def of(result: Result, measure: Measure) -> float:
    """Infinite where a value never comes, or no purchase is correct."""
    value = result.metrics[measure.metric].mean
    return float("inf") if value is None else value
