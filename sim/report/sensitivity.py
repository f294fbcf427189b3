"""Which inputs move the metrics, as a folder: a page, a chart, a table, and the numbers."""

from __future__ import annotations

from pathlib import Path

from sim.documents import sensitivity
from sim.experiment.screening import Screening
from sim.experiment.swings import Swings
from sim.report.files import files_of
from sim.report.folder import named
from sim.report.names import PAGE
from sim.report.result import Told, write_page

JSON, CSV, CHART = "sensitivity.json", "sensitivity.csv", "tornado"
FILES = named(PAGE, JSON, CSV, charts=[CHART])
ABOUT = "How far each input moves each metric, the largest first."


def write_folder(found: Swings | Screening, folder: Path, told: Told) -> Path:
    """Write all files to a folder, which appears, or replaces an earlier one, when they are complete; return the page.

    Raises ConfigError.
    """
    with files_of(folder, ours=FILES.__contains__) as files:
        files.json(JSON, sensitivity.document(found, command=told.command))
        files.csv(CSV, sensitivity.rows(found))
        pictures = {}
        if isinstance(found, Swings):
            from sim import style
            from sim.report.charts import tornado

            pictures[CHART] = files.picture(CHART, style.figure_of(tornado.draw(found)), ABOUT)
        write_page(files, told, pictures)
    return folder / PAGE
