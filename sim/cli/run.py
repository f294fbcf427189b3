"""`coffee run`: one design."""

from __future__ import annotations

from typing import Annotated

import typer

from sim.cli.messages import DONE
from sim.cli.options import (
    AllMetrics,
    Cells,
    EngineName,
    Jobs,
    Json,
    KeptTables,
    Mornings,
    Precision,
    ScenarioName,
    Seed,
    Settings,
)


def run(
    scenario: ScenarioName,
    design: Annotated[
        str,
        typer.Option(
            "--design", "-d", metavar="NAME", help="A design's name, or a YAML or Python file of yours.", show_default=False
        ),
    ],
    settings: Settings = None,
    mornings: Mornings = 10,
    precision: Precision = None,
    cells: Cells = 1,
    seed: Seed = 0,
    jobs: Jobs = None,
    engine: EngineName = "local",
    keep: KeptTables = None,
    everything: AllMetrics = False,
    as_json: Json = False,
) -> None:
    """Run one design on a scenario.

    Tells its metrics with 95 % intervals, how it stands against the objectives, and where its bottleneck is.

    Examples:
      coffee run morning-rush --design outbox
      coffee run rush.yaml --design mine.yaml --mornings 50
      coffee run morning-rush --design outbox --set app.timeout=4s --set 'faults[0].for=30min'
      coffee run morning-rush --design naive --json
    """
    from sim.architectures import load_design
    from sim.cli.console import console, print_json, print_title
    from sim.cli.lint import warn
    from sim.cli.names import scenario_called
    from sim.cli.simulation import command_line, leave, simulated, tell_how_it_went, tell_of_cells
    from sim.documents.comparison import run as document
    from sim.experiment.altering import assigned, changed

    given = [part for text in settings or [] for part in ("--set", text)]
    command = command_line("run", scenario, ["--design", design, *given], mornings=mornings, cells=cells, seed=seed)
    world, chosen = changed(scenario_called(scenario), [load_design(design)], assigned(settings or []))
    warn(chosen[0], world, more=[design, scenario, *given])
    comparison = simulated(
        world, chosen, mornings=mornings, cells=cells, seed=seed, jobs=jobs, engine=engine,
        precision=precision, keep=keep, command=command,
    )  # fmt: skip
    if as_json:
        print_json(document(comparison, settings=settings or []))
    else:
        from sim.cli.sentences import about, bottleneck, mornings_line
        from sim.cli.tables import metrics_table, objectives_table, stations, stations_table

        out = console()
        result = next(iter(comparison.results.values()))
        print_title(out, comparison.scenario.name, comparison.scenario.summary)
        with_ = f"; with {', '.join(settings)}" if settings else ""
        out.print(mornings_line(comparison) + with_, style="dim", highlight=False, markup=False)
        tables = [metrics_table(result, everything=everything, width=out.width), stations_table(result)]
        for table in [*tables, objectives_table(result.objectives)] if result.objectives else tables:
            out.print()
            out.print(table)
        out.print()
        out.print(bottleneck(stations(result)))
        out.print(about(result))
    tell_how_it_went(comparison, precision=precision)
    tell_of_cells(cells, scenario, design)
    leave(comparison, DONE)
