"""`coffee schema`: JSON Schema for editors."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer


class Kind(StrEnum):
    """What kind of file the schema is for."""

    SCENARIO = "scenario"
    DESIGN = "design"


def schema(
    kind: Annotated[Kind, typer.Argument(help="Of which files.")] = Kind.SCENARIO,
    as_json: Annotated[bool, typer.Option("--json", help="As everywhere; a schema is JSON anyway.", show_default=False)] = True,  # noqa: ARG001
) -> None:
    """Print the JSON Schema of scenario or design files.

    For editors that complete and check YAML; it is of draft 2020-12. In VS Code's YAML extension, the first line of a file
    names its schema.

    Examples:
      coffee schema design > design.schema.json
      # yaml-language-server: $schema=design.schema.json
    """
    from sim.cli.work import schema as work

    work.schema(of_designs=kind is Kind.DESIGN)
