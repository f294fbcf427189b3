"""`coffee serve`: the page."""

from __future__ import annotations

from typing import Annotated

import typer

from sim.cli.options import Mornings, Seed, Settings, whole_number
from sim.experiment.effort import Effort


def serve(
    scenario: Annotated[
        str,
        typer.Argument(metavar="SCENARIO", help="A scenario's name (`coffee list`), or a YAML file of yours."),
    ] = "morning-rush",
    designs: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="DESIGNS", show_default=False,
            help="One or two names or files of yours, to begin with. [default: naive outbox]",
        ),
    ] = None,
    settings: Settings = None,
    mornings: Mornings = 10,
    seed: Seed = 0,
    port: Annotated[
        int, typer.Option(metavar="N", parser=whole_number, help="The port to listen on; 0: any that is free.")
    ] = 0,
    show: Annotated[bool, typer.Option("--open", help="Also open the page in the browser.")] = False,
) -> None:  # fmt: skip
    """Open a page on which you change a design and watch.

    Serves a page to a browser on this machine: the morning is played, the diagram's parts have knobs, and what you change is
    simulated at once. Nobody else can reach it, and it loads nothing from elsewhere. Ctrl-C ends it. Files that the page
    writes are in the folder in which it was started.

    Examples:
      coffee serve
      coffee serve provider-outage outbox
      coffee serve morning-rush outbox mine.yaml --open
    """
    from sim.cli.work import serve as work

    work.serve(scenario, designs or [], settings or [], Effort(mornings, seed), port, show=show)
