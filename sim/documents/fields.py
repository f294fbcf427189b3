"""What many documents have in common: fields that are described once, and mappings and columns by metric.

A document is a TypedDict beside the function that makes it; the docstrings of its fields become the descriptions in its JSON
Schema. Everything about metrics (names, units, which way is better) is taken from the vocabulary, so that a new metric appears
in every schema by itself.
"""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field, GetJsonSchemaHandler
from pydantic_core import CoreSchema
from typing_extensions import TypeAliasType

from sim.experiment import estimates
from sim.vocabulary import METRICS, Metric

UNITS = {"share": "share, 0 to 1", "s": "seconds", "USD": "US dollars", "count": "number"}


def described(metric: Metric) -> str:
    """`first tap to … (seconds; lower is better)`."""
    return f"{metric.summary} ({UNITS[metric.unit]}; {'higher' if metric.more_is_better else 'lower'} is better)"


class ByMetric:
    """Marks a mapping whose keys are metrics, each with its description: all of them, or some."""

    def __init__(self, *, every: bool) -> None:
        self.every = every

    def __get_pydantic_json_schema__(self, core: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        schema = handler(core)
        value = schema.pop("additionalProperties")
        schema["properties"] = {name: {**value, "description": described(metric)} for name, metric in METRICS.items()}
        schema["additionalProperties"] = False
        return schema | ({"required": list(METRICS)} if self.every else {})


class OneMetric:
    """Marks a text that is the name of a metric."""

    def __get_pydantic_json_schema__(self, core: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return handler(core) | {"enum": list(METRICS)}


EveryMetric = ByMetric(every=True)
SomeMetrics = ByMetric(every=False)

ScenarioName = Annotated[str, Field(description="name of the scenario")]
DesignName = Annotated[str, Field(description="name of the design")]
MetricName = TypeAliasType("MetricName", Annotated[str, OneMetric(), Field(description="name of a metric")])
Limit = Annotated[float, Field(description="limit of the objective, in the metric's unit")]
Seed = Annotated[int, Field(description="seed of the first morning; the seeds of the others follow")]
Mornings = Annotated[int, Field(description="number of mornings simulated")]
Cells = Annotated[int, Field(description="number of cells that each morning is divided into; 1: it is whole")]
Version = Annotated[str, Field(description="version of coffee")]
Digest = Annotated[str, Field(description="digest of the scenario and the designs: the same for the same content")]
Command = Annotated[str, Field(description="the command that gives the same numbers again")]
Report = Annotated[str, Field(description="path of the report that was written; in a file of the report, the page beside it")]
Status = Annotated[
    estimates.Status,
    Field(
        description="so far: nothing speaks against it, and it takes more mornings to be met; met, if there are no objectives"
    ),
]
Passed = Annotated[list[bool], Field(description="whether each of the five stages is passed, in their order")]
SpentS = Annotated[int, Field(description="time spent on the kata in seconds, without pauses")]
