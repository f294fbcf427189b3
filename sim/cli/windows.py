"""`coffee windows`: failure windows × designs."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from pathlib import Path
from textwrap import wrap
from typing import TYPE_CHECKING, Annotated

import typer

from sim.cli.messages import DONE, INTERRUPTED, note
from sim.cli.options import EngineName, Jobs, Json, MostMornings, Seed

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from sim.failure_windows.matrix import Matrix
    from sim.failure_windows.verdicts import Verdict

STYLES = {"closed": "green", "narrowed": "yellow", "open": "bold red", "worse": "bold white on red", "undecided": "dim"}
LABEL, TITLE, CELL = 4, 21, 16  # columns of the table, the least for titles; "narrowed 2.7 % ≠" is a wide cell
WIDE = 30  # "narrowed 0.93 % [0.71, 1.21] ≠", where there is room for it
LONGEST = 52  # of the titles
FOLDER = Path("reports") / "windows"


def windows(
    designs: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[DESIGNS]...",
            help="Designs, by name, or YAML or Python file. [default: all built-in ones]",
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
    variants: Annotated[bool, typer.Option("--variants", help="All bundled variants as well.")] = False,
    window: Annotated[
        list[str] | None,
        typer.Option("--window", "-w", metavar="W", help="Only this window, such as w4. Can be repeated.", show_default=False),
    ] = None,
    mornings: MostMornings = 32,
    seed: Seed = 0,
    jobs: Jobs = None,
    engine: EngineName = "local",
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", metavar="DIR", help="Folder of the report. [default: reports/windows]", show_default=False),
    ] = None,
    report: Annotated[bool, typer.Option("--report/--no-report", help="Write the report.")] = True,
    as_json: Json = False,
) -> None:
    """Which of the ways to lose money does a design close?

    A failure window is a moment at which something can go wrong: a double tap, a crash between the charge and its commit.
    Fifteen of them are simulated one at a time, on the same mornings for all designs. Closed: nobody was harmed. Narrowed,
    open, worse: clearly fewer people than in naive, about as many, clearly more.

    Examples:
      coffee windows
      coffee windows idempotent mine.yaml --window w4 --window w5
      coffee windows --variants --out reports/all-windows
      coffee windows --no-report --json > matrix.json
    """  # fmt: skip
    from sim.architectures import ARCHITECTURES, design_names
    from sim.cli.console import console, print_json
    from sim.cli.simulation import check_report_options
    from sim.documents.windows import document
    from sim.report.folder import check_replaceable
    from sim.report.windows import FILES

    first = designs or ([] if variants else list(ARCHITECTURES))
    chosen = list(dict.fromkeys([*first, *(design_names() if variants else []), *(design or [])]))
    folder = out or FOLDER
    check_report_options(out, report=report)
    if report:
        check_replaceable(folder, ours=FILES.__contains__)
    command = _command_line(chosen, window or [], mornings=mornings, seed=seed)
    matrix = _surveyed(chosen, window or [], mornings=mornings, seed=seed, jobs=jobs, engine=engine, command=command)
    if not as_json:
        _print(console(), matrix)
    page, code = _write(matrix, folder, command) if report and not matrix.interrupted else (None, DONE)
    if as_json:
        print_json(document(matrix, report=str(page) if page else None))
    elif page:
        console().print(f"report: {page}", soft_wrap=True)
    _tell_how_it_went(matrix, unwritten="; no report was written" if report else "")
    raise typer.Exit(INTERRUPTED if matrix.interrupted else code)


def _command_line(designs: Sequence[str], chosen: Sequence[str], *, mornings: int, seed: int) -> str:
    """The command that gives the same numbers again."""
    named = [part for window in chosen for part in ("--window", window)]
    return shlex.join(["coffee", "windows", *designs, *named, "--mornings", str(mornings), "--seed", str(seed)])


def _surveyed(
    designs: Sequence[str], chosen: Sequence[str], *, mornings: int, seed: int, jobs: int | None, engine: str, command: str
) -> Matrix:
    from sim.cli.progress import progress_bar
    from sim.cli.simulation import answered_for
    from sim.failure_windows.matrix import bundled_windows, find_window, survey

    cells = len(designs) * len({find_window(name) for name in chosen} or bundled_windows())
    try:
        with answered_for(command), progress_bar("deciding cells", cells) as progress:
            return survey(designs, chosen, mornings=mornings, seed=seed, jobs=jobs, engine=engine, progress=progress)
    except KeyboardInterrupt:
        note("interrupted before the first window was finished; there are no results")
        raise typer.Exit(INTERRUPTED) from None


def _print(out: Console, matrix: Matrix) -> None:
    from sim.cli.console import print_rows, print_title
    from sim.failure_windows.differences import differences
    from sim.failure_windows.matrix import sentence
    from sim.failure_windows.verdicts import STATES
    from sim.report.matrix import DIFFERS

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
        legend.append(("  nothing there", "closed, because what goes wrong has nothing to strike in this design"))
    if any(cell.harmed for cell in matrix.cells.values()):
        legend.append(("  [ , ]", "the 95 % interval of a rate, over mornings"))
    if found:
        legend.append((f"  {DIFFERS}", "not what is published about the design's mechanisms; why, stands below"))
    print_rows(out, legend, most=(15,))
    out.print()
    for name in names:
        out.print(f"{name} {sentence(matrix, name)}")
    out.print()
    _print_differences(out, matrix)


def _table(matrix: Matrix, names: list[str], found: set[tuple[str, str]], *, width: int) -> Table:
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    from sim.failure_windows.matrix import title

    wide = width - LABEL - TITLE - 1 >= len(names) * (WIDE + 1)
    size = WIDE if wide else CELL
    table = Table(box=SIMPLE_HEAD, pad_edge=False, show_edge=False, padding=0)
    table.add_column("", width=LABEL)
    table.add_column("window", width=min(max(width - LABEL - 1 - len(names) * (size + 1), TITLE), LONGEST))
    for name in names:
        table.add_column("\n".join(wrap(name, size)), width=size)
    for label, scenario in matrix.windows.items():
        cells = [_cell(matrix.cells[label, name], differs=(label, name) in found, wide=wide) for name in names]
        table.add_row(label, title(scenario), *cells)
    return table


def _cell(cell: Verdict, *, differs: bool, wide: bool) -> Text:
    """State and rate, and the interval of the rate: beside it where there is room, else below."""
    from rich.text import Text

    from sim.report.matrix import DIFFERS, brackets, rate

    mark = f" {DIFFERS}" if differs else ""
    interval = brackets(cell)
    if not cell.exposed:
        return Text(f"{rate(cell)}{mark}", style="dim")
    if wide:
        found = f"{rate(cell)} {interval}" if cell.harmed else f"0 of {cell.purchases:,} {rate(cell)}"
        return Text.assemble((cell.state, STYLES[cell.state]), f" {found}{mark}")
    return Text.assemble((cell.state, STYLES[cell.state]), f" {rate(cell)}{mark}", f"\n{interval:>{CELL}}" if interval else "")


def _print_differences(out: Console, matrix: Matrix) -> None:
    from rich.padding import Padding
    from rich.text import Text

    from sim.report.matrix import DIFFERS, grouped, published_for

    for members, reason in grouped(matrix):
        cell = members[0].cell
        names = ", ".join(difference.cell.design for difference in members)
        out.print(Text.assemble((f"{DIFFERS} {cell.window} {cell.state} in {names}", "bold")))
        out.print(Padding(Text(f"published: {published_for(members[0])}. {reason}"), (0, 0, 0, 2)))


def _write(matrix: Matrix, folder: Path, command: str) -> tuple[Path | None, int]:
    from sim.cli.simulation import saved
    from sim.report.windows import write_report

    return saved(lambda: write_report(matrix, folder, command=command))


def _tell_how_it_went(matrix: Matrix, *, unwritten: str) -> None:
    if matrix.interrupted:
        note(f"interrupted after {len(matrix.windows)} of {matrix.asked} windows; the numbers are theirs{unwritten}")
        return
    mornings = sum(cell.mornings for cell in matrix.cells.values())
    sizes = (
        f"{n} {what}{'s' if n != 1 else ''}" for n, what in ((len(matrix.windows), "window"), (len(matrix.designs), "design"))
    )
    note(f"{' × '.join(sizes)}: {mornings:,} mornings in {matrix.wall_s:.1f} s")
