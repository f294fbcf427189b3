"""`coffee schema`: JSON Schema for editors, and for what reads results."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer


class Kind(StrEnum):
    """What the schema is of."""

    SCENARIO = "scenario"
    DESIGN = "design"
    SERVICE = "service"
    RESULTS = "results"


def schema(
    kind: Annotated[
        Kind, typer.Argument(help="Of scenario or design files, of a service's adapter, or of what commands print.")
    ] = Kind.SCENARIO,
    as_json: Annotated[bool, typer.Option("--json", help="As everywhere; a schema is JSON anyway.", show_default=False)] = True,  # noqa: ARG001
) -> None:
    """Print the JSON Schema of files or of results.

    Those of scenario, design and service files are for editors that complete and check YAML. In VS Code's YAML extension, the
    first line of a file names its schema. That of results describes what every command prints with --json, and the JSON and CSV
    files that it writes: each kind of document, and each kind of row, is a definition with a name, such as #/$defs/Comparison.
    All are of draft 2020-12.

    Examples:
      coffee schema design > design.schema.json
      # yaml-language-server: $schema=design.schema.json
      coffee schema results > results.schema.json
    """
    from sim.cli.work import schema as work

    work.schema(kind.value)
