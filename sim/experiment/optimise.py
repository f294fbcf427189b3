"""The cheapest and quickest designs that keep their promises: the Pareto front of two metrics under constraints.

Every candidate meets the same mornings. Who looks good there may have been lucky, so the best meet fresh ones, and only those
count.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Literal

import numpy as np

from sim.config.errors import ConfigError
from sim.config.library import load_scenario
from sim.config.prices import Prices, load_prices
from sim.config.scenario import Scenario
from sim.experiment import pareto
from sim.experiment.altering import altered, value_of
from sim.experiment.compare import Status, check_numbers, judge
from sim.experiment.engines import Engine
from sim.experiment.extras import how_to_install
from sim.experiment.measuring import Values, estimated, measured
from sim.experiment.mornings import Progress
from sim.experiment.space import Candidate, Space
from sim.experiment.statistics import Difference, Estimate, paired
from sim.experiment.swings import known_metrics
from sim.experiment.workers import Crew, crew
from sim.vocabulary import METRICS

MINIMISED = ("cost_per_1000", "confirmation_lag_p99")
CONSTRAINTS = ("double_charge_rate=0", "duplicate_order_rate=0")
ALL_AT_ONCE = 32  # candidates that all meet all mornings
MOST_HALVED = 512  # above that, and with ranges, a sampler chooses what to try
FIRST = 2  # mornings of those that are halved; twice as many for the better half, and so on
SAMPLED = 4  # mornings of those that the sampler names; the better half goes on likewise
FINALISTS = 12  # meet fresh mornings
BATCH = 8  # candidates that the sampler names at once, however many jobs there are
TRIALS = 96
INSTALL = how_to_install("lab")
Method = Literal["all", "halving", "sampling"]


@dataclass(frozen=True)
class Constraint:
    """A metric and its limit; "at least" where more is better. A limit of zero is violated by one witness."""

    metric: str
    limit: float

    @property
    def is_zero(self) -> bool:
        return self.limit == 0 and METRICS[self.metric].better == "lower"

    def violation(self, values: Values) -> float:
        """By how much the mean is beyond the limit, relative to it; 0 if it isn't."""
        mean = float(values[self.metric].mean())
        if math.isnan(mean):
            return 0.0
        beyond = mean - self.limit if METRICS[self.metric].better == "lower" else self.limit - mean
        return max(beyond, 0.0) / (self.limit or 1.0)


@dataclass(eq=False)
class Tried:
    """A candidate and what it did on the mornings that it met, the first of all candidates'."""

    candidate: Candidate
    values: Values = field(default_factory=dict)

    @property
    def mornings(self) -> int:
        return len(next(iter(self.values.values()), ()))


@dataclass(frozen=True, eq=False)
class Finalist:
    """One of the best, on fresh mornings."""

    candidate: Candidate
    values: Values
    estimates: dict[str, Estimate]
    statuses: dict[str, Status]  # metric of a constraint -> how it stands, witnesses of earlier mornings included
    same: tuple[Candidate, ...]  # others with the same results, figure by figure

    @property
    def holds(self) -> bool:
        return all(status == "met" for status in self.statuses.values())


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
        raise ConfigError(f"--trials: expected a whole number of at least 1 (got {trials})")
    search = Search(world, load_prices(world.prices), (first, second), constraints, seed, mornings, progress)
    with crew(jobs, engine) as workers:
        search.workers = workers
        if method == "sampling":
            from sim.experiment.sampling import sample

            impossible = sample(search, space, trials)
        else:
            everybody = list(space.candidates())
            impossible = (space.size or 0) - len(everybody)
            search.halve([Tried(one) for one in everybody], at_once=method == "all")
        finalists = search.final()
    return Optimum(world, space, (first, second), constraints, method, seed, mornings, search.tried, impossible, finalists)


@dataclass
class Search:
    """The mornings that are simulated on the way, candidate by candidate."""

    scenario: Scenario
    prices: Prices
    minimised: tuple[str, str]
    constraints: tuple[Constraint, ...]
    seed: int
    mornings: int
    progress: Progress | None
    tried: list[Tried] = field(default_factory=list)
    workers: Crew = field(init=False)
    done: int = 0
    planned: int = 0

    def halve(self, pool: list[Tried], *, at_once: bool) -> None:
        """Everybody meets a few mornings, the better half twice as many, and so on; or all of them `at_once`."""
        if not pool:
            raise ConfigError("the design space is empty: no combination of its values can be")
        self.tried = list(pool)
        self.meet(pool, self.mornings if at_once else min(FIRST, self.mornings))
        self.go_on(pool)

    def go_on(self, pool: list[Tried]) -> None:
        """With the better half, until those that are left have met all mornings.

        One witness against a limit of zero is enough to be out.
        """
        mornings = pool[0].mornings
        while mornings < self.mornings:
            pool = [one for one in self.best(pool) if not any(c.is_zero and c.violation(one.values) for c in self.constraints)]
            pool = pool[: max(FINALISTS, math.ceil(len(pool) / 2))]
            mornings = min(2 * mornings, self.mornings)
            self.meet(pool, mornings)

    def meet(self, pool: Sequence[Tried], mornings: int) -> None:
        """Let each meet the first mornings, of which it may have met some before."""
        for met in sorted({one.mornings for one in pool}):
            those = [one for one in pool if one.mornings == met]
            seeds = range(self.seed + met, self.seed + mornings)
            for one, values in zip(those, self._simulate([one.candidate for one in those], seeds), strict=True):
                one.values = {m: np.concatenate([one.values.get(m, np.array([])), new]) for m, new in values.items()}

    def best(self, pool: Sequence[Tried]) -> list[Tried]:
        points = np.array([means(one.values, self.minimised) for one in pool])
        violations = np.array([self.violation(one) for one in pool])
        return [pool[i] for i in pareto.in_order(points, violations)]

    def violation(self, one: Tried) -> float:
        return sum(constraint.violation(one.values) for constraint in self.constraints)

    def final(self) -> list[Finalist]:
        """The best of those that met the most mornings and violated nothing, on fresh mornings."""
        most = max(one.mornings for one in self.tried)
        ordered = self.best([one for one in self.tried if one.mornings == most and self.violation(one) == 0])
        chosen, same = _distinct(ordered)
        chosen = chosen[:FINALISTS]
        fresh = range(self.seed + self.mornings, self.seed + 2 * self.mornings)
        made = self._simulate([one.candidate for one in chosen], fresh)
        return [self._finalist(one, values, same[one.candidate.number]) for one, values in zip(chosen, made, strict=True)]

    def _finalist(self, one: Tried, fresh: Values, same: list[Candidate]) -> Finalist:
        metrics = dict.fromkeys([*self.minimised, *(constraint.metric for constraint in self.constraints)])
        estimates = {metric: estimated(fresh, metric) for metric in metrics}
        statuses = {c.metric: judge(c.metric, c.limit, estimates[c.metric]) for c in self.constraints}
        return Finalist(one.candidate, fresh, estimates, statuses, tuple(same))

    def _simulate(self, candidates: Sequence[Candidate], seeds: Sequence[int]) -> list[Values]:
        if not candidates or not seeds:
            return [{} for _ in candidates]
        self.planned = max(self.planned, self.done + len(candidates) * len(seeds))
        return measured(self.workers, [(self.scenario, one.design) for one in candidates], self.prices, seeds, tell=self._tell)

    def _tell(self) -> None:
        self.done += 1
        if self.progress is not None:
            self.progress(self.done, max(self.planned, self.done))


def _distinct(ordered: Sequence[Tried]) -> tuple[list[Tried], dict[int, list[Candidate]]]:
    """One of each set with the same results in every metric, and the others of its set by its number."""
    first: dict[bytes, Tried] = {}
    same: dict[int, list[Candidate]] = {}
    for one in ordered:
        print_ = b"".join(values.tobytes() for values in one.values.values())
        if print_ in first:
            same[first[print_].candidate.number].append(one.candidate)
        else:
            first[print_] = one
            same[one.candidate.number] = []
    return list(first.values()), {number: sorted(those, key=lambda one: one.number) for number, those in same.items()}


def means(values: Values, metrics: Sequence[str]) -> list[float]:
    return pareto.signed([float(values[m].mean()) for m in metrics], [METRICS[m].better for m in metrics])


def _way(value: Difference, metric: str) -> str:
    if value.difference is None or value.low is None or value.high is None or value.low <= 0 <= value.high:
        return "unclear"
    return "better" if (value.difference < 0) == (METRICS[metric].better == "lower") else "worse"


def _two(names: Sequence[str]) -> tuple[str, str]:
    known = known_metrics(names, MINIMISED, option="--minimise")
    if len(known) != 2:
        raise ConfigError(f"--minimise: expected two metrics (got {', '.join(known)}); a front is of two")
    return known[0], known[1]


def _constraint(world: Scenario, text: str) -> Constraint:
    metric, equals, limit = (part.strip() for part in text.partition("="))
    if not equals or not limit:
        raise ConfigError(f'--subject-to: expected METRIC=LIMIT, like double_charge_rate=0 (got "{text}")')
    try:
        limited = altered(world, ("objectives", metric), value_of(limit))
    except ConfigError as error:
        raise ConfigError(f"--subject-to: {str(error).removeprefix('objectives.')}") from None
    return Constraint(metric, limited.objectives[metric])


def _method(space: Space) -> Method:
    size = space.size
    if size is None or size > MOST_HALVED:
        return "sampling"
    return "all" if size <= ALL_AT_ONCE else "halving"
