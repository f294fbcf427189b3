"""`coffee kata`: the guided exercise, one command a step; without a command it asks at a prompt."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sim.cli.messages import DONE, FAILED, note, write_out
from sim.cli.options import Jobs, Json, whole_number

if TYPE_CHECKING:
    from sim.kata.progress import Progress

AS_IT_STANDS = "\b\n"
HELP = f"""A guided exercise: mend a checkout that charges people twice.

It takes half an hour, in five stages, each with a trade-off. In a loop you predict, change one thing in design.yaml, run, see
what changed on the same mornings, and say why. Progress is kept in the folder, so stop and go on whenever you like.

{AS_IT_STANDS}At a prompt:
  coffee kata                          begins, or goes on, in the folder kata

{AS_IT_STANDS}With an editor and a shell:
  coffee kata start mine               a folder with the brief and a design to begin with
  coffee kata run mine --predict better
  coffee kata hint mine
  coffee kata check mine               mornings you haven't seen
  coffee kata debrief mine             what you did and learned, as a page

{AS_IT_STANDS}For a class:
  coffee kata grade submissions --csv
"""
app = typer.Typer(
    help=HELP, invoke_without_command=True, rich_markup_mode=None, context_settings={"help_option_names": ["-h", "--help"]}
)


@app.callback()
def kata(context: typer.Context) -> None:
    if context.invoked_subcommand is None:
        from sim.cli.kata_loop import play
        from sim.kata.folder import folder_of

        play(folder_of(None))


Folder = Annotated[
    Path | None,
    typer.Argument(
        metavar="DIR", show_default=False,
        help="The folder of the kata. [default: the current one if a kata is under way in it, else kata]",
    ),
]  # fmt: skip


@app.command()
def start(folder: Folder = None, as_json: Json = False) -> None:
    """Begin: a folder with the brief and a design to start from.

    A design.yaml that is there already is kept.
    """
    from sim.cli.work.console import console, print_json
    from sim.kata import documents
    from sim.kata.attempt import begin
    from sim.kata.folder import USUAL

    where = folder or USUAL
    begin(where, now=time.time())
    if as_json:
        print_json(documents.started(where))
        return
    from sim.cli.kata_text import print_brief

    out = console()
    print_brief(out)
    out.print(
        f"\n{where / 'design.yaml'} is the design as it stands today; {where / 'brief.md'} is this brief.", soft_wrap=True
    )
    out.print(f"First see what it does: coffee kata run {where}", soft_wrap=True)


@app.command()
def run(
    folder: Folder = None,
    predict: Annotated[
        list[str] | None,
        typer.Option(
            "--predict", "-p", metavar="WORD", show_default=False,
            help="better, worse or same: how the metric that is asked about will change; METRIC=WORD for another one.",
        ),
    ] = None,
    words: Annotated[
        str | None,
        typer.Option("--why", metavar="TEXT", show_default=False, help="Why the last run came out as it did, in your words."),
    ] = None,
    as_json: Json = False,
) -> None:  # fmt: skip
    """Run the design on five mornings, and see what changed against the run before.

    They are the same mornings every time, so every difference is the change's. Finding, and one thing to try, are of this run.

    Examples:
      coffee kata run mine --predict better
      coffee kata run mine --predict ack_latency_p95=same --predict cost_per_1000=worse
    """
    from sim.cli.work.console import console, print_json
    from sim.kata import documents
    from sim.kata.attempt import asked_for, attempt, predictions
    from sim.kata.folder import folder_of
    from sim.kata.progress import load

    where = folder_of(folder)
    progress = load(where)
    predicted = predictions(predict or [], asked_for(progress))
    if words and progress.runs:
        progress.runs[-1].note = words
    if predicted and not progress.runs:
        note("--predict: nothing to compare with yet, this is the first run")
    with _simulating(where):
        made = attempt(where, progress, predicted=predicted, now=time.time(), clock=time.time)
    if words and made.number > 1:
        note(f"noted as the reason for run {made.number - 1}: {words}")
    from sim.cli.kata_text import print_attempt, tell_lint

    if as_json:
        print_json(documents.run(made, progress))
        return
    again = f'coffee kata run {where} --predict better|worse|same --why "why this run came out as it did"'
    print_attempt(console(), made, progress, f"coffee kata check {where}", again)
    tell_lint(where)


@app.command()
def hint(
    folder: Folder = None,
    strength: Annotated[
        int | None,
        typer.Option(
            metavar="1|2|3", parser=whole_number, show_default=False,
            help="A question, where to look, or what to write. [default: the next stronger one]",
        ),
    ] = None,
    as_json: Json = False,
) -> None:  # fmt: skip
    """A hint for the design as it stands: a question first, then where to look, then what to write."""
    from sim.cli.work.console import console, print_json
    from sim.config.errors import ConfigError
    from sim.documents.kata import KataHint
    from sim.kata.folder import folder_of
    from sim.kata.helping import hinted
    from sim.kata.progress import load

    where = folder_of(folder)
    progress = load(where)
    if strength is not None and strength not in (1, 2, 3):
        raise ConfigError(f"--strength: expected 1, 2 or 3 (got {strength})")
    with _simulating(where):
        given = hinted(where, progress, strength=strength, now=time.time())
    if as_json:
        print_json(KataHint(stage=given.stage, strength=given.strength, hint=given.text))
        return
    from sim.cli.kata_text import print_hint

    print_hint(console(), given)


@app.command()
def why(folder: Folder = None) -> None:
    """One harmed purchase of the design as it stands, step by step."""
    from sim.cli.kata_text import print_why
    from sim.cli.work.console import console
    from sim.kata.folder import folder_of
    from sim.kata.helping import harmed
    from sim.kata.progress import load

    where = folder_of(folder)
    progress = load(where)
    with _simulating(where):
        story = harmed(where, progress, now=time.time())
    print_why(console(), story)


@app.command()
def status(folder: Folder = None, as_json: Json = False) -> None:
    """Show which stages are passed, and how long that took."""
    from sim.cli.kata_text import print_status
    from sim.cli.work.console import console, print_json
    from sim.kata import documents
    from sim.kata.folder import folder_of
    from sim.kata.progress import load

    where = folder_of(folder)
    progress = load(where)
    if as_json:
        print_json(documents.status(progress))
    else:
        print_status(console(), progress, where)


@app.command()
def undo(folder: Folder = None) -> None:
    """Put design.yaml back as it was in the last run, or in the one before if it hasn't changed since."""
    from sim.cli.work.console import console
    from sim.kata.attempt import step
    from sim.kata.folder import folder_of
    from sim.kata.progress import load
    from sim.kata.written import undo as put_back

    where = folder_of(folder)
    progress = load(where)
    done = put_back(where, [run.written for run in progress.runs])
    step(where, progress, now=time.time())
    console().print(f"{where / 'design.yaml'} is as it was." if done else "There is no earlier design.", soft_wrap=True)


@app.command()
def check(
    folder: Folder = None,
    seed: Annotated[
        int | None,
        typer.Option(metavar="N", parser=whole_number, show_default=False, help="The seed of other unseen mornings."),
    ] = None,
    as_json: Json = False,
) -> None:  # fmt: skip
    """Check the design on mornings that you haven't seen, with faults at other times.

    Exits with 0 if all five stages are passed, 1 if not. DIR may also be a design's file.
    """
    from sim.cli.work.console import console, print_json
    from sim.kata import documents
    from sim.kata import progress as kept
    from sim.kata.checking import checked
    from sim.kata.folder import folder_of

    where = folder_of(folder)
    progress: Progress | None = kept.load(where) if (where / kept.FILE).exists() else None
    with _simulating(where, "checking", 4) as tell:
        graded = checked(where, progress, seed=seed, now=time.time(), tell=tell)
    if as_json:
        print_json(documents.check(graded))
    else:
        from sim.cli.kata_text import print_check

        print_check(
            console(), graded, then=f'coffee kata debrief {where} --why "why the last run came out as it did"',
            else_=f"coffee kata hint {where}, coffee kata why {where}" if progress is not None else "",
        )  # fmt: skip
    raise typer.Exit(DONE if all(graded.passed) else FAILED)


@app.command()
def debrief(
    folder: Folder = None,
    words: Annotated[
        str | None, typer.Option("--why", metavar="TEXT", show_default=False, help="Why the last run came out as it did.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Write what you did and learned as a page, in the folder debrief.

    The path you took, the final design with its diagram, its results beside the built-in designs, and what each stage taught.
    """
    from sim.cli.work.console import console, print_json
    from sim.cli.work.simulation import saved
    from sim.documents.kata import KataDebrief
    from sim.kata.debrief import write_debrief
    from sim.kata.folder import folder_of
    from sim.kata.progress import load

    where = folder_of(folder)
    progress = load(where)
    if words and progress.runs:
        progress.runs[-1].note = words
    with _simulating(where, "simulating", 20) as tell:
        page, code = saved(lambda: write_debrief(where, progress, now=time.time(), tell=tell))
    if page is None:
        raise typer.Exit(code)
    if as_json:
        print_json(KataDebrief(page=str(page)))
    else:
        console().print(f"debrief: {page}", soft_wrap=True)


@app.command()
def grade(
    submissions: Annotated[
        Path,
        typer.Argument(metavar="SUBMISSIONS", help="A folder with a folder (design.yaml) or a design's file for each."),
    ],
    as_csv: Annotated[bool, typer.Option("--csv", help="Print only CSV on stdout: a row a submission.")] = False,
    timeout: Annotated[
        str, typer.Option(metavar="TIME", help="Most time for a submission, else no points. A check takes about 10 s.")
    ] = "2min",
    seed: Annotated[
        int,
        typer.Option(metavar="N", parser=whole_number, help="Other mornings than those of `check`, for an exam."),
    ] = 1000,
    jobs: Jobs = None,
    as_json: Json = False,
) -> None:  # fmt: skip
    """Grade a class on the mornings of `check`, each submission in a process of its own.

    20 points a stage, and the reasons for those that are missing. Submissions may be Python files too; they are run with your
    rights, so grade what you don't trust in a container.

    Examples:
      coffee kata grade submissions
      coffee kata grade submissions --csv --seed 4711 > grades.csv
    """
    from sim.cli.kata_text import print_grades
    from sim.cli.work.console import console, print_json
    from sim.config.errors import ConfigError
    from sim.config.units import duration_s
    from sim.documents.text import csv_text
    from sim.experiment.effort import Effort
    from sim.experiment.workers import processors
    from sim.kata import documents, grading

    if as_csv and as_json:
        raise ConfigError("--csv and --json: choose one")
    effort = Effort(1, seed, jobs=jobs)
    try:
        timeout_s = duration_s(timeout)
    except ValueError as error:
        raise ConfigError(f'--timeout: {error} (got "{timeout}")') from None
    if timeout_s <= 0:
        raise ConfigError(f'--timeout: must be more than 0 (got "{timeout}")')
    found, others = grading.submissions(submissions)
    for name in others:
        note(f"{submissions / name}: neither a folder nor a design's file, left out")
    with _simulating(submissions, "grading", len(found)) as tell:
        grades = grading.grade(submissions, seed=effort.seed, timeout_s=timeout_s, jobs=effort.jobs or processors(), tell=tell)
    if as_csv:
        write_out(csv_text(documents.grade_rows(grades)))
    elif as_json:
        print_json(documents.grades(grades, seed=seed))
    else:
        print_grades(console(), grades)


@contextmanager
def _simulating(where: Path, what: str = "", total: int = 0) -> Iterator[Callable[[int, int], None] | None]:
    """With a progress bar if there is something to count; killed workers and bugs are said on stderr."""
    from sim.cli.work.progress import progress_bar
    from sim.cli.work.simulation import accidents_said

    bar = progress_bar(what, total) if total else nullcontext(None)
    with accidents_said(f"coffee run kata {where / 'design.yaml'}"), bar as tell:
        yield tell
