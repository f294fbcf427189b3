"""A sweep's folder: its numbers as CSV and JSON, and a chart a metric as PNG and SVG."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sim.documents import sweep
from sim.documents.text import csv_text, json_text
from sim.experiment.sweep import Sweep
from sim.report.charts import sweep_lines, sweep_map
from sim.report.files import write
from sim.report.folder import replacing
from sim.style import save
from sim.vocabulary import METRICS

HEADLINES = ("double_charge_rate", "ack_latency_p95", "confirmed_share", "cost_per_1000")
CHARTS = {1: sweep_lines.draw, 2: sweep_map.draw}  # by how many knobs have more than one value
FILES = {"sweep.csv", "sweep.json", *(f"{metric}.{kind}" for metric in METRICS for kind in ("png", "svg"))}


def write_sweep(swept: Sweep, folder: Path, *, metrics: tuple[str, ...] = HEADLINES) -> Path:
    """Write the folder whole or not at all; three knobs or more have no chart. Returns the table. Raises ConfigError."""
    draw = CHARTS.get(len(swept.drawn))
    with replacing(folder, ours=FILES.__contains__) as new:
        write(new / "sweep.csv", csv_text(sweep.rows(swept)))
        write(new / "sweep.json", json_text(sweep.document(swept)))
        for metric in metrics if draw else ():
            made: Any = draw(swept, metric)  # type: ignore[misc]
            panel = made if not hasattr(made, "flat") else made.flat[0]
            save(panel.get_figure(), new / metric)
    return folder / "sweep.csv"
