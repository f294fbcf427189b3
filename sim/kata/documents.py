"""What `coffee kata … --json` and `kata grade --csv` print, in the shapes of `sim.documents.kata`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sim.documents import kata
from sim.documents.numbers import rounded
from sim.experiment.compare import Objective
from sim.kata.attempt import Attempt, column
from sim.kata.brief import BRIEF, DESIGN
from sim.kata.check import Graded
from sim.kata.exercise import Exercise
from sim.kata.exercises import FIRST
from sim.kata.grading import Grade
from sim.kata.moves import moved
from sim.kata.progress import Progress


def started(folder: Path) -> kata.KataStarted:
    """A folder that a kata was started in."""
    return {"folder": str(folder), "brief": str(folder / BRIEF), "design": str(folder / DESIGN)}


def run(made: Attempt, progress: Progress) -> kata.KataRun:
    """One run."""
    return {
        "run": made.number,
        "spent_s": round(progress.spent_s),
        "changes": made.run.changes,
        "predicted": {
            metric: {"said": word, "went": made.run.moved.get(metric)} for metric, word in made.run.predicted.items()
        },
        "objectives": [_objective(made, progress.of, objective) for objective in made.result.objectives],
        "passed": made.run.passed,
        "worse": made.run.worse,
        "finding": made.run.finding or None,
    }


def status(progress: Progress) -> kata.KataStatus:
    """How far somebody has come."""
    stage = progress.of.current(progress.passed)
    return {
        "spent_s": round(progress.spent_s),
        "runs": len(progress.runs),
        "passed": progress.passed,
        "stage": stage.number if stage else None,
        "hints": len(progress.hints),
        "score": progress.checks[-1].score if progress.checks else None,
    }


def check(graded: Graded) -> kata.KataCheck:
    """A check, stage by stage."""
    return {
        "score": graded.score,
        "of": graded.exercise.most,
        "stages": [
            {"stage": stage.number, "title": stage.title, "passed": done, "points": points, "reasons": reasons}
            for stage, done, points, reasons in zip(
                graded.exercise.stages, graded.passed, graded.points, graded.reasons, strict=True
            )
        ],
        "design": graded.digest,
    }


def grades(made: Sequence[Grade], *, seed: int, exercise: Exercise = FIRST) -> kata.Grades:
    """A class's points."""
    return {"seed": seed, "of": exercise.most, "submissions": [_graded(grade) for grade in made]}


def grade_columns(exercise: Exercise) -> tuple[str, ...]:
    """The columns of `kata grade --csv`."""
    return ("submission", *(f"stage_{stage.number}" for stage in exercise.stages), "score", "reasons", "design")


def grade_rows(made: Sequence[Grade]) -> list[dict[str, Any]]:
    """A GradeRow for each submission: points by stage, their sum, why points are missing, and the digest of the design."""
    return [
        {
            "submission": grade.submission,
            **{f"stage_{number}": points for number, points in enumerate(grade.points, 1)},
            "score": grade.score,
            "reasons": grade.error or _reasons(grade),
            "design": grade.design,
        }
        for grade in made
    ]


def _objective(made: Attempt, exercise: Exercise, objective: Objective) -> kata.KataObjective:
    metric, before = objective.metric, made.before
    return {
        "stage": exercise.stage_of(metric).number,
        "metric": metric,
        "limit": objective.limit,
        "status": objective.status,
        "mean": rounded(objective.estimate.mean),
        "change": moved(metric, column(before.mornings, metric), column(made.run.mornings, metric)) if before else None,
    }


def _graded(grade: Grade) -> kata.Graded:
    return {
        "submission": grade.submission,
        "score": grade.score,
        "error": grade.error or None,
        "stages": [
            {"stage": number, "points": points, "reasons": list(reasons)}
            for number, (points, reasons) in enumerate(zip(grade.points, grade.reasons, strict=True), 1)
        ],
        "design": grade.design or None,
    }


def _reasons(grade: Grade) -> str:
    return "; ".join(f"stage {number}: {reason}" for number, found in enumerate(grade.reasons, 1) for reason in found)
