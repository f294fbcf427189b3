"""`coffee hunt`: the smallest world that breaks a promise."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sim.cli.options import DesignName, Json, whole_number


def hunt(
    context: typer.Context,
    design: DesignName,
    promise: Annotated[
        list[str] | None,
        typer.Option(
            "--promise", "-p", metavar="NAME", show_default=False,
            help="A promise to hunt for. Can be repeated. [default: those of the design, and charged_at_most_once]",
        ),
    ] = None,
    seconds: Annotated[float, typer.Option("--seconds", "-s", metavar="S", min=0.1, help="Stop after so many seconds.")] = 60.0,
    worlds: Annotated[
        int | None,
        typer.Option("--worlds", metavar="N", parser=whole_number, help="Stop after so many worlds.", show_default=False),
    ] = None,
    seed: Annotated[
        int, typer.Option(metavar="N", parser=whole_number, help="Which worlds are drawn. The same seed draws the same worlds.")
    ] = 0,
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", metavar="FILE.yaml", help="Write the world to this new file.", show_default=False),
    ] = None,
    as_json: Json = False,
) -> None:  # fmt: skip
    """Hunt for the smallest world that breaks a promise.

    Draws worlds: a few customers, their habits, and a list of faults. A world that breaks a promise is shrunk to the least that
    still breaks it, often one customer and one crash, and printed as a scenario that `run` and `explain` replay. A variant is
    also caught if it harms somebody whom its plain architecture would spare. The same seed finds the same world.

    A design that survives may still break a promise in a world that was not drawn. So the hunt says what it has reached: how
    often each thing happened that the design is built to survive (lost answers, known keys, a crash after each step, …), and
    what could have happened and never did. With --json these numbers are in `reached`, over all worlds that were tried.

    Exit codes: 0 survived, 1 broken.

    Examples:
      coffee hunt naive
      coffee hunt no-inbox --out broken.yaml && coffee explain broken.yaml no-inbox
      coffee hunt mine.yaml --seconds 600
    """
    from sim.cli.work import hunt as work

    work.hunt(context, design, promise or [], seed, seconds, worlds, out, as_json=as_json)
