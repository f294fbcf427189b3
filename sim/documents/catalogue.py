"""What there is: the JSON of `list`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from typing_extensions import TypedDict

from sim.config.presets import PRESETS
from sim.documents.fields import EveryMetric
from sim.vocabulary import METRICS, Metric


class MetricAbout(TypedDict):
    """What a metric is."""

    unit: Literal["share", "s", "USD", "count"]
    """share: 0 to 1; s: seconds; USD: US dollars; count: a number"""
    better: Literal["lower", "higher"]
    """which way is better"""
    summary: str
    """what it counts"""


class Catalogue(TypedDict):
    """Everything that has a name."""

    scenarios: dict[str, str]
    """scenario -> what it is, in a line"""
    designs: dict[str, str]
    """design -> what it is, in a line"""
    presets: dict[str, str]
    """preset of a payment provider -> what it is, in a line"""
    metrics: Annotated[dict[str, MetricAbout], EveryMetric]
    """every metric"""


def document(scenarios: Mapping[str, str], designs: Mapping[str, str]) -> Catalogue:
    """The scenarios and designs given, each with its summary, and all presets and metrics."""
    return {
        "scenarios": dict(scenarios),
        "designs": dict(designs),
        "presets": {name: preset.summary for name, preset in PRESETS.items()},
        "metrics": {name: metric_about(metric) for name, metric in METRICS.items()},
    }


def metric_about(metric: Metric) -> MetricAbout:
    return {"unit": metric.unit, "better": metric.better, "summary": metric.summary}
