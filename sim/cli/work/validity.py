"""`coffee validity`: simulates cases with a known answer, and prints and writes whether they agree."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import typer
from rich.text import Text

from sim.cli.messages import DONE, FAILED, note
from sim.cli.work.console import console, print_json
from sim.cli.work.simulation import at_work
from sim.cli.work.tables import plain_table
from sim.config.errors import ConfigError
from sim.config.files import write_text
from sim.documents import validity as documents
from sim.experiment.compare import compare
from sim.experiment.effort import Effort
from sim.experiment.sensitivity import sensitivity
from sim.report import validity as report
from sim.validation import cases as known
from sim.validation.case import Checked

STYLES = {"agrees": "green", "differs": "bold red"}


def validity(
    cases: Sequence[str], jobs: int | None, files: Path | None, page: Path | None, *, full: bool, as_json: bool
) -> None:  # fmt: skip
    if page is not None and cases:
        raise ConfigError("--page is written from all cases; leave out the names of cases")
    wanted = [case.name for case in known.chosen(cases)]
    smaller = "name a few of them for a first look" if not cases and page is None else ""
    with at_work("simulating cases", len(wanted), "coffee validity", smaller=smaller) as progress:
        done = known.check(wanted, full=full or page is not None, jobs=jobs, progress=progress)
        text = _page(done, jobs) if page is not None else ""
    if as_json:
        print_json(documents.document(done))
    else:
        _print(done)
    if files is not None:
        _write_files(done, files, say=note if as_json else lambda text: console().print(text, soft_wrap=True))
    if page is not None:
        write_text(page, text, replace=True)
        note(f"written: {page}")
    mornings, seconds = sum(result.mornings for result in done), sum(result.wall_s for result in done)
    note(f"{len(done)} case{'s' * (len(done) > 1)}, {mornings:,} mornings in {seconds:.1f} s of processor time")
    raise typer.Exit(DONE if all(result.agrees for result in done) else FAILED)


def assumptions(names: Sequence[str], jobs: int | None, *, as_json: bool) -> None:
    """Halves and doubles assumptions, and prints what that changes."""
    with at_work("simulating mornings", 0, "coffee validity") as progress:
        effects = sensitivity(report.SCENARIO, effort=Effort(report.MORNINGS, jobs=jobs), only=names, progress=progress)
    if as_json:
        print_json(documents.effects(effects))
        return
    for row in report.told_of(effects):
        table = plain_table(Text(row.name), Text(f"{row.changed} instead of {row.value}"), gap=2)
        for design, does in row.does.items():
            table.add_row(design, Text("\n".join(does).replace("`", "").replace("**", "") or "–"))
        console().print(table)
        console().print()
    note(f"{report.SCENARIO}, {report.MORNINGS} mornings; effects whose 95 % interval excludes zero, of at least 1 %; –: none")


def _page(done: list[Checked], jobs: int | None) -> str:
    comparison = compare(report.SCENARIO, ["naive", "no-app-retries", "idempotent", "outbox"], Effort(10, jobs=jobs))
    effects = sensitivity(report.SCENARIO, effort=Effort(report.MORNINGS, jobs=jobs))
    return report.page(done, effects, comparison, mornings=report.MORNINGS)


def _print(done: list[Checked]) -> None:
    out = console()
    results = {result.case.name: result for result in done}
    for group, cases in known.GROUPS.items():
        here = [results[case.name] for case in cases if case.name in results]
        if not here:
            continue
        table = plain_table(group, "expected", "simulated [95 %]", "", gap=2)
        for result in here:
            table.add_row(Text(f"{result.case.name}: {result.case.title}", style="bold"), "", "", "")
            for row in result.rows:
                least = "≥ " if row.at_least else ""
                status = Text(row.status, style=STYLES.get(row.status, "yellow"))
                table.add_row(f"  {row.what}", least + report.number(row.expected), report.interval(row.simulated), status)
        out.print(table)
        out.print()


def _write_files(done: list[Checked], folder: Path, *, say: Callable[[str], None]) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigError(f"{folder}: cannot be made: {error.strerror}") from None
    for result in done:
        scenario, design = folder / f"{result.case.name}.yaml", folder / f"{result.case.name}-design.yaml"
        write_text(scenario, result.case.scenario_text)
        write_text(design, result.case.design_text)
        say(f"coffee run {scenario} {design} --seed {result.case.seed}")
