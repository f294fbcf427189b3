"""`coffee cells`: what dealing a morning to cells changes."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Annotated

import typer

from sim.cli.messages import INTERRUPTED, note
from sim.cli.options import AllMetrics, EngineName, Jobs, Json, Mornings, ScenarioName, Seed, whole_number

if TYPE_CHECKING:
    from sim.experiment.cells_compared import CellsCompared


def cells(
    scenario: ScenarioName,
    design: Annotated[
        str,
        typer.Option(
            "--design", "-d", metavar="NAME", help="A design's name, or a YAML or Python file of yours.", show_default=False
        ),
    ],
    numbers: Annotated[
        str, typer.Option("--cells", metavar="N,N", help="How many cells, each number compared with the whole.")
    ] = "2,4,8",
    mornings: Mornings = 10,
    seed: Seed = 0,
    jobs: Jobs = None,
    engine: EngineName = "local",
    everything: AllMetrics = False,
    as_json: Json = False,
) -> None:
    """What does it change to deal a morning to cells?

    The same mornings are simulated as one large back end and as N cells, independent copies with their share of the customers
    and of the capacity. Told are the whole's metrics, and how much more or less they are in cells, with 95 % intervals. The
    weather is the same both ways, the customers are others of the same kind.

    Examples:
      coffee cells morning-rush --design outbox
      coffee cells morning-rush --design naive --cells 2,8 --mornings 50
    """
    from sim.cli.console import console, print_json, print_title
    from sim.cli.names import scenario_called
    from sim.cli.progress import progress_bar
    from sim.cli.simulation import answered_for
    from sim.cli.tables import cells_table
    from sim.documents.cells import document
    from sim.experiment.cells_compared import compare_cells, result_of

    of = [whole_number(text) for text in numbers.split(",")]
    world = scenario_called(scenario)
    again = ["coffee", "cells", scenario, "--design", design, "--cells", numbers, "--mornings", str(mornings)]
    try:
        with (
            answered_for(shlex.join([*again, "--seed", str(seed)])),
            progress_bar("simulating", mornings * (1 + sum(of))) as progress,
        ):
            found = compare_cells(world, design, of, mornings=mornings, seed=seed, jobs=jobs, engine=engine, progress=progress)
    except KeyboardInterrupt:
        note("interrupted before everything was simulated; there are no results")
        raise typer.Exit(INTERRUPTED) from None
    if as_json:
        print_json(document(found))
        return
    out = console()
    print_title(out, world.name, f"{result_of(found.whole).design.name} as a whole, and how much more or less it is in cells")
    out.print(_what_it_is_of(found), style="dim")
    out.print()
    out.print(cells_table(found, everything=everything, width=out.width))
    out.print("Green is better in cells, red is worse; the interval of any other difference holds 0.", style="dim")


def _what_it_is_of(found: CellsCompared) -> str:
    from sim.cli.sentences import mornings_line

    return f"{mornings_line(found.whole)}; differences are paired by morning"
