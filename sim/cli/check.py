"""`coffee check`: a verdict as an exit code."""

from __future__ import annotations

from typing import Annotated

import typer

from sim.cli.messages import DONE, FAILED, UNDECIDED
from sim.cli.options import EngineName, Jobs, Json, Mornings, Precision, ScenarioName, Seed

CODES = {"met": DONE, "violated": FAILED, "undecided": UNDECIDED}


def check(
    scenario: ScenarioName,
    design: Annotated[
        str, typer.Argument(metavar="DESIGN", help="A design's name, or a YAML or Python file of yours.", show_default=False)
    ],
    mornings: Mornings = 10,
    precision: Precision = None,
    seed: Seed = 0,
    jobs: Jobs = None,
    engine: EngineName = "local",
    as_json: Json = False,
) -> None:
    """Check a design against objectives, for scripts.

    Exits with 0 if all objectives of the scenario are met, 1 if any is violated, 3 if some are undecided (more mornings may
    tell), 2 on wrong usage or errors in files. An objective is met or violated when its whole 95 % interval is; one witness
    violates a limit of zero.

    Examples:
      coffee check morning-rush mine.yaml && ./deploy
      coffee check morning-rush outbox --mornings 50 --json
    """
    from sim.architectures import load_design
    from sim.cli.console import console, print_json
    from sim.cli.lint import warn
    from sim.cli.names import scenario_called
    from sim.cli.simulation import command_line, leave, simulated, tell_how_it_went
    from sim.config.errors import ConfigError
    from sim.documents.comparison import run as document

    world = scenario_called(scenario)
    if not world.objectives:
        raise ConfigError(
            f"{scenario}: no objectives, so there is nothing to check; give it some, like {{double_charge_rate: 0}}"
        )
    command = command_line("check", scenario, [design], mornings=mornings, seed=seed)
    warn(load_design(design), world, more=[design, scenario])
    comparison = simulated(
        world, [design], mornings=mornings, seed=seed, jobs=jobs, engine=engine, precision=precision, command=command
    )
    result = next(iter(comparison.results.values()))
    if as_json:
        print_json(document(comparison))
    else:
        from sim.cli.sentences import verdict
        from sim.cli.tables import COLOURS, objectives_table

        out = console()
        out.print(objectives_table(result.objectives))
        out.print(f"{result.design.name} {verdict(result)}: ", end="")
        out.print(result.verdict, style=f"bold {COLOURS[result.verdict]}")
    tell_how_it_went(comparison, precision=precision)
    leave(comparison, CODES[result.verdict])
