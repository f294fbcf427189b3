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
from sim.kata.stages import STAGES
from sim.kata.world import CHECKED, UNSEEN_SEED, unseen
from sim.vocabulary import METRICS

POINTS = 20  # a stage


@dataclass(frozen=True)
class Graded:
    """The result of a check: for each stage whether it is passed and, if not, why."""

    passed: list[bool]
    reasons: list[list[str]]
    digest: str  # of the design

    @property
    def score(self) -> int:
        return POINTS * sum(self.passed)


def check(design: Design, *, seed: int = UNSEEN_SEED, jobs: int | None = 1, progress: Progress | None = None) -> Graded:
    """Simulate a design in every weather of `unseen`. The result depends on nothing but the design and the seed.

    Raises KeyboardInterrupt if it is cut short.
    """
    missed: dict[str, dict[str, Objective]] = {}  # metric -> weather -> what was not met
    weathers = unseen()
    for number, weather in enumerate(weathers):
        comparison = compare(weather.scenario, [design], Effort(CHECKED, seed, jobs=jobs))
        if comparison.interrupted:
            raise KeyboardInterrupt
        for objective in next(iter(comparison.results.values())).objectives:
            if not holds(objective.status):
                missed.setdefault(objective.metric, {})[weather.name] = objective
        if progress is not None:
            progress(number + 1, len(weathers))
    reasons = [[_reason(missed[metric], len(weathers)) for metric in stage.criteria if metric in missed] for stage in STAGES]
    return Graded([not why for why in reasons], reasons, digest(design))


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
