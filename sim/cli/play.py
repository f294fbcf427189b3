"""`coffee play`: a playback in one file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sim.cli.options import Jobs, Mornings, ScenarioName, Seed, Settings
from sim.experiment.effort import Effort


def play(
    context: typer.Context,
    scenario: ScenarioName,
    designs: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="DESIGNS", show_default=False, help="One or two names or files of yours. [default: naive outbox]"
        ),
    ] = None,
    settings: Settings = None,
    mornings: Mornings = 10,
    seed: Seed = 0,
    jobs: Jobs = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", metavar="FILE", help="The file to write. [default: SCENARIO.html]", show_default=False),
    ] = None,
    force: Annotated[bool, typer.Option("--force", "-f", help="Overwrite a file of that name.")] = False,
) -> None:
    """Write a morning as a page that plays, one file.

    The first morning is played in one or two designs, on the same customers; the numbers are those of all mornings. The file
    opens by a double click, makes no request, and can be sent to anybody. For each kind of harm it holds the story of the
    customer with the simplest one.

    Examples:
      coffee play morning-rush
      coffee play morning-rush naive outbox --out rush.html
      coffee play rush.yaml mine.yaml --seed 4 -n 20
    """
    from sim.cli.work import play as work

    work.play(context, scenario, designs or [], settings or [], Effort(mornings, seed, jobs=jobs), out, force=force)
