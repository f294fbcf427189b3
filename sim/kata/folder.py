"""Find the folder of a kata, and the exercise that is done there."""

from __future__ import annotations

from pathlib import Path

from sim.config.errors import ArgumentError
from sim.kata.exercise import Exercise
from sim.kata.exercises import FIRST, exercise_named
from sim.kata.progress import FILE, Progress


def folder_of(named: Path | None, exercise: Exercise = FIRST) -> Path:
    """The folder that the user named; else the current one, if a kata is under way in it; else that of the exercise."""
    if named is not None:
        return named
    return Path() if Path(FILE).exists() else Path(exercise.folder)


def exercise_of(progress: Progress | None, named: str | None) -> Exercise:
    """The exercise of the progress, else the one that the user named, else the first. Raises ArgumentError if they differ."""
    chosen = exercise_named(named)
    if progress is None or (named is not None and chosen == progress.of):
        return chosen
    if named is not None:
        raise ArgumentError(
            "exercise", f"the {progress.exercise} exercise is under way in this folder (got {named}); leave it out"
        )
    return progress.of
