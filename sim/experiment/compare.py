"""The main job: designs side by side on the same mornings, with intervals, paired differences and verdicts."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from numbers import Integral
from pathlib import Path
from typing import Any, Literal, get_args

import numpy as np

from sim.architectures import COMPARED, Designs, load_designs
from sim.config.design import Design
from sim.config.errors import ArgumentError
from sim.config.library import digest, load_scenario
from sim.config.prices import Prices, load_prices
from sim.config.scenario import Scenario
from sim.experiment.cells import check_cells
from sim.experiment.engines import Engine
from sim.experiment.mornings import Keep, Progress, Summary, run_mornings
from sim.experiment.statistics import Difference, Estimate, estimate, paired, variance_share
from sim.version import VERSION
from sim.vocabulary import METRICS

Status = Literal["met", "violated", "undecided"]
MOST_MORNINGS = 1_000_000
MOST_FOR_PRECISION = 200  # mornings, when they are added until the results are precise
GROWTH = 1.5  # times as many mornings before one looks again: a look too many makes intervals too short
PRECISE = ("double_charge_rate", "confirmed_share", "ack_latency_p95", "cost_per_1000")  # where there are no objectives


@dataclass(frozen=True)
class Objective:
    """One objective of the scenario, judged on one design."""

    metric: str
    limit: float
    status: Status
    estimate: Estimate

    @property
    def name(self) -> str:
        """How it is said: `ack_latency_p95 <= 1 s`."""
        unit = {"share": "", "s": " s", "USD": " USD", "count": ""}[METRICS[self.metric].unit]
        sign = "<=" if METRICS[self.metric].better == "lower" else ">="
        return f"{self.metric} {sign} {self.limit:g}{unit}"


def judge(metric: str, limit: float, value: Estimate) -> Status:
    """Met or violated when the whole interval is; one witness violates a limit of zero, never violates any."""
    if value.never:
        return "violated"
    if value.mean is None:
        return "undecided"
    if limit == 0 and METRICS[metric].better == "lower":
        return "violated" if value.mean > 0 else "met"
    if value.low is None or value.high is None:
        return "undecided"
    if METRICS[metric].better == "higher":
        return "met" if value.low >= limit else "violated" if value.high < limit else "undecided"
    return "met" if value.high <= limit else "violated" if value.low > limit else "undecided"


def precise(value: Estimate, precision: float) -> bool:
    """Whether the interval's half-width is at most so much of the true mean: γ / (1 + γ) of the estimated one.

    Law and Kelton, Simulation Modeling and Analysis, 9.4.1. What never comes, or was not there once, won't get more precise.
    """
    if value.mean is None or value.low is None or value.high is None:
        return bool(value.never)
    return value.mean == 0 or (value.high - value.low) / 2 <= precision / (1 + precision) * value.mean


def estimates(mornings: Sequence[Mapping[str, float]], polls: int) -> dict[str, Estimate]:
    """Every metric over mornings, in all of which the status view was polled so often."""
    values = {name: np.array([metrics[name] for metrics in mornings]) for name in METRICS}
    purchases = int(values["purchases"].sum())
    result = {}
    for name, metric in METRICS.items():
        looked_at = polls if name == "stale_read_rate" else purchases
        share_of = looked_at if metric.unit == "share" else None
        result[name] = estimate(values[name], share_of=share_of, count_mornings=name == "collapsed_share")
    return result


@dataclass
class Result:
    """One design on all mornings."""

    design: Design
    scenario: Scenario
    summaries: list[Summary]

    def values(self, metric: str) -> np.ndarray:
        """A metric's morning values, shape (mornings,); NaN: nothing to count, inf: never."""
        return np.array([summary.metrics[metric] for summary in self.summaries])

    @cached_property
    def metrics(self) -> dict[str, Estimate]:
        return estimates([summary.metrics for summary in self.summaries], sum(summary.polls for summary in self.summaries))

    @cached_property
    def objectives(self) -> list[Objective]:
        return [
            Objective(metric, limit, judge(metric, limit, self.metrics[metric]), self.metrics[metric])
            for metric, limit in self.scenario.objectives.items()
        ]

    @property
    def verdict(self) -> Status:
        statuses = {objective.status for objective in self.objectives}
        return "violated" if "violated" in statuses else "undecided" if "undecided" in statuses else "met"

    def unsettled(self, precision: float) -> list[str]:
        """Objectives (metrics, if there are none) that are neither decided nor known to that relative precision."""
        if not self.objectives:
            return [metric for metric in PRECISE if not precise(self.metrics[metric], precision)]
        return [
            objective.metric
            for objective in self.objectives
            if objective.status == "undecided" and not precise(objective.estimate, precision)
        ]

    def lags(self, name: Literal["ack", "confirmation", "read_model"]) -> np.ndarray:
        """All mornings' lags in seconds, sorted, inf for never."""
        return np.sort(np.concatenate([summary.lags[name] for summary in self.summaries]))


@dataclass
class Comparison:
    """Designs on the same mornings. The first design is the baseline of the paired differences."""

    scenario: Scenario
    results: dict[str, Result]
    seed: int
    asked: int  # mornings asked for; fewer are there after Ctrl-C
    interrupted: bool
    wall_s: float
    prices: Prices = field(repr=False)
    cells: int = 1  # that each morning was dealt to

    @property
    def mornings(self) -> int:
        return len(next(iter(self.results.values())).summaries)

    @property
    def digest(self) -> str:
        return digest(self.scenario, *(result.design for result in self.results.values()))

    @property
    def version(self) -> str:
        return VERSION

    def paired(self, name: str) -> dict[str, Difference]:
        """Metric -> difference of a design against the baseline, morning by morning."""
        baseline = next(iter(self.results.values()))
        return {metric: paired(self.results[name].values(metric), baseline.values(metric)) for metric in METRICS}

    def variance_shares(self, name: str) -> dict[str, float]:
        """Metric -> what meeting the same mornings leaves of the variance of that difference; metrics that vary only."""
        baseline = next(iter(self.results.values()))
        shares = {metric: variance_share(self.results[name].values(metric), baseline.values(metric)) for metric in METRICS}
        return {metric: share for metric, share in shares.items() if share is not None}

    @property
    def purchases_per_s(self) -> float:
        """Simulated purchases per second and core."""
        summaries = [summary for result in self.results.values() for summary in result.summaries]
        return sum(s.metrics["purchases"] for s in summaries) / max(sum(s.wall_s for s in summaries), 1e-9)

    @property
    def metrics(self) -> Any:
        """A DataFrame with one row a design and metric: mean, low, high, n, never."""
        import pandas as pd

        rows = [
            {"design": name, "metric": metric, **vars(value)}
            for name, result in self.results.items()
            for metric, value in result.metrics.items()
        ]
        return pd.DataFrame(rows).set_index(["design", "metric"])


def check_numbers(mornings: int, seed: int, jobs: int | None, *, fewest: int = 1) -> None:
    """What a user may ask for. Raises ConfigError."""
    if not isinstance(mornings, Integral) or not fewest <= mornings <= MOST_MORNINGS:
        raise ArgumentError("mornings", f"expected a whole number from {fewest} to {MOST_MORNINGS:,} (got {mornings!r})")
    if not isinstance(seed, Integral) or not 0 <= seed <= 2**63:
        raise ArgumentError("seed", f"expected a whole number of at least 0 (got {seed!r})")
    if jobs is not None and (not isinstance(jobs, Integral) or jobs < 1):
        raise ArgumentError("jobs", f"expected a whole number of at least 1 (got {jobs!r})")


def compare(
    scenario: Scenario | Path | str,
    designs: Designs = COMPARED,
    *,
    mornings: int = 10,
    cells: int = 1,
    seed: int = 0,
    jobs: int | None = None,
    engine: Engine = "local",
    precision: float | None = None,
    keep: Keep | None = None,
    progress: Progress | None = None,
) -> Comparison:
    """Run designs on the same mornings (seeds `seed`, `seed + 1`, …). Names or loaded models; raises ConfigError.

    With a `precision` mornings are added, half as many again each time and up to 200 in all, until every objective is decided
    or its metric known to that relative precision (.05: within 5 %); `mornings` are then the first ones.

    With `cells` each morning is dealt to so many independent copies of the back end, each with its share of the customers and
    of the capacity, in the same weather. A morning's tables are kept until they have been counted (`keep="all"`) or not even
    that long ("none": the same numbers in flat memory, a sixth slower); by default that depends on how many purchases are
    expected.

    After Ctrl-C the comparison holds the finished mornings, and `interrupted` is true. Raises KeyboardInterrupt if there
    are none.
    """
    check_numbers(mornings, seed, jobs)
    if precision is not None and not precision > 0:
        raise ArgumentError("precision", f"must be more than 0 (got {precision})")
    if keep not in (None, *get_args(Keep)):
        raise ArgumentError("keep", f'expected {" or ".join(get_args(Keep))} (got "{keep}")')
    world = load_scenario(scenario)
    chosen = load_designs(designs)
    prices = load_prices(world.prices)
    check_cells(chosen, cells)
    begin = time.perf_counter()
    complete: dict[int, list[Summary]] = {}
    asked = mornings
    while True:
        missing = [one for one in range(seed, seed + asked) if one not in complete]
        more, interrupted = run_mornings(
            world, chosen, prices, seeds=missing, cells=cells, jobs=jobs, engine=engine, keep=keep, progress=progress
        )
        complete |= more
        if not complete:
            raise KeyboardInterrupt
        results = {
            design.name: Result(design, world, [complete[one][number] for one in sorted(complete)])
            for number, design in enumerate(chosen)
        }
        if precision is None or interrupted or asked >= MOST_FOR_PRECISION:
            break
        if not any(result.unsettled(precision) for result in results.values()):
            break
        asked = min(max(math.ceil(asked * GROWTH), 2), MOST_FOR_PRECISION)
    return Comparison(world, results, seed, asked, interrupted, time.perf_counter() - begin, prices, cells)
