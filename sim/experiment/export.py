"""A comparison as plain data: the JSON of `compare` and `run`, and rows for CSV. No infinities, no NaN."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from sim.experiment.compare import Comparison, Result
from sim.experiment.statistics import Difference, Estimate

DIGITS = 10  # significant; beyond them lies the order of additions


def as_json(comparison: Comparison, *, pairs: bool, report: str | None = None) -> dict[str, Any]:
    """What `--json` prints. Wall times stand under `timing` and nowhere else."""
    document: dict[str, Any] = {
        "scenario": comparison.scenario.name,
        "seed": comparison.seed,
        "mornings": comparison.mornings,
        "cells": comparison.cells,
        "version": comparison.version,
        "digest": comparison.digest,
        "designs": {name: _design(result) for name, result in comparison.results.items()},
    }
    if pairs:
        for name in comparison.results:
            document["designs"][name]["paired"] = {
                metric: plain(difference) for metric, difference in comparison.paired(name).items()
            }
            shares = comparison.variance_shares(name)
            document["designs"][name]["variance_shares"] = {metric: rounded(share) for metric, share in shares.items()}
    if comparison.interrupted:
        document["interrupted"] = {"asked": comparison.asked}
    if report is not None:
        document["report"] = report
    document["timing"] = {
        "wall_s": round(comparison.wall_s, 3),
        "purchases_per_s_and_core": round(comparison.purchases_per_s),
    }
    return document


def _design(result: Result) -> dict[str, Any]:
    return {
        "metrics": {name: plain(value) for name, value in result.metrics.items()},
        "objectives": [
            {
                "name": objective.name,
                "metric": objective.metric,
                "limit": objective.limit,
                "status": objective.status,
                "value": rounded(objective.estimate.mean),
                "low": rounded(objective.estimate.low),
                "high": rounded(objective.estimate.high),
            }
            for objective in result.objectives
        ],
        "verdict": result.verdict,
    }


def plain(value: Estimate | Difference) -> dict[str, Any]:
    return {name: rounded(number) for name, number in vars(value).items()}


def rounded(value: float | int | None) -> float | int | None:
    if value is None or isinstance(value, int):
        return value
    if not math.isfinite(value):
        return None
    return float(f"{value:.{DIGITS}g}")


def plain_rows(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The rows of a table for CSV, their numbers rounded."""
    return [{name: rounded(value) if isinstance(value, float) else value for name, value in row.items()} for row in rows]


def rows(comparison: Comparison) -> list[dict[str, Any]]:
    """One row a design and metric, for `summary.csv`."""
    return [
        {"design": name, "metric": metric, **plain(value)}
        for name, result in comparison.results.items()
        for metric, value in result.metrics.items()
    ]
