"""Help with the design as it stands: hints, and the story of one harmed purchase."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from pathlib import Path

from sim.architectures import load_design
from sim.config.design import Design
from sim.config.scenario import Scenario
from sim.explanation.story import Explanation, tell
from sim.kata.advice import advice
from sim.kata.attempt import simulated, step
from sim.kata.brief import DESIGN, typed
from sim.kata.exercise import CHECKED, SEEN, Exercise, Stage
from sim.kata.look import Look
from sim.kata.progress import Hint, Progress
from sim.kata.saying import Advice
from sim.kata.written import written

STRENGTHS = {1: "a question", 2: "where to look", 3: "what to write"}


@dataclass(frozen=True)
class Given:
    """A hint. If `stage` is None, all stages are passed on the mornings that the learner sees."""

    stage: int | None
    strength: int
    text: str


def hinted(folder: Path, progress: Progress, *, strength: int | None, now: float) -> Given:
    """The next stronger hint for the first stage that the design as it stands doesn't pass. The progress notes the hint.

    Nothing is simulated if the last run was of this design and gave hints.
    """
    last = progress.runs[-1] if progress.runs else None
    where = ""
    if last is not None and last.hints and last.written == written(folder):
        stage, rule, hints = progress.of.current(last.passed), last.rule, last.hints
    else:
        where, _, stage, given = _looked_at(folder, progress)
        rule, hints = (given.rule, list(given.hints)) if given else ("", [])
    if stage is None or not hints:
        return Given(
            None,
            0,
            f"All {progress.of.count} stages are passed on these mornings. "
            f"`{typed('check', folder)}` tries the design on others.",
        )
    had = [hint.strength for hint in progress.hints if (hint.stage, hint.rule) == (stage.number, rule)]
    level = strength or min(max(had, default=0) + 1, len(STRENGTHS))
    if level not in had:
        progress.hints.append(Hint(at=now, stage=stage.number, strength=level, rule=rule))
    step(folder, progress, now=now)
    return Given(stage.number, level, where + _to_type(hints[level - 1], folder))


def _to_type(hint: str, folder: Path) -> str:
    """A hint with the folder in its commands."""
    named = hint.replace("`coffee kata why`", f"`{typed('why', folder)}`")
    return named.replace(f" {DESIGN} ", f" {shlex.quote(str(folder / DESIGN))} ") if "`coffee compare " in hint else named


def harmed(folder: Path, progress: Progress, *, now: float) -> Explanation | None:
    """One purchase that counts in an objective of the open stage, or else of any stage; None if nobody was harmed."""
    _, look, stage, _ = _looked_at(folder, progress)
    step(folder, progress, now=now)
    stages = ([stage] if stage else []) + list(progress.of.stages)
    metrics = [metric for each in stages for metric in each.criteria]
    witness = next((harmed for metric in metrics if (harmed := look.harmed(metric)) is not None), None)
    if witness is None:
        return None
    return Explanation(look.scenario, look.design, witness, tell(look.scenario, look.design, witness), [])


def _looked_at(folder: Path, progress: Progress) -> tuple[str, Look, Stage | None, Advice | None]:
    """A look at the design on the mornings that the learner sees; or, if it passes those and failed the check, on the check's.

    Also returns how to introduce those mornings (""  for the seen ones), the open stage, and the advice for it.
    """
    files = written(folder)
    design = load_design(str(folder / DESIGN))
    exercise = progress.of
    look, stage = _look(exercise, exercise.seen(), design)
    check = progress.check_of(files)
    if stage is None and check is not None and not all(check.passed):
        for weather, world in exercise.unseen():
            other, missed = _look(exercise, world, design, mornings=CHECKED, seed=check.seed)
            if missed is not None:
                return f"Of the check's mornings ({weather}): ", other, missed, advice(other, exercise, missed)
    return "", look, stage, advice(look, exercise, stage)


def _look(
    exercise: Exercise, world: Scenario, design: Design, *, mornings: int = SEEN, seed: int = 0
) -> tuple[Look, Stage | None]:
    result = simulated(world, design, mornings=mornings, seed=seed)
    stage = exercise.current(exercise.passed({objective.metric: objective.status for objective in result.objectives}))
    return Look(world, design, result), stage
