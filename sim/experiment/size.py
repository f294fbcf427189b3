"""The cheapest capacity with which a design meets the objectives of a scenario, as far as capacity can.

The search is on the same mornings throughout and assumes what queues usually do: less of one component, all else equal, is no
better. It is not always so (few workers are a throttle before a rate limit), so the answer is checked on fresh mornings, where
it has to hold by itself.

What it costs: 12 mornings a capacity and some 5 to 15 capacities a design, then 50 fresh mornings for the answer and perhaps as
many for the capacity it is compared with: about 250 mornings of a design, 700 of three, of the 900 that two processors
simulate in two minutes.
"""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from sim.architectures import COMPARED, Designs, load_designs
from sim.architectures.load import offered_load
from sim.config import showing
from sim.config.design import Design
from sim.config.errors import ArgumentError
from sim.config.library import digest, load_scenario
from sim.config.prices import Prices, load_prices
from sim.config.scenario import Scenario
from sim.experiment import frames
from sim.experiment.altering import altered, value_of
from sim.experiment.capacity import COMPONENTS, Capacity, autoscaled, capacity_of, fewest, with_capacity
from sim.experiment.compare import Result
from sim.experiment.effort import MOST_MORNINGS, Effort, check_whole
from sim.experiment.estimates import Status, holds, judge, verdict
from sim.experiment.mornings import Progress, Summary, summarise
from sim.experiment.statistics import Estimate, paired
from sim.experiment.workers import Crew, crew
from sim.version import VERSION
from sim.vocabulary import METRICS

if TYPE_CHECKING:
    import pandas as pd

MORNINGS, FRESH = 12, 50
FEWEST = 2  # mornings: one has no interval, and nothing would ever be met
WIDEST = 64  # times the offered load: so many retries no design survives
SLACK = 0.05  # as good as with unlimited capacity: at most this share worse
TRIES = 8  # dearer answers, when one fails on fresh mornings, before the one that nobody waits in
USUAL_CAPACITIES = 11  # that a search tries, for the progress bar


@dataclass(frozen=True)
class Goals:
    """What a capacity is held to: objectives that can be met, and the others as far as capacity helps them."""

    limits: dict[str, float]  # of all objectives but those of cost
    met: tuple[str, ...]
    held: tuple[str, ...]  # no capacity meets them; they are to be as good as where nobody waits, give or take SLACK

    @classmethod
    def within_reach(cls, limits: dict[str, float], result: Result) -> Goals:
        """What the best capacity shows to be possible. A value that never comes there is nothing to hold others to."""
        met = tuple(metric for metric, limit in limits.items() if _is_met(metric, limit, result))
        rest = tuple(metric for metric in limits if metric not in met and result.metrics[metric].mean is not None)
        return cls(limits, met, rest)

    def broken(self, result: Result, best: Result | None) -> list[str]:
        """The goals that a result misses, the one it misses by most first. `best` is what the held ones are compared with."""
        missed = [metric for metric in self.met if not _is_met(metric, self.limits[metric], result)]
        assert best is not None or not self.held
        if best is not None:
            missed += [metric for metric in self.held if _clearly_worse(metric, result, best)]
        return sorted(missed, key=lambda metric: -_excess(metric, self._bar(metric, best), result.metrics[metric]))

    def _bar(self, metric: str, best: Result | None) -> float:
        value = best.metrics[metric].mean if best is not None and metric in self.held else None
        return self.limits[metric] if value is None else value


@dataclass(frozen=True)
class Best:
    """The best value of an objective that no capacity meets, and with which capacity it was reached."""

    value: Estimate
    capacity: Capacity


@dataclass(frozen=True)
class Cut:
    """What one fewer of a component would break, the worst first: with what values, and on how many mornings."""

    number: int
    broken: tuple[str, ...]
    values: dict[str, Estimate]
    mornings: int


@dataclass
class Sizing:
    """One design's answer. `result` is the sized design on the fresh mornings."""

    asked: Design
    capacity: Capacity
    widest: Capacity  # from which the search came down, and with which the held goals are compared
    nobody_waits: bool  # with the widest, so that more of anything changes nothing
    autoscaled: list[str]  # left as they are
    load: dict[str, float]  # component -> Erlangs that the customers alone would keep busy, at the worst moment
    goals: Goals
    best: dict[str, Best]  # of the objectives that no capacity meets
    cuts: dict[str, Cut]  # component -> what one fewer breaks; not there for those that can't be fewer
    result: Result
    tried: int  # capacities

    @property
    def design(self) -> Design:
        """With its capacity."""
        return self.result.design

    @property
    def left_out(self) -> list[str]:
        """Objectives that capacity can't change, so that it was not held to them."""
        return [metric for metric in self.goals.limits if metric not in (*self.goals.met, *self.goals.held)]

    def held_to(self, metric: str) -> Literal["limit", "best"] | None:
        """What an objective was held to: its limit, the best that any capacity reaches, or nothing."""
        return "limit" if metric in self.goals.met else "best" if metric in self.goals.held else None

    @property
    def bottleneck(self) -> str | None:
        """Of the components of which one fewer breaks something, the one at which somebody waits for the longest time."""
        breaking = [name for name, cut in self.cuts.items() if cut.broken]
        return max(breaking, key=lambda name: waiting_s(self.result, name), default=None)

    @property
    def binding(self) -> str | None:
        """The objective that fails first when there is one fewer of the bottleneck."""
        return self.cuts[self.bottleneck].broken[0] if self.bottleneck else None


@dataclass
class Sizings(showing.Shown):
    """Designs, each with the capacity it needs. Fewer than asked for after Ctrl-C.

    `scenario`, `sizings` (design -> its answer), `seed`, `mornings` (of the search), `fresh` (that the answer was checked on),
    `verdict`, `interrupted`; and as DataFrames `capacity`, `objectives`, `metrics`.
    """

    scenario: Scenario
    sizings: dict[str, Sizing]
    asked: list[str]
    seed: int
    mornings: int
    fresh: int
    wall_s: float

    @property
    def interrupted(self) -> bool:
        return len(self.sizings) < len(self.asked)

    @property
    def verdict(self) -> Status:
        """How all designs together stand to all objectives: the worst of their verdicts."""
        return verdict(sizing.result.verdict for sizing in self.sizings.values())

    @property
    def digest(self) -> str:
        return digest(self.scenario, *(sizing.asked for sizing in self.sizings.values()))

    @property
    def version(self) -> str:
        return VERSION

    @cached_property
    def capacity(self) -> pd.DataFrame:
        """A row a design and component, indexed by them.

        `number`; `load`: Erlangs that the customers alone would keep busy at the worst moment; `breaks`: the objectives that
        fail with one fewer, the worst first (missing: there can't be one fewer).
        """
        rows = [
            {"design": name, "component": component, "number": number, "load": sizing.load[component],
             "breaks": ", ".join(sizing.cuts[component].broken) if component in sizing.cuts else None}
            for name, sizing in self.sizings.items()
            for component, number in sizing.capacity.items()
        ]  # fmt: skip
        return frames.framed(rows, ["design", "component"])

    @cached_property
    def objectives(self) -> pd.DataFrame:
        """A row a design and objective, on the fresh mornings.

        `limit`, `status` (met, so far, violated, undecided), `mean`, `low`, `high`, `never`; `held_to`: the limit, the best
        that any capacity reaches, or nothing; `best`: that best, where no capacity meets the limit.
        """
        rows = [
            {"design": name, "metric": one.metric, "held_to": sizing.held_to(one.metric),
             "best": sizing.best[one.metric].value.mean if one.metric in sizing.best else None}
            for name, sizing in self.sizings.items()
            for one in sizing.result.objectives
        ]  # fmt: skip
        held = frames.framed(rows, ["design", "metric"], ["held_to", "best"])
        return frames.objectives(self._results).join(held.astype({"best": float}))

    @cached_property
    def metrics(self) -> pd.DataFrame:
        """Every metric of the sized designs over the fresh mornings, indexed by design and metric, as in a comparison."""
        return frames.metrics(self._results)

    @property
    def _results(self) -> dict[str, Result]:
        return {name: sizing.result for name, sizing in self.sizings.items()}

    def __repr__(self) -> str:
        return f"<{', '.join(self.sizings)} sized for {self.scenario.name}: {self.verdict}>"


def size(
    scenario: Scenario | Path | str,
    designs: Designs = COMPARED,
    effort: Effort = Effort(mornings=MORNINGS),
    *,
    fresh: int = FRESH,
    progress: Progress | None = None,
) -> Sizings:
    """The capacity that each design needs for the scenario's objectives. Names or loaded models; raises ConfigError.

    Searched on the mornings of `effort`, checked on the `fresh` ones after them. After Ctrl-C there are the designs that were
    finished by then; raises KeyboardInterrupt if there are none.
    """
    check_effort(effort, fresh)
    world = load_scenario(scenario)
    chosen = load_designs(designs)
    check_objectives(world)
    prices = load_prices(world.prices)
    begin = time.perf_counter()
    spent = Spent(progress, len(chosen) * usual(effort.mornings, fresh))
    done: dict[str, Sizing] = {}
    try:
        with crew(effort.jobs, effort.engine, most=max(effort.mornings, fresh)) as workers:
            for design in chosen:
                sizer = Sizer(world, prices, workers, effort.seed, effort.mornings, fresh, spent)
                done[design.name] = sizer.size(design)
    except KeyboardInterrupt:
        if not done:
            raise
    asked, wall_s = [design.name for design in chosen], time.perf_counter() - begin
    return Sizings(world, done, asked, effort.seed, effort.mornings, fresh, wall_s)


def check_effort(effort: Effort, fresh: int) -> None:
    """What a user may ask for. Raises ArgumentError."""
    effort.check(fewest=FEWEST)
    check_whole("fresh", fresh, FEWEST, MOST_MORNINGS)


def check_objectives(scenario: Scenario) -> None:
    """Raises ConfigError if there is none that a capacity could be sized for."""
    if not limits_of(scenario):
        what = "only objectives of cost" if scenario.objectives else "no objectives"
        raise ArgumentError(
            "objectives",
            f"{scenario.name} has {what}, so the cheapest capacity would be none at all; give some here, such as "
            "ack_latency_p95=1s, or in its file, like {ack_latency_p95: 1s, confirmation_lag_p99: 4min}",
        )


def with_objectives(scenario: Scenario, given: str | Iterable[str]) -> Scenario:
    """A scenario with objectives like `ack_latency_p95=8s`, instead of its own of that metric or added. Raises ConfigError."""
    for text in [given] if isinstance(given, str) else given:
        metric, sign, limit = text.partition("=")
        if not sign:
            raise ArgumentError("objectives", f"expected METRIC=LIMIT, such as ack_latency_p95=1s (got {json.dumps(text)})")
        scenario = altered(scenario, ("objectives", metric.strip()), value_of(limit))
    return scenario


def limits_of(scenario: Scenario) -> dict[str, float]:
    """The objectives that a capacity is sized for: all but those in USD, since the cost is what is kept low."""
    return {metric: limit for metric, limit in scenario.objectives.items() if METRICS[metric].unit != "USD"}


def usual(mornings: int, fresh: int) -> int:
    """About how many mornings a design takes."""
    return USUAL_CAPACITIES * mornings + 2 * fresh


class Spent:
    """Progress towards a total that is only guessed: what a step did not need is taken off it."""

    def __init__(self, progress: Progress | None, total: float) -> None:
        self._progress = progress
        self._total, self._done = total, 0.0

    def ran(self, weight: float = 1.0) -> None:
        self._done += weight
        if self._progress is not None:
            self._progress(round(self._done), round(max(self._total, self._done)))

    @property
    def done(self) -> float:
        return self._done

    def took(self, weight: float, *, instead_of: float) -> None:
        self._total += weight - instead_of


class Bench:
    """One design at one capacity after another, each on the same mornings, and none twice."""

    def __init__(
        self, scenario: Scenario, design: Design, prices: Prices, workers: Crew, *, seeds: range, ran: Callable[[], None]
    ) -> None:
        self._scenario, self._design, self._prices, self._workers = scenario, design, prices, workers
        self._seeds, self._ran = seeds, ran
        self._results: dict[tuple[int, ...], Result] = {}

    def at(self, capacity: Capacity) -> Result:
        key = tuple(capacity.values())
        if key not in self._results:
            design = with_capacity(self._design, capacity)
            tasks = ((seed, (self._scenario, design, self._prices, seed)) for seed in self._seeds)
            made: dict[int, Summary] = {}
            for seed, summary in self._workers.results(_numbers, tasks):
                made[seed] = summary
                self._ran()
            self._results[key] = Result(design, self._scenario, [made[seed] for seed in self._seeds])
        return self._results[key]

    def __contains__(self, capacity: Capacity) -> bool:
        return tuple(capacity.values()) in self._results

    def tried(self) -> Iterator[tuple[Capacity, Result]]:
        names = list(capacity_of(self._design))
        return ((dict(zip(names, key, strict=True)), result) for key, result in self._results.items())


def _numbers(scenario: Scenario, design: Design, prices: Prices, seed: int) -> Summary:
    """A morning's summary without what only charts of it need: there will be hundreds of them."""
    summary = summarise(scenario, design, prices, seed)
    summary.lags.clear()
    return summary


class Sizer:
    """Sizes designs for one scenario: climbs until capacity is no question any more, then takes away what isn't needed."""

    def __init__(
        self, scenario: Scenario, prices: Prices, workers: Crew, seed: int, mornings: int, fresh: int, spent: Spent,
        *, weight: float = 1.0,
    ) -> None:  # fmt: skip
        self._scenario, self._prices, self._workers = scenario, prices, workers
        self._search = range(seed, seed + mornings)
        self._fresh = range(seed + mornings, seed + mornings + fresh)
        self._spent, self._weight = spent, weight

    def size(self, design: Design, *, start: Capacity | None = None) -> Sizing:
        """`start`: a capacity from which to climb, if one can be guessed."""
        before = self._spent.done
        limits = limits_of(self._scenario)
        load = offered_load(self._scenario, design)
        search, fresh = self._bench(design, self._search), self._bench(design, self._fresh)
        widest = _climb(search, limits, lambda factor: _rung(design, load, start, factor))
        goals = Goals.within_reach(limits, search.at(widest))
        least = _descend(search, design, widest, goals)
        while len(Goals.within_reach(limits, search.at(least)).met) > len(goals.met):  # fewer were a throttle that helps
            widest, goals = least, Goals.within_reach(limits, search.at(least))
            least = _descend(search, design, widest, goals)
        capacity, widest, goals = _confirm(fresh, least, widest, goals)
        cuts = {name: self._cut(name, capacity, widest, goals, search=search, fresh=fresh)
                for name, number in capacity.items() if number > fewest(design, name)}  # fmt: skip
        beyond = [metric for metric in limits if metric not in goals.met]
        if beyond:
            fresh.at(widest)
        best = {metric: _best(metric, fresh) for metric in beyond}
        planned = self._weight * usual(len(self._search), len(self._fresh))
        self._spent.took(self._spent.done - before, instead_of=planned)
        tried = sum(1 for _ in search.tried())
        nobody_waits = _nobody_waits(search.at(widest), widest)
        return Sizing(
            design, capacity, widest, nobody_waits, autoscaled(design), load, goals, best, cuts, fresh.at(capacity), tried
        )

    def _bench(self, design: Design, seeds: range) -> Bench:
        ran = partial(self._spent.ran, self._weight)
        return Bench(self._scenario, design, self._prices, self._workers, seeds=seeds, ran=ran)

    def _cut(self, name: str, capacity: Capacity, widest: Capacity, goals: Goals, *, search: Bench, fresh: Bench) -> Cut:
        """On the fresh mornings if they have seen it, because the answer is there for that."""
        fewer = capacity | {name: capacity[name] - 1}
        bench = fresh if fewer in fresh else search
        result = bench.at(fewer)
        broken = goals.broken(result, bench.at(widest) if goals.held else None)
        return Cut(fewer[name], tuple(broken), {metric: result.metrics[metric] for metric in broken}, len(result.summaries))


def _climb(bench: Bench, limits: dict[str, float], rung: Callable[[int], Capacity]) -> Capacity:
    """The first capacity that meets all objectives; if there is none, the one that meets most, of several the widest.

    It climbs no further than to where nobody ever waits: from there on more capacity changes nothing, to the last bit.
    """
    tried: list[Capacity] = []
    met: list[int] = []
    factor = 1
    while True:
        capacity = rung(factor)
        result = bench.at(capacity)
        tried.append(capacity)
        met.append(sum(_is_met(metric, limit, result) for metric, limit in limits.items()))
        if met[-1] == len(limits) or factor >= WIDEST or _nobody_waits(result, capacity):
            return tried[max(range(len(tried)), key=lambda number: (met[number], number))]
        factor *= 2


def _rung(design: Design, load: dict[str, float], start: Capacity | None, factor: int) -> Capacity:
    """So many times a capacity to start from; else so many times the load, and twice its root for chance.

    Square-root staffing: Halfin and Whitt, Operations Research 29 (1981).
    """
    if start is None:
        loads = {name: factor * load[name] for name in capacity_of(design)}
        start = {name: math.ceil((some + 2 * math.sqrt(some)) / factor) for name, some in loads.items()}
    return {name: factor * max(number, fewest(design, name)) for name, number in start.items()}


def _descend(bench: Bench, design: Design, capacity: Capacity, goals: Goals) -> Capacity:
    """Less of one component after the other, until one fewer of any breaks a goal.

    The cheapest first: while there are workers in plenty it shows whether connections matter at all. Where workers are just
    enough, each change that delays anybody by a millisecond is another throw of the dice.
    """
    best = bench.at(capacity) if goals.held else None
    once = False
    while True:
        before = capacity
        for name in reversed(capacity):
            low, high = fewest(design, name) - 1, capacity[name]
            while high - low > 1:
                middle = high - 1 if once else (low + high) // 2  # the second time there is rarely anything left
                if goals.broken(bench.at(capacity | {name: middle}), best):
                    low = middle
                else:
                    high = middle
            capacity = capacity | {name: high}
        if capacity == before or len(capacity) == 1:
            return capacity
        once = True


def _confirm(fresh: Bench, capacity: Capacity, widest: Capacity, goals: Goals) -> tuple[Capacity, Capacity, Goals]:
    """The capacity, or the next dearer one that holds on fresh mornings; how wide that was looked; and the goals that can be
    met there at all.
    """
    tries, doubled = 0, 1
    while broken := goals.broken(fresh.at(capacity), fresh.at(widest) if goals.held else None):
        possible = Goals.within_reach(goals.limits, fresh.at(widest))
        hopeless = [metric for metric in broken if metric in goals.met and metric not in possible.met]
        if hopeless and doubled < WIDEST and not _nobody_waits(fresh.at(widest), widest):
            doubled *= 2
            widest = {name: 2 * number for name, number in widest.items()}
            continue
        if hopeless:
            met = tuple(metric for metric in goals.met if metric not in hopeless)
            held = tuple(metric for metric in hopeless if metric in possible.held)
            goals = replace(goals, met=met, held=(*goals.held, *held))
            continue
        if any(metric in goals.held and fresh.at(widest).metrics[metric].mean is None for metric in broken):
            goals = replace(goals, held=tuple(metric for metric in goals.held if metric in possible.held))
            continue
        tries += 1
        capacity = widest if tries > TRIES else _dearer(fresh.at(capacity), capacity, widest)
    return capacity, widest, goals


def _dearer(result: Result, capacity: Capacity, widest: Capacity) -> Capacity:
    """One more (of many, a twentieth more) of the component at which people waited longest."""
    short = [name for name, number in capacity.items() if number < widest[name]]
    name = max(short, key=lambda name: waiting_s(result, name))
    return capacity | {name: min(capacity[name] + max(capacity[name] // 20, 1), widest[name])}


def _nobody_waits(result: Result, names: Iterable[str]) -> bool:
    """For any of these components; then more of them would change nothing."""
    return not any(waiting_s(result, name) for name in names)


def waiting_s(result: Result, name: str) -> float:
    """Seconds of all mornings in which somebody waited for this component."""
    stations = (station for summary in result.summaries for station in summary.stations)
    return sum(station.waiting_s for station in stations if station.name == COMPONENTS[name].station)


def _is_met(metric: str, limit: float, result: Result) -> bool:
    return holds(judge(metric, limit, result.metrics[metric]))


def _clearly_worse(metric: str, result: Result, best: Result) -> bool:
    """By more than SLACK, and not by chance: the whole interval of the difference, morning by morning, if there is one."""
    usual = best.metrics[metric].mean
    assert usual is not None
    apart = paired(result.values(metric), best.values(metric))
    if apart.difference is None:
        return True
    worse = METRICS[metric].badness(apart.difference)
    return worse > SLACK * usual and (apart.low is None or apart.high is None or apart.low * apart.high > 0)


def _excess(metric: str, bar: float, value: Estimate) -> float:
    """How many times worse than the bar; infinite for what never comes."""
    if value.mean is None:
        return math.inf
    above, below = (bar, value.mean) if METRICS[metric].more_is_better else (value.mean, bar)
    return above / below if below else math.inf if above else 1.0


def _best(metric: str, bench: Bench) -> Best:
    badness = METRICS[metric].badness
    ranked = [(result.metrics[metric].never, badness(mean) if (mean := result.metrics[metric].mean) is not None else math.inf,
               sum(capacity.values()), capacity, result) for capacity, result in bench.tried()]  # fmt: skip
    _, _, _, capacity, result = min(ranked, key=lambda one: one[:3])
    return Best(result.metrics[metric], capacity)
