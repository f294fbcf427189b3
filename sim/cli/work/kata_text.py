"""What `coffee kata` says: the brief, a run, hints, stories, how far it has come."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from sim import words
from sim.architectures import load_design
from sim.architectures.lint import lint
from sim.cli.messages import note
from sim.cli.work.console import print_title
from sim.cli.work.tables import CHANGES, COLOURS, plain_table
from sim.config.errors import ConfigError
from sim.experiment.statistics import estimate
from sim.explanation.story import Explanation
from sim.kata.attempt import Attempt, column
from sim.kata.brief import DESIGN, LOOP, typed
from sim.kata.check import Graded
from sim.kata.exercise import CHECKED, Exercise, Stage
from sim.kata.exercises import EXERCISES, command
from sim.kata.grading import Grade
from sim.kata.helping import STRENGTHS, Given
from sim.kata.moves import difference, few, moved, unchanged
from sim.kata.progress import Progress, Run
from sim.kata.written import Written, written
from sim.report.tables import SYMBOLS
from sim.vocabulary import METRICS

WITH_BEFORE, WITH_INTERVAL = 112, 98  # columns of a terminal with room for what was before, and for intervals of differences
SAME = Text("the same", style="dim")
WORST_FIRST = ("worse", "not clear", "better")
SAID = {"better": "better", "worse": "worse", "same": "the same", "not clear": "not clear"}


def minutes(seconds: float) -> str:
    """`12 min`."""
    return f"{int(seconds // 60)} min" if seconds >= 60 else "less than a minute"


def print_brief(out: Console, exercise: Exercise) -> None:
    """The task on one screen; brief.md says it in full, with who accepts what."""
    out.print(Text.assemble((exercise.title, "bold"), f"  {exercise.task}"))
    out.print()
    out.print(exercise.choice)
    out.print()
    for stage in exercise.stages:
        out.print(f"{stage.number}. {stage.title}")
    out.print()
    out.print(f"The loop: {LOOP}.")


def print_attempt(out: Console, made: Attempt, progress: Progress, check: str, then: str = "", stuck: str = "") -> None:
    """What was changed and predicted, the objectives against the run before, and what happened. Why is for the learner to say.

    `check` is what to type in the end, `then` before that, and `stuck` says what helps.
    """
    run, before = made.run, made.before
    nearest = run.against is not None and run.against < made.number - 1
    against = f" · compared with run {run.against}, which is nearer than the last" if nearest else ""
    print_title(out, f"run {made.number}", f"five mornings, the same as always · {minutes(progress.spent_s)} so far{against}")
    if before is not None:
        print_changes(out, run)
    out.print(_objectives(made, progress.of, out.width))
    if legends := _legends(made):
        out.print(" · ".join(legends), style="dim")
    if before is not None and run.worse:
        print_title(out, "worse", few(run.worse, 2 if out.width >= WITH_INTERVAL else 1))
    elif before is not None and run.changes:
        print_title(out, "worse", "none of the watched metrics got worse")
    if made.advice is None:
        print_title(out, f"all {progress.of.count} stages are passed", "on these mornings. Now try others:")
        out.print(check, soft_wrap=True)
        return
    print_title(out, "finding", made.advice.finding)
    if made.stage is not None and (before is None or made.stage != progress.of.current(before.passed)):
        print_stage(out, made.stage)
    if then:
        print_title(out, "why?", "your answer goes into the debrief. Then change one thing in design.yaml, and run it:")
        out.print(then, soft_wrap=True)
        if before is None:
            out.print(stuck, soft_wrap=True)


def print_changes(out: Console, run: Run) -> None:
    """What differs in the file, and whether the prediction was right."""
    if not run.changes:
        print_title(out, "changed", "nothing")
    for number, change in enumerate(run.changes):
        print_title(out, "and" if number else "changed", change)
    if len(run.changes) > 1:
        out.print(f"{len(run.changes)} things at once: the run cannot show which of them did it.", style="yellow")
    for metric, word in run.predicted.items():
        went = run.moved.get(metric)
        if went is None:
            continue
        if went == "not clear":
            said = Text("not clear on these mornings", style="yellow")
        else:
            said = Text("right" if went == word else f"it is {SAID[went]}", style="green" if went == word else "red")
        out.print(Text.assemble(("predicted", "bold"), f"  {metric} {word}: ", said))


def _objectives(made: Attempt, exercise: Exercise, width: int) -> Any:
    """The objectives of the open stage, each with its value; every other stage in a line, which counts what has moved.

    A screen of 80 × 24 holds it. Narrow terminals do without some.
    """
    with_before = made.before is not None and width >= WITH_BEFORE
    titles = ["", "stage, objective", "limit", *(["before"] if with_before else []), "now"]
    table = plain_table(*titles, *(["change"] if made.before else []))
    for column_ in table.columns[: len(titles)]:
        column_.no_wrap = True
    now = {objective.metric: objective for objective in made.result.objectives}
    for stage in exercise.stages:
        if stage != made.stage:
            statuses = [now[metric].status for metric in stage.criteria]
            symbols = Text(" ").join(Text(SYMBOLS[status], COLOURS[status]) for status in statuses)
            change = [_moved(stage, made.before, made.run)] if made.before is not None else []
            table.add_row(
                str(stage.number), stage.title.partition(",")[0], "", *([""] if with_before else []), symbols, *change
            )
            continue
        for metric in stage.criteria:
            objective = now[metric]
            symbol = (f"{SYMBOLS[objective.status]} ", COLOURS[objective.status])
            head = [str(stage.number) if metric == stage.leading else "", metric]
            head.append(words.limit(metric, objective.limit).replace("at most", "≤").replace("at least", "≥"))
            whole = words.estimate(objective.estimate, METRICS[metric].unit)
            if made.before is None:
                table.add_row(*head, Text.assemble(symbol, whole))
                continue
            was, is_now = column(made.before.mornings, metric), column(made.run.mornings, metric)
            value = whole if objective.status == "undecided" and width >= WITH_INTERVAL else _mean(metric, is_now)
            head += [_mean(metric, was)] * with_before
            table.add_row(*head, Text.assemble(symbol, value), _change(metric, was, is_now, interval=width >= WITH_INTERVAL))
    return table


def _legends(made: Attempt) -> list[str]:
    """What the less common marks mean, where there are any."""
    now = [objective.metric for objective in made.result.objectives]
    statuses = {objective.status for objective in made.result.objectives}
    unclear = {objective.because for objective in made.result.objectives if objective.status == "undecided"}
    opened = made.stage.criteria if made.stage is not None else ()
    before = made.before
    runs = [run.mornings for run in (before, made.run) if run is not None]
    never = any(np.isinf(column(mornings, metric)).any() for mornings in runs for metric in opened)
    pairs = [(m, column(before.mornings, m), column(made.run.mornings, m)) for m in now] if before is not None else []
    small = any(moved(*pair) == "same" and not unchanged(*pair[1:]) for pair in pairs)
    return [
        *(["○: met so far, no case seen"] if "so far" in statuses else []),
        *(["?: the 95 % interval holds the limit"] if "close" in unclear else []),
        *(["?: nothing to count"] if "nothing" in unclear else []),
        *(["the same: changed by less than 1 %"] if small else []),
        *(["never: on how many mornings too many purchases never got that far"] if never else []),
    ]


def _moved(stage: Stage, before: Run, run: Run) -> Text:
    """`1 worse, 2 better`, or that all is the same."""
    went = [moved(metric, column(before.mornings, metric), column(run.mornings, metric)) for metric in stage.criteria]
    parts = [Text(f"{went.count(move)} {SAID[move]}", CHANGES.get(move, "dim")) for move in WORST_FIRST if move in went]
    return Text(", ").join(parts) if parts else SAME


def _change(metric: str, was: Any, is_now: Any, *, interval: bool) -> Text:
    if unchanged(was, is_now):
        return SAME
    went = moved(metric, was, is_now)
    said = Text(SAID[went], style=CHANGES.get(went, "dim"))
    by = difference(metric, was, is_now, interval=interval)
    return said.append(f" ({by})" if by.startswith("never") else f" {by}", style="dim")


def _mean(metric: str, values: Any) -> str:
    value = estimate(values)
    if value.never:
        return f"never in {round(value.never * value.n)} of {value.n}"
    return words.mean(value, METRICS[metric].unit)


def stages_line(exercise: Exercise, done: list[bool]) -> Text:
    """`stages  1 ✓  2 ✗  3 ✗ …`, and the name of the open one."""
    parts: list[Any] = [("stages ", "bold")]
    for stage, is_done in zip(exercise.stages, done, strict=True):
        parts += [f" {stage.number} ", ("✓", "green") if is_done else ("✗", "red"), " "]
    now = exercise.current(done)
    return Text.assemble(*parts, f"  now: {now.number}, {now.title}" if now else "")


def print_stage(out: Console, stage: Stage) -> None:
    """The trade-off of a stage that has been reached, and what no objective limits."""
    print_title(out, f"stage {stage.number}", stage.question)
    if stage.price is not None:
        print_title(
            out, stage.price, f"the price of an early answer, which no objective limits: {METRICS[stage.price].summary}"
        )


def print_hint(out: Console, given: Given) -> None:
    if given.stage is None:
        out.print(given.text)
        return
    print_title(out, f"stage {given.stage}, hint {given.strength} of 3 ({STRENGTHS[given.strength]})", "")
    out.print(given.text)


def print_why(out: Console, story: Explanation | None) -> None:
    """The story of one purchase, a line a moment."""
    if story is None:
        out.print("Nobody was charged twice, given two coffees, or miscounted on these mornings, so there is no story to tell.")
        return
    from sim.report.story import line  # matplotlib takes a second to import, and other commands do without

    out.print(Text(story.sentence, style="bold"))
    for moment in story.moments:
        at, who, what, belief = line(story, moment)
        style = "bold red" if moment.kind == "violation" else "red" if moment.kind in ("crash", "pause", "lost") else ""
        out.print(Text.assemble((at, "dim"), "  ", who, ": ", (what, style), (f"   [{belief}]" if belief else "", "dim")))


def print_status(out: Console, progress: Progress, folder: Path) -> None:
    files, unread = None, ""
    try:
        files = written(folder)
    except ConfigError as error:
        unread = str(error)
    runs = f"{len(progress.runs)} run{'' if len(progress.runs) == 1 else 's'}"
    print_title(out, progress.of.title.removeprefix("The "), f"in {folder} · {minutes(progress.spent_s)} so far · {runs}")
    out.print(stages_line(progress.of, progress.passed))
    said = [(run.predicted[metric], went) for run in progress.runs for metric, went in run.moved.items()]
    clear = [pair for pair in said if pair[1] != "not clear"]
    right = sum(word == went for word, went in clear)
    if clear:
        out.print(f"predictions: {right} of {len(clear)} right")
    if progress.hints:
        out.print(
            f"hints: {len(progress.hints)}, of these {sum(hint.strength == 3 for hint in progress.hints)} of what to write"
        )
    for last in progress.checks[-1:]:
        out.print(
            f"last check: {last.score} of {progress.of.most} "
            f"points{'' if last.written == files else ', before the design was changed'}"
        )
    if files is None:
        print_title(out, "next", unread)
        return
    check = progress.check_of(files)
    if not progress.runs or progress.runs[-1].written != files:
        print_title(out, "next", f"{typed('run', folder)}{', since the design has changed' if progress.runs else ''}")
    elif (now := progress.of.current(progress.passed)) is not None:
        print_title(out, "finding", progress.runs[-1].finding)
        print_title(out, "next", f"stage {now.number}. {now.question}")
    elif check is None:
        print_title(out, "next", typed("check", folder))
    elif missed := progress.of.current(check.passed):
        print_title(
            out, "next", f"{typed('hint', folder)}, or why: the check did not pass stage {missed.number}, {missed.title}"
        )
    else:
        print_title(out, "next", typed("debrief", folder))


def after_check(progress: Progress, files: Written, *, run: str, ask: str) -> str:
    """What to type after a failed check. Help is about its mornings only once a design passes those that the learner sees."""
    if progress.runs and progress.runs[-1].written == files and all(progress.passed):
        return f"What happened on those mornings: {ask}"
    return f"First pass the mornings that you see: {run}"


def print_check(out: Console, graded: Graded, *, then: str, else_: str = "") -> None:
    """Stage by stage, and what to type next: `then` if all is passed, or else a sentence."""
    for stage, done, reasons in zip(graded.exercise.stages, graded.passed, graded.reasons, strict=True):
        out.print(Text.assemble(("✓" if done else "✗", "green" if done else "red"), f" {stage.number}. {stage.title}"))
        for reason in reasons:
            out.print(Padding(Text(reason, style="dim"), (0, 0, 0, 5)))
    out.print()
    kinds = "; ".join(weather.name for weather in graded.exercise.weathers)
    out.print(f"{graded.score} of {graded.exercise.most} points", style="bold")
    out.print(f"On mornings you haven't seen, {CHECKED} of each kind: {kinds}.", style="dim")
    if all(graded.passed):
        out.print(f"All {graded.exercise.count} stages are passed. What you did and learned: {then}", soft_wrap=True)
        if following := EXERCISES.get(graded.exercise.afterwards):
            out.print(f"{following.title}, {following.about}: {command(following)}", soft_wrap=True)
    elif else_:
        out.print(else_, soft_wrap=True)


def say_lint_warns(folder: Path, progress: Progress) -> None:
    """On stderr: `coffee lint` has warnings about the design's file; not which knobs, as most are of later stages."""
    hazards = lint(load_design(str(folder / DESIGN)), progress.of.seen())
    if hazards:
        warnings = f"{len(hazards)} warning{'' if len(hazards) == 1 else 's'}"
        note(f"{warnings}: coffee lint {progress.of.scenario} {folder / DESIGN}")


def print_grades(out: Console, grades: list[Grade], exercise: Exercise) -> None:
    """Points by stage, and below them why some are missing."""
    table = plain_table("submission", *(f"stage {stage.number}" for stage in exercise.stages), "points")
    for points in table.columns[1:]:
        points.justify = "right"
    for one in grades:
        table.add_row(one.submission, *map(str, one.points), Text(str(one.score), style="bold"))
    out.print(table)
    for one in grades:
        lines = [one.error] if one.error else [reason for found in one.reasons for reason in found]
        if lines:
            out.print()
            out.print(Text(one.submission, style="bold"))
        for line in lines:
            out.print(Padding(Text(line, style="dim"), (0, 0, 0, 2)))
