"""A sweep's folder: its numbers as CSV and JSON, and a chart a metric as PNG and SVG."""

from __future__ import annotations

from pathlib import Path

from sim.documents import sweep
from sim.experiment.sweep import Sweep
from sim.report.charts import sweep_lines, sweep_map
from sim.report.files import files_of
from sim.report.folder import named
from sim.style import figure_of
from sim.vocabulary import METRICS, shown_in

CHARTS = {1: sweep_lines.draw, 2: sweep_map.draw}  # by how many knobs have more than one value
JSON, CSV = "sweep.json", "sweep.csv"
FILES = named(JSON, CSV, charts=METRICS)


def write_sweep(swept: Sweep, folder: Path, *, metrics: tuple[str, ...] = shown_in("sweep")) -> Path:
    """Write all files or none, without charts for three knobs or more. Returns the path of the table. Raises ConfigError."""
    draw = CHARTS.get(len(swept.drawn))
    with files_of(folder, ours=FILES.__contains__) as files:
        files.csv(CSV, sweep.rows(swept))
        files.json(JSON, sweep.document(swept))
        if draw is not None:
            for metric in metrics:
                files.chart(metric, figure_of(draw(swept, metric)))
    return folder / CSV
