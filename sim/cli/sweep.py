"""`coffee sweep`: curves over any knob."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sim.cli.messages import DONE, INTERRUPTED, note
from sim.cli.options import EngineName, Jobs, Json, Mornings, ScenarioName, Seed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console
    from rich.table import Table

    from sim.experiment.sweep import Sweep

RESULTS = Path("reports") / "results.sqlite"
MOST_ROWS = 120  # of the table on the terminal
METRIC_WIDTH = 16  # characters of a column, at least: an interval


def sweep(
    scenario: ScenarioName,
    designs: Annotated[
        list[str] | None,
        typer.Argument(metavar="[DESIGNS]...", help="Designs. [default: naive idempotent outbox]", show_default=False),
    ] = None,
    design: Annotated[
        list[str] | None,
        typer.Option(
            "--design",
            "-d",
            metavar="NAME",
            show_default=False,
            help="One more design, a name or a YAML or Python file. Can be repeated.",
        ),
    ] = None,
    vary: Annotated[
        list[str] | None,
        typer.Option(
            "--vary",
            "-v",
            metavar="KEY=VALUES",
            show_default=False,
            help="A key of the scenario or of designs, and its values. Can be repeated: the values are crossed.",
        ),
    ] = None,
    zipped: Annotated[bool, typer.Option("--zip", help="Take the values of several keys side by side, not crossed.")] = False,
    metric: Annotated[
        list[str] | None,
        typer.Option(
            "--metric",
            "-m",
            metavar="NAME",
            show_default=False,
            help="A metric to show and draw, of those in `coffee list`. Can be repeated. "
            "[default: double_charge_rate ack_latency_p95 confirmed_share cost_per_1000]",
        ),
    ] = None,
    mornings: Mornings = 10,
    seed: Seed = 0,
    jobs: Jobs = None,
    engine: EngineName = "local",
    results: Annotated[
        Path,
        typer.Option("--results", metavar="FILE", help="SQLite file that keeps every morning, and spares those it holds."),
    ] = RESULTS,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            "-o",
            metavar="DIR",
            show_default=False,
            help="Folder of charts, sweep.csv and sweep.json. [default: reports/sweep-SCENARIO]",
        ),
    ] = None,
    report: Annotated[bool, typer.Option("--report/--no-report", help="Write the charts and tables.")] = True,
    as_json: Json = False,
) -> None:
    """Vary any knob, and see what it does to every design.

    VALUES are a list (8,16,32), or a range with both ends and how many values: 2s..10s:5 evenly, log:100ms..10s:5 by equal
    factors; units as in files. One knob gives a curve a design, two a map; three or more are not drawn. A design that does not
    have a key is run once as it is, and drawn level. All designs and all cells meet the same mornings.

    Every morning is kept in a file as it is finished: an interrupted sweep goes on where it was when the same command is given
    again, and a repeated one costs nothing. `coffee results` tells what is in it.

    Examples:
      coffee sweep morning-rush --vary checkout.workers=8,16,32,64
      coffee sweep morning-rush naive idempotent --vary app.timeout=log:1s..30s:7 --mornings 20
      coffee sweep morning-rush outbox --vary relay.poll_every=100ms,1s,10s --vary broker.visibility=10s..60s:6
      coffee sweep calm-tuesday --vary "checkout.service={exponential: 10ms},{constant: 10ms}" --metric ack_latency_p99
    """  # fmt: skip
    from sim.architectures import COMPARED
    from sim.cli.console import console, print_json
    from sim.cli.names import folder_name, scenario_called
    from sim.cli.simulation import check_report_options, saved
    from sim.documents.sweep import document
    from sim.report.folder import check_replaceable
    from sim.report.sweep import FILES, HEADLINES, write_sweep

    metrics = known_metrics(metric) or HEADLINES
    world = scenario_called(scenario)
    folder = out or Path("reports") / f"sweep-{folder_name(world.name)}"
    check_report_options(out, report=report)
    if report:
        check_replaceable(folder, ours=FILES.__contains__)
    chosen = [*(designs or COMPARED), *(one for one in design or [] if designs or one not in COMPARED)]
    command = _command_line(scenario, chosen, vary or [], zipped=zipped, mornings=mornings, seed=seed, results=results)
    swept = _swept(scenario, vary or [], chosen, zipped=zipped, mornings=mornings, seed=seed, jobs=jobs,
                   engine=engine, results=results,
                   command=command)  # fmt: skip
    if not as_json and swept.points:
        _print(console(), swept, metrics)
    table, code = (
        saved(lambda: write_sweep(swept, folder, metrics=metrics)) if report and not swept.interrupted else (None, DONE)
    )
    if as_json:
        print_json(document(swept, report=str(table.parent) if table else None, results=str(results)))
    elif table:
        console().print(f"report: {table.parent}", soft_wrap=True)
    _tell_how_it_went(swept, results, command, drawn=table is not None)
    raise typer.Exit(INTERRUPTED if swept.interrupted else code)


def known_metrics(names: list[str] | None) -> tuple[str, ...]:
    """The metrics of these names, each once. Raises ConfigError."""
    from sim.config.errors import ConfigError, nearest
    from sim.vocabulary import METRICS

    for name in names or []:
        if name not in METRICS:
            raise ConfigError(f'--metric: unknown metric "{name}"{nearest(name, METRICS)}')
    return tuple(dict.fromkeys(names or []))


def _command_line(
    scenario: str, designs: list[str], vary: list[str], *, zipped: bool, mornings: int, seed: int, results: Path
) -> str:
    """The command that goes on where this one was."""
    knobs = [part for text in vary for part in ("--vary", text)]
    numbers = ["--mornings", str(mornings), "--seed", str(seed)]
    kept = [] if results == RESULTS else ["--results", str(results)]
    return shlex.join(["coffee", "sweep", scenario, *designs, *knobs, *(["--zip"] if zipped else []), *numbers, *kept])


def _swept(
    scenario: str, vary: list[str], designs: list[str], *, zipped: bool, mornings: int, seed: int, jobs: int | None,
    engine: str, results: Path, command: str,
) -> Sweep:  # fmt: skip
    from sim.cli.progress import progress_bar
    from sim.cli.simulation import answered_for
    from sim.experiment.sweep import sweep as swept

    with answered_for(command), progress_bar("simulating mornings", None) as progress:
        return swept(
            scenario,
            vary,
            designs,
            zipped=zipped,
            mornings=mornings,
            seed=seed,
            jobs=jobs,
            engine=engine,
            results=results,
            progress=progress,
        )


def _print(out: Console, swept: Sweep, metrics: tuple[str, ...]) -> None:
    from sim.cli.console import print_title
    from sim.words import mornings

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
    from rich.box import SIMPLE_HEAD
    from rich.table import Table
    from rich.text import Text

    from sim.cli.tables import COLOURS, value_and_interval
    from sim.vocabulary import METRICS

    table = Table(box=SIMPLE_HEAD, pad_edge=False, show_edge=False, padding=(0, 1, 0, 0))
    for name in (*swept.keys, "design", *metrics):
        table.add_column(name, overflow="fold")
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


def _tell_how_it_went(swept: Sweep, results: Path, command: str, *, drawn: bool) -> None:
    from sim.report.charts.sweep_lines import level_words

    if swept.interrupted:
        note(f"interrupted: {swept.done:,} of {swept.total:,} mornings are in {results}; to go on: {command}")
        return
    for words in level_words(swept):
        note(f"{words}: run once as {'they are' if ' have ' in words else 'it is'}, and shown level")
    if drawn and len(swept.drawn) > 2:
        note("three knobs or more are not drawn; sweep.csv holds the numbers")
    taken = f", {swept.stored:,} of them taken from {results}" if swept.stored else f", kept in {results}"
    cells = "1 cell" if len(swept.cells) == 1 else f"{len(swept.cells):,} cells"
    note(f"{cells}, {swept.total:,} mornings in {swept.wall_s:.1f} s{taken}")
