"""Which inputs move the metrics, as plain data and as a folder: a chart, a table, and the numbers."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

from sim.config.library import digest
from sim.experiment.export import plain, rounded
from sim.experiment.screening import Index, Screening
from sim.experiment.sensitivity import Effect
from sim.experiment.swings import Swing, Swings, turns
from sim.report.files import files_of
from sim.report.folder import named
from sim.version import VERSION

JSON, CSV, CHART = "sensitivity.json", "sensitivity.csv", "tornado"
FILES = named(JSON, CSV, charts=[CHART])
COLUMNS = {"morris": ("mu_star", "mu_star_half", "sigma"), "sobol": ("first", "first_half", "total", "total_half")}


def write_folder(found: Swings | Screening, folder: Path, *, command: str) -> Path:
    """Write all files to a folder, which appears, or replaces an earlier one, when they are complete. Raises ConfigError."""
    with files_of(folder, ours=FILES.__contains__) as files:
        files.json(JSON, {**as_json(found), "command": command})
        files.csv(CSV, rows(found))
        if isinstance(found, Swings):
            from sim import style
            from sim.report.charts import tornado

            files.chart(CHART, style.figure_of(tornado.draw(found)))
    return folder


def as_json(found: Swings | Screening) -> dict[str, Any]:
    """What `--json` prints."""
    document: dict[str, Any] = {
        "scenario": found.scenario.name,
        "design": found.design.name,
        "method": "one at a time" if isinstance(found, Swings) else found.method,
        "seed": found.seed,
        "mornings": found.mornings,
        "version": VERSION,
        "digest": digest(found.scenario, found.design),
    }
    if isinstance(found, Swings):
        return document | {"metrics": {metric: _swings(found, metric) for metric in found.metrics}}
    ends = {factor.input.name: [factor.low, factor.high] for factor in found.factors}
    document |= {"samples": found.samples, "points": found.points, "ends": ends}
    return document | {"metrics": {metric: _indices(found, metric) for metric in found.metrics}}


def rows(found: Swings | Screening) -> list[dict[str, Any]]:
    """One row an input and end, or an input, for each metric."""
    if isinstance(found, Swings):
        return [
            {"metric": metric, "input": swing.input.name, "value": swing.input.value, "altered": end.value,
             **plain(end.differences[metric]), "clear": end.clear(metric), "turns": _turned(end, metric) or ""}
            for metric in found.metrics for swing in found.ranked(metric) for end in swing.ends
        ]  # fmt: skip
    made = [
        {"metric": metric, "input": factor.input.name, **_index(found, index)}
        for metric in found.metrics if not isinstance(found.indices[metric], str) for factor, index in found.ranked(metric)
    ]  # fmt: skip
    return made or [dict.fromkeys(("metric", "input", *COLUMNS[found.method]), "")]


def _swings(found: Swings, metric: str) -> dict[str, Any]:
    now = found.before(metric)
    return {
        "now": "never" if math.isinf(now) else rounded(now),
        "inputs": {swing.input.name: _swing(swing, metric) for swing in found.ranked(metric)},
    }


def _swing(swing: Swing, metric: str) -> dict[str, Any]:
    ends: dict[str, Effect | None] = {"low": swing.low, "high": swing.high}
    return {
        "value": swing.input.value,
        "clear": swing.clear(metric),
        **{
            name: {"value": end.value, **plain(end.differences[metric]), "clear": end.clear(metric)}
            | ({"turns": turned} if (turned := _turned(end, metric)) else {})
            for name, end in ends.items()
            if end is not None
        },
    }


def _turned(end: Effect, metric: str) -> str | None:
    """`never` if the change makes the metric infinite in some morning, `now finite` if it ends that, else None."""
    return {1: "never", 0: None, -1: "now finite"}[turns(end, metric)]


def _indices(found: Screening, metric: str) -> dict[str, Any]:
    indices = found.indices[metric]
    if isinstance(indices, str):
        return {"none": indices}
    return {"inputs": {factor.input.name: _index(found, index) for factor, index in found.ranked(metric)}}


def _index(found: Screening, index: Index) -> dict[str, Any]:
    return {title: rounded(value) for title, value in zip(COLUMNS[found.method], vars(index).values(), strict=False)}
