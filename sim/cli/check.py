"""`coffee check`: a verdict as an exit code."""

from __future__ import annotations

from typing import Annotated

import typer

from sim.cli.options import DesignName, EngineName, Jobs, Json, Mornings, Precision, ScenarioName, Seed, whole_number
from sim.experiment.effort import Effort


def check(
    context: typer.Context,
    scenario: ScenarioName,
    design: DesignName,
    mornings: Mornings = 60,
    precision: Precision = None,
    seconds: Annotated[
        float | None,
        typer.Option(metavar="S", min=1, help="Judge by the mornings that are finished by then.", show_default=False),
    ] = None,
    seed: Seed = 0,
    jobs: Jobs = None,
    engine: EngineName = "local",
    every: Annotated[
        int | None,
        typer.Option(metavar="N", parser=whole_number, show_default=False,
                     help="Try also every combination of at most N mishaps, as `coffee every` does."),
    ] = None,
    as_json: Json = False,
) -> None:  # fmt: skip
    """Check a design against objectives, for scripts.

    Exits with 0 if all objectives of the scenario are met, 1 if any is violated, 3 if some are undecided or met only so far,
    2 on wrong usage or errors in files. An objective is met if its whole 95 % interval is within the limit, and violated if its
    whole interval is beyond it. A limit of zero, or of 100 %, is violated by one case. Harm that no morning or few mornings
    have shown is ruled out by no fewer than 59 mornings: until then its objective is met so far.

    With --every 2 the design has to keep its promises as well, whatever two mishaps meet in a world of one purchase.

    Examples:
      coffee check morning-rush mine.yaml && ./deploy
      coffee check morning-rush outbox --mornings 100 --json
      coffee check morning-rush outbox --mornings 1000 --seconds 60
      coffee check morning-rush mine.yaml --every 2
    """
    from sim.cli.work import check as work

    effort = Effort(mornings, seed, jobs=jobs, engine=engine)
    work.check(context, scenario, design, effort, precision, seconds, every, as_json=as_json)
