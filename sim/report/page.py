"""The report: one HTML file that needs no network, the same numbers as CSV and JSON, and every chart as PNG and SVG."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from markupsafe import Markup

from sim import style, words
from sim.config.units import clock_text
from sim.diagram import drawing
from sim.documents import comparison as compared
from sim.documents import cost_curve
from sim.documents.text import csv_text, json_text
from sim.experiment.compare import Comparison
from sim.experiment.cost_curve import CostCurve
from sim.experiment.workers import worker_pool
from sim.explanation.story import Explanation
from sim.report import knobs, sequence, story, tables
from sim.report.anatomy import explained, first_violation
from sim.report.charts import BROWNOUTS, CHARTS, PEAKS, Chart, CurveChart, tipping
from sim.report.files import render, software, write
from sim.report.findings import findings
from sim.report.folder import replacing

PAGE, JSON, CSV = "report.html", "summary.json", "summary.csv"
CURVE_JSON, CURVE_CSV = "cost-curve.json", "cost-curve.csv"
FILES = frozenset(
    {PAGE, JSON, CSV, *(f"charts/{name}.{ending}" for name in (*CHARTS, "anatomy", "tipping") for ending in ("png", "svg"))}
)
CURVE_FILES = frozenset(
    {CURVE_JSON, CURVE_CSV, *(f"charts/{name}.{ending}" for name in (*PEAKS, *BROWNOUTS) for ending in ("png", "svg"))}
)


def ours(path: str) -> bool:
    """Is this the name of a file of a report?"""
    return path in FILES or path in CURVE_FILES or drawing.FILE.fullmatch(path) is not None


def write_report(comparison: Comparison, folder: Path, *, command: str, curve: CostCurve | None = None) -> Path:
    """Write the report of a comparison, and of a cost curve if there is one, to a folder; return the path of the page.

    `command` is what the reader is told to type. The folder appears, or replaces an earlier report, only when everything is
    written. The files hold no wall-clock times and no paths, so the same comparison gives the same bytes. Raises ConfigError if
    the folder holds anything that is no part of a report, or can't be written.
    """
    with worker_pool(1) as pool, replacing(folder, ours=ours) as made:
        violation = first_violation(comparison) if comparison.cells == 1 else None  # a story is told of a whole morning
        telling = pool.submit(explained, comparison.scenario, *violation) if violation else None  # while charts are drawn here
        write(made / JSON, json_text(compared.document(comparison, report=PAGE, timed=False)))
        write(made / CSV, csv_text(compared.rows(comparison)))
        (made / "charts").mkdir()
        diagrams = drawing.pictures(comparison, made / "charts")
        charts = {name: _drawn(name, chart, comparison, made) for name, chart in CHARTS.items()}
        tipped = _tipping(comparison, made / "charts" / "tipping") if tipping.has_two_kinds(comparison) else None
        anatomy = _anatomy(telling.result(), made / "charts" / "anatomy") if telling else None
        content = _content(comparison, charts, command) | {"diagrams": diagrams, "anatomy": anatomy, "tipping": tipped}
        content["curve"] = _curve(curve, made) if curve is not None else None
        write(made / PAGE, render("page.html.j2", content))
    return folder / PAGE


def _drawn(name: str, chart: Chart | CurveChart, about: Any, folder: Path) -> Markup:
    """Draw one chart, write its files, and return it for the page."""
    axes = np.asarray(chart.draw(about), dtype=object)
    svg = style.save(axes.flat[0].figure, folder / "charts" / name)
    return Markup(style.inline(svg, name, f"{chart.title}. {chart.caption}"))  # noqa: S704  our own drawing, texts escaped by matplotlib


def _tipping(comparison: Comparison, stem: Path) -> dict[str, Any]:
    """The histogram of mornings of two kinds, also as files."""
    svg = style.save(tipping.draw(comparison)[0].figure, stem)
    diagram = Markup(style.inline(svg, "tipping", f"{tipping.TITLE}. {tipping.CAPTION}"))  # noqa: S704  our own drawing
    return {"diagram": diagram, "caption": tipping.CAPTION}


def _anatomy(explanation: Explanation, stem: Path) -> dict[str, Any]:
    """The story of one violation for the page, its diagram also as files."""
    svg = style.save(style.figure_of(sequence.draw(explanation)), stem)
    return {
        "design": explanation.design.name,
        "sentence": explanation.sentence,
        "seed": explanation.witness.seed,
        "purchase": explanation.witness.purchase,
        "diagram": Markup(style.inline(svg, "anatomy", explanation.sentence)),  # noqa: S704  our own drawing
        "lines": [story.line(explanation, moment) for moment in explanation.moments],
        "closing": story.closing(explanation),
    }


def _curve(curve: CostCurve, folder: Path) -> dict[str, Any]:
    """The cost curve for the page; its numbers and charts also as files."""
    write(folder / CURVE_JSON, json_text(cost_curve.document(curve, timed=False)))
    write(folder / CURVE_CSV, csv_text(cost_curve.rows(curve)))
    shown = (PEAKS if curve.peaks_per_s else {}) | (BROWNOUTS if curve.lengths_s else {})
    return {
        "charts": {name: (_drawn(name, chart, curve, folder), chart.caption) for name, chart in shown.items()},
        "objectives": [f"{metric} {words.limit(metric, limit)}" for metric, limit in curve.scenario.objectives.items()],
        "mornings": curve.mornings,
        "fresh": curve.fresh,
        "capacities": tables.capacities(curve),
        "peaks": [words.peak(peak) for peak in curve.peaks_per_s],
        "interrupted": curve.interrupted,
    }


def _content(comparison: Comparison, charts: dict[str, Markup], command: str) -> dict[str, Any]:
    scenario, results = comparison.scenario, comparison.results
    clock = scenario.clock
    return {
        "scenario": scenario,
        "story": [part.strip() for part in scenario.story.split("\n\n") if part.strip()],
        "opens": clock_text(clock.start),
        "closes": clock_text(clock.start + clock.duration),
        "drained": clock_text(clock.start + clock.horizon_s),
        "faults": [knobs.fault(fault) for fault in scenario.faults],
        "designs": {name: result.design for name, result in results.items()},
        "baseline": next(iter(results)),
        "colours": style.colours(results),
        "purchases": f"{sum(result.values('purchases').sum() for result in results.values()) / len(results):,.0f}",
        "findings": findings(comparison),
        "overall": {name: (result.verdict, tables.SYMBOLS[result.verdict]) for name, result in results.items()},
        "objectives": tables.verdicts(comparison),
        "groups": tables.metrics(comparison),
        "collapses": tables.collapses(comparison),
        "settings": knobs.settings([result.design for result in results.values()]),
        "prices": {name: getattr(comparison.prices, name) for name in type(comparison.prices).model_fields if name != "name"},
        "charts": charts,
        "about": CHARTS,
        "about_diagrams": drawing.CAPTION,
        "mornings": words.mornings(comparison.mornings),
        "n": comparison.mornings,
        "asked": comparison.asked if comparison.interrupted else None,
        "seed": comparison.seed,
        "cells": comparison.cells,
        "command": command,
        "digest": comparison.digest,
        "version": comparison.version,
        "software": software(),
    }
