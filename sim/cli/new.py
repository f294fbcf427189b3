"""`coffee new`: a file to start from."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sim.cli.options import Json


def new(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="The file to write; its name must end in .yaml or .py.", show_default=False)
    ],
    base: Annotated[
        str,
        typer.Option(
            "--from", metavar="NAME", help="The scenario or design to start from: a name, or a file.", show_default=False
        ),
    ],
    force: Annotated[bool, typer.Option("--force", "-f", help="Overwrite a file of that name.")] = False,
    as_json: Json = False,
) -> None:
    """Write a copy of a scenario, a design or an architecture.

    A YAML file holds every other key as a comment, with its default and its meaning: take a # away and change the value. A
    Python file is a copy of an architecture's code, to be changed: docs/write-an-architecture.md.

    Examples:
      coffee new mine.yaml --from outbox
      coffee new rush.yaml --from morning-rush
      coffee new my_checkout.py --from naive
    """
    from sim.cli.work import new as work

    work.new(file, base, force=force, as_json=as_json)
