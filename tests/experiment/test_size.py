"""Sizing: worlds in which the cheapest capacity is known, and what is said where there is none."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import pytest

from sim.architectures import load_design
from sim.architectures.load import offered_load
from sim.config.errors import ConfigError
from sim.config.library import load_scenario
from sim.config.scenario import Scenario
from sim.documents.sizing import document
from sim.experiment.altering import altered
from sim.experiment.bench import Measure, Trial
from sim.experiment.capacity import Capacity, autoscaled, capacity_of, with_capacity
from sim.experiment.compare import compare
from sim.experiment.effort import Effort
from sim.experiment.estimates import Status, holds, judge
from sim.experiment.fitting import Fitting
from sim.experiment.goals import Goals, cost_change
from sim.experiment.mornings import Summary
from sim.experiment.size import Sizing, size, with_objectives
from sim.experiment.statistics import Estimate
from sim.ledger.costs import PARTS
from sim.ledger.records import StationRecord
from sim.validation.bare import NO_TIME, bare_design, bare_world
from sim.validation.queues import EXPONENTIAL, erlang_c
from sim.vocabulary import COUNTED, METRICS
from tests.worlds import design

Data = dict[str, Any]
COUNTS = dict.fromkeys(COUNTED, 0)
COSTS = dict.fromkeys((part for parts in PARTS.values() for part in parts), 0.0)


def p95_s(servers: int, load: float) -> float:
    """Of the stay in M/M/c with a mean service of 1 s: P(T > t) = e^-t (1 + C (1 - e^-kt) / k) with k = c - a - 1."""
    share, k = erlang_c(servers, load), servers - load - 1
    low, high = 0.0, 1000.0
    for _ in range(100):
        t = (low + high) / 2
        late = math.exp(-t) * (1 + share * (t if abs(k) < 1e-9 else -math.expm1(-k * t) / k))
        low, high = (t, high) if late > 0.05 else (low, t)
    return low


def queue(load: float, limits: Data, *, purchases: int = 1200) -> Scenario:
    return Scenario.model_validate(bare_world(purchases, load, {"objectives": limits}))


def server(changes: Data | None = None, *, name: str = "naive") -> Any:
    knobs = bare_design(name, {"checkout": {"service": EXPONENTIAL}, "payment": {"timeout": "1d"}, **(changes or {})})
    return design(name, {key: value for key, value in knobs.items() if key not in ("from", "name")}, constant=False)


def sized(scenario: Scenario, chosen: Any, *, mornings: int = 8, fresh: int = 8, seed: int = 0) -> Sizing:
    found = size(scenario, [chosen], Effort(mornings, seed, jobs=1), fresh=fresh)
    return next(iter(found.sizings.values()))


@pytest.fixture(scope="module")
def erlang() -> Sizing:
    return sized(queue(4.0, {"ack_latency_p95": "3.6s"}), server())


@pytest.mark.slow
def test_erlang_c_is_found(erlang: Sizing) -> None:
    """With a load of 4, 95 % have left within 3.6 s of six servers (3.2 s) and not of five (4.2 s): six it is.

    A morning's p95 of 1,200 stays has a standard error of about sqrt(.05 x .95 / 1200) / .05 = 0.13 s and, since stays are long
    memories, perhaps twice that: over 8 mornings the interval is +-0.2 s, and both are further from the limit.
    """
    assert p95_s(5, 4.0) > 4.1
    assert p95_s(6, 4.0) < 3.3
    assert erlang.capacity == {"checkout workers": 6, "database connections": 1}
    assert erlang.result.verdict == "met"
    assert erlang.load["checkout workers"] == pytest.approx(4.0)


@pytest.mark.slow
def test_what_binds(erlang: Sizing) -> None:
    """With one server fewer the only objective fails, and that is said of the component that has it."""
    assert erlang.bottleneck == "checkout workers"
    assert erlang.binding == ACK
    assert erlang.fewer["checkout workers"].number == 5
    value = erlang.fewer["checkout workers"].values[ACK]
    assert value.high is not None
    assert value.high > 3.6
    assert "database connections" not in erlang.fewer
    assert not any(one.changed for one in erlang.more.values())


def test_no_capacity_helps() -> None:
    """A provider that takes 2 s answers nobody within 1 s: 2 s is the best that any capacity reaches, and is reached."""
    provider = {"latency": {"constant": "2s"}}
    world = Scenario.model_validate(
        bare_world(300, 1.0, {"provider": provider, "objectives": {"ack_latency_p95": "1s", "acknowledged_share": "99%"}})
    )
    found = sized(world, server({"checkout": {"service": NO_TIME}}))
    assert found.result.verdict == "violated"
    assert found.goals.met == ("acknowledged_share",)
    assert found.goals.held == ("ack_latency_p95",)
    assert found.best["ack_latency_p95"].value.mean == pytest.approx(2.0)
    reached, fewer = found.result.metrics["ack_latency_p95"], found.fewer["checkout workers"].values[ACK]
    assert reached.low is not None
    assert reached.low < 1.05 * 2.0 < (fewer.mean or math.inf)


def test_nobody_is_ever_served() -> None:
    """With the provider down for good nobody is ever confirmed at any capacity, so the least will do."""
    faults = [{"outage": "provider", "at": "07:00", "for": "3h"}]
    limits = {"confirmation_lag_p95": "1min", "double_charge_rate": 0}
    world = Scenario.model_validate(bare_world(60, 1.0, {"faults": faults, "objectives": limits}))
    found = sized(world, server({"checkout": {"service": NO_TIME}}), mornings=2, fresh=2)
    assert found.goals.never == ("confirmation_lag_p95",)
    assert found.best["confirmation_lag_p95"].value.never == 1.0
    assert found.capacity == {"checkout workers": 1, "database connections": 1}
    assert (found.bottleneck, found.binding) == (None, None)


def test_fewer_can_be_better() -> None:
    """Before a rate limit few workers are a throttle: two confirm everybody, many run into it, and the search finds the two.

    A worker makes 1.25 calls a second, the provider takes 3: two can never exceed that, and a burst in front of many does.
    """
    provider = {"rate_limit": "3/s", "latency": NO_TIME}
    world = Scenario.model_validate(
        bare_world(600, 1.5, {"provider": provider, "objectives": {"confirmed_share": "99%", "ack_latency_p95": "1min"}})
    )
    throttle = {"service": {"constant": "800ms"}, "instances": 1, "queue_limit": None}
    found = sized(world, server({"checkout": throttle}), mornings=4, fresh=4)
    assert found.capacity["checkout workers"] == 2
    assert found.result.verdict == "so far"  # nobody is lost, on four mornings
    assert not found.best
    many = compare(world, [with_capacity(found.asked, found.capacity | {"checkout workers": 8})], Effort(4, 4, jobs=1))
    assert many.results["naive"].verdict == "violated"


@pytest.mark.slow
def test_the_database_is_the_bottleneck() -> None:
    """Where transactions take long and there can't be fewer workers, it is connections that are counted."""
    slow = {"database": {"connections": 1, "write": {"exponential": "500ms"}, "read": NO_TIME}}
    many = {"checkout": {"workers": 60, "instances": 60, "service": NO_TIME, "queue_limit": None}}
    found = sized(queue(2.0, {"ack_latency_p95": "3s"}, purchases=400), server({**slow, **many}))
    assert found.bottleneck == "database connections"
    assert list(found.fewer) == ["database connections"]
    assert found.load["database connections"] == pytest.approx(2.0)
    assert found.capacity["database connections"] > 2  # two a purchase of half a second: at 2/s they would be busy for ever
    assert found.result.verdict == "met"


def test_the_same_with_more_processes() -> None:
    """The answer, to the last digit of the JSON, doesn't depend on the number of processes."""
    world = queue(2.0, {"ack_latency_p95": "4s"}, purchases=200)
    documents = [document(size(world, [server()], Effort(3, jobs=jobs), fresh=3)) for jobs in (1, 2)]
    assert documents[0] == documents[1]
    assert documents[0]["designs"]["naive"]["capacity"]["checkout workers"] >= 3


def test_the_load_by_littles_law() -> None:
    """In the rush's brownout 0.457 purchases come a second and hold a worker for 5 s: 2.3 Erlangs in a request; a queue has a
    worker for an instant.
    """
    rush = load_scenario("morning-rush")
    within, queued = (offered_load(rush, design(name, constant=False)) for name in ("idempotent", "outbox"))
    assert within["checkout workers"] == pytest.approx(0.457 * 5.018, rel=0.01)
    assert queued["payment workers"] == pytest.approx(0.457 * 5.004, rel=0.01)
    assert queued["checkout workers"] < 0.01


class Pretended:
    """A bench on which a capacity is as good as a function says, in seconds of ack_latency_p95 each morning."""

    def __init__(self, p95_s: Any) -> None:
        self.p95_s = p95_s
        self.seeds = range(3)
        self.asked: list[int] = []

    def at(self, capacity: Capacity, mornings: int | None = None) -> Trial:
        number = capacity["checkout workers"]
        self.asked.append(number)
        return trial([self.p95_s(number) + wobble for wobble in (-0.1, 0.0, 0.1)[:mornings]])


def trial(p95s: list[float], **others: list[float]) -> Trial:
    """Mornings with these values of ack_latency_p95 and of other metrics; somebody always waits."""
    station = StationRecord("checkout", 1, 0, 0, 0.0, 1.0, 1, 0.0, 0.0, 0.0, 1.0)
    values = {"ack_latency_p95": p95s, **others}
    summaries = [
        Summary(
            seed,
            dict.fromkeys(METRICS, 0.0) | {metric: of[seed] for metric, of in values.items()},
            None,  # type: ignore[arg-type]
            {}, COSTS, [station], [], COUNTS, 0.0,
        )
        for seed in range(len(p95s))
    ]  # fmt: skip
    return Trial(design("naive"), load_scenario("morning-rush"), summaries, reached=[{"ack_latency_p95": 1.0}] * len(p95s))


LIMITS = {"ack_latency_p95": 1.0}
ACK = Measure("ack_latency_p95")
MET, HELD, NEVER = (
    Goals(LIMITS, ("ack_latency_p95",), (), ()),
    Goals(LIMITS, (), ("ack_latency_p95",), ()),
    Goals(LIMITS, (), (), ("ack_latency_p95",)),
)


def confirmed(bench: Pretended, start: int, plenty: int, goals: Goals) -> tuple[int, Goals]:
    fitting = Fitting(design("naive"), LIMITS, {}, {"checkout workers": 1}, bench, bench)  # type: ignore[arg-type]
    fitting.reference, fitting.goals = {"checkout workers": plenty}, goals
    return fitting._confirm({"checkout workers": start})["checkout workers"], fitting.goals


def test_what_fails_on_fresh_mornings_is_made_dearer() -> None:
    """The next dearer capacity is tried until one holds."""
    bench = Pretended(lambda number: 5.0 / number)
    assert confirmed(bench, 4, 16, MET) == (7, MET)
    assert 8 not in bench.asked


def test_what_no_capacity_holds_on_fresh_mornings() -> None:
    """If capacity in plenty fails as well, the objective is out of reach after all, and is held to what is possible."""
    number, goals = confirmed(Pretended(lambda number: 1.5 if number > 4 else 2.0), 3, 16, MET)
    assert goals == HELD
    assert number == 5


def test_fresh_mornings_may_need_more_than_the_search_has_tried() -> None:
    """Where the largest capacity of the search fails, and people wait there, a larger one is tried before giving up."""
    assert confirmed(Pretended(lambda number: 5.0 / number), 4, 4, MET) == (7, MET)


def test_never_is_worse_than_anything() -> None:
    """A value that never comes on one morning breaks a goal that is met or held, and comes first."""
    never = trial([1.0, math.inf, 1.0])
    assert MET.broken(never, never) == [ACK]
    assert HELD.broken(never, trial([1.0, 1.0, 1.0])) == [ACK]
    assert not HELD.broken(trial([1.0, math.nan, math.nan]), trial([1.0, math.nan, math.nan]))  # nothing to count elsewhere
    assert not HELD.broken(trial([1.01, 1.02, 1.03]), trial([1.0, 1.0, 1.0]))
    assert HELD.broken(trial([1.2, 1.21, 1.22]), trial([1.0, 1.0, 1.0]))


def test_what_stands_in_for_what_never_comes() -> None:
    """Where an objective is infinite at any capacity, serving clearly fewer people breaks it, and so does being later."""
    served = {"acknowledged_share": [0.7, 0.8, 0.75], "confirmed_share": [0.7, 0.8, 0.75]}
    plenty = trial([math.inf] * 3, **served)
    assert not NEVER.broken(plenty, plenty)
    fewer = trial([math.inf] * 3, **served | {"acknowledged_share": [0.2, 0.25, 0.22]})
    assert NEVER.broken(fewer, plenty) == [Measure("acknowledged_share")]
    late = trial([math.inf] * 3, **served)
    late.reached[:] = [{"ack_latency_p95": 1.2}] * 3
    assert NEVER.broken(late, plenty) == [Measure("ack_latency_p95", reached=True)]
    assert not NEVER.broken(plenty, late)  # sooner is no worse


def test_too_few_mornings_to_prove_a_zero(monkeypatch: pytest.MonkeyPatch) -> None:
    """A limit of zero without an event may be undecided: it is still held to, and a witness that plenty hasn't breaks it."""
    monkeypatch.setattr("sim.experiment.goals.judge", undecided_at_zero)
    limits = {"double_charge_rate": 0.0}
    none, one = trial([1.0, 1.0]), trial([1.0, 1.0], double_charge_rate=[0.0, 0.1])
    goals = Goals.within_reach(limits, none)
    assert goals == Goals(limits, (), ("double_charge_rate",), ())
    assert not goals.broken(none, none)
    assert goals.broken(one, none) == [Measure("double_charge_rate")]
    assert not goals.broken(one, one)


def undecided_at_zero(metric: str, limit: float, value: Estimate) -> Status:
    """As if no number of mornings could prove that a rate is zero."""
    said = judge(metric, limit, value)
    return "undecided" if holds(said) and limit == 0 else said


def test_what_serves_nobody_is_not_cheap() -> None:
    """A morning without a correct purchase is infinitely dear, whether its cost is infinite or not to be had."""
    serving = trial([1.0, 1.0], cost_per_1000=[500.0, 510.0])
    for cost in (math.nan, math.inf):
        nobody = trial([1.0, 1.0], cost_per_1000=[cost, 1.0])
        assert cost_change(nobody, serving) == "worse"
        assert cost_change(serving, nobody) == "better"
        assert not cost_change(nobody, nobody)


def test_few_mornings_that_all_say_the_same() -> None:
    """Two mornings have a wide interval; when both say that it costs more than 5 % more, it is dearer; 1 % could be chance."""
    usual = trial([1.0, 1.0], cost_per_1000=[500.0, 500.0])
    assert cost_change(trial([1.0, 1.0], cost_per_1000=[530.0, 600.0]), usual) == "worse"
    assert not cost_change(trial([1.0, 1.0], cost_per_1000=[502.0, 509.0]), usual)
    assert not cost_change(trial([1.0, 1.0], cost_per_1000=[490.0, 600.0]), usual)
    assert not cost_change(trial([1.0], cost_per_1000=[600.0]), trial([1.0], cost_per_1000=[500.0]))  # one says nothing


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (["ack_latency_p95"], 'objectives: expected METRIC=LIMIT, such as ack_latency_p95=1s (got "ack_latency_p95")'),
        (["ack_latency_p96=1s"], 'objectives.ack_latency_p96: unknown metric; did you mean "ack_latency_p99"?'),
        (["ack_latency_p95=1"], "objectives.ack_latency_p95: a bare number: add the unit"),
        (["confirmed_share=2s"], 'objectives.confirmed_share: unknown unit "s"'),
    ],
)
def test_objectives_that_cannot_be(given: list[str], message: str) -> None:
    """What is wrong with an objective of the command line is said of it."""
    with pytest.raises(ConfigError) as error:
        with_objectives(load_scenario("morning-rush"), given)
    assert str(error.value).startswith(message)


def test_an_objective_takes_the_place_of_its_own() -> None:
    """Others stay, and new ones are added."""
    rush = load_scenario("morning-rush")
    changed = with_objectives(rush, ["ack_latency_p95=8s", "confirmed_share=99%"])
    assert changed.objectives == rush.objectives | {"ack_latency_p95": 8.0, "confirmed_share": 0.99}


def test_there_must_be_something_to_size_for() -> None:
    """Without objectives, or with those of cost alone, one is told which to give."""
    for limits, what in (({}, "no objectives"), ({"cost_per_1000": "600 USD"}, "only objectives of cost")):
        with pytest.raises(ConfigError, match=f"objectives: bare has {what}.*such as ack_latency_p95=1s"):
            size(queue(1.0, limits), [server()])
    with pytest.raises(ConfigError, match="fresh: expected a whole number from 2"):
        size(queue(1.0, {"ack_latency_p95": "1s"}), [server()], fresh=1)
    with pytest.raises(ConfigError, match="two designs with the same name"):
        size(queue(1.0, {"ack_latency_p95": "1s"}), [server(), server()])


def test_numbers_go_into_designs() -> None:
    """A design with its own capacity is itself; with another it differs in that alone."""
    outbox = design("outbox", constant=False)
    own = capacity_of(outbox)
    assert own == {"checkout workers": 16, "payment workers": 24, "database connections": 16}
    assert with_capacity(outbox, own) is outbox
    other = with_capacity(outbox, own | {"payment workers": 7})
    assert other.payment.workers == 7  # type: ignore[attr-defined]
    assert with_capacity(other, own) == outbox


def test_what_scales_by_itself_is_left_alone() -> None:
    """Its number is not sized, the others' are."""
    outbox = altered(load_design("outbox"), ("checkout", "autoscale"), {"min": 4, "max": 32})
    assert autoscaled(outbox) == ["checkout workers"]
    assert list(capacity_of(outbox)) == ["payment workers", "database connections"]


@pytest.mark.deep
def test_the_rush_holds_on_other_mornings() -> None:
    """The answers for the morning rush, three designs, hold on 50 mornings that neither search nor check has seen.

    What they were sized for is met with its whole interval; and what no capacity meets is not clearly worse, by more than 5 %,
    than with unlimited capacity.
    """
    rush = load_scenario("morning-rush")
    found = size(rush)
    for name, one in found.sizings.items():
        others = compare(rush, [one.design], Effort(50, 5000)).results[name]
        plenty = with_capacity(one.design, {key: 10 * number for key, number in one.capacity.items()})
        best = compare(rush, [plenty], Effort(50, 5000)).results[name]
        goals = replace(one.goals, never=())  # what stands in for them isn't in a comparison
        assert not goals.broken(*(Trial(made.design, rush, made.summaries, reached=[]) for made in (others, best))), name
        assert one.binding is not None, name
