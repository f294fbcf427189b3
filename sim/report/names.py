"""The names of a report's files. Nothing here draws, because importing matplotlib takes a second."""

from __future__ import annotations

import re

from sim.report.folder import named

PAGE, JSON, CSV = "report.html", "summary.json", "summary.csv"
PLAYBACK = "playback.html"
CURVE_JSON, CURVE_CSV = "cost-curve.json", "cost-curve.csv"
CHARTS = ("morning", "duplicates", "causes", "confirmation_lag", "convergence", "cost", "stations", "tipping", "anatomy")
CURVE_CHARTS = ("cost_by_peak", "capacity_by_peak", "cost_by_brownout")
FILES = named(PAGE, JSON, CSV, charts=[f"charts/{name}" for name in CHARTS])
CURVE_FILES = named(CURVE_JSON, CURVE_CSV, charts=[f"charts/{name}" for name in CURVE_CHARTS])
DIAGRAM = re.compile(r"charts/components-\d+(-[a-z0-9-]{1,40})?\.(png|svg)")  # of a design's components


def ours(path: str) -> bool:
    """Is this the name of a file of a report?"""
    return path in FILES or path in CURVE_FILES or path == PLAYBACK or DIAGRAM.fullmatch(path) is not None
