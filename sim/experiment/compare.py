"""The main job: designs side by side on the same mornings, with intervals, paired differences and verdicts."""

from __future__ import annotations

import math
import time
from collections import Counter
from dataclasses import dataclass, field, replace
from functools import cached_property
from numbers import Real
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np

from sim.architectures import COMPARED, Designs, load_designs
from sim.config import showing
from sim.config.design import Design
from sim.config.errors import ArgumentError, ConfigError
from sim.config.library import digest, load_scenario
from sim.config.prices import Prices, load_prices
from sim.config.scenario import Scenario
from sim.experiment import frames
from sim.experiment.cells import check_cells
from sim.experiment.effort import Effort, in_words
from sim.experiment.estimates import (
    Open,
    Status,
    Values,
    difference_of,
    each,
    estimates,
    judge,
    open_because,
    values_of,
    verdict,
)
from sim.experiment.mornings import Caused, Progress, Summary, run_mornings
from sim.experiment.statistics import CONFIDENCE, Difference, Estimate, variance_share
from sim.ledger.causes import NAMES
from sim.version import VERSION
from sim.vocabulary import METRICS, shown_in

if TYPE_CHECKING:
    import pandas as pd

    from sim.lab.plots import ComparisonPlots

MOST_FOR_PRECISION = 200  # mornings, when they are added until the results are precise
GROWTH = 1.5  # times as many mornings before one looks again: a look too many makes intervals too short


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
        known = METRICS[self.metric]
        unit = {"share": "", "s": " s", "USD": " USD", "count": ""}[known.unit]
        sign = ">=" if known.more_is_better else "<="
        return f"{self.metric} {sign} {self.limit:g}{unit}"

    @property
    def because(self) -> Open | None:
        """Why it isn't known yet whether it is met; None if it is."""
        return open_because(self.metric, self.limit, self.estimate)

    def may_change(self, precision: float) -> bool:
        """Whether more mornings may decide it, and its metric is not known to that relative precision yet."""
        return self.because == "few" or (self.because == "close" and not precise(self.estimate, precision))


def precise(value: Estimate, precision: float) -> bool:
    """Whether the interval's half-width is at most so much of the true mean: γ / (1 + γ) of the estimated one.

    Law and Kelton, Simulation Modeling and Analysis, 9.4.1. More mornings cannot narrow an infinite value or a zero: they count
    as precise.
    """
    if value.mean is None or value.low is None or value.high is None:
        return bool(value.never)
    return value.mean == 0 or (value.high - value.low) / 2 <= precision / (1 + precision) * value.mean


@dataclass
class Result:
    """One design on all mornings."""

    design: Design
    scenario: Scenario
    summaries: list[Summary]
    confidence: float = CONFIDENCE  # of the intervals

    @cached_property
    def _values(self) -> Values:
        kept = self.summaries
        return values_of([one.metrics for one in kept], [one.counted for one in kept], [one.costs for one in kept])

    def values(self, metric: str) -> np.ndarray:
        """A metric's morning values, shape (mornings,); NaN: nothing to count, inf: never."""
        return self._values[metric]

    def each(self, metric: str) -> np.ndarray:
        """One value a morning, whose mean is the metric of all mornings: what to take differences of."""
        return each(metric, self._values)

    def difference(self, metric: str, other: Result) -> Difference:
        """By how much a metric differs from that of another design on the same mornings."""
        return difference_of(metric, self._values, other._values)

    @cached_property
    def metrics(self) -> dict[str, Estimate]:
        return estimates(self._values, self.confidence)

    def harmed(self, metric: str) -> np.ndarray:
        """The mornings on which a metric says that somebody was harmed: flags, shape (mornings,)."""
        return np.array([METRICS[metric].harmed(value) for value in self.values(metric)], dtype=bool)

    @cached_property
    def objectives(self) -> list[Objective]:
        return [
            Objective(metric, limit, judge(metric, limit, self.metrics[metric]), self.metrics[metric])
            for metric, limit in self.scenario.objectives.items()
        ]

    @property
    def verdict(self) -> Status:
        return verdict(objective.status for objective in self.objectives)

    @property
    def standing(self) -> Counter[Status]:
        """How many of its objectives are met, met so far, violated and undecided."""
        return Counter(objective.status for objective in self.objectives)

    def unsettled(self, precision: float) -> list[str]:
        """Objectives that are neither decided nor known to that relative precision; without any, such metrics of a sweep."""
        if not self.objectives:
            return [metric for metric in shown_in("sweep") if not precise(self.metrics[metric], precision)]
        return [objective.metric for objective in self.objectives if objective.may_change(precision)]

    @cached_property
    def causes(self) -> dict[tuple[str, str], Caused]:
        """What went wrong, and why: (kind, cause), in the order of `ledger.causes.NAMES`, -> purchases and USD of all mornings.

        The purchases are those that went wrong, each once, and the USD those that failures cost.
        """
        found = {name: [summary.causes[name] for summary in self.summaries if name in summary.causes] for name in NAMES}
        return {name: Caused(*map(sum, zip(*each, strict=True))) for name, each in found.items() if each}

    @property
    def purchases(self) -> int:
        """Of all mornings."""
        return sum(summary.counted["purchases"] for summary in self.summaries)

    @property
    def right(self) -> int:
        """Purchases of all mornings with which nothing went wrong."""
        return self.purchases - sum(one.purchases for one in self.causes.values())

    def wrong(self, kind: str, cause: str | None = None) -> Caused:
        """What went wrong in one way (`ledger.causes.KINDS`), by one cause or by all of them."""
        mine = [one for (known, why), one in self.causes.items() if known == kind and cause in (None, why)]
        return Caused(sum(one.purchases for one in mine), sum(one.usd for one in mine))

    def per_1000(self, usd: float) -> float:
        """USD of all mornings, per 1,000 correct purchases; infinite if none was correct."""
        correct = sum(summary.counted["correct"] for summary in self.summaries)
        return usd / correct * 1000 if correct else math.inf

    def lags(self, name: Literal["ack", "confirmation", "read_model"]) -> np.ndarray:
        """All mornings' lags in seconds, sorted, inf for never."""
        return np.sort(np.concatenate([summary.lags[name] for summary in self.summaries]))


@dataclass
class Comparison(showing.Shown):
    """Designs on the same mornings. The first design is the baseline of the paired differences.

    `scenario`, `results` (design -> its mornings), `seed` (of the first morning), `mornings`, `interrupted` (after Ctrl-C), and
    the same as tidy DataFrames: `metrics`, `objectives`, `differences`, `by_morning`, `by_minute`, `stations`.
    """

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
    def verdict(self) -> Status:
        """How all designs together stand to all objectives of the scenario: the worst of their verdicts."""
        return verdict(result.verdict for result in self.results.values())

    @property
    def digest(self) -> str:
        return digest(self.scenario, *(result.design for result in self.results.values()))

    @property
    def version(self) -> str:
        return VERSION

    def paired(self, name: str) -> dict[str, Difference]:
        """Metric -> difference of a design against the baseline, morning by morning."""
        baseline = next(iter(self.results.values()))
        return {metric: self.results[name].difference(metric, baseline) for metric in METRICS}

    def variance_shares(self, name: str) -> dict[str, float]:
        """Metric -> what meeting the same mornings leaves of the variance of that difference; metrics that vary only."""
        baseline = next(iter(self.results.values()))
        shares = {metric: variance_share(self.results[name].each(metric), baseline.each(metric)) for metric in METRICS}
        return {metric: share for metric, share in shares.items() if share is not None}

    @property
    def purchases_per_s(self) -> float:
        """Simulated purchases per second and core."""
        summaries = [summary for result in self.results.values() for summary in result.summaries]
        return sum(s.metrics["purchases"] for s in summaries) / max(sum(s.wall_s for s in summaries), 1e-9)

    @cached_property
    def metrics(self) -> pd.DataFrame:
        """Every metric over the mornings, indexed by design and metric.

        `mean`, and its 95 % interval `low` to `high`; `n`: mornings in which there was something to count; `never`: the share
        of them in which the value is infinite, and then there is no mean; `harmed`: how many of
        them harmed somebody. Rates are shares of the purchases, times in seconds,
        money in USD. Missing: nothing to count, or no interval from one morning.
        """
        return frames.metrics(self.results)

    @cached_property
    def objectives(self) -> pd.DataFrame:
        """The scenario's objectives, indexed by design and metric.

        `limit`, `status` (met, so far, violated, undecided), and the metric's `mean`, `low`, `high` and `never`.
        """
        return frames.objectives(self.results)

    @cached_property
    def differences(self) -> pd.DataFrame:
        """Each design against the first one, morning by morning, indexed by design and metric.

        `difference`, and its 95 % interval `low` to `high`.
        """
        return frames.differences({name: self.paired(name) for name in list(self.results)[1:]}, "design")

    @cached_property
    def by_morning(self) -> pd.DataFrame:
        """A row a design and morning, indexed by design and seed, with a column a metric.

        NaN: nothing to count, inf: never.
        """
        return frames.by_morning(self.results)

    @cached_property
    def by_minute(self) -> pd.DataFrame:
        """A row a design, morning and minute, indexed by design, seed and `minute` (since the start of the morning).

        `arrivals` and `ack_p95_s` (seconds; inf: never) of the purchases submitted within the minute; at its end `backlog`:
        orders accepted and not settled, `behind`: confirmed orders that the status view doesn't show, `double_charges`:
        purchases charged more than once so far.
        """
        return frames.by_minute(self.results)

    @cached_property
    def stations(self) -> pd.DataFrame:
        """Where work can queue, a row a design, morning and station, indexed by them.

        `servers`, `arrivals`, `served`; `busy_s` and `provisioned_s` in server-seconds, `busy_share` their ratio; `waiting_s`:
        seconds in which somebody waited; `queue_max`.
        """
        return frames.stations(self.results)

    @property
    def plot(self) -> ComparisonPlots:
        """The charts, such as `comparison.plot.morning()`."""
        return showing.plots(self)

    def __repr__(self) -> str:
        return f"<{', '.join(self.results)} in {self.scenario.name}: {in_words(self.mornings)} from seed {self.seed}>"


def looks(mornings: int) -> list[int]:
    """After how many mornings one looks whether results are precise, from the first look on."""
    planned = [mornings]
    while planned[-1] < MOST_FOR_PRECISION:
        planned.append(min(max(math.ceil(planned[-1] * GROWTH), 2), MOST_FOR_PRECISION))
    return planned


def check_judgeable(scenario: Scenario, called: str) -> None:
    """Raises ConfigError, about a scenario that is `called` so, if there are no objectives to judge a design by."""
    if not scenario.objectives:
        raise ConfigError(
            f"{called}: no objectives, so there is nothing to check; give it some, like {{double_charge_rate: 0}}"
        )


def compare(
    scenario: Scenario | Path | str,
    designs: Designs = COMPARED,
    effort: Effort = Effort(),
    *,
    precision: float | None = None,
    progress: Progress | None = None,
) -> Comparison:
    """Run designs on the same mornings. Names or loaded models; raises ConfigError.

    With a `precision` mornings are added, half as many again each time and up to 200 in all, until every objective is decided
    or its metric known to that relative precision (.05: within 5 %); those of `effort` are then the first ones. Whoever looks
    several times and stops when it suits errs more often: so the intervals are wider, 1 - .05 / (looks) each, and hold in 95 of
    100 such experiments (Bonferroni).

    With `effort.cells` each morning is dealt to so many independent copies of the back end, each with its share of the
    customers and of the capacity, in the same weather. A process holds the tables of one cell at a time, about 1 KB a purchase.

    After Ctrl-C the comparison holds the finished mornings, and `interrupted` is true. Raises KeyboardInterrupt if there
    are none.
    """
    if precision is not None and not (isinstance(precision, Real) and precision > 0):
        raise ArgumentError("precision", f"expected a number of more than 0, such as 0.05 (got {precision!r})")
    world = load_scenario(scenario)
    chosen = load_designs(designs)
    prices = load_prices(world.prices)
    check_cells(chosen, effort.cells)
    begin = time.perf_counter()
    complete: dict[int, list[Summary]] = {}
    asked = effort.mornings
    confidence = CONFIDENCE if precision is None else 1 - (1 - CONFIDENCE) / len(looks(asked))
    while True:
        missing = replace(effort, seed=effort.seed + len(complete), mornings=asked - len(complete))
        more, interrupted = run_mornings(world, chosen, prices, missing, progress=progress)
        complete |= more
        if not complete:
            raise KeyboardInterrupt
        results = {
            design.name: Result(design, world, [complete[seed][number] for seed in sorted(complete)], confidence)
            for number, design in enumerate(chosen)
        }
        if precision is None or interrupted or asked >= MOST_FOR_PRECISION:
            break
        if not any(result.unsettled(precision) for result in results.values()):
            break
        asked = looks(asked)[1]
    wall_s = time.perf_counter() - begin
    return Comparison(world, results, effort.seed, asked, interrupted, wall_s, prices, effort.cells)
