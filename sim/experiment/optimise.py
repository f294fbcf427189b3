"""The cheapest and quickest designs that keep their promises: the Pareto front of two metrics under constraints.

Every candidate is simulated on the same mornings. A candidate that looks good there may only have been lucky, so the best are
simulated on fresh mornings, and only the results on those count.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np

from sim.config import showing
from sim.config.errors import ArgumentError, ConfigError
from sim.config.library import load_scenario
from sim.config.scenario import Scenario
from sim.experiment import frames, pareto
from sim.experiment.altering import altered, value_of
from sim.experiment.effort import Effort, check_whole
from sim.experiment.estimates import difference_of, judgement, known_metrics, mean_of
from sim.experiment.mornings import Progress
from sim.experiment.sampling import sample
from sim.experiment.search import MOST_HALVED, Constraint, Finalist, Search, Tried, means
from sim.experiment.space import Candidate, Space
from sim.experiment.statistics import Difference
from sim.experiment.workers import crew
from sim.vocabulary import METRICS

if TYPE_CHECKING:
    import pandas as pd

    from sim.lab.plots import OptimumPlots

MINIMISED = ("cost_per_1000", "confirmation_lag_p99")
CONSTRAINTS = ("double_charge_rate=0", "duplicate_order_rate=0")
ALL_AT_ONCE = 32  # candidates that all meet all mornings
MORNINGS = 8  # of the search, and as many fresh ones
TRIALS = 96
Method = Literal["all", "halving", "sampling"]


@dataclass(frozen=True)
class Optimum(showing.Shown):
    """The designs that were tried, and those that nobody beats.

    `scenario`, `space`, `minimised`, `constraints`, `seed`, `mornings`, `tried`, `finalists`, `front`; and as a DataFrame
    `designs`.
    """

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
        """The finalists that hold every constraint and that no other of them beats on fresh mornings, by the first metric."""
        holding = [finalist for finalist in self.finalists if finalist.holds]
        return [holding[i] for i in pareto.front(np.array([means(one.values, self.minimised) for one in holding]))]

    def ties(self, finalist: Finalist) -> list[Finalist]:
        """Other candidates that are significantly worse in neither metric, so that they may be as good or better."""
        others = [one for one in self.finalists if one.holds and one is not finalist]
        return [one for one in others if "worse" not in self._ways(one, finalist)]

    def perhaps(self) -> list[Finalist]:
        """Finalists off the front that nothing there beats significantly: more mornings might put them on it."""
        off = [one for one in self.finalists if one.holds and one not in self.front]
        return [one for one in off if not any(self._clearly_beats(better, one) for better in self.front)]

    def difference(self, one: Finalist, other: Finalist, metric: str) -> Difference:
        return difference_of(metric, one.values, other.values)

    def _clearly_beats(self, one: Finalist, other: Finalist) -> bool:
        ways = self._ways(one, other)
        return "worse" not in ways and "better" in ways

    def _ways(self, one: Finalist, other: Finalist) -> list[str]:
        return [judgement(metric, self.difference(one, other, metric)) for metric in self.minimised]

    def violates(self, one: Tried) -> bool:
        """Whether the mean of a candidate was beyond a limit, on the mornings of the search or on fresh ones."""
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
        """The candidate that came closest to a limit, and its value; None if there was nothing to count."""
        metric = constraint.metric
        badness, best = min(((means(one.values, [metric])[0], one) for one in self.tried), key=lambda pair: pair[0])
        return (best.candidate, METRICS[metric].badness(badness)) if math.isfinite(badness) else None

    @cached_property
    def designs(self) -> pd.DataFrame:
        """A row a design that was tried, indexed by `design`, with a column for each varied key.

        `mornings` that it met, and the means of the metrics there (NaN: nothing to count, inf: never); `…_fresh`: its mean on
        fresh mornings (NaN: it met none, or never); `place`: what became of it, front, perhaps (on the front), beaten,
        undecided, or violates.
        """
        metrics = dict.fromkeys([*self.minimised, *(constraint.metric for constraint in self.constraints)])
        fresh = {each.number: final for final in self.finalists for each in (final.candidate, *final.same)}
        rows = [
            {
                "design": one.candidate.name,
                **{variable.key: one.candidate.changes.get(variable.key) for variable in self.space.variables},
                "mornings": one.mornings,
                **{metric: mean_of(metric, one.values) for metric in metrics},
                **{f"{metric}_fresh": final.estimates[metric].mean if final else None for metric in self.minimised},
                "place": self.place(one),
            }
            for one in self.tried
            for final in [fresh.get(one.candidate.number)]
        ]
        return frames.framed(rows, ["design"]).astype({f"{metric}_fresh": float for metric in self.minimised})

    @property
    def plot(self) -> OptimumPlots:
        """The charts, such as `optimum.plot.pareto()`."""
        return showing.plots(self)

    def __repr__(self) -> str:
        return f"<{len(self.front)} of {len(self.tried)} designs on the front in {self.scenario.name}>"


def optimise(
    scenario: Scenario | Path | str,
    space: Space,
    effort: Effort = Effort(mornings=MORNINGS),
    *,
    minimise: Sequence[str] = MINIMISED,
    subject_to: Sequence[str] = CONSTRAINTS,
    trials: int = TRIALS,
    progress: Progress | None = None,
) -> Optimum:
    """Search a space for the front of two metrics among designs that meet every constraint, like `double_charge_rate=0`.

    Up to 32 candidates all meet all mornings. Up to 512 begin with two mornings each, and the better half goes on with twice
    as many. Of more, or with ranges, Optuna's sampler (extra `lab`) chooses `trials`, which begin with four.
    The twelve best then meet as many fresh mornings. Raises ConfigError.
    """
    effort.check(fewest=2)
    world = load_scenario(scenario)
    first, second = _two(minimise)
    constraints = tuple(_constraint(world, text) for text in subject_to)
    method: Method = _method(space)
    check_whole("trials", trials, 1)
    search = Search(world, (first, second), constraints, effort, progress)
    with crew(effort.jobs, effort.engine) as workers:
        search.workers = workers
        if method == "sampling":
            impossible = sample(search, space, trials)
        else:
            everybody = list(space.candidates())
            impossible = (space.size or 0) - len(everybody)
            search.halve([Tried(one) for one in everybody], at_once=method == "all")
        finalists = search.final()
    return Optimum(
        world, space, (first, second), constraints, method, effort.seed, effort.mornings, search.tried, impossible, finalists
    )


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
