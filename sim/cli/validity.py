"""`coffee validity`: cases with a known answer, simulated."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sim.cli.messages import DONE, FAILED, INTERRUPTED, note
from sim.cli.options import Jobs, Json

if TYPE_CHECKING:
    from sim.validation.case import Checked

STYLES = {"agrees": "green", "differs": "bold red"}


def validity(
    cases: Annotated[
        list[str] | None, typer.Argument(metavar="[CASES]...", help="Only these cases.", show_default=False)
    ] = None,
    full: Annotated[bool, typer.Option("--full", help="As many mornings as the page in docs has; takes minutes.")] = False,
    jobs: Jobs = None,
    files: Annotated[
        Path | None,
        typer.Option("--files", metavar="DIR", help="Write each case's scenario and design as YAML files.", show_default=False),
    ] = None,
    page: Annotated[
        Path | None,
        typer.Option("--page", metavar="FILE", help="Write all of docs/validity.md: implies --full.", show_default=False),
    ] = None,
    assumption: Annotated[
        list[str] | None,
        typer.Option(
            "--assumption",
            metavar="NAME",
            help="What the results owe to this assumption, instead; repeatable.",
            show_default=False,
        ),
    ] = None,
    as_json: Json = False,
) -> None:
    """Does the simulator agree with what is known?

    Scenarios and designs driven to where theory knows the answer: queues, double charges, retries, an outbox, arrivals. A
    number agrees within three standard errors, if the standard error is small enough to prove anything.

    Exits with 0 if all agree, 1 if any differs. With --assumption: what halving and doubling it does to the morning rush.

    Examples:
      coffee validity
      coffee validity mm1 double-charge --full
      coffee validity collapse --files my-cases
      coffee validity --assumption provider.latency
    """
    from sim.cli.console import console, print_json
    from sim.cli.progress import progress_bar
    from sim.cli.simulation import answered_for
    from sim.config.errors import ConfigError
    from sim.documents.validity import document
    from sim.validation.cases import check, chosen

    if page is not None and cases:
        raise ConfigError("--page: is written from all cases; leave out the names")
    if assumption:
        if cases or full or page is not None or files is not None:
            raise ConfigError("--assumption: is about no case; leave out the cases, --full, --files and --page")
        _assumptions(assumption, jobs, as_json=as_json)
        return
    wanted = chosen(cases or [])
    try:
        with answered_for("coffee validity"), progress_bar("simulating cases", len(wanted)) as progress:
            done = check([case.name for case in wanted], full=full or page is not None, jobs=jobs, progress=progress)
            text = _page(done, jobs) if page is not None else ""
    except KeyboardInterrupt:
        note("interrupted; there are no results")
        raise typer.Exit(INTERRUPTED) from None
    if as_json:
        print_json(document(done))
    else:
        _print(done)
    if files is not None:
        _write_files(done, files, say=note if as_json else lambda text: console().print(text, soft_wrap=True))
    if page is not None:
        from sim.config.files import write_text

        write_text(page, text, replace=True)
        note(f"written: {page}")
    mornings, seconds = sum(result.mornings for result in done), sum(result.wall_s for result in done)
    note(f"{len(done)} case{'s' * (len(done) > 1)}, {mornings:,} mornings in {seconds:.1f} s of processor time")
    raise typer.Exit(DONE if all(result.agrees for result in done) else FAILED)


def _assumptions(names: list[str], jobs: int | None, *, as_json: bool) -> None:
    from rich.box import SIMPLE_HEAD
    from rich.table import Table
    from rich.text import Text

    from sim.cli.console import console, print_json
    from sim.cli.progress import progress_bar
    from sim.cli.simulation import answered_for
    from sim.documents.validity import effects as document
    from sim.experiment.sensitivity import sensitivity
    from sim.report.validity import MORNINGS, SCENARIO, told_of

    try:
        with answered_for("coffee validity"), progress_bar("simulating mornings", 0) as progress:
            effects = sensitivity(SCENARIO, only=names, mornings=MORNINGS, jobs=jobs, progress=progress)
    except KeyboardInterrupt:
        note("interrupted; there are no results")
        raise typer.Exit(INTERRUPTED) from None
    if as_json:
        print_json(document(effects))
        return
    for row in told_of(effects):
        table = Table(box=SIMPLE_HEAD, pad_edge=False, show_edge=False, padding=(0, 2, 0, 0))
        table.add_column(Text(row.name))
        table.add_column(Text(f"{row.changed} instead of {row.value}"))
        for design, does in row.does.items():
            table.add_row(design, Text("\n".join(does).replace("`", "").replace("**", "") or "–"))
        console().print(table)
        console().print()
    note(f"{SCENARIO}, {MORNINGS} mornings; effects whose 95 % interval excludes zero, of at least 1 %; –: none")


def _page(done: list[Checked], jobs: int | None) -> str:
    from sim.experiment.compare import compare
    from sim.experiment.sensitivity import sensitivity
    from sim.report.validity import MORNINGS, SCENARIO, page

    comparison = compare(SCENARIO, ["naive", "no-app-retries", "idempotent", "outbox"], mornings=10, jobs=jobs)
    return page(done, sensitivity(SCENARIO, mornings=MORNINGS, jobs=jobs), comparison, mornings=MORNINGS)


def _print(done: list[Checked]) -> None:
    from rich.box import SIMPLE_HEAD
    from rich.table import Table
    from rich.text import Text

    from sim.cli.console import console
    from sim.report.validity import interval, number
    from sim.validation.cases import GROUPS

    out = console()
    results = {result.case.name: result for result in done}
    for group, cases in GROUPS.items():
        here = [results[case.name] for case in cases if case.name in results]
        if not here:
            continue
        table = Table(box=SIMPLE_HEAD, pad_edge=False, show_edge=False, padding=(0, 2, 0, 0))
        for heading in (group, "expected", "simulated [95 %]", ""):
            table.add_column(heading)
        for result in here:
            table.add_row(Text(f"{result.case.name}: {result.case.title}", style="bold"), "", "", "")
            for row in result.rows:
                least = "≥ " if row.at_least else ""
                status = Text(row.status, style=STYLES.get(row.status, "yellow"))
                table.add_row(f"  {row.what}", least + number(row.expected), interval(row.simulated), status)
        out.print(table)
        out.print()


def _write_files(done: list[Checked], folder: Path, *, say: Callable[[str], None]) -> None:
    from sim.config.errors import ConfigError
    from sim.config.files import write_text

    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigError(f"{folder}: cannot be made: {error.strerror}") from None
    for result in done:
        scenario, design = folder / f"{result.case.name}.yaml", folder / f"{result.case.name}-design.yaml"
        write_text(scenario, result.case.scenario_text)
        write_text(design, result.case.design_text)
        say(f"coffee run {scenario} --design {design} --seed {result.case.seed}")
