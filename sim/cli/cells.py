"""`coffee cells`: one back end compared with several smaller ones."""

from __future__ import annotations

from typing import Annotated

import typer

from sim.cli.options import (
    AllMetrics,
    DesignName,
    EngineName,
    Jobs,
    Json,
    Mornings,
    OldDesign,
    ScenarioName,
    Seed,
    whole_number,
)
from sim.experiment.effort import Effort


def cells(
    context: typer.Context,
    scenario: ScenarioName,
    design: DesignName,
    _old: OldDesign = None,
    cells: Annotated[
        str, typer.Option(metavar="N,N", help="How many cells; each number is compared with the one large back end.")
    ] = "2,4,8",
    mornings: Mornings = 10,
    seed: Seed = 0,
    jobs: Jobs = None,
    engine: EngineName = "local",
    everything: AllMetrics = False,
    as_json: Json = False,
) -> None:
    """Compare one back end with N independent smaller ones.

    Simulates the same mornings with one large back end and with N cells: independent copies, each with its share of the
    customers and of the capacity. Prints the metrics of the large one, and how much more or less each is in cells, with 95 %
    intervals. Both meet the same weather. The customers are not the same people, but of the same kind.

    Examples:
      coffee cells morning-rush outbox
      coffee cells morning-rush naive --cells 2,8 --mornings 50
    """
    from sim.cli.work import cells as work

    numbers = [whole_number(text) for text in cells.split(",")]
    effort = Effort(mornings, seed, jobs=jobs, engine=engine)
    work.cells(context, scenario, design, numbers, effort, everything=everything, as_json=as_json)
