"""A sweep: the JSON of `sweep`, sweep.json and sweep.csv. No wall times, so that a resumed sweep gives the same bytes."""

from __future__ import annotations

from typing import Annotated, Any, Literal, NotRequired

from pydantic import Field
from typing_extensions import TypedDict

from sim.documents import fields, numbers
from sim.documents.columns import with_columns
from sim.documents.fields import EveryMetric
from sim.experiment import sweep


class SweepInterrupted(TypedDict):
    """There only if Ctrl-C came before all mornings were simulated."""

    mornings: int
    """number of mornings asked for, of all settings and designs"""
    finished: int
    """number of them that are simulated and stored"""


class _Standing(TypedDict, total=False):
    status: fields.Status


class Judged(numbers.Estimate, _Standing):
    """A metric over mornings, in the metric's unit, and how it stands against the objective, if there is one."""


class Setting(TypedDict):
    """One combination of varied values."""

    values: dict[str, Any]
    """varied key -> its value, as in a file"""
    designs: dict[str, Annotated[dict[str, Judged], EveryMetric]]
    """design -> every metric; a design that Ctrl-C left unfinished is not there"""


class Sweep(TypedDict):
    """Designs over a grid of varied keys."""

    scenario: fields.ScenarioName
    seed: fields.Seed
    mornings: Annotated[int, Field(description="number of mornings simulated for each setting and design")]
    version: fields.Version
    vary: dict[str, list[Any]]
    """varied key -> its values, as in a file"""
    zipped: bool
    """whether the keys vary together, step by step, instead of in all combinations"""
    designs: list[str]
    """names of the designs"""
    level: dict[str, list[str]]
    """design -> the varied keys that it does not have, so that it is the same for all their values"""
    cells: list[Setting]
    """every setting, in the order of the values"""
    interrupted: NotRequired[SweepInterrupted]
    results: NotRequired[str]
    """path of the file that keeps every morning; not in sweep.json"""
    report: NotRequired[fields.Report]


class _MetricOf(TypedDict):
    design: fields.DesignName
    metric: fields.MetricName


@with_columns("before the others, a column for each varied key: its value, as in a file", {"type": "string"})
class SweepRow(_MetricOf, numbers.Estimate):
    """One setting's, design's and metric's line of sweep.csv; what is null in JSON is empty there."""

    status: fields.Status | Literal[""]
    """how the metric stands against the objective; empty if the metric has none"""


def document(swept: sweep.Sweep, *, report: str | None = None, results: str | None = None) -> Sweep:
    """A sweep; without `report` and `results` the same each time."""
    document: Sweep = {
        "scenario": swept.scenario.name,
        "seed": swept.seed,
        "mornings": swept.mornings,
        "version": swept.version,
        "vary": {knob.key: list(knob.values) for axis in swept.axes for knob in axis.knobs},
        "zipped": len(swept.axes[0].knobs) > 1,
        "designs": swept.designs,
        "level": swept.level,
        "cells": [
            {
                "values": swept.values(cell),
                "designs": {
                    design: {metric: _judged(point, metric) for metric in point.metrics}
                    for design in swept.designs
                    if (point := swept.points.get((cell, design)))
                },
            }
            for cell in swept.cells
        ],
    }
    if swept.interrupted:
        document["interrupted"] = {"mornings": swept.total, "finished": swept.done}
    if results is not None:
        document["results"] = results
    if report is not None:
        document["report"] = report
    return document


def rows(swept: sweep.Sweep) -> list[dict[str, Any]]:
    """A SweepRow for each setting, design and metric."""
    return [
        {**dict(zip(swept.keys, swept.texts(cell), strict=True)), "design": design, "metric": metric,
         **numbers.estimate(value), "status": point.status(metric) or ""}
        for (cell, design), point in swept.points.items()
        for metric, value in point.metrics.items()
    ]  # fmt: skip


def _judged(point: sweep.Point, metric: str) -> Judged:
    status = point.status(metric)
    standing: _Standing = {"status": status} if status else {}
    return {**numbers.estimate(point.metrics[metric]), **standing}
