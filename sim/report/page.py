"""The report: one HTML file that needs no network, the same numbers as CSV and JSON, and every chart as PNG and SVG."""

from __future__ import annotations

import csv
import io
import json
import platform
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from sim.config.units import clock_text
from sim.experiment.compare import Comparison
from sim.experiment.export import as_json, rows
from sim.report import knobs, style, tables, words
from sim.report.charts import CHARTS
from sim.report.findings import findings
from sim.report.folder import replacing

PAGE, JSON, CSV = "report.html", "summary.json", "summary.csv"
FILES = frozenset({PAGE, JSON, CSV, *(f"charts/{name}.{ending}" for name in CHARTS for ending in ("png", "svg"))})


def write_report(comparison: Comparison, folder: Path, *, command: str) -> Path:
    """Write the report of a comparison to a folder and return the path of the page.

    `command` is what the reader is told to type. The folder appears, or replaces an earlier report, only when everything is
    written. The files hold no wall-clock times and no paths, so the same comparison gives the same bytes. Raises ConfigError if
    the folder holds anything that is no part of a report, or can't be written.
    """
    with replacing(folder, ours=FILES.__contains__) as made:
        document = as_json(comparison, pairs=True, report=PAGE)
        del document["timing"]
        _write(made / JSON, json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False) + "\n")
        _write(made / CSV, _as_csv(comparison))
        (made / "charts").mkdir()
        charts = {name: _chart(name, comparison, made / "charts" / name) for name in CHARTS}
        _write(made / PAGE, _page(comparison, charts, command))
    return folder / PAGE


def _chart(name: str, comparison: Comparison, stem: Path) -> Markup:
    """Draw one chart, write its files, and return it for the page."""
    chart = CHARTS[name]
    axes = np.asarray(chart.draw(comparison), dtype=object)
    svg = style.save(axes.flat[0].figure, stem)
    return Markup(style.inline(svg, name, f"{chart.title}. {chart.caption}"))  # noqa: S704  our own drawing, texts escaped by matplotlib


def _as_csv(comparison: Comparison) -> str:
    table = rows(comparison)
    text = io.StringIO()
    writer = csv.DictWriter(text, fieldnames=list(table[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(table)
    return text.getvalue()


def _page(comparison: Comparison, charts: dict[str, Markup], command: str) -> str:
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    return environment.get_template("page.html.j2").render(_content(comparison, charts, command))


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
        "mornings": words.mornings(comparison.mornings),
        "n": comparison.mornings,
        "asked": comparison.asked if comparison.interrupted else None,
        "seed": comparison.seed,
        "command": command,
        "digest": comparison.digest,
        "version": comparison.version,
        "software": {
            "coffee-please": comparison.version,
            "python": platform.python_version(),
            "numpy": version("numpy"),
            "simpy": version("simpy"),
        },
    }


def _write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8", newline="\n")
