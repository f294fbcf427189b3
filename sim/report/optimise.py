"""A front as a folder with chart, table and numbers, and as design files."""

from __future__ import annotations

from pathlib import Path

from sim import style
from sim.architectures import start_of
from sim.config.template import design_template
from sim.documents import optimum
from sim.experiment.optimise import Optimum
from sim.report.charts import pareto
from sim.report.files import files_of
from sim.report.folder import named

JSON, CSV, CHART = "front.json", "tried.csv", "front"
FILES = named(JSON, CSV, charts=[CHART])


def write_folder(found: Optimum, folder: Path, *, command: str) -> Path:
    """Write all files to a folder, which appears, or replaces an earlier one, when they are complete. Raises ConfigError."""
    with files_of(folder, ours=FILES.__contains__) as files:
        files.json(JSON, optimum.document(found, command=command))
        files.csv(CSV, optimum.rows(found))
        files.chart(CHART, style.figure_of(pareto.draw(found)))
    return folder


def write_designs(found: Optimum, folder: Path) -> list[Path]:
    """The designs of the front as files, in a new folder. Raises ConfigError."""
    with files_of(folder, ours=named().__contains__) as files:
        for one in found.front:
            design = one.candidate.design
            text = design_template(design, name=design.name, start=start_of(design, folder))
            files.text(f"{design.name}.yaml", text)
    return [folder / f"{one.candidate.name}.yaml" for one in found.front]
