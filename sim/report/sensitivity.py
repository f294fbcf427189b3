"""Which inputs move the metrics, as a folder: a chart, a table, and the numbers."""

from __future__ import annotations

from pathlib import Path

from sim.documents import sensitivity
from sim.documents.text import csv_text, json_text
from sim.experiment.screening import Screening
from sim.experiment.swings import Swings
from sim.report.files import write
from sim.report.folder import replacing

JSON, CSV, CHART = "sensitivity.json", "sensitivity.csv", "tornado"
FILES = frozenset({JSON, CSV, f"{CHART}.png", f"{CHART}.svg"})


def write_folder(found: Swings | Screening, folder: Path, *, command: str) -> Path:
    """Write all files to a folder, which appears, or replaces an earlier one, when they are complete. Raises ConfigError."""
    with replacing(folder, ours=FILES.__contains__) as made:
        write(made / JSON, json_text(sensitivity.document(found, command=command)))
        write(made / CSV, csv_text(sensitivity.rows(found)))
        if isinstance(found, Swings):
            from sim import style
            from sim.report.charts import tornado

            style.save(tornado.draw(found).flat[0].figure, made / CHART)
    return folder
