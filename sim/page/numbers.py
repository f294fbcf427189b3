"""What came of a wish so far, as the page shows it: each number with its interval, and whether it is better than before."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sim import words
from sim.config.scenario import Scenario
from sim.documents.numbers import rounded
from sim.experiment.compare import Objective, Result
from sim.experiment.estimates import judgement
from sim.experiment.mornings import Summary
from sim.page.wish import Side
from sim.vocabulary import METRICS, shown_in

SYMBOLS = {"met": "✓", "so far": "○", "violated": "✗", "undecided": "?"}


def numbers(scenario: Scenario, sides: Sequence[Side], done: Sequence[list[Summary]], before: Sequence[list[Summary]]) -> Any:
    """Rows of metrics: objectives first, then the others that the panel in Jupyter shows.

    `done`: the same mornings of each side; `before`: those of them that are known of each side's last design. Whoever has no
    before is compared with nothing.
    """
    results = [Result(side.design, scenario, list(own)) for side, own in zip(sides, done, strict=True)]
    earlier = [Result(side.design, scenario, list(own)) if own else None for side, own in zip(sides, before, strict=True)]
    metrics = list(dict.fromkeys([*scenario.objectives, *shown_in("panel")]))
    return {
        "mornings": len(done[0]),
        "seeds": [summary.seed for summary in done[0]],
        "verdicts": [{"status": result.verdict, "symbol": SYMBOLS[result.verdict]} for result in results],
        "rows": [_row(metric, results, earlier) for metric in metrics],
    }


def _row(metric: str, results: Sequence[Result], earlier: Sequence[Result | None]) -> dict[str, Any]:
    known = METRICS[metric]
    limit = results[0].scenario.objectives.get(metric)
    return {
        "metric": metric,
        "label": known.label,
        "summary": known.summary,
        "better": known.better,
        "limit": None if limit is None else words.limit(metric, limit),
        "cells": [_cell(metric, result, old) for result, old in zip(results, earlier, strict=True)],
        "between": _difference(metric, results[-1], results[0]) if len(results) > 1 else None,
    }


def _cell(metric: str, result: Result, earlier: Result | None) -> dict[str, Any]:
    value = result.metrics[metric]
    judged = next((objective for objective in result.objectives if objective.metric == metric), None)
    return {
        "text": words.estimate(value, METRICS[metric].unit),
        "value": rounded(value.mean),
        "low": rounded(value.low),
        "high": rounded(value.high),
        **_status(judged),
        "before": None if earlier is None else
        {"text": words.estimate(earlier.metrics[metric], METRICS[metric].unit), **_difference(metric, result, earlier)},
    }  # fmt: skip


def _status(judged: Objective | None) -> dict[str, str]:
    return {"status": "", "symbol": ""} if judged is None else {"status": judged.status, "symbol": SYMBOLS[judged.status]}


def _difference(metric: str, now: Result, then: Result) -> dict[str, Any]:
    """Morning by morning, on the mornings that both have."""
    both = {summary.seed for summary in now.summaries} & {summary.seed for summary in then.summaries}
    one, other = (
        Result(each.design, each.scenario, [morning for morning in each.summaries if morning.seed in both])
        for each in (now, then)
    )
    value = one.difference(metric, other)
    return {"difference": words.difference(value, METRICS[metric].unit), "judgement": judgement(metric, value)}
