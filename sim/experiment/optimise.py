"""The cheapest and quickest designs that keep their promises: the Pareto front of two metrics under constraints.

Every candidate meets the same mornings. Who looks good there may have been lucky, so the best meet fresh ones, and only those
count.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Literal

import numpy as np

from sim.config.errors import ArgumentError, ConfigError
from sim.config.library import load_scenario
from sim.config.prices import load_prices
from sim.config.scenario import Scenario
from sim.experiment import pareto
from sim.experiment.altering import altered, value_of
from sim.experiment.compare import check_numbers
from sim.experiment.engines import Engine
from sim.experiment.mornings import Progress
from sim.experiment.sampling import sample
from sim.experiment.search import MOST_HALVED, Constraint, Finalist, Search, Tried, means
from sim.experiment.space import Candidate, Space
from sim.experiment.statistics import Difference, paired
from sim.experiment.swings import known_metrics
from sim.experiment.workers import crew
from sim.vocabulary import METRICS

MINIMISED = ("cost_per_1000", "confirmation_lag_p99")
CONSTRAINTS = ("double_charge_rate=0", "duplicate_order_rate=0")
ALL_AT_ONCE = 32  # candidates that all meet all mornings
TRIALS = 96
Method = Literal["all", "halving", "sampling"]


@dataclass(frozen=True)
class Optimum:
    """What was found."""

    scenario: Scenario
    space: Space
    minimised: tuple[str, str]
    constraints: tuple[Constraint, ...]
    method: Method
    seed: int
    mornings: int
    tried: list[Tried]
    impossible: int  # combinations that can't be
    finalists: list[Finalist]

    @cached_property
    def front(self) -> list[Finalist]:
        """Of those that hold every constraint, whom nobody beats on fresh mornings; by the first metric."""
        holding = [finalist for finalist in self.finalists if finalist.holds]
        return [holding[i] for i in pareto.front(np.array([means(one.values, self.minimised) for one in holding]))]

    def ties(self, finalist: Finalist) -> list[Finalist]:
        """Who may be as good or better for all that these mornings can tell: clearly worse in neither metric."""
        others = [one for one in self.finalists if one.holds and one is not finalist]
        return [one for one in others if "worse" not in self._ways(one, finalist)]

    def perhaps(self) -> list[Finalist]:
        """Not on the front, but not clearly beaten by anybody there: more mornings might put them on it."""
        off = [one for one in self.finalists if one.holds and one not in self.front]
        return [one for one in off if not any(self._clearly_beats(better, one) for better in self.front)]

    def difference(self, one: Finalist, other: Finalist, metric: str) -> Difference:
        return paired(one.values[metric], other.values[metric])

    def _clearly_beats(self, one: Finalist, other: Finalist) -> bool:
        ways = self._ways(one, other)
        return "worse" not in ways and "better" in ways

    def _ways(self, one: Finalist, other: Finalist) -> list[str]:
        return [_way(self.difference(one, other, metric), metric) for metric in self.minimised]

    def violates(self, one: Tried) -> bool:
        """Whether its mean was beyond a limit on the mornings that it met, or on fresh ones."""
        beyond = any(constraint.violation(one.values) for constraint in self.constraints)
        return beyond or self.place(one) == "violates"

    def place(self, one: Tried) -> str:
        """What became of a candidate: front, perhaps (on it), beaten, undecided, or violates."""
        if any(constraint.violation(one.values) for constraint in self.constraints):
            return "violates"
        final = next((each for each in self.finalists if one.candidate in (each.candidate, *each.same)), None)
        if final is None or final.holds:
            return "beaten" if final is None else "front" if final in self.front else self._off(final)
        return "violates" if "violated" in final.statuses.values() else "undecided"

    def _off(self, final: Finalist) -> str:
        return "perhaps" if final in self.perhaps() else "beaten"

    @property
    def runs(self) -> int:
        """Mornings simulated in all."""
        return sum(one.mornings for one in self.tried) + len(self.finalists) * self.mornings

    def reached(self, constraint: Constraint) -> tuple[Candidate, float] | None:
        """Who came closest to a limit, and how close; None if there was nothing to count."""
        better = METRICS[constraint.metric].better
        means = [(pareto.signed([float(one.values[constraint.metric].mean())], [better])[0], one) for one in self.tried]
        value, best = min(means, key=lambda pair: pair[0])
        return (best.candidate, value if better == "lower" else -value) if math.isfinite(value) else None


def optimise(
    scenario: Scenario | Path | str,
    space: Space,
    *,
    minimise: Sequence[str] = MINIMISED,
    subject_to: Sequence[str] = CONSTRAINTS,
    mornings: int = 10,
    trials: int = TRIALS,
    seed: int = 0,
    jobs: int | None = None,
    engine: Engine = "local",
    progress: Progress | None = None,
) -> Optimum:
    """Search a space for the front of two metrics among designs that meet every constraint, like `double_charge_rate=0`.

    Up to 32 candidates all meet all mornings. Up to 512 begin with two mornings each, and the better half goes on with twice
    as many. Of more, or with ranges, Optuna's sampler (extra `lab`) chooses `trials`, which begin with four.
    The twelve best then meet as many fresh mornings. The result does not depend on `jobs`. Raises ConfigError.
    """
    check_numbers(mornings, seed, jobs, fewest=2)
    world = load_scenario(scenario)
    first, second = _two(minimise)
    constraints = tuple(_constraint(world, text) for text in subject_to)
    method: Method = _method(space)
    if method == "sampling" and trials < 1:
        raise ArgumentError("trials", f"expected a whole number of at least 1 (got {trials})")
    search = Search(world, load_prices(world.prices), (first, second), constraints, seed, mornings, progress)
    with crew(jobs, engine) as workers:
        search.workers = workers
        if method == "sampling":
            impossible = sample(search, space, trials)
        else:
            everybody = list(space.candidates())
            impossible = (space.size or 0) - len(everybody)
            search.halve([Tried(one) for one in everybody], at_once=method == "all")
        finalists = search.final()
    return Optimum(world, space, (first, second), constraints, method, seed, mornings, search.tried, impossible, finalists)


def _way(value: Difference, metric: str) -> str:
    if value.difference is None or value.low is None or value.high is None or value.low <= 0 <= value.high:
        return "unclear"
    return "better" if (value.difference < 0) == (METRICS[metric].better == "lower") else "worse"


def _two(names: Sequence[str]) -> tuple[str, str]:
    known = known_metrics(names, MINIMISED, argument="minimise")
    if len(known) != 2:
        raise ArgumentError("minimise", f"expected two metrics (got {', '.join(known)}); a front is of two")
    return known[0], known[1]


def _constraint(world: Scenario, text: str) -> Constraint:
    metric, equals, limit = (part.strip() for part in text.partition("="))
    if not equals or not limit:
        raise ArgumentError("subject_to", f'expected METRIC=LIMIT, like double_charge_rate=0 (got "{text}")')
    try:
        limited = altered(world, ("objectives", metric), value_of(limit))
    except ConfigError as error:
        raise ArgumentError("subject_to", str(error).removeprefix("objectives.")) from None
    return Constraint(metric, limited.objectives[metric])


def _method(space: Space) -> Method:
    size = space.size
    if size is None or size > MOST_HALVED:
        return "sampling"
    return "all" if size <= ALL_AT_ONCE else "halving"
