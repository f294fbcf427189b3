"""The brief that the learner reads at the beginning, and the names of the files."""

from __future__ import annotations

import shlex
from pathlib import Path

from sim import words
from sim.config.scenario import Scenario
from sim.kata.exercise import Exercise
from sim.vocabulary import METRICS

DESIGN, BRIEF = "design.yaml", "brief.md"
LOOP = "predict → change one thing → run → see what changed → say why"


def typed(step: str, folder: Path) -> str:
    """`coffee kata run mine`: what to type for a step of the kata in a folder, whatever its name."""
    return f"coffee kata {step} {shlex.quote(str(folder))}"


def criteria(exercise: Exercise, world: Scenario) -> dict[str, list[tuple[str, str, str]]]:
    """Person -> the objectives that they set: metric, limit, and what the metric counts."""
    return {
        who: [(metric, words.limit(metric, world.objectives[metric]), METRICS[metric].summary) for metric in metrics]
        for who, metrics in exercise.people.items()
    }


def as_text(exercise: Exercise) -> str:
    """The brief as Markdown."""
    world = exercise.seen()
    lines = [f"# {exercise.title}", "", exercise.task, "", world.story.strip(), "", "## What holds", ""]
    lines += [f"- {line}" for line in exercise.constraints]
    lines += ["", "## What they accept", ""]
    for who, rows in criteria(exercise, world).items():
        lines += [f"{who.capitalize()}:", "", *(f"- `{metric}` {limit}: {what}" for metric, limit, what in rows), ""]
    lines += [f"## {exercise.count.capitalize()} stages, {exercise.count} trade-offs", ""]
    lines += [f"{stage.number}. **{stage.title}**. {stage.question}" for stage in exercise.stages]
    return "\n".join([*lines, "", f"The loop: {LOOP}.", ""])
