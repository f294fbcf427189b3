"""What every way to search shares: candidates are simulated on the same mornings, and the best of them on fresh ones."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from sim.config.errors import ConfigError
from sim.config.scenario import Scenario
from sim.experiment import pareto
from sim.experiment.effort import Effort
from sim.experiment.estimates import Status, Values, holds, judge, mean_of
from sim.experiment.extras import how_to_install
from sim.experiment.measuring import estimate_of, measured
from sim.experiment.mornings import Progress
from sim.experiment.space import Candidate
from sim.experiment.statistics import Estimate
from sim.experiment.workers import Crew
from sim.vocabulary import METRICS

MOST_HALVED = 512  # above that, and with ranges, a sampler chooses what to try
FIRST = 2  # mornings of those that are halved; twice as many for the better half, and so on
SAMPLED = 4  # mornings of those that the sampler names; the better half goes on likewise
FINALISTS = 12  # meet fresh mornings
BATCH = 8  # candidates that the sampler names at once, however many jobs there are
INSTALL = how_to_install("lab")


@dataclass(frozen=True)
class Constraint:
    """A metric and its limit; "at least" where more is better. A limit of none, or of all, is violated by one witness."""

    metric: str
    limit: float

    @property
    def is_absolute(self) -> bool:
        return self.limit == METRICS[self.metric].best

    def violation(self, values: Values) -> float:
        """By how much the mean is beyond the limit, relative to the limit; 0 if it is within."""
        value = mean_of(self.metric, values)
        if math.isnan(value):
            return 0.0
        beyond = METRICS[self.metric].badness(value - self.limit)
        return max(beyond, 0.0) / (self.limit or 1.0)


@dataclass(eq=False)
class Tried:
    """A candidate and its metrics on the mornings it was simulated on so far. All candidates begin with the same mornings."""

    candidate: Candidate
    values: Values = field(default_factory=dict)

    @property
    def mornings(self) -> int:
        return len(next(iter(self.values.values()), ()))


@dataclass(frozen=True, eq=False)
class Finalist:
    """One of the best candidates, and its metrics on fresh mornings."""

    candidate: Candidate
    values: Values
    estimates: dict[str, Estimate]
    statuses: dict[str, Status]  # metric of a constraint -> how it stands, witnesses of earlier mornings included
    same: tuple[Candidate, ...]  # others with the same results, figure by figure

    @property
    def holds(self) -> bool:
        return all(map(holds, self.statuses.values()))


@dataclass
class Search:
    """A search in progress: which candidates were simulated, on how many mornings, and with what result."""

    scenario: Scenario
    minimised: tuple[str, str]
    constraints: tuple[Constraint, ...]
    effort: Effort
    progress: Progress | None
    tried: list[Tried] = field(default_factory=list)
    workers: Crew = field(init=False)
    done: int = 0
    planned: int = 0

    @property
    def mornings(self) -> int:
        return self.effort.mornings

    def halve(self, pool: list[Tried], *, at_once: bool) -> None:
        """Simulate all candidates on a few mornings, the better half on twice as many, and so on; or all mornings `at_once`."""
        if not pool:
            raise ConfigError("the design space is empty: no combination of its values can be")
        self.tried = list(pool)
        self.meet(pool, self.mornings if at_once else min(FIRST, self.mornings))
        self.go_on(pool)

    def go_on(self, pool: list[Tried]) -> None:
        """Continue with the better half of the candidates, until those that are left were simulated on all mornings.

        One witness against an absolute limit is enough to be out.
        """
        mornings = pool[0].mornings
        absolute = [constraint for constraint in self.constraints if constraint.is_absolute]
        while mornings < self.mornings:
            pool = [one for one in self.best(pool) if not any(constraint.violation(one.values) for constraint in absolute)]
            pool = pool[: max(FINALISTS, math.ceil(len(pool) / 2))]
            mornings = min(2 * mornings, self.mornings)
            self.meet(pool, mornings)

    def meet(self, pool: Sequence[Tried], mornings: int) -> None:
        """Simulate each candidate on the first mornings, but not again on those it was simulated on before."""
        for met in sorted({one.mornings for one in pool}):
            those = [one for one in pool if one.mornings == met]
            seeds = self.effort.seeds[met:mornings]
            for one, values in zip(those, self._simulate([one.candidate for one in those], seeds), strict=True):
                one.values = {m: np.concatenate([one.values.get(m, np.array([])), new]) for m, new in values.items()}

    def best(self, pool: Sequence[Tried]) -> list[Tried]:
        points = np.array([means(one.values, self.minimised) for one in pool])
        violations = np.array([self.violation(one) for one in pool])
        return [pool[i] for i in pareto.in_order(points, violations)]

    def violation(self, one: Tried) -> float:
        return sum(constraint.violation(one.values) for constraint in self.constraints)

    def final(self) -> list[Finalist]:
        """Simulate the best candidates on fresh mornings: of those with the most mornings, those that violated nothing."""
        most = max(one.mornings for one in self.tried)
        ordered = self.best([one for one in self.tried if one.mornings == most and self.violation(one) == 0])
        chosen, same = _distinct(ordered)
        chosen = chosen[:FINALISTS]
        fresh = replace(self.effort, seed=self.effort.seed + self.mornings).seeds
        made = self._simulate([one.candidate for one in chosen], fresh)
        return [self._finalist(one, values, same[one.candidate.number]) for one, values in zip(chosen, made, strict=True)]

    def _finalist(self, one: Tried, fresh: Values, same: list[Candidate]) -> Finalist:
        metrics = dict.fromkeys([*self.minimised, *(constraint.metric for constraint in self.constraints)])
        estimates = {metric: estimate_of(metric, fresh) for metric in metrics}
        statuses = {c.metric: judge(c.metric, c.limit, estimates[c.metric]) for c in self.constraints}
        return Finalist(one.candidate, fresh, estimates, statuses, tuple(same))

    def _simulate(self, candidates: Sequence[Candidate], seeds: Sequence[int]) -> list[Values]:
        if not candidates or not seeds:
            return [{} for _ in candidates]
        self.planned = max(self.planned, self.done + len(candidates) * len(seeds))
        return measured(self.workers, [(self.scenario, one.design) for one in candidates], seeds, tell=self._tell)

    def _tell(self) -> None:
        self.done += 1
        if self.progress is not None:
            self.progress(self.done, max(self.planned, self.done))


def _distinct(ordered: Sequence[Tried]) -> tuple[list[Tried], dict[int, list[Candidate]]]:
    """One of each set with the same results in every metric, and the others of its set by its number."""
    first: dict[bytes, Tried] = {}
    same: dict[int, list[Candidate]] = {}
    for one in ordered:
        print_ = b"".join(one.values[metric].tobytes() for metric in METRICS)
        if print_ in first:
            same[first[print_].candidate.number].append(one.candidate)
        else:
            first[print_] = one
            same[one.candidate.number] = []
    return list(first.values()), {number: sorted(those, key=lambda one: one.number) for number, those in same.items()}


def means(values: Values, metrics: Sequence[str]) -> list[float]:
    """How bad each metric is in the mean. Nothing to count is as bad as never."""
    badness = (METRICS[metric].badness(mean_of(metric, values)) for metric in metrics)
    return [math.inf if math.isnan(value) else value for value in badness]
