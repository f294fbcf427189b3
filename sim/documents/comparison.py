"""A comparison of designs, or a run of one: the JSON of `compare`, `run` and `check`, summary.json and summary.csv."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from pydantic import Field
from typing_extensions import TypedDict

from sim.counterexamples import combinations
from sim.documents import every, fields, numbers
from sim.documents.every import Every
from sim.documents.fields import SomeMetrics
from sim.experiment import compare
from sim.experiment.what_if import WhatIf
from sim.ledger.causes import KINDS


class Interrupted(TypedDict):
    """There only if Ctrl-C came before all mornings were simulated."""

    asked: int
    """number of mornings asked for"""


class Objective(TypedDict):
    """An objective of the scenario, and how a design stands against it."""

    name: str
    """metric, sign and limit: `ack_latency_p95 <= 1 s`"""
    metric: fields.MetricName
    limit: fields.Limit
    status: fields.Status
    value: numbers.Number
    """mean of the metric over mornings, in its unit; null: nothing to count, or infinite in some mornings"""
    low: numbers.Number
    """lower end of the 95 % interval, in the metric's unit; null: there is none"""
    high: numbers.Number
    """upper end of the 95 % interval, in the metric's unit; null: there is none"""


class Caused(TypedDict):
    """What went wrong by one cause, all mornings together."""

    purchases: int
    """how many"""
    cost_per_1000: numbers.Number
    """USD of what failures cost by this cause, per 1,000 correct purchases; null: none was correct"""


class DesignRun(TypedDict):
    """What one design did."""

    metrics: Annotated[numbers.EveryEstimate, Field(description="every metric")]
    objectives: Annotated[list[Objective], Field(description="the scenario's objectives; empty if it has none")]
    verdict: fields.Status
    causes: Annotated[
        dict[str, dict[str, Caused]],
        Field(description="what went wrong, and why: kind (lost, harmed, late), cause, and how much; a purchase has one cause"),
    ]
    right: Annotated[int, Field(description="purchases with which nothing went wrong, all mornings together")]


class DesignCompared(DesignRun):
    """What one design did, and its differences from the first one."""

    paired: numbers.EveryDifference
    """every metric's difference from the first design on the same mornings"""
    variance_shares: Annotated[dict[str, numbers.Number], SomeMetrics]
    """share of that difference's variance that common mornings leave (1: all of it); metrics that vary only"""


class Mornings(TypedDict):
    """What was simulated."""

    scenario: fields.ScenarioName
    seed: fields.Seed
    mornings: fields.Mornings
    cells: fields.Cells
    version: fields.Version
    digest: fields.Digest


class ChangeTried(TypedDict):
    """What one change of the design does, alone and on the same mornings."""

    key: str
    """of the design's file"""
    value: str
    """as in a file"""
    was: str
    """the value as things are"""
    differences: numbers.EveryDifference
    """every metric's difference; the intervals allow for the number of changes"""


Set = Annotated[list[str], Field(description="the keys that --set changed, as KEY=VALUE; not there if there were none")]


class _InRun(TypedDict, total=False):
    interrupted: Interrupted
    set: Set
    what_if: Annotated[list[ChangeTried], Field(description="with --what-if: single changes, those first that save most")]
    every: Annotated[Every, Field(description="with --every: what came of every combination of mishaps")]


class Run(Mornings, _InRun):
    """Designs on the same mornings, each by itself."""

    designs: dict[str, DesignRun]
    """by the design's name"""


class _InComparison(TypedDict, total=False):
    interrupted: Interrupted
    set: Set
    report: fields.Report


class Comparison(Mornings, _InComparison):
    """Designs on the same mornings, and their differences from the first one."""

    designs: dict[str, DesignCompared]
    """by the design's name; the first is the baseline"""


class _MetricOf(TypedDict):
    design: fields.DesignName
    metric: fields.MetricName


class ComparisonRow(_MetricOf, numbers.Estimate):
    """One design's metric: a line of summary.csv; what is null in JSON is empty there."""


def document(comparison: compare.Comparison, *, settings: Sequence[str] = (), report: str | None = None) -> Comparison:
    """A comparison, with the keys that were set for it."""
    more: _InComparison = {"set": list(settings)} if settings else {}
    if comparison.interrupted:
        more["interrupted"] = {"asked": comparison.asked}
    if report is not None:
        more["report"] = report
    return {
        **_mornings(comparison),
        "designs": {
            name: {
                **_design(result),
                "paired": {metric: numbers.difference(value) for metric, value in comparison.paired(name).items()},
                "variance_shares": {
                    metric: numbers.rounded(share) for metric, share in comparison.variance_shares(name).items()
                },
            }
            for name, result in comparison.results.items()
        },
        **more,
    }


def run(
    comparison: compare.Comparison, *, settings: Sequence[str] = (), changes: WhatIf | None = None,
    tried: combinations.Every | None = None,
) -> Run:  # fmt: skip
    """The same without differences, and with the keys that were set for this run, and what was tried beside it."""
    interrupted: _InRun = {"interrupted": {"asked": comparison.asked}} if comparison.interrupted else {}
    document: Run = {
        **_mornings(comparison),
        "designs": {name: _design(result) for name, result in comparison.results.items()},
        **interrupted,
    }
    if settings:
        document["set"] = list(settings)
    if tried is not None:
        document["every"] = every.document(tried)
    if changes is not None:
        document["what_if"] = [
            {
                "key": one.input.name,
                "value": one.value,
                "was": one.input.value,
                "differences": {metric: numbers.difference(value) for metric, value in one.differences.items()},
            }
            for one in (*changes.clear, *changes.unclear)
        ]
    return document


def rows(comparison: compare.Comparison) -> list[ComparisonRow]:
    """One row for each design and metric."""
    return [
        {"design": name, "metric": metric, **numbers.estimate(value)}
        for name, result in comparison.results.items()
        for metric, value in result.metrics.items()
    ]


def _mornings(comparison: compare.Comparison) -> Mornings:
    return {
        "scenario": comparison.scenario.name,
        "seed": comparison.seed,
        "mornings": comparison.mornings,
        "cells": comparison.cells,
        "version": comparison.version,
        "digest": comparison.digest,
    }


def _design(result: compare.Result) -> DesignRun:
    return {
        "metrics": {name: numbers.estimate(value) for name, value in result.metrics.items()},
        "objectives": [
            {
                "name": objective.name,
                "metric": objective.metric,
                "limit": objective.limit,
                "status": objective.status,
                "value": numbers.rounded(objective.estimate.mean),
                "low": numbers.rounded(objective.estimate.low),
                "high": numbers.rounded(objective.estimate.high),
            }
            for objective in result.objectives
        ],
        "verdict": result.verdict,
        "causes": {
            kind: {
                cause: {"purchases": one.purchases, "cost_per_1000": numbers.rounded(result.per_1000(one.usd))}
                for (known, cause), one in result.causes.items()
                if known == kind
            }
            for kind in KINDS
        },
        "right": result.right,
    }
