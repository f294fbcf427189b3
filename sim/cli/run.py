"""`coffee run`: one design."""

from __future__ import annotations

import typer

from sim.cli.options import (
    AllMetrics,
    Cells,
    DesignName,
    EngineName,
    Jobs,
    Json,
    Mornings,
    OldDesign,
    OldTables,
    Precision,
    ScenarioName,
    Seed,
    Settings,
)
from sim.experiment.effort import Effort


def run(
    context: typer.Context,
    scenario: ScenarioName,
    design: DesignName,
    _old: OldDesign = None,
    settings: Settings = None,
    mornings: Mornings = 10,
    precision: Precision = None,
    cells: Cells = 1,
    seed: Seed = 0,
    jobs: Jobs = None,
    engine: EngineName = "local",
    tables: OldTables = None,
    everything: AllMetrics = False,
    as_json: Json = False,
) -> None:
    """Run one design on a scenario.

    Prints its metrics with 95 % intervals, why people got nothing, how full its stations were, its verdict on each objective,
    and the command that finds out what to change first.

    Examples:
      coffee run morning-rush outbox
      coffee run rush.yaml mine.yaml --mornings 50
      coffee run morning-rush outbox --set app.timeout=4s --set 'faults[0].for=30min'
      coffee run morning-rush naive --json
    """
    from sim.cli.work import run as work

    effort = Effort(mornings, seed, cells, jobs, engine)
    work.run(context, scenario, design, settings or [], effort, precision, tables, everything=everything, as_json=as_json)
