"""`coffee compare`: designs side by side."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sim.cli.options import (
    AllMetrics,
    Cells,
    EngineName,
    Jobs,
    Json,
    Mornings,
    OldDesigns,
    OldTables,
    Peaks,
    Precision,
    ScenarioName,
    Seed,
    Settings,
)
from sim.experiment.effort import Effort


def compare(
    context: typer.Context,
    scenario: ScenarioName,
    designs: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="DESIGNS",
            show_default=False,
            help="Names, or YAML or Python files of yours; the first is the baseline. [default: naive idempotent outbox; "
            "of an incident: as it was reported, and as it was mended]",
        ),
    ] = None,
    more: OldDesigns = None,
    settings: Settings = None,
    fit: Annotated[
        bool,
        typer.Option(
            "--fit-to-traffic",
            help="First make every design large enough for the first taps of all customers; retries are not counted.",
        ),
    ] = False,
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
    playback: Annotated[
        bool,
        typer.Option("--playback", help="Link the report to a page that plays a morning of the first and the last design."),
    ] = False,
    tables: OldTables = None,
    cost_curve: Annotated[
        bool, typer.Option("--cost-curve", help="Size the designs for a growing chain, too. Takes some minutes.")
    ] = False,
    peak: Peaks = None,
    everything: AllMetrics = False,
    as_json: Json = False,
) -> None:
    """Compare designs side by side, and write a report.

    All designs meet the same mornings: the same customers, the same bad luck. Each metric is a mean over the mornings with
    its 95 % interval. "0 (< 0.01 %)" means that none was seen, so that the rate is below 0.01 %; "100 % (> 99.9 %)"
    that all were.

    Examples:
      coffee compare morning-rush
      coffee compare morning-rush outbox mine.yaml
      coffee compare lock-of-ten-seconds
      coffee compare rush.yaml naive mine.yaml --mornings 50 --out reports/mine
      coffee compare morning-rush --set app.timeout=4s --set provider.ambiguous=2%
      coffee compare morning-rush --no-report --json > result.json
      coffee compare rush.yaml --fit-to-traffic
      coffee compare morning-rush --cost-curve
    """
    from sim.cli.work import compare as work

    effort = Effort(mornings, seed, cells, jobs, engine)
    work.compare(
        context, scenario, designs or [], more or [], settings or [], effort, precision, tables, out, peak, report=report,
        playback=playback, fit=fit, cost_curve=cost_curve, everything=everything, as_json=as_json,
    )  # fmt: skip
