"""The kata on the page: the same exercise, on the same files, as `coffee kata`. Either can go on where the other has stopped.

The functions that simulate run in processes of their own; each reads the folder, does one step, and leaves it whole.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sim.architectures import COMPARED, parse_design
from sim.config.errors import ConfigError
from sim.config.files import read_text, write_text
from sim.documents.story import document as story_document
from sim.kata import documents
from sim.kata.attempt import asked_for, attempt, begin, predictions, step
from sim.kata.brief import DESIGN, LOOP, criteria
from sim.kata.checking import checked
from sim.kata.editing import edited
from sim.kata.exercise import SEEN, Exercise
from sim.kata.exercises import FIRST, SECOND, command, exercise_named
from sim.kata.folder import exercise_of
from sim.kata.helping import harmed, hinted
from sim.kata.progress import FILE, Progress, load
from sim.kata.written import undo as put_back
from sim.kata.written import written

SIMULATING = ("run", "hint", "why", "check", "debrief")  # steps that take a process of their own


def started(folder: Path, name: str | None = None) -> Exercise:
    """Begin the exercise of that name in the folder, unless it is under way there. Raises ConfigError if another one is."""
    if not (folder / FILE).exists():
        begin(folder, exercise_named(name), now=time.time())
    return exercise_of(load(folder), name)


def wish(exercise: Exercise) -> dict[str, Any]:
    """What the page begins with, in the kata's folder."""
    return {"scenario": exercise.scenario, "sides": [{"design": DESIGN}], "set": {}, "seed": 0, "mornings": SEEN, "kata": True}


def standing(folder: Path) -> dict[str, Any]:
    """The brief, the stages, and how far somebody has come; what the last run came to. Raises ConfigError."""
    progress = load(folder)
    files = written(folder)
    last = progress.runs[-1] if progress.runs else None
    exercise = progress.of
    world = exercise.seen()
    return {
        **documents.status(progress),
        "folder": folder.resolve().name,
        "title": exercise.title,
        "command": command(exercise),
        "then": f"{command(SECOND)} --page" if exercise is FIRST else None,
        "design": files.design,
        "architectures": list(COMPARED),
        "brief": {
            "scenario": exercise.task, "story": world.story, "constraints": list(exercise.constraints), "loop": LOOP,
            "people": criteria(exercise, world),
        },
        "stages": [
            {
                "number": stage.number, "title": stage.title, "question": stage.question, "outcome": stage.outcome,
                "criteria": [
                    {"metric": metric, "status": last.statuses.get(metric) if last else None} for metric in stage.criteria
                ],
            }
            for stage in exercise.stages
        ],
        "asks": asked_for(progress),
        "is_run": last is not None and last.written == files,
        "last": None if last is None else _last(progress),
        "is_checked": progress.check_of(files) is not None,
    }  # fmt: skip


def _last(progress: Progress) -> dict[str, Any]:
    run = progress.runs[-1]
    return {
        "number": len(progress.runs),
        "changes": run.changes,
        "predicted": [[metric, said, run.moved.get(metric)] for metric, said in run.predicted.items()],
        "finding": run.finding,
        "worse": run.worse,
        "note": run.note,
    }


def stepped(folder: Path, name: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """One step of the exercise. Raises ConfigError, in the words of the command line."""
    progress, now = load(folder), time.time()
    match name:
        case "run":
            _note(progress, given)
            predicted = predictions(_texts(given.get("predict")), progress.of, asked_for(progress))
            made = attempt(folder, progress, predicted=predicted, now=now, clock=time.time)
            return {"run": documents.run(made, progress)}
        case "hint":
            hint = hinted(folder, progress, strength=None, now=now)
            return {"hint": {"stage": hint.stage, "strength": hint.strength, "hint": hint.text}}
        case "why":
            story = harmed(folder, progress, now=now)
            return {"story": None if story is None else story_document(story)}
        case "check":
            return {"check": documents.check(checked(folder, progress, progress.of, seed=None, now=now, jobs=1))}
        case "debrief":
            from sim.kata.debrief import write_debrief  # matplotlib takes a second to import, and no other step draws

            _note(progress, given)
            return {"debrief": str(write_debrief(folder, progress, now=now, jobs=1))}
        case "undo":
            done = put_back(folder, progress.earlier)
            step(folder, progress, now=now)
            return {"undone": done}
        case "edit":
            return _edited(folder, str(given.get("key")), str(given.get("value")))
    raise ConfigError(f"no such step: {name}")


def _edited(folder: Path, key: str, value: str) -> dict[str, Any]:
    """Write one value into design.yaml, which keeps its comments; it stays as it is if the design can't be so."""
    path = folder / DESIGN
    text = edited(read_text(path), key, value)
    parse_design(text, filename=str(path))
    write_text(path, text, replace=True)
    return {"edited": key}


def _note(progress: Progress, given: Mapping[str, Any]) -> None:
    """Why the last run came out as it did, in the learner's words."""
    text = given.get("why")
    if isinstance(text, str) and text.strip() and progress.runs:
        progress.runs[-1].note = text.strip()


def _texts(given: Any) -> list[str]:
    return [text for text in given if isinstance(text, str)] if isinstance(given, list) else []
