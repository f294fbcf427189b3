"""`coffee sweep`: curves over any knob."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sim.cli.options import DesignNames, EngineName, Jobs, Json, Mornings, OldDesigns, ScenarioName, Seed
from sim.experiment.effort import Effort
from sim.vocabulary import shown_in

RESULTS = Path("reports") / "results.sqlite"


def sweep(
    context: typer.Context,
    scenario: ScenarioName,
    designs: DesignNames = None,
    more: OldDesigns = None,
    vary: Annotated[
        list[str] | None,
        typer.Option(
            "--vary",
            "-v",
            metavar="KEY=VALUES",
            show_default=False,
            help="A key of the scenario or of designs, and its values. Can be repeated: the values are crossed.",
        ),
    ] = None,
    zipped: Annotated[bool, typer.Option("--zip", help="Take the values of several keys side by side, not crossed.")] = False,
    metrics: Annotated[
        list[str] | None,
        typer.Option(
            "--metric",
            "-m",
            metavar="NAME",
            show_default=False,
            help="A metric to show and draw, of those in `coffee list`. Can be repeated. "
            f"[default: {' '.join(shown_in('sweep'))}]",
        ),
    ] = None,
    mornings: Mornings = 10,
    seed: Seed = 0,
    jobs: Jobs = None,
    engine: EngineName = "local",
    results: Annotated[
        Path,
        typer.Option(
            "--results",
            metavar="FILE",
            help="SQLite file that keeps every morning; those that it holds are not simulated again.",
        ),
    ] = RESULTS,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            "-o",
            metavar="DIR",
            show_default=False,
            help="Folder of charts, sweep.csv and sweep.json. [default: reports/sweep-SCENARIO]",
        ),
    ] = None,
    report: Annotated[bool, typer.Option("--report/--no-report", help="Write the charts and tables.")] = True,
    as_json: Json = False,
) -> None:
    """Vary any knob, and see what it does to every design.

    VALUES are a list (8,16,32), or a range with both ends and how many values: 2s..10s:5 in equal steps, log:100ms..10s:5 by
    equal factors; units as in files. One knob gives a curve for each design, two give a map; three or more are not drawn. A
    design that does not have a key is run once, and drawn as a level line. All settings and designs meet the same mornings.

    Every finished morning is kept in a file. The same command, given again, continues an interrupted sweep, and costs nothing
    after a complete one. `coffee results` shows what the file holds.

    Examples:
      coffee sweep morning-rush --vary checkout.workers=8,16,32,64
      coffee sweep morning-rush naive idempotent --vary app.timeout=log:1s..30s:7 --mornings 20
      coffee sweep morning-rush outbox --vary relay.poll_every=100ms,1s,10s --vary broker.visibility=10s..60s:6
      coffee sweep calm-tuesday --vary "checkout.service={exponential: 10ms},{constant: 10ms}" --metric ack_latency_p99
    """  # fmt: skip
    from sim.cli.work import sweep as work

    effort = Effort(mornings, seed, jobs=jobs, engine=engine)
    work.sweep(
        context, scenario, designs or [], more or [], vary or [], metrics or [], effort, results, out, zipped=zipped,
        report=report, as_json=as_json,
    )  # fmt: skip
