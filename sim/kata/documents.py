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
from sim.kata.check import POINTS, Graded
from sim.kata.grading import Grade
from sim.kata.moves import moved
from sim.kata.progress import Progress
from sim.kata.stages import STAGES, current, stage_of


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
        "objectives": [_objective(made, objective) for objective in made.result.objectives],
        "passed": made.run.passed,
        "worse": made.run.worse,
        "finding": made.run.finding or None,
    }


def status(progress: Progress) -> kata.KataStatus:
    """How far somebody has come."""
    stage = current(progress.passed)
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
        "of": POINTS * len(STAGES),
        "stages": [
            {"stage": stage.number, "title": stage.title, "passed": done, "points": POINTS * done, "reasons": reasons}
            for stage, done, reasons in zip(STAGES, graded.passed, graded.reasons, strict=True)
        ],
        "design": graded.digest,
    }


def grades(made: Sequence[Grade], *, seed: int) -> kata.Grades:
    """A class's points."""
    return {"seed": seed, "of": POINTS * len(STAGES), "submissions": [_graded(grade) for grade in made]}


GRADE_COLUMNS = ("submission", *(f"stage_{stage.number}" for stage in STAGES), "score", "reasons", "design")


def grade_rows(made: Sequence[Grade]) -> list[dict[str, Any]]:
    """A GradeRow for each submission: points by stage, their sum, why points are missing, and the digest of the design."""
    return [
        {
            "submission": grade.submission,
            **{f"stage_{stage.number}": points for stage, points in zip(STAGES, grade.points, strict=True)},
            "score": grade.score,
            "reasons": grade.error or _reasons(grade),
            "design": grade.design,
        }
        for grade in made
    ]


def _objective(made: Attempt, objective: Objective) -> kata.KataObjective:
    metric, before = objective.metric, made.before
    return {
        "stage": stage_of(metric).number,
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
            {"stage": stage.number, "points": points, "reasons": list(reasons)}
            for stage, points, reasons in zip(STAGES, grade.points, grade.reasons, strict=True)
        ],
        "design": grade.design or None,
    }


def _reasons(grade: Grade) -> str:
    return "; ".join(
        f"stage {stage.number}: {reason}" for stage, found in zip(STAGES, grade.reasons, strict=True) for reason in found
    )
