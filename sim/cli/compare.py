"""`coffee compare`: designs side by side."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sim.cli.messages import DONE
from sim.cli.options import (
    AllMetrics,
    Cells,
    EngineName,
    Jobs,
    Json,
    KeptTables,
    Mornings,
    Peaks,
    Precision,
    ScenarioName,
    Seed,
)  # fmt: skip

if TYPE_CHECKING:
    from sim.config.scenario import Scenario
    from sim.experiment.compare import Comparison
    from sim.experiment.cost_curve import CostCurve


def compare(
    scenario: ScenarioName,
    designs: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[DESIGNS]...",
            help="Designs, the first being the baseline. [default: naive idempotent outbox]",
            show_default=False,
        ),
    ] = None,
    design: Annotated[
        list[str] | None,
        typer.Option(
            "--design",
            "-d",
            metavar="NAME",
            help="One more design, a name or a YAML or Python file. Can be repeated.",
            show_default=False,
        ),
    ] = None,
    mornings: Mornings = 10,
    precision: Precision = None,
    cells: Cells = 1,
    seed: Seed = 0,
    jobs: Jobs = None,
    engine: EngineName = "local",
    out: Annotated[
        Path | None,
        typer.Option(
            "--out", "-o", metavar="DIR", help="Folder of the report. [default: reports/SCENARIO]", show_default=False
        ),
    ] = None,
    report: Annotated[bool, typer.Option("--report/--no-report", help="Write the report.")] = True,
    keep: KeptTables = None,
    cost_curve: Annotated[
        bool, typer.Option("--cost-curve", help="Size the designs for a growing chain, too: takes some minutes.")
    ] = False,
    peak: Peaks = None,
    everything: AllMetrics = False,
    as_json: Json = False,
) -> None:
    """Compare designs side by side, and write a report.

    All designs meet the same mornings: the same customers, the same bad luck. Each metric is a mean over the mornings with
    its 95 % interval; "0 (< 0.01 %)" means none seen, and what the rate is below.

    Examples:
      coffee compare morning-rush
      coffee compare morning-rush --design mine.yaml
      coffee compare rush.yaml naive mine.yaml --mornings 50 --out reports/mine
      coffee compare morning-rush --no-report --json > result.json
      coffee compare morning-rush --cost-curve
    """
    from sim.architectures import COMPARED
    from sim.cli.console import console, print_json
    from sim.cli.names import folder_name, scenario_called
    from sim.cli.simulation import check_report_options, command_line, leave, simulated, tell_how_it_went, tell_of_cells
    from sim.documents.comparison import document

    chosen = [*(designs or COMPARED), *(one for one in design or [] if designs or one not in COMPARED)]
    world = scenario_called(scenario)
    folder = out or Path("reports") / folder_name(world.name)
    check_report_options(out, report=report)
    drawing = _curve_options(world, cost_curve or peak is not None, peak, report=report)
    if report:
        _check_folder(folder)
    command = command_line("compare", scenario, chosen, mornings=mornings, cells=cells, seed=seed)
    comparison = simulated(
        world, chosen, mornings=mornings, cells=cells, seed=seed, jobs=jobs, engine=engine, precision=precision, keep=keep,
        command=command,
    )  # fmt: skip
    command = command_line("compare", scenario, chosen, mornings=comparison.asked, cells=cells, seed=seed)
    if not as_json:
        _print(comparison, everything=everything)
    curve = None
    if drawing is not None and not comparison.interrupted:
        command += " --cost-curve" if peak is None else f" --peak {shlex.quote(peak)}"
        curve = _curve(world, chosen, drawing, seed=seed, jobs=jobs, engine=engine, command=command)
    page, code = _write(comparison, folder, command, curve) if report and not comparison.interrupted else (None, DONE)
    if as_json:
        print_json(document(comparison, report=str(page) if page else None))
    elif page:
        console().print(f"report: {page}", soft_wrap=True)
    tell_how_it_went(comparison, precision=precision, unwritten="; no report was written" if report else "")
    tell_of_cells(cells, scenario, chosen[0])
    leave(comparison, code)


def _print(comparison: Comparison, *, everything: bool) -> None:
    from sim.cli.console import console, print_title
    from sim.cli.sentences import about, mornings_line
    from sim.cli.tables import comparison_table, verdicts_table

    out = console()
    print_title(out, comparison.scenario.name, comparison.scenario.summary)
    out.print(mornings_line(comparison), style="dim")
    out.print()
    out.print(comparison_table(comparison, everything=everything, width=out.width))
    out.print()
    if comparison.scenario.objectives:
        out.print(verdicts_table(comparison))
        out.print()
    for result in comparison.results.values():
        out.print(about(result))


def _curve_options(world: Scenario, wanted: bool, peak: str | None, *, report: bool) -> tuple[float, ...] | None:
    """The peaks of the cost curve, before any work. Raises ConfigError."""
    from sim.config.errors import ConfigError

    if not wanted:
        return None
    if not report:
        raise ConfigError("--cost-curve is drawn in the report, and --no-report says there is none; `coffee size` prints it")
    from sim.experiment.cost_curve import default_peaks, peaks_of

    return default_peaks(world) if peak is None else peaks_of(peak)


def _curve(
    world: Scenario, chosen: list[str], peaks: tuple[float, ...], *, seed: int, jobs: int | None, engine: str, command: str
) -> CostCurve | None:
    from sim.cli.size import working
    from sim.experiment.cost_curve import cost_curve

    with working(command, "before the first capacity was found; there is no report") as progress:
        return cost_curve(world, chosen, peaks_per_s=peaks, seed=seed, jobs=jobs, engine=engine, progress=progress)


def _write(comparison: Comparison, folder: Path, command: str, curve: CostCurve | None) -> tuple[Path | None, int]:
    from sim.cli.simulation import saved
    from sim.report.page import write_report

    return saved(lambda: write_report(comparison, folder, command=command, curve=curve))


def _check_folder(folder: Path) -> None:
    """Before any work: there can be a report in this folder. Raises ConfigError."""
    from sim.report.folder import check_replaceable

    if folder.is_dir():
        from sim.report.page import ours

        check_replaceable(folder, ours=ours)
    else:
        check_replaceable(folder, ours=frozenset[str]().__contains__)
