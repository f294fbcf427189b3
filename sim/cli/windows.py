"""`coffee windows`: failure windows × designs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sim.cli.options import EngineName, Jobs, Json, MostMornings, OldDesigns, Seed
from sim.experiment.effort import Effort


def windows(
    context: typer.Context,
    designs: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="DESIGNS",
            help="Names or YAML or Python files. [default: all built-in ones]",
            show_default=False,
        ),
    ] = None,
    more: OldDesigns = None,
    variants: Annotated[bool, typer.Option("--variants", help="All bundled variants as well.")] = False,
    window: Annotated[
        list[str] | None,
        typer.Option("--window", "-w", metavar="W", help="Only this window, such as w4. Can be repeated.", show_default=False),
    ] = None,
    mornings: MostMornings = 32,
    seed: Seed = 0,
    jobs: Jobs = None,
    engine: EngineName = "local",
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", metavar="DIR", help="Folder of the report. [default: reports/windows]", show_default=False),
    ] = None,
    report: Annotated[bool, typer.Option("--report/--no-report", help="Write the report.")] = True,
    as_json: Json = False,
) -> None:
    """Which of the ways to lose money does a design close?

    A failure window is a moment at which something can go wrong: a double tap, a crash between the charge and its commit.
    Each is simulated by itself, on the same mornings for all designs. Closed: nobody was harmed. Narrowed: clearly fewer people
    were harmed than by naive; open: about as many; worse: clearly more.

    Examples:
      coffee windows
      coffee windows idempotent mine.yaml --window w4 --window w5
      coffee windows --variants --out reports/all-windows
      coffee windows --no-report --json > matrix.json
    """  # fmt: skip
    from sim.cli.work import windows as work

    effort = Effort(mornings, seed, jobs=jobs, engine=engine)
    work.windows(
        context, designs or [], more or [], window or [], effort, out, variants=variants, report=report, as_json=as_json
    )  # fmt: skip
