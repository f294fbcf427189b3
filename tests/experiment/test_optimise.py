"""The front of a design space: known by reasoning in tiny worlds, and the same whoever does the work."""

from __future__ import annotations

import sys
from dataclasses import replace

import numpy as np
import pytest

from sim.architectures import parse_design
from sim.config.errors import ConfigError
from sim.config.library import parse_scenario
from sim.experiment import optimise as optimising
from sim.experiment import pareto
from sim.experiment.compare import compare
from sim.experiment.effort import Effort
from sim.experiment.optimise import Optimum, optimise
from sim.experiment.space import Space, parse_space

FLAKY = parse_scenario("""
name: flaky
clock: {start: "07:00", duration: 3min, drain: 2min}
traffic: {rate: 20/min}
customers: {patience: {constant: 1h}}
provider: {latency: {constant: 300ms}, ambiguous: 20%}
""")
CALM = parse_scenario("""
name: calm
clock: {start: "07:00", duration: 4min, drain: 2min}
traffic: {shape: {"07:00": 20/min, "07:03": 20/min, "07:03:01": 0/min, "07:04": 0/min}}
customers: {patience: {constant: 1h}}
provider: {latency: {constant: 300ms}}
""")
POLLS = parse_space("from: outbox\nvary: {relay.poll_every: [100ms, 500ms, 2s], checkout.workers: [2, 64]}")


def changes(found: Optimum) -> list[dict[str, object]]:
    return [dict(one.candidate.changes) for one in found.front]


def summed_up(found: Optimum) -> tuple[object, ...]:
    front = [(one.candidate.name, one.candidate.changes, one.estimates) for one in found.front]
    return front, [(one.candidate.name, one.mornings, found.place(one)) for one in found.tried], found.runs


@pytest.fixture(scope="module")
def polls() -> Optimum:
    return optimise(CALM, POLLS, Effort(3, jobs=1))


def test_the_front_by_reasoning(polls: Optimum) -> None:
    """Seldom polls are cheap and slow, frequent ones dear and quick; workers who have nothing to do only cost."""
    assert changes(polls) == [{"relay.poll_every": poll, "checkout.workers": 2} for poll in ("2s", "500ms", "100ms")]
    costs, lags = ([one.estimates[metric].mean for one in polls.front] for metric in polls.minimised)
    assert costs == sorted(costs)
    assert lags == sorted(lags, reverse=True)
    idle = [one for one in polls.tried if one.candidate.changes["checkout.workers"] == 64]
    assert {polls.place(one) for one in idle} == {"beaten"}
    assert not polls.perhaps()
    assert not any(polls.ties(one) for one in polls.front)


def test_finalists_meet_fresh_mornings(polls: Optimum) -> None:
    """What is told of the front comes from mornings on which nobody was chosen."""
    for one in polls.front:
        searched = next(tried for tried in polls.tried if tried.candidate == one.candidate)
        assert not set(one.values["cost_per_1000"]) & set(searched.values["cost_per_1000"])
    assert polls.runs == 6 * 3 + len(polls.finalists) * 3


@pytest.mark.parametrize(
    ("unsafe", "safe", "metrics"),
    [
        ("naive", "outbox", ("cost_per_1000", "confirmation_lag_p50")),
        ("no-provider-key", "idempotent", ("infra_cost_per_1000", "ack_latency_p95")),
    ],
)
def test_who_charges_twice_is_never_on_the_front(unsafe: str, safe: str, metrics: tuple[str, str]) -> None:
    """Though it would be there if nobody asked for it: one witness is enough."""
    space = parse_space(f"from: [{unsafe}, {safe}]\nvary: {{payment.timeout: [1s, 5s]}}")
    found = optimise(FLAKY, space, Effort(3, jobs=1), minimise=metrics)
    free = optimise(FLAKY, space, Effort(3, jobs=1), minimise=metrics, subject_to=["confirmed_share=0%"])
    assert {one.candidate.base for one in found.front} == {safe}
    assert {found.place(one) for one in found.tried if one.candidate.base == unsafe} == {"violates"}
    assert unsafe in {one.candidate.base for one in free.front}


def test_a_limit_that_nobody_keeps() -> None:
    """There is no front then, and what came closest is known."""
    found = optimise(CALM, POLLS, Effort(2, jobs=1), subject_to=["confirmation_lag_p99=10ms", "double_charge_rate=0"])
    assert not found.front
    assert not found.finalists
    lag, none = (found.reached(constraint) for constraint in found.constraints)
    assert lag is not None
    assert none is not None
    assert lag[0].changes["relay.poll_every"] == "100ms"
    assert 0.3 < lag[1] < 0.6
    assert none[1] == 0


def test_a_limit_is_held_by_the_far_end_of_the_interval(polls: Optimum) -> None:
    """A mean below the limit is not enough if the interval reaches beyond it."""
    one = polls.front[0]
    value = one.estimates["confirmation_lag_p99"]
    assert value.mean is not None
    assert value.high is not None
    limit = f"{(value.mean + value.high) / 2 + 1:.6f}s"
    space = parse_space("from: outbox\nvary: {relay.poll_every: [2s], checkout.workers: [2]}")
    loose = optimise(CALM, space, Effort(3, jobs=1), subject_to=[f"confirmation_lag_p99={limit}"])
    tight = optimise(CALM, space, Effort(3, jobs=1), subject_to=[f"confirmation_lag_p99={(value.mean + value.high) / 2:.6f}s"])
    assert [one.statuses for one in loose.finalists] == [{"confirmation_lag_p99": "met"}]
    assert [one.statuses for one in tight.finalists] == [{"confirmation_lag_p99": "undecided"}]
    assert not tight.front


def test_what_changes_nothing_is_told_once() -> None:
    """Designs with the same results to the last figure are one point of the front."""
    space = parse_space("from: outbox\nvary: {app.timeout: [20s, 30s, 40s]}")
    found = optimise(CALM, space, Effort(2, jobs=1))
    assert [one.candidate.name for one in found.front] == ["outbox-1"]
    assert [other.name for other in found.front[0].same] == ["outbox-2", "outbox-3"]


def test_what_cannot_be_told_apart_is_a_tie(polls: Optimum) -> None:
    """A design whose paired differences hold zero in both metrics ties; one that is a little worse may be on the front."""
    first = polls.front[0]
    noise = np.array([-1.0, 0.5, 0.6])
    values = {metric: each + noise * (1 if metric in polls.minimised else 0) for metric, each in first.values.items()}
    twin = replace(first, values=values)
    found = replace(polls, finalists=[first, twin])
    assert found.front == [first]
    assert found.ties(first) == [twin]
    assert found.perhaps() == [twin]


def test_halving_finds_the_front_of_all(monkeypatch: pytest.MonkeyPatch, polls: Optimum) -> None:
    """With fewer mornings for those that are no good."""
    monkeypatch.setattr(optimising, "ALL_AT_ONCE", 2)
    monkeypatch.setattr("sim.experiment.search.FINALISTS", 3)
    found = optimise(CALM, POLLS, Effort(3, jobs=1))
    assert found.method == "halving"
    assert changes(found) == changes(polls)
    assert sorted(one.mornings for one in found.tried) == [2, 2, 2, 3, 3, 3]


SAMPLED = parse_space("from: [outbox, idempotent]\nvary: {payment.timeout: 1s..9s}")


@pytest.mark.parametrize("space", [POLLS, pytest.param(SAMPLED, marks=pytest.mark.slow)])
def test_the_same_front_whoever_does_the_work(monkeypatch: pytest.MonkeyPatch, space: Space) -> None:
    """The same seed gives the same candidates, mornings and numbers with one job and with two; also from the sampler."""
    monkeypatch.setattr(optimising, "ALL_AT_ONCE", 2)
    one, two = (optimise(FLAKY, space, Effort(3, 5, jobs=jobs), trials=10) for jobs in (1, 2))
    assert summed_up(one) == summed_up(two)
    assert one.front


def test_a_sampler_tries_what_a_range_holds() -> None:
    """So many different designs, within the ends, and the quickest of them is near the end where it should be."""
    space = parse_space("from: outbox\nvary: {relay.poll_every: 100ms..4s, checkout.workers: [2, 64]}")
    found = optimise(CALM, space, Effort(2, jobs=1), trials=24)
    assert found.method == "sampling"
    assert len(found.tried) == 24
    assert len({one.candidate.differs for one in found.tried}) == 24
    polls = [one.candidate.design.relay.poll_every for one in found.tried]  # type: ignore[attr-defined]
    assert all(0.1 <= poll <= 4 for poll in polls)
    assert found.front[-1].candidate.design.relay.poll_every == min(polls)  # type: ignore[attr-defined]
    assert {one.candidate.changes["checkout.workers"] for one in found.front} == {2}


def test_large_spaces_need_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without Optuna a range is refused, with what to do."""
    monkeypatch.setitem(sys.modules, "optuna", None)
    with pytest.raises(ConfigError, match=r"needs Optuna.*pip install '.\[lab\]' there; or list the values"):
        optimise(CALM, parse_space("from: outbox\nvary: {relay.poll_every: 1s..2s}"), Effort(2, jobs=1))
    many = parse_space(f"from: outbox\nvary: {{relay.batch: {list(range(1, 30))}, payment.workers: {list(range(1, 30))}}}")
    with pytest.raises(ConfigError, match="a design space with 841 combinations needs Optuna"):
        optimise(CALM, many, Effort(2, jobs=1))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"minimise": ["cost_per_1000"]}, "minimise: expected two metrics (got cost_per_1000)"),
        ({"minimise": ["cost_per_1000", "lag"]}, 'minimise: unknown metric "lag"'),
        ({"subject_to": ["double_charge_rate"]}, "subject_to: expected METRIC=LIMIT, like double_charge_rate=0"),
        ({"subject_to": ["doble_charge_rate=0"]}, 'subject_to: doble_charge_rate: unknown metric; did you mean "double_'),
        ({"subject_to": ["ack_latency_p95=1"]}, "subject_to: ack_latency_p95: a bare number: add the unit"),
        ({"effort": Effort(1)}, "mornings: expected a whole number from 2"),
        ({"effort": Effort(cells=2)}, "cells: expected 1: only run, compare and cells divide a morning (got 2)"),
        ({"trials": 0}, "trials: expected a whole number of at least 1"),
    ],
)
def test_what_cannot_be_asked(options: dict[str, object], message: str) -> None:
    """Said before anything is simulated."""
    with pytest.raises(ConfigError) as error:
        optimise(CALM, POLLS, **options)  # type: ignore[arg-type]
    assert str(error.value).startswith(message)


def test_ranks_and_crowding_by_hand() -> None:
    """A staircase, one point behind it, and one that equals a step: neither of two equals dominates the other."""
    points = np.array([[1.0, 5.0], [2.0, 3.0], [2.0, 3.0], [4.0, 1.0], [4.0, 4.0], [5.0, np.inf]])
    assert pareto.ranks(points).tolist() == [0, 0, 0, 0, 1, 2]
    assert pareto.front(points) == [0, 1, 2, 3]
    lonely = pareto.crowding(points[[0, 1, 3]])
    assert lonely[1] == pytest.approx((4 - 1) / 3 + (5 - 1) / 4)
    assert np.isinf(lonely[[0, 2]]).all()
    assert pareto.in_order(points, np.array([0, 0, 0, 9.0, 0, 1.0])) == [0, 1, 2, 4, 5, 3]


THIN = parse_scenario("""
name: thin
clock: {start: "07:00", duration: 10min, drain: 10min}
traffic: {rate: 12/h}
provider: {latency: {constant: 6s}}
customers: {patience: {constant: 60s}}
""")


def test_mornings_without_customers_are_left_out() -> None:
    """One of twenty had none; on the others a time limit of 5 s charges everybody twice, which the search sees."""
    found = optimise(THIN, parse_space("from: naive\nvary: {payment.timeout: [5s, 10s]}"), Effort(20, jobs=1))
    rates = found.designs.set_index("payment.timeout")["double_charge_rate"]
    assert rates.to_dict() == {"5s": 1.0, "10s": 0.0}
    assert found.designs.set_index("payment.timeout")["place"].to_dict() == {"5s": "violates", "10s": "front"}
    assert changes(found) == [{"payment.timeout": "10s"}]


def test_a_morning_on_which_nothing_came_right_has_a_cost() -> None:
    """That of all mornings is out of all their correct purchases, as everywhere: no infinity for one declined card."""
    one = parse_scenario("""
name: one
clock: {start: "07:00", duration: 5min, drain: 5min}
traffic: {times: ["07:01"]}
provider: {declined: 40%, latency: {constant: 300ms}}
""")
    found = optimise(one, parse_space("from: outbox\nvary: {relay.poll_every: [100ms, 1s]}"), Effort(8, jobs=1))
    costs = found.designs.set_index("relay.poll_every")["cost_per_1000"]
    for poll in ("100ms", "1s"):
        design = parse_design(f"{{name: this, from: outbox, relay: {{poll_every: {poll}}}}}")
        whole = compare(one, [design], Effort(8, jobs=1)).results["this"].metrics["cost_per_1000"]
        assert costs[poll] == pytest.approx(whole.mean)
