"""The tables of the page, as rows of text. Every cell also carries the number that the JSON has."""

from __future__ import annotations

from math import isfinite
from typing import NamedTuple

import numpy as np

from sim import words
from sim.documents.numbers import rounded
from sim.experiment.compare import Comparison, Result
from sim.experiment.cost_curve import CostCurve
from sim.experiment.estimates import judgement
from sim.experiment.statistics import Difference, Estimate
from sim.ledger.causes import CAUSES, KINDS, RIGHT
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


class Cause(NamedTuple):
    """What went wrong in one way, or by one cause of it: what it says of the people, and a cell for each design."""

    name: str
    summary: str
    is_kind: bool  # the sum of the causes below it
    cells: list[tuple[str, int, str]]  # how many and their share, the number, and what they cost


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


def causes(comparison: Comparison) -> list[Cause]:
    """A row for each way to go wrong that somebody met with, and one for each cause of it; empty if nothing went wrong."""
    results, rows = list(comparison.results.values()), []
    for kind, known in CAUSES.items():
        found = [cause for cause in known if any((kind, cause) in result.causes for result in results)]
        if found:
            rows.append(Cause(kind, KINDS[kind], True, [_wrong(result, kind) for result in results]))
        rows += [Cause(cause, known[cause], False, [_wrong(result, kind, cause) for result in results]) for cause in found]
    if rows:
        right = [(f"{result.right:,} ({words.share(result.right / result.purchases)})", result.right, "") for result in results]
        rows.append(Cause("none of these", RIGHT, True, right))
    return rows


def _wrong(result: Result, kind: str, cause: str | None = None) -> tuple[str, int, str]:
    number, usd = result.wrong(kind, cause)
    if not number:
        return "–", 0, ""
    each = result.per_1000(usd)
    cost = f"{words.quantity(each, 'USD')} per 1,000" if usd and isfinite(each) else ""
    return f"{number:,} ({words.share(number / result.purchases)})", number, cost


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
