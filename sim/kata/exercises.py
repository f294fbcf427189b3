"""The exercises by name."""

from __future__ import annotations

from sim.config.errors import ArgumentError, closest
from sim.kata.exercise import Exercise
from sim.kata.first import FIRST
from sim.kata.second import SECOND

EXERCISES: dict[str, Exercise] = {exercise.name: exercise for exercise in (FIRST, SECOND)}


def exercise_named(name: str | None) -> Exercise:
    """The exercise of that name; the first one if none is named. Raises ArgumentError."""
    if name is None:
        return FIRST
    if name not in EXERCISES:
        raise ArgumentError("exercise", f'expected {" or ".join(EXERCISES)} (got "{name}"){closest(name, EXERCISES)}')
    return EXERCISES[name]


def command(exercise: Exercise) -> str:
    """What goes on with it at a prompt, from beside its folder."""
    return "coffee kata" if exercise is FIRST else f"coffee kata --exercise {exercise.name}"


__all__ = ["EXERCISES", "FIRST", "SECOND", "command", "exercise_named"]
