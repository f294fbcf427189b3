"""The check: the design on mornings that were not seen, with faults at other times. A stage counts when all of it is met."""

from __future__ import annotations

from dataclasses import dataclass

from sim import words
from sim.config.design import Design
from sim.config.library import digest
from sim.experiment.compare import Objective, compare
from sim.experiment.mornings import Progress
from sim.kata.stages import STAGES
from sim.kata.world import CHECKED, UNSEEN_SEED, unseen
from sim.vocabulary import METRICS

POINTS = 20  # a stage


@dataclass(frozen=True)
class Graded:
    """What a check came to: by stage, whether it is passed and why not."""

    passed: list[bool]
    reasons: list[list[str]]
    digest: str  # of the design

    @property
    def score(self) -> int:
        return POINTS * sum(self.passed)


def check(design: Design, *, seed: int = UNSEEN_SEED, jobs: int | None = 1, progress: Progress | None = None) -> Graded:
    """Simulate a design in every weather that the learner hasn't seen. The same everywhere for the same design and seed.

    Raises KeyboardInterrupt if it is cut short.
    """
    missed: dict[str, dict[str, Objective]] = {}  # metric -> weather -> what was not met
    weathers = unseen()
    for number, weather in enumerate(weathers):
        comparison = compare(weather.scenario, [design], mornings=CHECKED, seed=seed, jobs=jobs)
        if comparison.interrupted:
            raise KeyboardInterrupt
        for objective in next(iter(comparison.results.values())).objectives:
            if objective.status != "met":
                missed.setdefault(objective.metric, {})[weather.name] = objective
        if progress is not None:
            progress(number + 1, len(weathers))
    reasons = [[_reason(missed[metric], len(weathers)) for metric in stage.criteria if metric in missed] for stage in STAGES]
    return Graded([not found for found in reasons], reasons, digest(design))


def _reason(missed: dict[str, Objective], weathers: int) -> str:
    """What was not met in the first weather where it wasn't, and in which others it wasn't either."""
    (first, objective), *others = missed.items()
    too = ["all others too"] if len(missed) == weathers else [f"and {name}" for name, _ in others]
    return f"{_said(objective)} ({'; '.join([first, *too])})"


def _said(objective: Objective) -> str:
    """`ack_latency_p95 violated: 10 s [3, 16], at most 1 s`; what is undecided is not met for certain."""
    value = words.estimate(objective.estimate, METRICS[objective.metric].unit)
    status = "not certain" if objective.status == "undecided" else objective.status
    return f"{objective.metric} {status}: {value}, {words.limit(objective.metric, objective.limit)}"
