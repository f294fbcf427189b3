"""`coffee show`: one scenario or design in full."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sim.cli.options import Json

WIDE = 100  # columns from which there is room for long values


def show(
    name: Annotated[
        str,
        typer.Argument(
            metavar="NAME",
            help="A scenario or design (its name, or a file), a provider preset, a metric or a key.",
            show_default=False,
        ),
    ],
    svg: Annotated[
        Path | None, typer.Option("--svg", metavar="FILE", help="Only draw a design's components, to an SVG file.")
    ] = None,
    png: Annotated[
        Path | None, typer.Option("--png", metavar="FILE", help="Only draw a design's components, to a PNG file.")
    ] = None,
    mermaid: Annotated[bool, typer.Option("--mermaid", help="Print only a design's components, as Mermaid text.")] = False,
    story: Annotated[
        bool, typer.Option("--story", help="Print one page: no knobs, and of a design's source only what says what it does.")
    ] = False,
    everything: Annotated[
        bool, typer.Option("--all", help="Also print the keys of a scenario that have their defaults.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Show a scenario, design, preset, metric or key in full.

    Of a scenario: its story, what its file says, and what that means; with --all every key there is. Of a design: its
    components and who calls whom, its own source code, and every knob with its value; a star marks what differs from the
    default.

    Examples:
      coffee show morning-rush
      coffee show morning-rush --all
      coffee show outbox
      coffee show outbox --story
      coffee show outbox --svg outbox.svg
      coffee show stripe-v1
      coffee show ack_latency_p95
      coffee show app.retry
      coffee show mine.yaml --json
    """
    from sim.cli.work import show as work

    work.show(name, svg, png, mermaid=mermaid, story=story, everything=everything, as_json=as_json)
