"""A sweep as plain data: the JSON of `coffee sweep`, and rows for CSV. No infinities, no NaN, no wall times."""

from __future__ import annotations

from typing import Any

from sim.experiment.export import plain
from sim.experiment.sweep import Sweep


def rows(swept: Sweep) -> list[dict[str, Any]]:
    """A row a cell, design and metric, for `sweep.csv`; values as a file would say them."""
    return [
        {**dict(zip(swept.keys, swept.texts(cell), strict=True)), "design": design, "metric": metric, **plain(value),
         "status": point.status(metric) or ""}
        for (cell, design), point in swept.points.items()
        for metric, value in point.metrics.items()
    ]  # fmt: skip


def as_json(swept: Sweep, *, report: str | None = None, results: str | None = None) -> dict[str, Any]:
    """What `coffee sweep --json` prints and `sweep.json` holds; there without what differs from one run to the next."""
    document: dict[str, Any] = {
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
                    design: {
                        metric: {**plain(value), **({"status": status} if (status := point.status(metric)) else {})}
                        for metric, value in point.metrics.items()
                    }
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
