"""`coffee schema`: prints the JSON Schema of a kind of file."""

from __future__ import annotations

from enum import StrEnum

from sim.architectures import ARCHITECTURES
from sim.cli.work.console import print_json
from sim.config.schema import design_schema, scenario_schema


class Kind(StrEnum):
    """What kind of file the schema is for."""

    SCENARIO = "scenario"
    DESIGN = "design"


def schema(*, of_designs: bool) -> None:
    print_json(design_schema(ARCHITECTURES) if of_designs else scenario_schema())
