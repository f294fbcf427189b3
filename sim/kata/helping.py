"""Hints, and the story of one harmed purchase: of the design as it stands."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from sim.architectures import load_design
from sim.explain.story import Explanation, tell
from sim.kata.advice import Advice, advice
from sim.kata.attempt import simulated, step
from sim.kata.brief import DESIGN
from sim.kata.look import KINDS, Look
from sim.kata.progress import Hint, Progress
from sim.kata.stages import STAGES, Stage, current, passed
from sim.kata.world import seen

STRENGTHS = {1: "a question", 2: "where to look", 3: "what to write"}


@dataclass(frozen=True)
class Given:
    """A hint. Without a stage all five are passed on the mornings that are seen."""

    stage: int | None
    strength: int
    text: str


def hinted(folder: Path, progress: Progress, *, strength: int | None, now: float) -> Given:
    """The next stronger hint for what stands in the way of the design as it is now; it is kept that it was given."""
    _, stage, said = _looked_at(folder)
    if stage is None or said is None:
        return Given(None, 0, "All five stages are passed on these mornings. `coffee kata check` tries it on others.")
    had = [hint.strength for hint in progress.hints if (hint.stage, hint.rule) == (stage.number, said.rule)]
    level = strength or min(max(had, default=0) + 1, len(STRENGTHS))
    if level not in had:
        progress.hints.append(Hint(at=now, stage=stage.number, strength=level, rule=said.rule))
    step(folder, progress, now=now)
    return Given(stage.number, level, said.hints[level - 1])


def harmed(folder: Path, progress: Progress, *, now: float) -> Explanation | None:
    """One purchase that counts in an objective of the open stage, or of any; None if nobody was harmed."""
    look, stage, _ = _looked_at(folder)
    step(folder, progress, now=now)
    metrics = [metric for one in ([stage] if stage else []) + list(STAGES) for metric in one.criteria if metric in KINDS]
    found = next((witness for metric in metrics if (witness := look.harmed(metric)) is not None), None)
    if found is None:
        return None
    return Explanation(look.scenario, look.design, found, tell(look.scenario, look.design, found), [])


def _looked_at(folder: Path) -> tuple[Look, Stage | None, Advice | None]:
    world, design = seen(), load_design(str(folder / DESIGN))
    result = simulated(world, design)
    stage = current(passed({objective.metric: objective.status for objective in result.objectives}))
    look = Look(world, design, result)
    return look, stage, advice(look, stage)
