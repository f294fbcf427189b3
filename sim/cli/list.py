"""`coffee list`: the names that commands and files take."""

from __future__ import annotations

from typing import Annotated

import typer

from sim.cli.options import Json


def list_(
    what: Annotated[
        str | None,
        typer.Argument(
            metavar="WHAT", show_default=False,
            help="scenarios, incidents, windows, designs, presets or metrics; or a word, for what has it in its line or story.",
        ),
    ] = None,
    as_json: Json = False,
) -> None:  # fmt: skip
    """List scenarios, designs, provider presets and metrics.

    Examples:
      coffee list
      coffee list designs
      coffee list webhook
    """
    from sim.cli.work import list as work

    work.list_(what, as_json=as_json)
