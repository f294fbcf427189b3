"""Results as tables: metrics, objectives and stations, for people."""

from __future__ import annotations

from collections.abc import Container, Iterable, Sequence
from math import isfinite
from typing import Any

import numpy as np
from rich.box import SIMPLE_HEAD
from rich.table import Table
from rich.text import Text

from sim import words
from sim.experiment.cells_compared import CellsCompared, result_of
from sim.experiment.compare import Comparison, Objective, Result
from sim.experiment.estimates import judgement
from sim.experiment.statistics import Difference, Estimate
from sim.ledger.causes import CAUSES, KINDS, RIGHT
from sim.vocabulary import METRICS, grouped

COLOURS = {"met": "green", "so far": "cyan", "violated": "red", "undecided": "yellow"}
CHANGES = {"better": "green", "worse": "red"}
NAME_WIDTH = max(map(len, METRICS))
WIDE = 100  # columns from which there is room to say what a metric counts


def value_and_interval(estimate: Estimate, unit: str) -> tuple[str, str]:
    """`7.3 %` and `[7.1, 7.6]`; none seen is `0` and `(< 0.01 %)`, all is `100 %` and `(> 99.9 %)`; a value that is infinite in
    some mornings is `never`.
    """
    if estimate.never and unit == "USD":
        return "infinite", "(nothing was right)"
    if estimate.never:
        return "never", f"({words.share(estimate.never)} of mornings)"
    if unit == "share" and estimate.mean == 0 and estimate.high:
        return "0", f"(< {words.share(estimate.high)})"
    if unit == "share" and estimate.mean == 1 and estimate.low is not None and estimate.low < 1:
        return words.share(1), f"(> {words.share(estimate.low)})"
    value, bracket, interval = words.estimate(estimate, unit).partition("[")
    return value.strip(), bracket + interval


def plain_table(*columns: str | Text, right: Container[int] = (), gap: int = 1) -> Table:
    """A table without a frame. The columns whose numbers are in `right` are flush right; `gap`: characters between columns."""
    table = Table(box=SIMPLE_HEAD, pad_edge=False, show_edge=False, padding=(0, gap, 0, 0))
    for number, column in enumerate(columns):
        table.add_column(column, overflow="fold", justify="right" if number in right else "left")
    return table


def _groups(*, everything: bool) -> list[tuple[str, ...]]:
    """The metrics of a table, with a line between groups."""
    return [tuple(METRICS)] if everything else list(grouped("terminal").values())


def comparison_table(comparison: Comparison, *, everything: bool, width: int) -> Table:
    """Metrics by design."""
    results = list(comparison.results.values())
    table = plain_table("metric", *(result.design.name for result in results))
    table.columns[0].no_wrap = True
    room = (width - NAME_WIDTH) // len(results) - 2
    for group in _groups(everything=everything):
        for metric in group:
            table.add_row(metric, *(_cell(result, metric, room=room) for result in results))
        table.add_section()
    return table


def cells_table(found: CellsCompared, *, everything: bool, width: int) -> Table:
    """Metrics of the whole, and how much more or less each is in cells."""
    whole, differences = result_of(found.whole), {number: found.differences(number) for number in found.dealt}
    table = plain_table("metric", "whole", *(f"{number:,} cells" for number in found.dealt))
    table.columns[0].no_wrap = True
    room = (width - NAME_WIDTH) // (1 + len(differences)) - 2
    for group in _groups(everything=everything):
        for metric in group:
            cells = (
                _changed(metric, result_of(found.dealt[number]), values[metric], room=room)
                for number, values in differences.items()
            )
            table.add_row(metric, _cell(whole, metric, room=room, judged=False), *cells)
        table.add_section()
    return table


def _changed(metric: str, dealt: Result, value: Difference, *, room: int) -> Text:
    """The difference, green or red where it is clear which way it went; where there is none to take, what it is in cells."""
    if value.difference is None:
        return _cell(dealt, metric, room=room, judged=False)
    judged = judgement(metric, value)
    if judged == "the same":
        return Text(judged, style="dim")
    difference, bracket, interval = words.difference(value, METRICS[metric].unit).partition("[")
    return _two(difference.strip(), bracket + interval, style=CHANGES.get(judged, ""), room=room)


def verdicts_table(comparison: Comparison) -> Table:
    """Objectives by design, and the verdict on each."""
    results = list(comparison.results.values())
    table = plain_table("objective", *(result.design.name for result in results))
    for metric, limit in comparison.scenario.objectives.items():
        row = [_judged(objective) for result in results for objective in result.objectives if objective.metric == metric]
        table.add_row(f"{metric} {words.limit(metric, limit)}", *row)
    table.add_section()
    table.add_row(Text("verdict", style="bold"), *(Text(r.verdict, style=f"bold {COLOURS[r.verdict]}") for r in results))
    return table


def causes_table(results: Sequence[Result]) -> Table | None:
    """What went wrong and why, by design: one cause a purchase, so that they add up. None if nothing did.

    With what it says of the people where there is room for it: beside one design.
    """
    if not any(result.causes for result in results):
        return None
    alone = len(results) == 1
    table = plain_table("what went wrong", *(result.design.name for result in results), *(["they"] if alone else []))
    for kind, known in CAUSES.items():
        found = [cause for cause in known if any((kind, cause) in result.causes for result in results)]
        if found:
            says = [Text(KINDS[kind])] if alone else []
            table.add_row(Text(kind, style="bold"), *(_wrong(result, kind) for result in results), *says)
        for cause in found:
            says = [Text(known[cause], style="dim")] if alone else []
            table.add_row(f"  {cause}", *(_wrong(result, kind, cause) for result in results), *says)
        table.add_section()
    right = (f"{number:,} ({words.share(number / result.purchases)})" for result in results for number in [result.right])
    table.add_row(Text("none of these", style="bold"), *right, *([RIGHT] if alone else []))
    late = words.quantity(results[0].scenario.late_s, "s")
    table.caption = (
        "Each purchase is counted once. USD: what the failures cost per 1,000 correct purchases. "
        f"Late: answered after more than {late}."
    )
    table.caption_justify = "left"
    return table


def _wrong(result: Result, kind: str, cause: str | None = None) -> Text:
    """`27 (0.3 %)` of all purchases, and what they cost per 1,000 correct ones."""
    number, usd = result.wrong(kind, cause)
    if not number:
        return Text("–")
    cost = words.quantity(each, "USD") if isfinite(each := result.per_1000(usd)) and usd else ""
    return _two(f"{number:,} ({words.share(number / result.purchases)})", cost, style="bold" if cause is None else "", room=24)


def _cell(result: Result, metric: str, *, room: int, judged: bool = True) -> Text:
    value, interval = value_and_interval(result.metrics[metric], METRICS[metric].unit)
    status = next((objective.status for objective in result.objectives if objective.metric == metric and judged), None)
    return _two(value, interval, style=COLOURS[status] if status else "", room=room)


def _two(value: str, interval: str, *, style: str, room: int) -> Text:
    """A value and its interval, below each other if there is no room."""
    cell = Text(value, style=style)
    if interval:
        cell.append("\n" if len(value) + 1 + len(interval) > room else " ")
        cell.append(interval, style="dim")
    return cell


def _judged(objective: Objective) -> Text:
    return Text(objective.status, style=COLOURS[objective.status])


def metrics_table(result: Result, *, everything: bool, width: int) -> Table:
    """One design's metrics, with what they count where there is room for it."""
    is_wide = width >= WIDE
    table = plain_table("metric", result.design.name, *(["what it counts"] if is_wide else []))
    for column in table.columns[:2]:
        column.no_wrap = True
    for group in _groups(everything=everything):
        for metric in group:
            meaning = [Text(METRICS[metric].summary, style="dim")] if is_wide else []
            table.add_row(metric, _cell(result, metric, room=width), *meaning)
        table.add_section()
    return table


def objectives_table(objectives: Iterable[Objective]) -> Table:
    """Each objective with its limit, what was measured, and how it stands."""
    table = plain_table("objective", "limit", "measured", "")
    for objective in objectives:
        measured = " ".join(value_and_interval(objective.estimate, METRICS[objective.metric].unit)).strip()
        table.add_row(objective.metric, words.limit(objective.metric, objective.limit), measured, _judged(objective))
    return table


def stations_table(result: Result) -> Table:
    """How busy every station was over all mornings, and where people had to wait."""
    columns = ("servers", "paid for", "busy", "busiest 5 min", "with a queue", "longest queue")
    table = plain_table("station", *columns, right=range(1, 7))
    for station in stations(result):
        busy, busiest, queueing = (words.share(station[name]) for name in ("busy", "busiest", "busiest_queueing"))
        servers, paid, longest = (words.number(station[name]) for name in ("servers", "paid", "longest_queue"))
        table.add_row(station["station"], servers, paid, busy, busiest, queueing, longest)
    return table


def stations(result: Result) -> list[dict[str, Any]]:
    """By station: the most servers at once and those paid for on average, the share of the latter's time spent serving, the
    same in the busiest five minutes, the shares of all time and of those minutes with somebody waiting, and the longest queue.
    """
    rows = []
    for mornings in zip(*(summary.stations for summary in result.summaries), strict=True):
        paid_s, worked_s = (sum(getattr(one, name) for one in mornings) for name in ("provisioned_s", "worked_s"))
        rows.append(
            {
                "station": mornings[0].name,
                "servers": max(station.servers for station in mornings),
                "paid": paid_s / worked_s,
                "busy": sum(station.busy_s for station in mornings) / paid_s,
                "queueing": sum(station.waiting_s for station in mornings) / worked_s,
                "busiest": float(np.mean([station.busiest_share for station in mornings])),
                "busiest_queueing": float(np.mean([station.busiest_queueing_share for station in mornings])),
                "longest_queue": max(station.queue_max for station in mornings),
            }
        )
    return rows
