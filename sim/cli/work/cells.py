"""`coffee cells`: simulates one back end and several smaller ones, and prints the differences."""

from __future__ import annotations

from collections.abc import Sequence

import typer

from sim.cli.again import again
from sim.cli.work.console import console, print_json, print_title
from sim.cli.work.names import scenario_called
from sim.cli.work.sentences import mornings_line
from sim.cli.work.simulation import at_work, first_look
from sim.cli.work.tables import cells_table
from sim.documents.cells import document
from sim.experiment.cells_compared import compare_cells, result_of
from sim.experiment.effort import Effort


def cells(
    context: typer.Context, scenario: str, design: str, numbers: Sequence[int], effort: Effort, *, everything: bool,
    as_json: bool,
) -> None:  # fmt: skip
    world = scenario_called(scenario)
    too_early = "interrupted before everything was simulated; there are no results"
    with at_work(
        "simulating", effort.mornings * (1 + sum(numbers)), again(context), smaller=first_look(effort), interrupted=too_early
    ) as progress:
        found = compare_cells(world, design, numbers, effort, progress=progress)
    if as_json:
        print_json(document(found))
        return
    out = console()
    print_title(out, world.name, f"{result_of(found.whole).design.name} as a whole, and the differences in cells")
    out.print(f"{mornings_line(found.whole)}; differences are paired by morning", style="dim")
    out.print()
    out.print(cells_table(found, everything=everything, width=out.width))
    out.print("Green: better in cells. Red: worse. Every other difference may be zero: its interval contains 0.", style="dim")
