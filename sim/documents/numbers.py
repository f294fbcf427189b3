"""Numbers as documents hold them: no infinities, no NaN, and no digits that depend on the order of additions."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import Field
from typing_extensions import TypeAliasType, TypedDict

from sim.documents.fields import EveryMetric, SomeMetrics
from sim.experiment import statistics

DIGITS = 10  # significant; beyond them lies the order of additions
Number = float | None


class Estimate(TypedDict):
    """A metric over mornings, in the metric's unit."""

    mean: Annotated[Number, Field(description="mean over mornings; null: nothing to count, or infinite in some mornings")]
    low: Annotated[Number, Field(description="lower end of the 95 % interval; null: fewer than two mornings, or no mean")]
    high: Annotated[Number, Field(description="upper end of the 95 % interval; null: as for low")]
    n: Annotated[int, Field(description="number of mornings in which there was something to count")]
    never: Annotated[float, Field(description="share of these mornings, 0 to 1, in which the value is infinite")]
    harmed: Annotated[
        int | None, Field(description="number of these mornings in which somebody was harmed; null: the metric counts no harm")
    ]


class Difference(TypedDict):
    """A metric's difference, morning by morning, in the metric's unit."""

    difference: Annotated[Number, Field(description="mean difference; null: no morning in which there is one")]
    low: Annotated[Number, Field(description="lower end of its 95 % interval; null: there is none")]
    high: Annotated[Number, Field(description="upper end of its 95 % interval; null: there is none")]


EveryEstimate = TypeAliasType(
    "EveryEstimate", Annotated[dict[str, Estimate], EveryMetric, Field(description="Every metric over mornings.")]
)
SomeEstimates = TypeAliasType(
    "SomeEstimates", Annotated[dict[str, Estimate], SomeMetrics, Field(description="Some metrics over mornings.")]
)
EveryDifference = TypeAliasType(
    "EveryDifference", Annotated[dict[str, Difference], EveryMetric, Field(description="Every metric's difference.")]
)
SomeDifferences = TypeAliasType(
    "SomeDifferences", Annotated[dict[str, Difference], SomeMetrics, Field(description="Some metrics' differences.")]
)


def estimate(value: statistics.Estimate) -> Estimate:
    return {
        "mean": rounded(value.mean),
        "low": rounded(value.low),
        "high": rounded(value.high),
        "n": value.n,
        "never": _rounded(value.never),
        "harmed": value.harmed,
    }


def difference(value: statistics.Difference) -> Difference:
    return {"difference": rounded(value.difference), "low": rounded(value.low), "high": rounded(value.high)}


def plain(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row of values with every fraction rounded; None for an infinity or NaN."""
    return {name: rounded(value) if isinstance(value, float) else value for name, value in row.items()}


def rounded(value: Number) -> Number:
    """A number that JSON can say, or None for an infinity or NaN."""
    if value is None or not math.isfinite(value):
        return None
    return _rounded(value)


def _rounded(value: float) -> float:
    return value if isinstance(value, int) else float(f"{value:.{DIGITS}g}")
