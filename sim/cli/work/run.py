"""`coffee run`: simulates one design, and prints what came of it."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import typer

from sim.architectures import load_design
from sim.cli.again import again
from sim.cli.messages import DONE, note
from sim.cli.work.console import console, print_json, print_title
from sim.cli.work.lint import warn
from sim.cli.work.names import scenario_called
from sim.cli.work.sentences import about, fullest, mornings_line
from sim.cli.work.simulation import (
    at_work,
    first_look,
    leave,
    saved,
    say_how_it_went,
    say_what_cells_are,
    say_what_is_no_more,
    say_what_memory_it_takes,
    simulated,
)
from sim.cli.work.tables import causes_table, metrics_table, objectives_table, stations, stations_table
from sim.cli.work.texts import assigned
from sim.cli.work.what_if import print_changes
from sim.config.errors import ConfigError
from sim.documents.comparison import run as document
from sim.experiment.altering import changed
from sim.experiment.compare import Comparison
from sim.experiment.effort import Effort
from sim.experiment.what_if import FEWEST, WhatIf
from sim.experiment.what_if import what_if as ask
from sim.report.folder import check_replaceable
from sim.report.names import ours


def run(
    context: typer.Context, scenario: str, design: str, settings: Sequence[str], effort: Effort, precision: float | None,
    tables: str | None, out: Path | None, *, what_if: bool, everything: bool, as_json: bool,
) -> None:  # fmt: skip
    world, [chosen] = changed(scenario_called(scenario), [load_design(design)], assigned(settings))
    warn(chosen, world, names=[scenario, design], settings=settings)
    say_what_is_no_more(tables)
    say_what_memory_it_takes(world, cells=effort.cells)
    if what_if and effort.cells > 1:
        raise ConfigError("--what-if: is for whole mornings; leave out --cells")
    if out is not None:
        check_replaceable(out, ours=ours)
    comparison = simulated(context, world, [chosen], effort, precision)
    changes = _changes(context, comparison, effort) if what_if and not comparison.interrupted else None
    if as_json:
        print_json(document(comparison, settings=settings, changes=changes))
    else:
        _print(comparison, settings, everything=everything)
        if changes is not None:
            print_changes(changes)
        else:
            command = shlex.join(["coffee", "run", scenario, design, *(f"--set={text}" for text in settings), "--what-if"])
            console().print(f"What to change first: {command}", soft_wrap=True, highlight=False, markup=False)
    code = DONE
    if out is not None and not comparison.interrupted:
        from sim.report.page import write_report  # matplotlib takes a second to import

        command, called = again(context, mornings=comparison.asked, precision=None), {world.name: scenario, chosen.name: design}
        page, code = saved(lambda: write_report(comparison, out, command=command, called=called, jobs=effort.jobs))
        if page is not None:
            note(f"written: {page}")
    say_how_it_went(comparison, precision)
    say_what_cells_are(effort.cells, scenario, design)
    leave(comparison, code)


def _changes(context: typer.Context, comparison: Comparison, effort: Effort) -> WhatIf:
    design = next(iter(comparison.results.values())).design
    same = replace(effort, mornings=max(comparison.mornings, FEWEST))
    with at_work("changing one thing at a time", 0, again(context), smaller=first_look(effort)) as progress:
        return ask(comparison.scenario, design, same, progress=progress)


def _print(comparison: Comparison, settings: Sequence[str], *, everything: bool) -> None:
    out = console()
    result = next(iter(comparison.results.values()))
    print_title(out, comparison.scenario.name, comparison.scenario.summary)
    out.print(mornings_line(comparison, settings), style="dim", highlight=False, markup=False)
    for table in (
        metrics_table(result, everything=everything, width=out.width),
        causes_table([result]),
        stations_table(result),
        objectives_table(result.objectives) if result.objectives else None,
    ):
        if table is not None:
            out.print()
            out.print(table)
    out.print()
    out.print(fullest(stations(result)))
    out.print(about(result))
