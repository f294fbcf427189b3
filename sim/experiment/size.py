"""The capacity with which a design meets the objectives of a scenario, and a correct purchase costs least, failures included.

The search is on the same mornings throughout and assumes what queues usually do: less of one component, all else equal, is no
better. It is not always so (few workers are a throttle before a rate limit), so the answer is checked on fresh mornings, where
it has to hold by itself, and where one fewer and one more of each component are simulated as well.

What it takes: some ten capacities on up to 12 mornings each, 50 fresh mornings for the answer and perhaps as many for the
capacity that it is compared with, and 12 for each neighbour.
"""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
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
from sim.experiment.bench import Bench, Measure, Spent, Trial
from sim.experiment.capacity import Capacity, autoscaled
from sim.experiment.compare import Result
from sim.experiment.effort import MOST_MORNINGS, Effort, check_whole
from sim.experiment.estimates import Status, verdict
from sim.experiment.fitting import Fitting, Neighbour, first_rung
from sim.experiment.goals import Goals
from sim.experiment.mornings import Progress
from sim.experiment.statistics import Estimate
from sim.experiment.workers import Crew, crew
from sim.version import VERSION
from sim.vocabulary import METRICS

if TYPE_CHECKING:
    import pandas as pd

MORNINGS, FRESH = 12, 50
FRESH_FOR_EACH = 5  # fresh mornings for each morning of a shorter search
FEWEST = 2  # mornings: one has no interval, and nothing would ever be met
USUAL_CAPACITIES = 16  # that a search tries at most, as a rule, neighbours included: for the forecast and the progress bar


@dataclass(frozen=True)
class Best:
    """The best value of an objective that no capacity meets, and with which capacity it was reached."""

    value: Estimate
    capacity: Capacity


@dataclass
class Sizing:
    """One design's answer. `result` is the sized design on the fresh mornings, `plenty` the reference, perhaps on the first of
    them.
    """

    asked: Design
    capacity: Capacity
    reference: Capacity  # in plenty: from which the search came down, and with which the answer is compared
    nobody_waits: bool  # with the reference, so that more of anything changes nothing
    autoscaled: list[str]  # left as they are
    load: dict[str, float]  # component -> Erlangs that the customers alone would keep busy, at the worst moment
    goals: Goals
    best: dict[str, Best]  # of the objectives that the reference doesn't meet
    fewer: dict[str, Neighbour]  # component -> one fewer of it; not there for those that can't be fewer
    more: dict[str, Neighbour]  # component -> one more of it
    result: Trial
    plenty: Trial
    tried: int  # capacities

    @property
    def design(self) -> Design:
        """With its capacity."""
        return self.result.design

    def held_to(self, metric: str) -> Literal["limit", "best", "stand-ins"] | None:
        """What the capacity was held to for an objective; None for one of cost, or if there was nothing to count."""
        if metric in self.goals.met:
            return "limit"
        return "best" if metric in self.goals.held else "stand-ins" if metric in self.goals.never else None

    @property
    def overloaded(self) -> list[str]:
        """Components of which there are fewer than first taps alone keep busy at the worst moment, as `coffee lint` finds."""
        return [name for name, number in self.capacity.items() if self.load[name] > number]

    @property
    def warnings(self) -> list[str]:
        """A sentence for each component that is overloaded."""
        return [
            f"at the worst moment the first taps alone keep {self.load[name]:.3g} {name} busy (Little's law), and there are "
            f"{self.capacity[name]:,}: until the rush is over, work queues up or is refused"
            for name in self.overloaded
        ]

    @property
    def bottleneck(self) -> str | None:
        """Of the components of which one fewer breaks something, the one at which somebody waits for the longest time."""
        breaking = [name for name, one in self.fewer.items() if one.changed]
        return max(breaking, key=self.result.waiting_s, default=None)

    @property
    def binding(self) -> Measure | None:
        """What gets worse first with one fewer of the bottleneck: an objective, what stands in for one, or the cost."""
        return self.fewer[self.bottleneck].changed[0] if self.bottleneck else None


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

        `number`; `load`: Erlangs that the customers alone would keep busy at the worst moment; `breaks`: what fails or gets
        worse with one fewer, the worst first (missing: there can't be one fewer).
        """
        rows = [
            {"design": name, "component": component, "number": number, "load": sizing.load[component],
             "breaks": ", ".join(one.name for one in sizing.fewer[component].changed) if component in sizing.fewer else None}
            for name, sizing in self.sizings.items()
            for component, number in sizing.capacity.items()
        ]  # fmt: skip
        return frames.framed(rows, ["design", "component"])

    @cached_property
    def objectives(self) -> pd.DataFrame:
        """A row a design and objective, on the fresh mornings.

        `limit`, `status` (met, so far, violated, undecided), `mean`, `low`, `high`, `never`; `held_to`: the limit, the best
        that any capacity reaches, what stands in for a value that never comes, or nothing; `best`: that best, where capacity in
        plenty doesn't meet the limit.
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
    fresh: int | None = None,
    progress: Progress | None = None,
    forecast: Callable[[Forecast], None] | None = None,
    sized: Callable[[Sizing, float], None] | None = None,
) -> Sizings:
    """The capacity that each design needs for the scenario's objectives. Names or loaded models; raises ConfigError.

    Searched on the mornings of `effort`, checked on the `fresh` ones after them (by default 50, but no more than five times
    those). `forecast` is called with how long it will take before the search begins, `sized` with each answer and the seconds
    that it took. After Ctrl-C there are the designs that were finished by then; raises KeyboardInterrupt if there are none.
    """
    fresh = fresh_for(effort.mornings) if fresh is None else fresh
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
            sizer = Sizer(world, prices, workers, effort.seed, effort.mornings, fresh, spent)
            if forecast is not None:
                seconds = [sizer.seconds_a_morning(design) for design in chosen]
                forecast(Forecast.of(seconds, usual(effort.mornings, fresh), workers.at_a_time))
            for design in chosen:
                since = time.perf_counter()
                done[design.name] = sizer.size(design)
                if sized is not None:
                    sized(done[design.name], time.perf_counter() - since)
    except KeyboardInterrupt:
        if not done:
            raise
    asked, wall_s = [design.name for design in chosen], time.perf_counter() - begin
    return Sizings(world, done, asked, effort.seed, effort.mornings, fresh, wall_s)


@dataclass(frozen=True)
class Forecast:
    """How long the work will take: so many mornings, of so many seconds on average, so many at a time."""

    mornings: int
    morning_s: float
    at_a_time: int

    @classmethod
    def of(cls, seconds: list[float], mornings: float, at_a_time: int) -> Forecast:
        """From one timed morning of each design, and about how many a design takes."""
        return cls(round(len(seconds) * mornings), sum(seconds) / len(seconds), at_a_time)

    @property
    def seconds(self) -> float:
        return self.mornings * self.morning_s / self.at_a_time


def fresh_for(mornings: int) -> int:
    """How many fresh mornings there are after a search on so many, unless one says."""
    return min(FRESH, FRESH_FOR_EACH * mornings)


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
    """How many mornings a design takes at most, as a rule."""
    return USUAL_CAPACITIES * mornings + 2 * fresh


class Sizer:
    """Sizes designs for one scenario."""

    def __init__(
        self, scenario: Scenario, prices: Prices, workers: Crew, seed: int, mornings: int, fresh: int, spent: Spent,
        *, weight: float = 1.0,
    ) -> None:  # fmt: skip
        self._scenario, self._prices, self._workers = scenario, prices, workers
        self._search_seeds = range(seed, seed + mornings)
        self._fresh_seeds = range(seed + mornings, seed + mornings + fresh)
        self._spent, self._weight = spent, weight
        self._benches: dict[str, Bench] = {}

    def seconds_a_morning(self, design: Design) -> float:
        """As the first capacity of its search takes, which isn't simulated again. A process's first morning takes longer."""
        rung = first_rung(design, offered_load(self._scenario, design))
        return min(summary.wall_s for summary in self._search_bench(design).at(rung, FEWEST).summaries)

    def size(self, design: Design, *, start: Capacity | None = None) -> Sizing:
        """`start`: a capacity from which to climb, if one can be guessed."""
        before = self._spent.done
        limits, load = limits_of(self._scenario), offered_load(self._scenario, design)
        search, fresh = self._search_bench(design), self._bench(design, self._fresh_seeds)
        fitting = Fitting(design, limits, load, start, search, fresh)
        capacity = fitting.fit()
        goals, reference = fitting.goals, fitting.reference
        result, plenty = fresh.at(capacity), fitting.compared
        best = {metric: _best(metric, fresh) for metric in limits if metric not in goals.met}
        planned = self._weight * usual(len(self._search_seeds), len(self._fresh_seeds))
        self._spent.took(self._spent.done - before, instead_of=planned)
        return Sizing(
            design, capacity, reference, fitting.nobody_waits, autoscaled(design), load, goals, best,
            fitting.fewer, fitting.more, result, plenty, len(search),
        )  # fmt: skip

    def _search_bench(self, design: Design) -> Bench:
        return self._benches.setdefault(design.name, self._bench(design, self._search_seeds))

    def _bench(self, design: Design, seeds: range) -> Bench:
        ran = partial(self._spent.ran, self._weight)
        return Bench(self._scenario, design, self._prices, self._workers, seeds=seeds, ran=ran)


def _best(metric: str, bench: Bench) -> Best:
    badness = METRICS[metric].badness
    ranked = [(result.metrics[metric].never, badness(mean) if (mean := result.metrics[metric].mean) is not None else math.inf,
               sum(capacity.values()), capacity, result) for capacity, result in bench.tried()]  # fmt: skip
    _, _, _, capacity, result = min(ranked, key=lambda one: one[:3])
    return Best(result.metrics[metric], capacity)
