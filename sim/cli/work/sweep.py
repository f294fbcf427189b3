"""`coffee sweep`: simulates every setting of some knobs, prints and draws the metrics, and keeps all mornings."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from sim.architectures import load_designs
from sim.cli.again import again
from sim.cli.messages import DONE, INTERRUPTED, note
from sim.cli.work.console import console, print_json, print_title
from sim.cli.work.names import compared, folder_name, scenario_called
from sim.cli.work.simulation import at_work, check_report_options, first_look, saved
from sim.cli.work.tables import COLOURS, plain_table, value_and_interval
from sim.documents.sweep import document
from sim.experiment.effort import Effort
from sim.experiment.estimates import known_metrics
from sim.experiment.sweep import Sweep, level_words
from sim.experiment.sweep import sweep as swept_over
from sim.report.folder import check_replaceable
from sim.report.result import Told
from sim.report.sweep import CSV, FILES, JSON, write_sweep
from sim.vocabulary import METRICS, shown_in
from sim.words import mornings

MOST_ROWS = 120  # of the table on the terminal
METRIC_WIDTH = 16  # characters of a column, at least: an interval


def sweep(
    context: typer.Context, scenario: str, designs: Sequence[str], more: Sequence[str], vary: Sequence[str],
    metrics: Sequence[str], effort: Effort, results: Path, out: Path | None, *, zipped: bool, report: bool, as_json: bool,
) -> None:  # fmt: skip
    shown = known_metrics(metrics, shown_in("sweep"))
    world = scenario_called(scenario)
    folder = out or Path("reports") / f"sweep-{folder_name(world.name)}"
    check_report_options(out, report=report)
    if report:
        check_replaceable(folder, ours=FILES.__contains__)
    chosen = compared(designs, more)
    command = again(context, designs=chosen)
    smaller = first_look(effort)
    with at_work("simulating mornings", 0, command, smaller=smaller, interrupted="interrupted") as progress:
        swept = swept_over(
            scenario, vary, chosen, effort, zipped=zipped, results=results, progress=progress,
        )  # fmt: skip
    if not as_json and swept.points:
        _print(console(), swept, shown)
    page, code = None, DONE
    if report and not swept.interrupted:
        page, code = saved(lambda: write_sweep(swept, folder, _told(swept, chosen, command), metrics=shown))
    if as_json:
        print_json(document(swept, report=str(folder) if page else None, results=str(results)))
    elif page:
        console().print(f"report: {page}", soft_wrap=True)
    _say_how_it_went(swept, results, command, drawn=page is not None)
    raise typer.Exit(INTERRUPTED if swept.interrupted else code)


def _print(out: Console, swept: Sweep, metrics: tuple[str, ...]) -> None:
    print_title(out, swept.scenario.name, swept.scenario.summary)
    last = swept.seed + swept.mornings - 1
    many = f"mean of {mornings(swept.mornings)} (seeds {swept.seed} to {last}) with its 95 % interval"
    out.print(many if swept.mornings > 1 else f"one morning (seed {swept.seed}), so there are no intervals", style="dim")
    out.print()
    named = [max(len(key), *(len(text) for axis in swept.axes for text in axis.texts)) for key in swept.keys]
    left = out.width - sum(named) - max(map(len, swept.designs)) - 2 * len(named) - 2
    at_once = max(left // (max(METRIC_WIDTH, *map(len, metrics)) + 2), 1)
    for first in range(0, len(metrics), at_once):
        these = metrics[first : first + at_once]
        out.print(_table(swept, these, room=left // len(these) - 2))
        out.print()
    if len(swept.points) > MOST_ROWS:
        out.print(f"… and {len(swept.points) - MOST_ROWS:,} more lines; sweep.csv and --json have them all", style="dim")
        out.print()


def _table(swept: Sweep, metrics: Sequence[str], *, room: int) -> Table:
    """A line a cell and design; an interval stands below its value where there is no room beside it."""
    table = plain_table(*swept.keys, "design", *metrics)
    for (cell, design), point in list(swept.points.items())[:MOST_ROWS]:
        found = []
        for metric in metrics:
            value, interval = value_and_interval(point.metrics[metric], METRICS[metric].unit)
            status = point.status(metric)
            between = "\n" if len(value) + len(interval) >= room else " "
            found.append(
                Text.assemble((value, COLOURS[status] if status else ""), between if interval else "", (interval, "dim"))
            )
        table.add_row(*swept.texts(cell), design, *found)
        if design == swept.designs[-1] and len(swept.designs) > 1:
            table.add_section()
    return table


def _told(swept: Sweep, called: Sequence[str], command: str) -> Told:
    from sim.lab.cards import sweep as card  # matplotlib takes a second to import

    seeds = f"{mornings(swept.mornings)} a point, seeds {swept.seed} to {swept.seed + swept.mornings - 1}"
    return Told(
        "what changes when knobs do?", card(swept), swept.scenario, load_designs(called), seeds, command,
        f"{CSV}, {JSON}, and each chart as PNG and SVG",
    )  # fmt: skip


def _say_how_it_went(swept: Sweep, results: Path, command: str, *, drawn: bool) -> None:
    if swept.interrupted:
        note(f"interrupted: {swept.done:,} of {swept.total:,} mornings are in {results}; to go on: {command}")
        return
    for level in level_words(swept):
        note(f"{level}: run once, and drawn as a level line")
    if drawn and len(swept.drawn) > 2:
        note("three knobs or more are not drawn; sweep.csv holds the numbers")
    taken = f", {swept.stored:,} of them taken from {results}" if swept.stored else f", kept in {results}"
    cells = "1 cell" if len(swept.cells) == 1 else f"{len(swept.cells):,} cells"
    note(f"{cells}, {swept.total:,} mornings in {swept.wall_s:.1f} s{taken}")
