"""`coffee schema`: prints the JSON Schema of a kind of file, or of all results."""

from __future__ import annotations

from sim.cli.work.console import print_json
from sim.documents.schema import Schema
from sim.documents.schema import schema as schema_of


def schema(kind: Schema) -> None:
    print_json(schema_of(kind))
