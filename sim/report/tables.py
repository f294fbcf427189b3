"""The tables of the page, as rows of text. Every cell also carries the number that the JSON has."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from sim import words
from sim.documents.numbers import rounded
from sim.experiment.compare import Comparison, Result
from sim.experiment.cost_curve import CostCurve
from sim.experiment.estimates import judgement
from sim.experiment.statistics import Difference, Estimate
from sim.ledger.causes import CAUSES
from sim.vocabulary import METRICS, Group, grouped

SYMBOLS = {"met": "✓", "so far": "○", "violated": "✗", "undecided": "?"}


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


class Lost(NamedTuple):
    """Why people with a good card got nothing: a cause, what it says of them, and a cell for each design."""

    cause: str
    summary: str
    cells: list[tuple[str, int, str]]  # how many and their share, the number, and the lost sales


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


def metrics(comparison: Comparison) -> dict[Group, list[Row]]:
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
        for group, names in grouped("report").items()
    }


def lost(comparison: Comparison) -> list[Lost]:
    """A row a cause that somebody met with, and one of all of them; empty if everybody got what they wanted."""
    results = comparison.results.values()
    causes = [cause for cause in CAUSES if any(result.causes.get(cause) for result in results)]
    rows = [Lost(cause, CAUSES[cause], [_lost(result, result.causes.get(cause, 0)) for result in results]) for cause in causes]
    return [*rows, Lost("all", "", [_lost(result, sum(result.causes.values())) for result in results])] if rows else []


def _lost(result: Result, number: int) -> tuple[str, int, str]:
    everybody = sum(summary.counted["good cards"] for summary in result.summaries)
    if not number:
        return "–", 0, ""
    sales = float(np.mean([summary.costs["lost sales"] for summary in result.summaries])) * number / sum(result.causes.values())
    return f"{number:,} ({words.share(number / everybody)})", number, f"{words.quantity(sales, 'USD')} a morning"


def _cell(value: Estimate, metric: str, pairs: dict[str, Difference] | None) -> Cell:
    unit = METRICS[metric].unit
    text = words.estimate(value, unit)
    if pairs is None:
        return Cell(text, rounded(value.mean), "", "")
    difference = pairs[metric]
    if difference.difference is None:
        return Cell(text, rounded(value.mean), "", "")
    return Cell(text, rounded(value.mean), words.difference(difference, unit), judgement(metric, difference))


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
