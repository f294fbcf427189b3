"""`coffee compare`: simulates designs on the same mornings, prints them side by side, and writes a report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from sim.architectures import load_designs, reported
from sim.cli.again import again
from sim.cli.messages import DONE, INTERRUPTED, note
from sim.cli.work.console import console, print_json, print_title
from sim.cli.work.lint import warn_in_short
from sim.cli.work.names import compared, folder_name, scenario_called
from sim.cli.work.sentences import about, mornings_line
from sim.cli.work.simulation import (
    at_work,
    check_report_options,
    leave,
    saved,
    say_how_it_went,
    say_what_cells_are,
    say_what_is_no_more,
    say_what_memory_it_takes,
    simulated,
)
from sim.cli.work.size import News
from sim.cli.work.tables import causes_table, comparison_table, verdicts_table
from sim.cli.work.texts import assigned, peaks_of, settings_of
from sim.config.design import Design
from sim.config.errors import ConfigError
from sim.config.scenario import Scenario
from sim.documents.comparison import document
from sim.experiment import cost_curve as curves
from sim.experiment.altering import changed
from sim.experiment.compare import Comparison
from sim.experiment.cost_curve import CostCurve
from sim.experiment.effort import Effort
from sim.experiment.room import with_room
from sim.report.folder import check_replaceable
from sim.report.names import ours

if TYPE_CHECKING:
    from sim.page.wish import Wish


def compare(
    context: typer.Context, scenario: str, designs: Sequence[str], more: Sequence[str], settings: Sequence[str],
    effort: Effort, precision: float | None, tables: str | None, out: Path | None, peak: str | None, *, report: bool,
    playback: bool, fit: bool, cost_curve: bool, everything: bool, as_json: bool,
) -> None:  # fmt: skip
    known = scenario_called(scenario)
    called = compared(designs, more, usual=reported(known))
    world, chosen = changed(known, load_designs(called), assigned(settings))
    if fit:
        chosen = [_fitted(design, world) for design in chosen]
    folder = out or Path("reports") / folder_name(world.name)
    check_report_options(out, report=report)
    drawing = _curve_options(world, cost_curve or peak is not None, peak, report=report)
    shown = _to_play(scenario, called, settings, effort, fit=fit, report=report) if playback else None
    if report:
        _check_folder(folder)
    say_what_is_no_more(tables)
    say_what_memory_it_takes(world, cells=effort.cells)
    for name, design in zip(called, chosen, strict=True):
        warn_in_short(design, world, names=[scenario, name], settings=settings)
    comparison = simulated(context, world, chosen, effort, precision, _get_ready_to_draw if report else None, designs=called)
    command = again(context, designs=called, mornings=comparison.asked, precision=None)
    if not as_json:
        _print(comparison, settings, everything=everything)
    curve = None
    if drawing is not None and not comparison.interrupted:
        try:
            curve = _curve(world, chosen, drawing, effort, command)
        except typer.Exit:
            if as_json:
                print_json(document(comparison, settings=settings))
            raise
    page, code = None, DONE
    if report and not comparison.interrupted:
        names = {world.name: scenario, **{design.name: name for design, name in zip(chosen, called, strict=True)}}
        plays = None if shown is None else _played(shown, effort, command)
        page, code = _write(comparison, folder, command, names, curve, effort.jobs, plays)
    if as_json:
        print_json(document(comparison, settings=settings, report=str(page) if page else None))
    elif page:
        console().print(f"report: {page}", soft_wrap=True)
    say_how_it_went(comparison, precision, unwritten="; no report was written" if report else "")
    say_what_cells_are(effort.cells, scenario, called[0])
    if curve is not None and curve.interrupted:
        note("interrupted while sizing: the cost curve has what was finished by then")
        raise typer.Exit(INTERRUPTED)
    leave(comparison, code)


def _fitted(design: Design, world: Scenario) -> Design:
    """With room for the traffic; what was changed is said on stderr."""
    design, changes = with_room(design, world)
    if changes:
        note(f"made larger for this traffic: {design.name}: {', '.join(f'{key}={value}' for key, value in changes)}")
    return design


def _print(comparison: Comparison, settings: Sequence[str], *, everything: bool) -> None:
    out = console()
    print_title(out, comparison.scenario.name, comparison.scenario.summary)
    out.print(mornings_line(comparison, settings), style="dim", highlight=False, markup=False)
    out.print()
    out.print(comparison_table(comparison, everything=everything, width=out.width))
    out.print()
    if comparison.scenario.objectives:
        out.print(verdicts_table(comparison))
        out.print()
    wrong = causes_table(list(comparison.results.values()))
    if wrong is not None:
        out.print(wrong)
        out.print()
    for result in comparison.results.values():
        out.print(about(result))


def _curve_options(world: Scenario, wanted: bool, peak: str | None, *, report: bool) -> tuple[float, ...] | None:
    """The peaks of the cost curve, before any work. Raises ConfigError."""
    if not wanted:
        return None
    if not report:
        raise ConfigError("--cost-curve is drawn in the report, but --no-report writes none; `coffee size` prints it")
    return curves.default_peaks(world) if peak is None else peaks_of(peak)


def _curve(world: Scenario, chosen: Sequence[Design], peaks: tuple[float, ...], effort: Effort, command: str) -> CostCurve:
    too_early = "interrupted before the first capacity was found; there is no report"
    with at_work("sizing", 1, command, smaller=None, interrupted=too_early) as progress:
        sizing = Effort(curves.MORNINGS, effort.seed, jobs=effort.jobs, engine=effort.engine)
        news = News(sizing.mornings, len(chosen), first="")
        return curves.cost_curve(world, chosen, sizing, peaks_per_s=peaks, progress=progress, forecast=news.forecast)


def _to_play(
    scenario: str, called: Sequence[str], settings: Sequence[str], effort: Effort, *, fit: bool, report: bool
) -> Wish:  # fmt: skip
    """The first and the last design, before any work. Raises ConfigError."""
    if not report:
        raise ConfigError("--playback: the report links to it, but --no-report writes none; `coffee play` writes it alone")
    if fit or effort.cells > 1:
        other = "--fit-to-traffic" if fit else "--cells"
        raise ConfigError(f"--playback: shows whole mornings of designs as they are; leave {other} out")
    from sim.page.shelf import Shelf
    from sim.page.wish import asked, wish

    names = [called[0], called[-1]] if len(called) > 1 else called
    sides = [{"design": name} for name in names]
    start = {"scenario": scenario, "sides": sides, "set": settings_of(settings), "seed": effort.seed, "mornings": 1}
    return wish(asked(start), Shelf([scenario, *names]))


def _played(shown: Wish, effort: Effort, command: str) -> str:
    from sim.page.playback import playback

    interrupted = "interrupted before the playback was made; there is no report"
    with at_work("making the playback", len(shown.sides), command, smaller=None, interrupted=interrupted) as progress:
        return playback(shown, Effort(1, shown.seed, jobs=effort.jobs, engine=effort.engine), progress=progress)


def _get_ready_to_draw() -> None:
    """Import what draws, which takes a second."""
    import sim.report.page  # noqa: F401


def _write(
    comparison: Comparison, folder: Path, command: str, names: Mapping[str, str], curve: CostCurve | None, jobs: int | None,
    playback: str | None,
) -> tuple[Path | None, int]:  # fmt: skip
    from sim.report.page import write_report  # matplotlib takes a second to import, and --no-report does without

    return saved(
        lambda: write_report(comparison, folder, command=command, called=names, curve=curve, jobs=jobs, playback=playback)
    )


def _check_folder(folder: Path) -> None:
    """Before any work: there can be a report in this folder. Raises ConfigError."""
    check_replaceable(folder, ours=ours)
