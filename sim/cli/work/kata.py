"""`coffee kata`: begins a kata, runs and checks its design, and prints and writes what came of it."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from pathlib import Path

import typer

from sim.architectures import load_design
from sim.cli.messages import DONE, FAILED, note, write_out
from sim.cli.work.console import console, print_json
from sim.cli.work.kata_text import (
    after_check,
    print_attempt,
    print_brief,
    print_check,
    print_grades,
    print_hint,
    print_status,
    print_why,
    say_lint_warns,
)
from sim.cli.work.progress import progress_bar
from sim.cli.work.simulation import Progress, accidents_said, saved
from sim.config.errors import ArgumentError, ConfigError
from sim.config.units import duration_s
from sim.documents.kata import KataDebrief, KataHint
from sim.documents.text import csv_text
from sim.experiment.effort import Effort
from sim.experiment.workers import processors
from sim.kata import box, documents, grading
from sim.kata.attempt import asked_for, attempt, begin, predictions, step
from sim.kata.brief import typed
from sim.kata.checking import checked, design_file
from sim.kata.exercises import exercise_named
from sim.kata.folder import exercise_of, folder_of
from sim.kata.grading import Grade
from sim.kata.helping import harmed, hinted
from sim.kata.progress import FILE, load
from sim.kata.written import undo as put_back
from sim.kata.written import written
from sim.report.combinations import last_word

NO_BOX = (
    "no box for submissions on this machine: limits on time, memory, files and processes only, with your rights; "
    "grade what you don't trust in a container"
)


def start(folder: Path | None, exercise: str | None, *, as_json: bool) -> None:
    chosen = exercise_named(exercise)
    where = folder or Path(chosen.folder)
    begin(where, chosen, now=time.time())
    if as_json:
        print_json(documents.started(where))
        return
    out = console()
    print_brief(out, chosen)
    out.print(
        f"\n{where / 'design.yaml'} is the design as it stands today; {where / 'brief.md'} is this brief.", soft_wrap=True
    )
    out.print(f"First see what it does: {typed('run', where)}", soft_wrap=True)


def run(folder: Path | None, predict: Sequence[str], words: str | None, *, as_json: bool) -> None:
    where = folder_of(folder)
    progress = load(where)
    predicted = predictions(list(predict), progress.of, asked_for(progress))
    if words and progress.runs:
        progress.runs[-1].note = words
    if predicted and not progress.runs:
        note("--predict: nothing to compare with yet, this is the first run")
    with _simulating(where):
        made = attempt(where, progress, predicted=predicted, now=time.time(), clock=time.time)
    if words and made.number > 1:
        note(f"noted as the reason for run {made.number - 1}: {words}")
    if as_json:
        print_json(documents.run(made, progress))
        return
    metric = asked_for(progress)
    then = f'{typed("run", where)} --predict {metric}=WORD --why "why this run came out as it did"'
    stuck = f"{typed('why', where)} shows one such customer; {typed('hint', where)} helps when you are stuck."
    print_attempt(console(), made, progress, typed("check", where), f"{then}\nWORD: better, worse or same", stuck)
    say_lint_warns(where, progress)


def hint(folder: Path | None, strength: int | None, *, as_json: bool) -> None:
    where = folder_of(folder)
    progress = load(where)
    if strength is not None and strength not in (1, 2, 3):
        raise ArgumentError("strength", f"expected 1, 2 or 3 (got {strength})")
    with _simulating(where):
        given = hinted(where, progress, strength=strength, now=time.time())
    if as_json:
        print_json(KataHint(stage=given.stage, strength=given.strength, hint=given.text))
    else:
        print_hint(console(), given)


def why(folder: Path | None) -> None:
    where = folder_of(folder)
    progress = load(where)
    with _simulating(where):
        story = harmed(where, progress, now=time.time())
    print_why(console(), story)


def status(folder: Path | None, *, as_json: bool) -> None:
    where = folder_of(folder)
    progress = load(where)
    if as_json:
        print_json(documents.status(progress))
    else:
        print_status(console(), progress, where)


def undo(folder: Path | None) -> None:
    where = folder_of(folder)
    progress = load(where)
    done = put_back(where, progress.earlier)
    step(where, progress, now=time.time())
    console().print(f"{where / 'design.yaml'} is as it was." if done else "There is no earlier design.", soft_wrap=True)


def check(folder: Path | None, seed: int | None, exercise: str | None, *, as_json: bool) -> None:
    where = folder_of(folder, exercise_named(exercise))
    progress = load(where) if (where / FILE).exists() else None
    chosen = exercise_of(progress, exercise)
    with _simulating(where, "checking", len(chosen.weathers)) as tell:
        graded = checked(where, progress, chosen, seed=seed, now=time.time(), tell=tell)
    if as_json:
        print_json(documents.check(graded))
    else:
        print_check(
            console(), graded, then=f'{typed("debrief", where)} --why "why the last run came out as it did"',
            else_="" if progress is None else after_check(
                progress, written(where), run=typed("run", where), ask=f"{typed('hint', where)}, {typed('why', where)}"
            ),
        )  # fmt: skip
        if all(graded.passed):  # no points for it: some designs that pass lose points of loyalty if a process dies
            last = last_word(load_design(str(design_file(where))), 2)
            console().print(f"The last question, whatever two things go wrong for one customer. {last}", soft_wrap=True)
    raise typer.Exit(DONE if all(graded.passed) else FAILED)


def debrief(folder: Path | None, words: str | None, *, as_json: bool) -> None:
    from sim.kata.debrief import check_begun, write_debrief  # matplotlib takes a second to import, and no other command draws

    where = folder_of(folder)
    progress = load(where)
    check_begun(where, progress)
    if words:
        progress.runs[-1].note = words
    with _simulating(where, "simulating", 20) as tell:
        page, code = saved(lambda: write_debrief(where, progress, now=time.time(), tell=tell))
    if page is None:
        raise typer.Exit(code)
    if as_json:
        print_json(KataDebrief(page=str(page)))
    else:
        console().print(f"debrief: {page}", soft_wrap=True)


def grade(
    submissions: Path, timeout: str, seed: int, exercise: str | None, jobs: int | None, *, run_code: bool, as_csv: bool,
    as_json: bool,
) -> None:  # fmt: skip
    if as_csv and as_json:
        raise ConfigError("--csv and --json: choose one")
    named = None if exercise is None else exercise_named(exercise)
    effort, timeout_s = Effort(1, seed, jobs=jobs), _seconds_of(timeout)
    found, others = grading.submissions(submissions)
    chosen = named or grading.exercise_of(found.values())
    if named is None:
        note(f"graded by the {chosen.name} exercise; another one: --exercise NAME")
    for name in others:
        why = "its name begins with a dot" if name.startswith(".") else "neither a folder nor a design's file"
        note(f"{submissions / name}: {why}, left out")
    note(f"each submission in a box: {box.IS}" if box.is_allowed() else NO_BOX)
    if as_csv:
        write_out(csv_text([], columns=documents.grade_columns(chosen)))
    with _simulating(submissions, "grading", len(found)) as tell:
        grades = grading.grade(
            submissions, exercise=chosen, seed=effort.seed, timeout_s=timeout_s, run_code=run_code,
            jobs=effort.jobs or processors(), tell=tell, graded=_write_row if as_csv else lambda _: None,
        )  # fmt: skip
    unread = [one.submission for one in grades if one.has_code]
    if unread:
        note(f"{len(unread)} with code, which is run only with --run-code; read it first: {', '.join(unread)}")
    if as_csv:
        return
    if as_json:
        print_json(documents.grades(grades, seed=seed, exercise=chosen))
    else:
        print_grades(console(), grades, chosen)


def _write_row(grade: Grade) -> None:
    """As soon as it is known: what comes later, or never, takes nothing of it away."""
    write_out(csv_text(documents.grade_rows([grade])).partition("\n")[2])


def _seconds_of(timeout: str) -> float:
    """Raises ArgumentError."""
    try:
        seconds = duration_s(timeout)
    except ValueError as error:
        raise ArgumentError("timeout", f'{error} (got "{timeout}")') from None
    if seconds <= 0:
        raise ArgumentError("timeout", f'must be more than 0 (got "{timeout}")')
    return seconds


@contextmanager
def _simulating(where: Path, what: str = "", total: int = 0) -> Iterator[Progress | None]:
    """With a progress bar if there is something to count; killed workers and bugs are said on stderr."""
    bar = progress_bar(what, total) if total else nullcontext(None)
    with accidents_said(f"coffee run kata {where / 'design.yaml'}"), bar as tell:
        yield tell
