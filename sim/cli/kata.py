"""`coffee kata`: the guided exercise, one command a step; without a command it asks at a prompt."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sim.cli.options import Jobs, Json, whole_number

AS_IT_STANDS = "\b\n"
HELP = f"""A guided exercise: mend a checkout that charges people twice.

It takes half an hour, in five stages, each with a trade-off. In a loop you predict, change one thing in design.yaml, run, see
what changed on the same mornings, and say why. Progress is kept in the folder, so stop and go on whenever you like.

{AS_IT_STANDS}At a prompt:
  coffee kata                          begins, or goes on, in the folder kata

{AS_IT_STANDS}In the browser on this machine, on the same files:
  coffee kata --page

{AS_IT_STANDS}With an editor and a shell:
  coffee kata start mine               a folder with the brief and a design to begin with
  coffee kata run mine --predict better
  coffee kata hint mine
  coffee kata check mine               mornings you haven't seen
  coffee kata debrief mine             what you did and learned, as a page

{AS_IT_STANDS}For a class:
  coffee kata grade submissions --csv

{AS_IT_STANDS}A second morning, in a quarter of an hour: mend what others have built on your outbox.
  coffee kata --exercise second
"""
Exercise = Annotated[
    str | None,
    typer.Option(
        "--exercise", metavar="NAME", show_default=False,
        help="first or second. [default: that of the folder, else the first]",
    ),
]  # fmt: skip
app = typer.Typer(
    help=HELP, invoke_without_command=True, rich_markup_mode=None, context_settings={"help_option_names": ["-h", "--help"]}
)


@app.callback()
def kata(
    context: typer.Context,
    page: Annotated[bool, typer.Option("--page", help="In the browser on this machine, on the same files.")] = False,
    exercise: Exercise = None,
) -> None:
    if context.invoked_subcommand is not None:
        if page or exercise is not None:
            given = "--page" if page else "--exercise"
            context.fail(
                f"{given} stands alone, or after a command that has it: coffee kata {context.invoked_subcommand} --help"
            )
        return
    if page:
        from sim.cli.work import serve

        serve.serve_kata(exercise)
    else:
        from sim.cli.work.kata_loop import play

        play(exercise)


Folder = Annotated[
    Path | None,
    typer.Argument(
        metavar="DIR", show_default=False,
        help="The folder of the kata. [default: the current one if a kata is under way in it, else kata]",
    ),
]  # fmt: skip


@app.command()
def start(folder: Folder = None, exercise: Exercise = None, as_json: Json = False) -> None:
    """Begin: a folder with the brief and a design to start from.

    A design.yaml that is there already is kept.

    Examples:
      coffee kata start mine
      coffee kata start second --exercise second
    """
    from sim.cli.work import kata as work

    work.start(folder, exercise, as_json=as_json)


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

    They are the same mornings every time, so every difference is the change's. It says what happened, and leaves why to you.

    Examples:
      coffee kata run mine --predict better
      coffee kata run mine --predict ack_latency_p95=same --predict cost_per_1000=worse
    """
    from sim.cli.work import kata as work

    work.run(folder, predict or [], words, as_json=as_json)


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
    from sim.cli.work import kata as work

    work.hint(folder, strength, as_json=as_json)


@app.command()
def why(folder: Folder = None) -> None:
    """One harmed purchase of the design as it stands, step by step."""
    from sim.cli.work import kata as work

    work.why(folder)


@app.command()
def status(folder: Folder = None, as_json: Json = False) -> None:
    """Show which stages are passed, and how long that took."""
    from sim.cli.work import kata as work

    work.status(folder, as_json=as_json)


@app.command()
def undo(folder: Folder = None) -> None:
    """Put design.yaml back as it was in the last run, or in the one before if it hasn't changed since.

    Before the first run that is the starting design.
    """
    from sim.cli.work import kata as work

    work.undo(folder)


@app.command()
def check(
    folder: Folder = None,
    seed: Annotated[
        int | None,
        typer.Option(metavar="N", parser=whole_number, show_default=False, help="The seed of other unseen mornings."),
    ] = None,
    exercise: Exercise = None,
    as_json: Json = False,
) -> None:  # fmt: skip
    """Check the design on mornings that you haven't seen, with faults at other times.

    Exits with 0 if all stages are passed, 1 if not. DIR may also be a design's file.
    """
    from sim.cli.work import kata as work

    work.check(folder, seed, exercise, as_json=as_json)


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
    from sim.cli.work import kata as work

    work.debrief(folder, words, as_json=as_json)


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
    run_code: Annotated[
        bool, typer.Option("--run-code", help="Run the code of submissions that have any; read it first.")
    ] = False,
    exercise: Exercise = None,
    jobs: Jobs = None,
    as_json: Json = False,
) -> None:  # fmt: skip
    """Grade a class on the mornings of `check`, each submission in a process of its own.

    100 points in all, and the reasons for those that are missing. Submissions with code are named, and run only with
    --run-code: in a box without network where the machine allows one, which is said.

    Examples:
      coffee kata grade submissions
      coffee kata grade submissions --csv --seed 4711 > grades.csv
      coffee kata grade submissions --run-code
    """
    from sim.cli.work import kata as work

    work.grade(submissions, timeout, seed, exercise, jobs, run_code=run_code, as_csv=as_csv, as_json=as_json)
