"""`coffee schema`: prints the JSON Schema of a kind of file, or of all results."""

from __future__ import annotations

from sim.architectures import ARCHITECTURES
from sim.cli.work.console import print_json
from sim.config.schema import design_schema, scenario_schema
from sim.documents.schema import results_schema


def schema(kind: str) -> None:
    schemas = {"scenario": scenario_schema, "design": lambda: design_schema(ARCHITECTURES), "results": results_schema}
    print_json(schemas[kind]())
