"""The report: one HTML file that needs no network, the same numbers as CSV and JSON, and every chart as PNG and SVG."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

from markupsafe import Markup

from sim import style, words
from sim.architectures import architecture_of
from sim.architectures.lint import lint
from sim.config.design import Design
from sim.config.scenario import Scenario
from sim.config.writing import flow, written
from sim.diagram import components
from sim.documents import comparison as compared
from sim.documents import cost_curve
from sim.experiment.compare import Comparison
from sim.experiment.cost_curve import CostCurve, rate_text_of
from sim.experiment.room import TOO_SMALL
from sim.report import knobs, sequence, story, tables, world
from sim.report.anatomy import explained, first_violation
from sim.report.charts import BROWNOUTS, CHARTS, PEAKS, Chart, CurveChart, tipping
from sim.report.combinations import last_word
from sim.report.drawing import Picture, drawing
from sim.report.files import Files, files_of, render, software
from sim.report.findings import findings
from sim.report.names import CSV, CURVE_CSV, CURVE_JSON, JSON, PAGE, PLAYBACK, ours
from sim.report.recommendation import figures, recommendation

TIPPING = Chart(tipping.draw, tipping.TITLE, tipping.CAPTION)  # only of designs of which some mornings collapse


def write_report(
    comparison: Comparison, folder: Path, *, command: str, called: Mapping[str, str] | None = None,
    curve: CostCurve | None = None, jobs: int | None = None, playback: str | None = None,
) -> Path:  # fmt: skip
    """Write the report of a comparison, and of a cost curve if there is one, to a folder; return the path of the page.

    `command` is what the reader is told to type; `called` has, by the names of the scenario and of designs, how a command
    calls them where that is another text; `jobs` is how many processes draw the charts (None: one a processor); `playback` is
    the text of a page that plays, which is put beside the report and linked from it. The folder appears, or replaces an
    earlier report, only when everything is written. The files hold no wall-clock times and no paths, so the same comparison
    gives the same bytes. Raises ConfigError if the folder holds anything that is no part of a report, or can't be written;
    and BrokenExecutor if a process that draws is killed.
    """
    with files_of(folder, ours=ours) as files:
        (files.folder / "charts").mkdir()
        with drawing(_pictures(comparison, curve, files), jobs) as drawn:
            files.json(JSON, compared.document(comparison, report=PAGE))
            files.csv(CSV, compared.rows(comparison))
            content = _content(comparison, command, called or {}) | {"curve": None if curve is None else _curve(curve, files)}
            content["playback"] = None if playback is None else PLAYBACK
            pictures = drawn()
        content |= {"pictures": pictures, "diagrams": pictures["diagrams"], "anatomy": pictures.get("anatomy")}
        files.text(PAGE, render("page.html.j2", content))
        if playback is not None:
            files.text(PLAYBACK, playback)
    return folder / PAGE


def _pictures(comparison: Comparison, curve: CostCurve | None, files: Files) -> dict[str, Picture]:
    """What there is to draw, by name. What takes longest is first, so that the workers finish at about the same time."""
    pictures: dict[str, Picture] = {}
    violation = first_violation(comparison) if comparison.cells == 1 else None  # a story is told of a whole morning
    if violation is not None:
        pictures["anatomy"] = partial(_anatomy, files, comparison.scenario, *violation)
    pictures["diagrams"] = partial(components.pictures, comparison, files.folder / "charts")
    pictures |= {name: partial(_chart, files, name, chart, comparison) for name, chart in CHARTS.items()}
    if tipping.has_two_kinds(comparison):
        pictures["tipping"] = partial(_chart, files, "tipping", TIPPING, comparison)
    if curve is not None:
        pictures |= {name: partial(_chart, files, name, chart, curve) for name, chart in _shown(curve).items()}
    return pictures


def _chart(files: Files, name: str, chart: Chart | CurveChart, about: Any) -> Markup:
    return files.picture(f"charts/{name}", style.figure_of(chart.draw(about)), f"{chart.title}. {chart.caption}")


def _anatomy(files: Files, scenario: Scenario, design: Design, kind: str, seed: int) -> dict[str, Any]:
    """The story of the first violation for the page, its diagram also as files."""
    explanation = explained(scenario, design, kind, seed)
    figure = style.figure_of(sequence.draw(explanation))
    return {
        "design": explanation.design.name,
        "sentence": explanation.sentence,
        "seed": explanation.witness.seed,
        "purchase": explanation.witness.purchase,
        "diagram": files.picture("charts/anatomy", figure, explanation.sentence),
        "lines": [story.line(explanation, moment) for moment in explanation.moments],
        "closing": story.closing(explanation),
    }


def _shown(curve: CostCurve) -> dict[str, CurveChart]:
    return (PEAKS if curve.peaks_per_s else {}) | (BROWNOUTS if curve.lengths_s else {})


def _curve(curve: CostCurve, files: Files) -> dict[str, Any]:
    """The cost curve for the page; its numbers also as files."""
    files.json(CURVE_JSON, cost_curve.document(curve))
    files.csv(CURVE_CSV, cost_curve.rows(curve))
    return {
        "charts": {name: chart.caption for name, chart in _shown(curve).items()},
        "objectives": [f"{metric} {words.limit(metric, limit)}" for metric, limit in curve.scenario.objectives.items()],
        "mornings": curve.mornings,
        "fresh": curve.fresh,
        "capacities": tables.capacities(curve),
        "peaks": [rate_text_of(peak) for peak in curve.peaks_per_s],
        "interrupted": curve.interrupted,
    }


def _content(comparison: Comparison, command: str, called: Mapping[str, str]) -> dict[str, Any]:
    scenario, results = comparison.scenario, comparison.results
    designs = [result.design for result in results.values()]
    mornings, cells = words.mornings(comparison.mornings), comparison.cells
    purchases = f"{sum(result.values('purchases').sum() for result in results.values()) / len(results):,.0f} purchases"
    last = comparison.seed + comparison.mornings - 1
    hazards = {design.name: lint(design, scenario) for design in designs}
    too_small = any(hazard.rule in TOO_SMALL for found in hazards.values() for hazard in found)
    dealt = f", each in {cells} cells" if cells > 1 else ""
    return {
        **world.content(scenario, designs, f"{purchases} in {mornings}"),
        "scenario": scenario,
        "starts": {design.name: architecture_of(design) for design in designs},
        "designs": {name: result.design for name, result in results.items()},
        "last_words": {name: last_word(result.design) for name, result in results.items()},
        "baseline": next(iter(results)),
        "colours": style.colours(results),
        "recommendation": recommendation(comparison),
        "figures": figures(comparison),
        "warnings": {name: [str(hazard) for hazard in found] for name, found in hazards.items()},
        "roomier": f"{command} --fit-to-traffic" if too_small and command.startswith("coffee compare ") else None,
        "called": {name: called.get(name, name) for name in (scenario.name, *results)},
        "findings": findings(comparison),
        "overall": {name: (result.verdict, tables.SYMBOLS[result.verdict]) for name, result in results.items()},
        "objectives": tables.verdicts(comparison),
        "groups": tables.metrics(comparison),
        "late": words.quantity(scenario.late_s, "s"),
        "causes": tables.causes(comparison),
        "collapses": tables.collapses(comparison),
        "settings": knobs.settings(designs),
        "price_table": flow(written(scenario.prices)),
        "prices": {name: getattr(comparison.prices, name) for name in type(comparison.prices).model_fields if name != "name"},
        "charts": CHARTS,
        "about_tipping": TIPPING.caption,
        "about_diagrams": components.CAPTION,
        "mornings": mornings,
        "n": comparison.mornings,
        "asked": comparison.asked if comparison.interrupted else None,
        "cells": cells,
        "command": command,
        "facts": {
            "scenario": scenario.name,
            "designs": ", ".join(results),
            "mornings": f"{comparison.mornings}, seeds {comparison.seed} to {last}{dealt}",
            "digest of scenario and designs": comparison.digest,
            **software(),
        },
        "beside": f"{CSV}, {JSON} and each chart as PNG and SVG in charts/",
        "version": comparison.version,
    }
