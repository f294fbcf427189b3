"""Which inputs move the metrics, as a folder: a chart, a table, and the numbers."""

from __future__ import annotations

from pathlib import Path

from sim.documents import sensitivity
from sim.experiment.screening import Screening
from sim.experiment.swings import Swings
from sim.report.files import files_of
from sim.report.folder import named

JSON, CSV, CHART = "sensitivity.json", "sensitivity.csv", "tornado"
FILES = named(JSON, CSV, charts=[CHART])


def write_folder(found: Swings | Screening, folder: Path, *, command: str) -> Path:
    """Write all files to a folder, which appears, or replaces an earlier one, when they are complete. Raises ConfigError."""
    with files_of(folder, ours=FILES.__contains__) as files:
        files.json(JSON, sensitivity.document(found, command=command))
        files.csv(CSV, sensitivity.rows(found))
        if isinstance(found, Swings):
            from sim import style
            from sim.report.charts import tornado

            files.chart(CHART, style.figure_of(tornado.draw(found)))
    return folder
