"""Whether known answers come out, and what altered assumptions do: the JSON of `validity`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from pydantic import Field
from typing_extensions import TypeAliasType, TypedDict

from sim.documents import fields, numbers
from sim.documents.fields import SomeMetrics
from sim.experiment.sensitivity import Effect
from sim.validation.agreement import Agreement, Row
from sim.validation.case import Checked


class KnownNumber(TypedDict):
    """One number that is known."""

    what: str
    """what it is, with its unit"""
    expected: numbers.Number
    """the known value"""
    at_least: bool
    """whether more than that agrees as well"""
    simulated: numbers.Number
    """the simulated value"""
    se: numbers.Number
    """standard error of the simulated value; 0: nothing is left to chance"""
    status: Agreement
    """whether both agree"""


class KnownCase(TypedDict):
    """A case with a known answer."""

    title: str
    """what it is, in a line"""
    source: str
    """where the answer is known from"""
    mornings: fields.Mornings
    purchases: int
    """number of purchases simulated"""
    rows: list[KnownNumber]
    """every number of the case"""


class KnownCases(TypedDict):
    """Cases with known answers, simulated."""

    agrees: bool
    """whether every number agrees"""
    cases: dict[str, KnownCase]
    """by the case's name"""


class AssumptionEffect(TypedDict):
    """What one altered assumption does to one design."""

    assumption: str
    """key of the scenario's or the design's file"""
    value: str
    """its value as things are, as in a file"""
    altered: str
    """the value that it is altered to"""
    design: fields.DesignName
    differences: numbers.EveryDifference
    """every metric's difference, altered less as things are, clear or not"""
    turned: Annotated[dict[str, list[fields.Status]], SomeMetrics]
    """metric of each objective whose verdict changes -> the verdict before, and after"""


AssumptionEffects = TypeAliasType(
    "AssumptionEffects",
    Annotated[list[AssumptionEffect], Field(description="What every altered assumption does to every design.")],
)


def document(done: Sequence[Checked]) -> KnownCases:
    """Every case with its numbers."""
    return {
        "agrees": all(result.agrees for result in done),
        "cases": {
            result.case.name: {
                "title": result.case.title,
                "source": result.case.source,
                "mornings": result.mornings,
                "purchases": result.purchases,
                "rows": [_row(row) for row in result.rows],
            }
            for result in done
        },
    }


def effects(found: Sequence[Effect]) -> AssumptionEffects:
    """Every altered assumption and design."""
    return [
        {
            "assumption": effect.input.name,
            "value": effect.input.value,
            "altered": effect.value,
            "design": effect.design,
            "differences": {metric: numbers.difference(value) for metric, value in effect.differences.items()},
            "turned": {metric: list(verdicts) for metric, verdicts in effect.turned.items()},
        }
        for effect in found
    ]


def _row(row: Row) -> KnownNumber:
    return {
        "what": row.what,
        "expected": numbers.rounded(row.expected),
        "at_least": row.at_least,
        "simulated": numbers.rounded(row.simulated.value),
        "se": numbers.rounded(row.simulated.se),
        "status": row.status,
    }
