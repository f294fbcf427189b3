"""`coffee run`: one design."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

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
    WhatIf,
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
    what_if: WhatIf = False,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", metavar="DIR", help="Write a report to this folder.", show_default=False)
    ] = None,
    no_report: Annotated[
        bool, typer.Option("--no-report", help="Write no report; without --out none is written anyway.")
    ] = False,
    everything: AllMetrics = False,
    as_json: Json = False,
) -> None:
    """Run one design on a scenario.

    Prints its metrics with 95 % intervals, what went wrong and why, how full its stations were, and its verdict on each
    objective; with --what-if also what to change first.

    Examples:
      coffee run morning-rush outbox
      coffee run rush.yaml mine.yaml --mornings 50
      coffee run morning-rush outbox --set app.timeout=4s --set 'faults[0].for=30min'
      coffee run morning-rush naive --what-if
      coffee run morning-rush naive --json
    """
    if no_report and out is not None:
        context.fail("--no-report and --out: choose one")
    from sim.cli.work import run as work

    effort = Effort(mornings, seed, cells, jobs, engine)
    work.run(
        context, scenario, design, settings or [], effort, precision, tables, out, what_if=what_if,
        everything=everything, as_json=as_json,
    )  # fmt: skip
