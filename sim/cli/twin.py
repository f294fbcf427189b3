"""`coffee twin`: the model against real parts."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sim.cli.options import DesignNames, Json, factor, share, whole_number


def twin(
    context: typer.Context,
    scenario: Annotated[
        str, typer.Argument(metavar="SCENARIO", help="A scenario's name (`coffee list`), or a YAML file of yours.")
    ] = "twin-rush",
    designs: DesignNames = None,
    speed: Annotated[
        float,
        typer.Option(
            "--speed", metavar="X", parser=factor, help="So many times as fast as the clock; what parts take themselves stays."
        ),
    ] = 1.0,
    seed: Annotated[
        int, typer.Option(metavar="N", parser=whole_number, help="Which morning. Same seed, same customers and fates.")
    ] = 0,
    margin: Annotated[
        float | None,
        typer.Option(
            "--margin", metavar="P", parser=share, show_default=False,
            help="Rates of harm are the same if they differ by less, as a share of the purchases. [default: 2%]",
        ),
    ] = None,
    database: Annotated[
        str, typer.Option("--database", metavar="sqlite|URL", help="The order database: sqlite, or postgresql://…")
    ] = "sqlite",
    broker: Annotated[
        str, typer.Option("--broker", metavar="embedded|URL", help="The message broker: embedded, or nats://…")
    ] = "embedded",
    out: Annotated[
        Path | None,
        typer.Option(
            "--out", "-o", metavar="FOLDER", show_default=False,
            help="Write a page there, its numbers as JSON, and each design's log for `coffee fit`.",
        ),
    ] = None,
    as_json: Json = False,
) -> None:  # fmt: skip
    """Run a design on real parts, and compare it with the model.

    The same story that is simulated runs in processes on this machine, with a real database, a broker, HTTP, and SIGKILL where
    the scenario has a crash. The customers and the fates of their calls are the same as in the model. So every purchase is
    compared with itself: how often it was charged, ordered and given points in the model, and how often on real parts. Rates of
    harm are the same if their difference lies within the margin; that none was found would say nothing.

    It takes as long as the scenario, for each design; less with --speed.

    Exit codes: 0 the model agrees within the margin for every design; 1 it doesn't; 3 nobody can say: too few purchases, or a
    run that is no evidence, since this machine was too busy.

    Examples:
      coffee twin
      coffee twin twin-rush outbox --out reports/twin
      coffee twin rush.yaml naive mine.yaml --speed 10
      coffee twin twin-rush idempotent --json
    """
    from sim.cli.work import twin as work

    work.twin(context, scenario, designs or [], speed, seed, margin, (database, broker), out, as_json=as_json)
