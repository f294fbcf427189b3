"""A sweep's folder: a page, its numbers as CSV and JSON, and a chart a metric as PNG and SVG."""

from __future__ import annotations

from pathlib import Path

from sim.documents import sweep
from sim.experiment.sweep import Sweep
from sim.report.files import files_of
from sim.report.folder import named
from sim.report.names import PAGE
from sim.report.result import Told, write_page
from sim.vocabulary import METRICS, shown_in

JSON, CSV = "sweep.json", "sweep.csv"
FILES = named(PAGE, JSON, CSV, charts=METRICS)


def write_sweep(swept: Sweep, folder: Path, told: Told, *, metrics: tuple[str, ...] = shown_in("sweep")) -> Path:
    """Write all files or none, without charts for three knobs or more. Returns the path of the page. Raises ConfigError."""
    from sim.report.charts import sweep_lines, sweep_map  # matplotlib takes a second to import
    from sim.style import figure_of

    draw = {1: sweep_lines.draw, 2: sweep_map.draw}.get(len(swept.drawn))  # by how many knobs have more than one value
    with files_of(folder, ours=FILES.__contains__) as files:
        files.csv(CSV, sweep.rows(swept))
        files.json(JSON, sweep.document(swept))
        drawn = metrics if draw is not None else ()
        write_page(files, told, {m: files.picture(m, figure_of(draw(swept, m)), METRICS[m].summary) for m in drawn if draw})
    return folder / PAGE
