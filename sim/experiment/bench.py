"""One design at one capacity after another, all on the same mornings, none simulated twice."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from sim.config.design import Design
from sim.config.prices import Prices
from sim.config.scenario import Scenario
from sim.experiment.capacity import COMPONENTS, Capacity, capacity_of, with_capacity
from sim.experiment.compare import Result
from sim.experiment.mornings import Summary, summarise
from sim.experiment.statistics import Estimate, estimate
from sim.experiment.workers import Crew
from sim.ledger.metrics import percentile

LAGS = {"ack_latency": "ack", "confirmation_lag": "confirmation", "read_model_lag": "read_model"}  # stem -> Summary.lags
PERCENTS = (50, 95, 99)


class Measure(NamedTuple):
    """A metric; or, for a percentile of lags, the same percentile of those alone who got there, which is never infinite."""

    metric: str
    reached: bool = False

    @property
    def name(self) -> str:
        return f"{self.metric} of those who got there" if self.reached else self.metric


@dataclass
class Trial(Result):
    """A design at one capacity. `reached`: a morning's percentiles of the lags of those who got there, by metric."""

    reached: list[dict[str, float]] = field(default_factory=list)

    def of(self, measure: Measure) -> np.ndarray:
        """Its morning values, shape (mornings,); NaN: nothing to count, inf: never."""
        if not measure.reached:
            return self.values(measure.metric)
        return np.array([lags[measure.metric] for lags in self.reached])

    def estimate(self, measure: Measure) -> Estimate:
        return estimate(self.of(measure)) if measure.reached else self.metrics[measure.metric]

    @property
    def costs(self) -> np.ndarray:
        """USD per 1,000 correct purchases, by morning. A morning without a correct purchase is infinitely dear."""
        costs = self.values("cost_per_1000")
        return np.where(np.isnan(costs), np.inf, costs)

    def waiting_s(self, name: str) -> float:
        """Seconds of all mornings in which somebody waited for this component."""
        stations = (station for summary in self.summaries for station in summary.stations)
        return sum(station.waiting_s for station in stations if station.name == COMPONENTS[name].station)

    def nobody_waits(self, capacity: Capacity) -> bool:
        """For any of its components; then more of them would change nothing but what they cost."""
        return not any(self.waiting_s(name) for name in capacity)


class Spent:
    """Progress towards a total that is only guessed: what a step did not need is taken off it."""

    def __init__(self, progress: Callable[[int, int], None] | None, total: float) -> None:
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
    """A design on some mornings: on all of them, or on the first few for a first look."""

    def __init__(
        self, scenario: Scenario, design: Design, prices: Prices, workers: Crew, *, seeds: range, ran: Callable[[], None]
    ) -> None:
        self._scenario, self._design, self._prices, self._workers = scenario, design, prices, workers
        self._ran = ran
        self.seeds = seeds
        self._made: dict[tuple[int, ...], dict[int, tuple[Summary, dict[str, float]]]] = {}

    def at(self, capacity: Capacity, mornings: int | None = None) -> Trial:
        """On the first so many mornings; without a number, on all."""
        seeds = self.seeds[:mornings]
        design = with_capacity(self._design, capacity)
        made = self._made.setdefault(tuple(capacity.values()), {})
        tasks = ((seed, (self._scenario, design, self._prices, seed)) for seed in seeds if seed not in made)
        for seed, numbers in self._workers.results(_numbers, tasks):
            made[seed] = numbers
            self._ran()
        summaries, reached = [made[seed][0] for seed in seeds], [made[seed][1] for seed in seeds]
        return Trial(design, self._scenario, summaries, reached=reached)

    def tried(self) -> Iterator[tuple[Capacity, Trial]]:
        """Every capacity that was simulated on all mornings."""
        names = list(capacity_of(self._design))
        for key, made in self._made.items():
            if len(made) == len(self.seeds):
                capacity = dict(zip(names, key, strict=True))
                yield capacity, self.at(capacity)

    def __len__(self) -> int:
        """How many capacities were tried, if only for a first look."""
        return len(self._made)


def _numbers(scenario: Scenario, design: Design, prices: Prices, seed: int) -> tuple[Summary, dict[str, float]]:
    """A morning's summary, without what only charts need (there will be hundreds), and the lags of those who got there."""
    summary = summarise(scenario, design, prices, seed)
    reached = {stem: lags[np.isfinite(lags)] for stem, name in LAGS.items() for lags in [summary.lags[name]]}
    summary.lags.clear()
    return summary, {f"{stem}_p{p}": percentile(lags, p) for stem, lags in reached.items() for p in PERCENTS}
