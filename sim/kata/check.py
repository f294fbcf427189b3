"""The check simulates the design on mornings that the learner hasn't seen, with faults at other times.

A stage gives its points only if all of its objectives are met in every weather.
"""

from __future__ import annotations

from dataclasses import dataclass

from sim import words
from sim.config.design import Design
from sim.config.library import digest
from sim.experiment.compare import Objective, compare
from sim.experiment.effort import Effort
from sim.experiment.estimates import holds
from sim.experiment.mornings import Progress
from sim.experiment.statistics import Estimate
from sim.kata.exercise import CHECKED, UNSEEN_SEED, Exercise
from sim.vocabulary import METRICS

SERVED = 0.5  # of those with a good card: who confirms fewer orders keeps promises to too few for points (assumption)


@dataclass(frozen=True)
class Graded:
    """The result of a check: for each stage whether it is passed and, if not, why."""

    exercise: Exercise
    passed: list[bool]
    reasons: list[list[str]]
    digest: str  # of the design

    @property
    def points(self) -> list[int]:
        """By stage."""
        return [stage.points * done for stage, done in zip(self.exercise.stages, self.passed, strict=True)]

    @property
    def score(self) -> int:
        return sum(self.points)


def check(
    design: Design, exercise: Exercise, *, seed: int = UNSEEN_SEED, jobs: int | None = 1, progress: Progress | None = None
) -> Graded:
    """Simulate a design in every weather of the exercise. The result depends on nothing but the design and the seed.

    Raises KeyboardInterrupt if it is cut short.
    """
    missed: dict[str, dict[str, Objective]] = {}  # metric -> weather -> what was not met
    too_few: list[str] = []  # why it is no merit that nothing was missed: what the first weather says in which few were served
    weathers = exercise.unseen()
    for number, (weather, world) in enumerate(weathers):
        comparison = compare(world, [design], Effort(CHECKED, seed, jobs=jobs))
        if comparison.interrupted:
            raise KeyboardInterrupt
        [result] = comparison.results.values()
        if (served := result.metrics["confirmed_share"]).mean is not None and served.mean < SERVED:
            too_few = too_few or [_hardly_anybody(served, weather)]
        for objective in result.objectives:
            if not holds(objective.status):
                missed.setdefault(objective.metric, {})[weather] = objective
        if progress is not None:
            progress(number + 1, len(weathers))
    reasons = [
        [_reason(missed[metric], len(weathers)) for metric in stage.criteria if metric in missed] or too_few
        for stage in exercise.stages
    ]
    return Graded(exercise, [not why for why in reasons], reasons, digest(design))


def _hardly_anybody(served: Estimate, weather: str) -> str:
    return (
        "nothing wrong was seen, but too few people were served for it to count: "
        f"confirmed_share {words.estimate(served, 'share')}, at least {words.percent(SERVED)} ({weather})"
    )


def _reason(missed: dict[str, Objective], weathers: int) -> str:
    """How an objective was missed in the first weather that missed it, and the names of the others that missed it too."""
    (first, objective), *others = missed.items()
    too = ["all others too"] if len(missed) == weathers else [f"and {name}" for name, _ in others]
    return f"{_status(objective)} ({'; '.join([first, *too])})"


def _status(objective: Objective) -> str:
    """`ack_latency_p95 violated: 10 s [3, 16], at most 1 s`; an undecided objective is `not certain`."""
    value = words.estimate(objective.estimate, METRICS[objective.metric].unit)
    status = "not certain" if objective.status == "undecided" else objective.status
    return f"{objective.metric} {status}: {value}, {words.limit(objective.metric, objective.limit)}"
