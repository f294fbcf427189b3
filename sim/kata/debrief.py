"""The debrief, a page on what the learner did and learned: the runs, the design, its results beside others', the outcomes."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from sim import style, words
from sim.architectures import COMPARED, load_design
from sim.config.errors import ConfigError
from sim.diagram import components
from sim.documents.kata import Debrief, DebriefRun
from sim.experiment.compare import Comparison, Result, compare
from sim.experiment.effort import Effort
from sim.experiment.estimates import holds
from sim.kata.attempt import column, step
from sim.kata.brief import DESIGN, typed
from sim.kata.exercise import SEEN, Stage
from sim.kata.progress import Check, Progress, Run
from sim.kata.written import Written, written
from sim.report import tables
from sim.report.files import files_of, render, software
from sim.report.names import DIAGRAM
from sim.version import VERSION
from sim.vocabulary import METRICS

FOLDER, PAGE, JSON = "debrief", "debrief.html", "debrief.json"


def ours(path: str) -> bool:
    """Is this the name of a file of a debrief?"""
    return path in (PAGE, JSON) or DIAGRAM.fullmatch(path) is not None


def check_begun(folder: Path, progress: Progress) -> None:
    """Raises ConfigError if nothing has been run yet."""
    if not progress.runs:
        raise ConfigError(f"{folder}: nothing to tell yet; {typed('run', folder)}")


def write_debrief(
    folder: Path, progress: Progress, *, now: float, jobs: int | None = None, tell: Callable[[int, int], None] | None = None
) -> Path:
    """Write the page, its numbers and the diagram to a subfolder, and return the page's path.

    The folder appears, or replaces an earlier debrief, only when everything is written. Raises ConfigError, also if nothing
    has been run yet.
    """
    check_begun(folder, progress)
    files = written(folder)
    comparison, mine = _compared(folder, progress, jobs, tell)
    target = folder / FOLDER
    with files_of(target, ours=ours) as made:
        (made.folder / "charts").mkdir()
        alone = replace(comparison, results={mine: comparison.results[mine]})
        [diagram] = components.pictures(alone, made.folder / "charts").values()
        content = _content(progress, comparison, mine, files) | {"diagram": diagram}
        made.json(JSON, document(progress, comparison, mine))
        made.text(PAGE, render("debrief.html.j2", content, beside=Path(__file__).parent))
    step(folder, progress, now=now)
    return target / PAGE


def _compared(
    folder: Path, progress: Progress, jobs: int | None, tell: Callable[[int, int], None] | None
) -> tuple[Comparison, str]:
    """Compare the design as it stands with the built-in ones; also returns its name in the comparison.

    The name differs from the design's own if a built-in design has that. Raises KeyboardInterrupt if cut short.
    """
    design = load_design(str(folder / DESIGN))
    if design.name in COMPARED:
        design = design.model_copy(update={"name": f"my {design.name}"})
    comparison = compare(progress.of.seen(), [*COMPARED, design], Effort(SEEN, jobs=jobs), progress=tell)
    if comparison.interrupted:
        raise KeyboardInterrupt
    return comparison, design.name


def _content(progress: Progress, comparison: Comparison, mine: str, files: Written) -> dict[str, Any]:
    results = comparison.results
    exercise = progress.of
    done = exercise.passed({objective.metric: objective.status for objective in results[mine].objectives})
    check = progress.check_of(files)
    judged = {row.metric: row for row in tables.verdicts(comparison)}
    return {
        "name": mine,
        "file": files.design,
        "code": files.code,
        "colours": style.colours(results),
        "about_diagram": components.CAPTION,
        "minutes": _minutes(progress.spent_s),
        "runs": len(progress.runs),
        "path": _path(progress),
        "predicted": _predicted(progress),
        "hints": len(progress.hints),
        "stages": [
            {"stage": stage, "passed": done[stage.number - 1], "rows": [judged[metric] for metric in stage.criteria]}
            for stage in exercise.stages
        ],
        "overall": {
            name: sum(exercise.passed({o.metric: o.status for o in result.objectives})) for name, result in results.items()
        },
        "outcomes": [_outcome(progress, stage, check) | {"price": _price(stage, results[mine])} for stage in exercise.stages],
        "exercise": exercise,
        "check": check,
        "designs": list(results),
        "story": comparison.scenario.story.replace("`", ""),
        "date": time.strftime("%Y-%m-%d", time.localtime(progress.steps[0])),
        "version": VERSION,
        "software": software(),
        "digest": comparison.digest,
    }


def _minutes(seconds: float) -> str:
    return f"{seconds // 60:.0f}" if seconds >= 60 else "less than 1"


def _path(progress: Progress) -> list[dict[str, Any]]:
    """Runs and checks, in the order of their times."""
    runs = [(run.at, {"check": None} | _run(progress, index)) for index, run in enumerate(progress.runs)]
    checks = [
        (check.at, {"check": check, "minutes": _minutes(progress.spent_until_s(check.at)), "missed": _missed(check)})
        for check in progress.checks
    ]
    return [row for _, row in sorted(runs + checks, key=lambda entry: entry[0])]


def _missed(check: Check) -> list[str]:
    return [reason for reasons in check.reasons for reason in reasons]


def _before(progress: Progress, run: Run) -> Run | None:
    return progress.runs[run.against - 1] if run.against else None


def _run(progress: Progress, index: int) -> dict[str, Any]:
    run = progress.runs[index]
    before = _before(progress, run)
    was_passed = before.passed if before else [False] * len(progress.of.stages)
    lost = [stage.number for stage, now, was in zip(progress.of.stages, run.passed, was_passed, strict=True) if was and not now]
    return {
        "number": index + 1,
        "at": _minutes(progress.spent_until_s(run.at)),
        "against": run.against if run.against != index else None,
        "changes": run.changes if before else ["the design as it stood"],
        "predicted": [(metric, word, run.moved.get(metric, "not clear")) for metric, word in run.predicted.items()],
        "passed": run.passed,
        "lost": lost,
        "worse": run.worse,
        "finding": run.finding,
        "note": run.note,
    }


def _predicted(progress: Progress) -> tuple[int, int]:
    """The number of right predictions, and of all predictions that the mornings could decide."""
    decided = [
        (run.predicted[metric], move) for run in progress.runs for metric, move in run.moved.items() if move != "not clear"
    ]
    return sum(word == move for word, move in decided), len(decided)


def _outcome(progress: Progress, stage: Stage, check: Check | None) -> dict[str, Any]:
    """What a stage teaches, and the run that shows it: the last one that passed the stage while its predecessor had not.

    A check outweighs runs. If a check missed a stage that a run of the same design had passed, the run that shows the lesson is
    that of the design with which a later check passed the stage.
    """
    place = stage.number - 1
    turning = [
        (number, before, run)
        for number, run in enumerate(progress.runs, 1)
        if (before := _before(progress, run)) is not None and run.passed[place] and not before.passed[place]
    ]
    is_passed = progress.passed[place] and (check is None or check.passed[place])
    hints = [hint.strength for hint in progress.hints if hint.stage == stage.number]
    shown: dict[str, Any] = {
        "stage": stage,
        "passed": is_passed,
        "hints": len(hints),
        "strongest": max(hints, default=0),
        "checked": [],
        "run": None,
    }
    seemed = [run.written for run in progress.runs if run.passed[place]]
    failed = next((c for c in reversed(progress.checks) if not c.passed[place] and c.written in seemed), None)
    if failed is not None and progress.passed[place]:
        shown |= {"checked": failed.reasons[place]} | _mended(progress, place, failed)
    elif is_passed and turning:
        number, before, run = turning[-1]
        metric = next(m for m in stage.criteria if not holds(before.statuses[m]))
        shown |= {
            "run": number, "changes": run.changes, "note": run.note, "metric": metric,
            "before": _value(metric, before), "after": _value(metric, run), "worse": run.worse,
        }  # fmt: skip
    return shown


def _price(stage: Stage, result: Result) -> str | None:
    """`4 %`: what the design as it stands pays for the stage's answer, by the stage's unjudged metric."""
    return words.mean(result.metrics[stage.price], METRICS[stage.price].unit) if stage.price is not None else None


def _mended(progress: Progress, place: int, failed: Check) -> dict[str, Any]:
    """The run of the design with which a later check passed the stage, if there is one."""
    later = next((check for check in progress.checks if check.at > failed.at and check.passed[place]), None)
    tried = [number for number, run in enumerate(progress.runs, 1) if later is not None and run.written == later.written]
    if not tried:
        return {}
    run = progress.runs[tried[-1] - 1]
    return {"run": tried[-1], "changes": run.changes, "note": run.note, "metric": None, "worse": run.worse}


def _value(metric: str, run: Run) -> str:
    from sim.experiment.statistics import estimate

    return words.mean(estimate(column(run.mornings, metric)), METRICS[metric].unit)


def document(progress: Progress, comparison: Comparison, mine: str) -> Debrief:
    """The path and the results as plain data."""
    right, decided = _predicted(progress)
    return {
        "spent_s": round(progress.spent_s),
        "runs": [_document_of_run(progress, index) for index in range(len(progress.runs))],
        "hints": [{"stage": hint.stage, "strength": hint.strength, "rule": hint.rule} for hint in progress.hints],
        "predictions": {"right": right, "of": decided},
        "checks": [{"score": check.score, "passed": check.passed} for check in progress.checks],
        "design": mine,
        "results": {
            name: {o.metric: {"mean": o.estimate.mean, "status": o.status} for o in result.objectives}
            for name, result in comparison.results.items()
        },
        "version": VERSION,
    }


def _document_of_run(progress: Progress, index: int) -> DebriefRun:
    run = _run(progress, index)
    return {
        "number": run["number"],
        "changes": run["changes"],
        "predicted": run["predicted"],
        "passed": run["passed"],
        "lost": run["lost"],
        "worse": run["worse"],
        "finding": run["finding"],
        "note": run["note"],
        "spent_s": round(progress.spent_until_s(progress.runs[index].at)),
    }
