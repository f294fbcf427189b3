"""`coffee windows`: simulates failure windows × designs, prints the table, and writes a report."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from textwrap import wrap

import typer
from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from sim.architectures import SURVEYED, design_names
from sim.cli.again import again
from sim.cli.messages import DONE, INTERRUPTED, note
from sim.cli.work.console import console, print_json, print_rows, print_title
from sim.cli.work.simulation import at_work, check_report_options, saved
from sim.cli.work.tables import plain_table
from sim.config.errors import ConfigError
from sim.documents.windows import document
from sim.experiment.effort import Effort
from sim.failure_windows.differences import differences
from sim.failure_windows.matrix import Matrix, bundled_windows, find_window, sentence, survey, title
from sim.failure_windows.published import by_place
from sim.failure_windows.verdicts import STATES, Verdict
from sim.report.combinations import last_word
from sim.report.folder import check_replaceable
from sim.report.matrix import DIFFERS, brackets, grouped, published_for, rate
from sim.report.windows import FILES, write_report

STYLES = {"closed": "green", "narrowed": "yellow", "open": "bold red", "worse": "bold white on red", "undecided": "dim"}
LABEL, TITLE, CELL = 4, 21, 16  # columns of the table, the least for titles; "narrowed 2.7 % ≠" is a wide cell
WIDE = 30  # "narrowed 0.93 % [0.71, 1.21] ≠", where there is room for it
LONGEST = 52  # of the titles
FOLDER = Path("reports") / "windows"


def windows(
    context: typer.Context, designs: Sequence[str], more: Sequence[str], window: Sequence[str], effort: Effort,
    out: Path | None, *, variants: bool, report: bool, as_json: bool,
) -> None:  # fmt: skip
    first = designs or ([] if variants else list(SURVEYED))
    chosen = list(dict.fromkeys([*first, *(design_names() if variants else []), *more]))
    folder = out or FOLDER
    check_report_options(out, report=report)
    if report:
        check_replaceable(folder, ours=FILES.__contains__)
    _check_no_window(chosen)
    command = again(context, designs=chosen, variants=False)
    matrix = _surveyed(chosen, window, effort, command)
    if not as_json:
        _print(console(), matrix)
    page, code = _write(matrix, folder, command) if report and not matrix.interrupted else (None, DONE)
    if as_json:
        print_json(document(matrix, report=str(page) if page else None))
    elif page:
        console().print(f"report: {page}", soft_wrap=True)
    _say_how_it_went(matrix, unwritten="; no report was written" if report else "")
    raise typer.Exit(INTERRUPTED if matrix.interrupted else code)


def _check_no_window(designs: Sequence[str]) -> None:
    """Raises ConfigError for a window where a design is to be."""
    for label, name in bundled_windows().items():
        for design in designs:
            if design.lower() in (label.lower(), name):
                raise ConfigError(f'unknown design "{design}"; that is a window: --window {label.lower()}')


def _surveyed(designs: Sequence[str], chosen: Sequence[str], effort: Effort, command: str) -> Matrix:
    cells = len(designs) * len({find_window(name) for name in chosen} or bundled_windows())
    too_early = "interrupted before the first window was finished; there are no results"
    smaller = "a few --window NAME give a first look" if not chosen else ""
    with at_work("deciding cells", cells, command, smaller=smaller, interrupted=too_early) as progress:
        return survey(designs, chosen, effort, progress=progress)


def _print(out: Console, matrix: Matrix) -> None:
    mornings = sorted({cell.mornings for cell in matrix.cells.values()})
    took = f"{mornings[0]} to {mornings[-1]}" if len(mornings) > 1 else f"{mornings[0]}"
    print_title(out, "Failure windows", "the share of the purchases that were harmed in any way")
    fewest, most = (f(cell.purchases for cell in matrix.cells.values()) for f in (min, max))
    people = f"{fewest:,} to {most:,}" if fewest < most else f"{most:,}"
    out.print(
        f"{took} mornings a cell ({people} purchases), seeds from {matrix.seed}; the same mornings for every design",
        style="dim",
    )
    found = {(difference.cell.window, difference.cell.design) for difference in differences(matrix)}
    names = list(matrix.designs)
    room = max((out.width - LABEL - TITLE - 1) // (CELL + 1), 1)
    for begin in range(0, len(names), room):
        out.print()
        out.print(_table(matrix, names[begin : begin + room], found, width=out.width))
    out.print()
    shown = {cell.state for cell in matrix.cells.values()}
    legend = [(f"  {state}", meaning) for state, meaning in STATES.items() if state in shown]
    if any(not cell.exposed for cell in matrix.cells.values()):
        legend.append(("  nothing there", "closed, because this design does not have the part that fails"))
    if any(cell.harmed for cell in matrix.cells.values()):
        legend.append(("  [ , ]", "the 95 % interval of a rate, over mornings"))
    if found:
        legend.append((f"  {DIFFERS}", "not what is published about the design's mechanisms; the reason is below"))
    print_rows(out, legend, most=(15,))
    out.print()
    for name in names:
        out.print(f"{name} {sentence(matrix, name)}. {last_word(matrix.designs[name])}")
    out.print()
    _print_differences(out, matrix)


def _table(matrix: Matrix, names: list[str], found: set[tuple[str, str]], *, width: int) -> Table:
    wide = width - LABEL - TITLE - 1 >= len(names) * (WIDE + 1)
    size = WIDE if wide else CELL
    table = plain_table(gap=0)
    table.add_column("", width=LABEL)
    table.add_column("window", width=min(max(width - LABEL - 1 - len(names) * (size + 1), TITLE), LONGEST))
    for name in names:
        table.add_column("\n".join(wrap(name, size)), width=size)
    for place, labels in by_place(matrix.windows):
        if place:
            table.add_row("", Text(place, style="dim italic"))
        for label in labels:
            cells = [_cell(matrix.cells[label, name], differs=(label, name) in found, wide=wide) for name in names]
            table.add_row(label, title(matrix.windows[label]), *cells)
    return table


def _cell(cell: Verdict, *, differs: bool, wide: bool) -> Text:
    """State and rate, and the interval of the rate: beside it where there is room, else below."""
    mark = f" {DIFFERS}" if differs else ""
    interval = brackets(cell)
    if not cell.exposed:
        return Text(f"{rate(cell)}{mark}", style="dim")
    if wide:
        found = f"{rate(cell)} {interval}" if cell.harmed else f"0 of {cell.purchases:,} {rate(cell)}"
        return Text.assemble((cell.state, STYLES[cell.state]), f" {found}{mark}")
    return Text.assemble((cell.state, STYLES[cell.state]), f" {rate(cell)}{mark}", f"\n{interval:>{CELL}}" if interval else "")


def _print_differences(out: Console, matrix: Matrix) -> None:
    for members, reason in grouped(matrix):
        cell = members[0].cell
        names = ", ".join(difference.cell.design for difference in members)
        out.print(Text.assemble((f"{DIFFERS} {cell.window} {cell.state} in {names}", "bold")))
        out.print(Padding(Text(f"published: {published_for(members[0])}. {reason}"), (0, 0, 0, 2)))


def _write(matrix: Matrix, folder: Path, command: str) -> tuple[Path | None, int]:
    return saved(lambda: write_report(matrix, folder, command=command))


def _say_how_it_went(matrix: Matrix, *, unwritten: str) -> None:
    if matrix.interrupted:
        note(f"interrupted after {len(matrix.windows)} of {matrix.asked} windows; the numbers are of these{unwritten}")
        return
    mornings = sum(cell.mornings for cell in matrix.cells.values())
    sizes = (
        f"{n} {what}{'s' if n != 1 else ''}" for n, what in ((len(matrix.windows), "window"), (len(matrix.designs), "design"))
    )
    note(f"{' × '.join(sizes)}: {mornings:,} mornings in {matrix.wall_s:.1f} s")
