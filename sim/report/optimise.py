"""A front as a folder with page, chart, table and numbers, and as design files."""

from __future__ import annotations

from pathlib import Path

from sim.architectures import start_of
from sim.config.template import design_template
from sim.documents import optimum
from sim.experiment.optimise import Optimum
from sim.report.files import files_of
from sim.report.folder import named
from sim.report.names import PAGE
from sim.report.result import Told, write_page

JSON, CSV, CHART = "front.json", "tried.csv", "front"
FILES = named(PAGE, JSON, CSV, charts=[CHART])
ABOUT = "The designs that were tried, and those that no other beats in both."


def write_folder(found: Optimum, folder: Path, told: Told) -> Path:
    """Write all files to a folder, which appears, or replaces an earlier one, when they are complete; return the page.

    Raises ConfigError.
    """
    from sim.report.charts import pareto  # matplotlib takes a second to import
    from sim.style import figure_of

    with files_of(folder, ours=FILES.__contains__) as files:
        files.json(JSON, optimum.document(found, command=told.command))
        files.csv(CSV, optimum.rows(found))
        write_page(files, told, {CHART: files.picture(CHART, figure_of(pareto.draw(found)), ABOUT)})
    return folder / PAGE


def write_designs(found: Optimum, folder: Path) -> list[Path]:
    """The designs of the front as files, in a new folder. Raises ConfigError."""
    with files_of(folder, ours=named().__contains__) as files:
        for one in found.front:
            design = one.candidate.design
            text = design_template(design, name=design.name, start=start_of(design, folder))
            files.text(f"{design.name}.yaml", text)
    return [folder / f"{one.candidate.name}.yaml" for one in found.front]
