"""The tables of the page, as rows of text. Every cell also carries the number that the JSON has."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from sim import words
from sim.documents.numbers import rounded
from sim.experiment.compare import Comparison, Result
from sim.experiment.cost_curve import CostCurve
from sim.experiment.statistics import Difference, Estimate
from sim.vocabulary import METRICS

SYMBOLS = {"met": "✓", "violated": "✗", "undecided": "?"}
KEY_METRICS = {
    "Money and orders": (
        "double_charge_rate",
        "double_charge_rate_net",
        "duplicate_order_rate",
        "orphan_charge_rate",
        "unpaid_order_rate",
    ),
    "Points and truth": ("loyalty_over_award_rate", "loyalty_under_award_rate", "misinformed_rate", "wrong_amount_rate"),
    "Waiting": (
        "confirmed_share",
        "ack_latency_p50",
        "ack_latency_p95",
        "ack_latency_p99",
        "confirmation_lag_p50",
        "confirmation_lag_p99",
    ),
    "The status view": (
        "read_model_lag_p50",
        "read_model_lag_p99",
        "stale_read_rate",
        "convergence_time",
        "unconverged_orders",
    ),
    "Effort and cost": (
        "requests_per_purchase",
        "infra_cost_per_1000",
        "provider_cost_per_1000",
        "failure_cost_per_1000",
        "cost_per_1000",
        "monthly_cost",
        "unused_capacity_share",
    ),
}


class Verdict(NamedTuple):
    """One objective on one design."""

    status: str
    symbol: str
    text: str
    value: float | int | None


class Objective(NamedTuple):
    """A row of the verdict table."""

    metric: str
    limit: str
    summary: str
    verdicts: list[Verdict]


class Cell(NamedTuple):
    """A metric of one design, and how it differs from the baseline (empty for the baseline itself)."""

    text: str
    value: float | int | None
    difference: str
    judgement: str


class Row(NamedTuple):
    """A row of the metric table."""

    metric: str
    summary: str
    cells: list[Cell]


class Collapse(NamedTuple):
    """How many mornings of a design collapsed, and the share acknowledged in its worst, middle and best morning."""

    design: str
    text: str
    value: float | int | None
    acknowledged: list[str]


def verdicts(comparison: Comparison) -> list[Objective]:
    judged = {name: {o.metric: o for o in result.objectives} for name, result in comparison.results.items()}
    rows = []
    for metric, limit in comparison.scenario.objectives.items():
        objectives = [judged[name][metric] for name in comparison.results]
        cells = [
            Verdict(o.status, SYMBOLS[o.status], words.estimate(o.estimate, METRICS[metric].unit), rounded(o.estimate.mean))
            for o in objectives
        ]
        rows.append(Objective(metric, words.limit(metric, limit), METRICS[metric].summary, cells))
    return rows


def metrics(comparison: Comparison) -> dict[str, list[Row]]:
    """Group -> rows."""
    pairs = {name: comparison.paired(name) for name in list(comparison.results)[1:]}
    return {
        group: [
            Row(
                metric,
                METRICS[metric].summary,
                [_cell(result.metrics[metric], metric, pairs.get(name)) for name, result in comparison.results.items()],
            )
            for metric in names
        ]
        for group, names in KEY_METRICS.items()
    }


def _cell(value: Estimate, metric: str, pairs: dict[str, Difference] | None) -> Cell:
    unit = METRICS[metric].unit
    text = words.estimate(value, unit)
    if pairs is None:
        return Cell(text, rounded(value.mean), "", "")
    difference = pairs[metric]
    if difference.difference is None:
        return Cell(text, rounded(value.mean), "", "")
    return Cell(text, rounded(value.mean), words.difference(difference, unit), words.judgement(metric, difference))


def capacities(curve: CostCurve) -> dict[str, dict[str, list[str]]]:
    """Design -> component -> its number at each peak."""
    return {
        name: {
            component: [f"{point.sizing.capacity[component]:,}" for point in points] for component in points[0].sizing.capacity
        }
        for name, points in curve.points.items()
        if points
    }


def collapses(comparison: Comparison) -> list[Collapse]:
    return [_collapse(name, result) for name, result in comparison.results.items()]


def _collapse(name: str, result: Result) -> Collapse:
    value = result.metrics["collapsed_share"]
    if value.mean is None:
        text = "nothing to count"
    else:
        text = f"{round(value.mean * value.n)} of {words.mornings(value.n)}"
        if value.low is not None and value.high is not None:
            text += f" (95 % interval {words.share(value.low)} to {words.share(value.high)})"
    shares = np.sort(result.values("acknowledged_share"))
    shares = shares[~np.isnan(shares)]
    chosen = (shares[0], shares[(len(shares) - 1) // 2], shares[-1]) if len(shares) else ()
    return Collapse(name, text, rounded(value.mean), [words.share(float(share)) for share in chosen])
