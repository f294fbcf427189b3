"""The check: the design on mornings that were not seen, with faults at other times. A stage counts when all of it is met."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sim.config.design import Design
from sim.config.library import digest
from sim.experiment.compare import Objective, compare
from sim.experiment.mornings import Progress
from sim.kata.stages import STAGES
from sim.kata.world import CHECKED, UNSEEN_SEED, unseen
from sim.report import words
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

    def as_json(self) -> dict[str, Any]:
        return {
            "score": self.score,
            "of": POINTS * len(STAGES),
            "stages": [
                {"stage": stage.number, "title": stage.title, "passed": done, "points": POINTS * done, "reasons": reasons}
                for stage, done, reasons in zip(STAGES, self.passed, self.reasons, strict=True)
            ],
            "design": self.digest,
        }


def check(design: Design, *, seed: int = UNSEEN_SEED, jobs: int | None = 1, progress: Progress | None = None) -> Graded:
    """Simulate a design in every weather that the learner hasn't seen. The same everywhere for the same design and seed.

    Raises KeyboardInterrupt if it is cut short.
    """
    reasons: list[list[str]] = [[] for _ in STAGES]
    weathers = unseen()
    for number, weather in enumerate(weathers):
        comparison = compare(weather.scenario, [design], mornings=CHECKED, seed=seed, jobs=jobs)
        if comparison.interrupted:
            raise KeyboardInterrupt
        judged = {objective.metric: objective for objective in next(iter(comparison.results.values())).objectives}
        for stage, found in zip(STAGES, reasons, strict=True):
            missed = [judged[metric] for metric in stage.criteria if judged[metric].status != "met"]
            found += [f"{_said(objective)} ({weather.name})" for objective in missed]
        if progress is not None:
            progress(number + 1, len(weathers))
    return Graded([not found for found in reasons], reasons, digest(design))


def _said(objective: Objective) -> str:
    """`ack_latency_p95 violated: 10 s [3, 16], at most 1 s`."""
    value = words.estimate(objective.estimate, METRICS[objective.metric].unit)
    return f"{objective.metric} {objective.status}: {value}, {words.limit(objective.metric, objective.limit)}"
