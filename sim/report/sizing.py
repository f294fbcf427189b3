"""How much capacity designs need, as a folder: a page, and the numbers."""

from __future__ import annotations

from pathlib import Path

from sim.documents import sizing
from sim.experiment.size import Sizings
from sim.report.files import files_of
from sim.report.folder import named
from sim.report.names import PAGE
from sim.report.result import Told, write_page

JSON = "size.json"
FILES = named(PAGE, JSON)


def write_folder(found: Sizings, folder: Path, told: Told) -> Path:
    """Write all files to a folder, which appears, or replaces an earlier one, when they are complete; return the page.

    Raises ConfigError.
    """
    with files_of(folder, ours=FILES.__contains__) as files:
        files.json(JSON, sizing.document(found, file=None))
        write_page(files, told, {})
    return folder / PAGE
