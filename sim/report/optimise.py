"""A front as a folder with chart, table and numbers, and as design files."""

from __future__ import annotations

from pathlib import Path

from sim import style
from sim.architectures import start_of
from sim.config.template import design_template
from sim.documents import optimum
from sim.documents.text import csv_text, json_text
from sim.experiment.optimise import Optimum
from sim.report.charts import pareto
from sim.report.files import write
from sim.report.folder import replacing

JSON, CSV, CHART = "front.json", "tried.csv", "front"
FILES = frozenset({JSON, CSV, f"{CHART}.png", f"{CHART}.svg"})


def write_folder(found: Optimum, folder: Path, *, command: str) -> Path:
    """Write all files to a folder, which appears, or replaces an earlier one, when they are complete. Raises ConfigError."""
    with replacing(folder, ours=FILES.__contains__) as made:
        write(made / JSON, json_text(optimum.document(found, command=command)))
        write(made / CSV, csv_text(optimum.rows(found)))
        figure = pareto.draw(found)[0].figure
        style.save(figure, made / CHART)
    return folder


def write_designs(found: Optimum, folder: Path) -> list[Path]:
    """The designs of the front as files, in a new folder. Raises ConfigError."""
    with replacing(folder, ours=frozenset[str]().__contains__) as made:
        for one in found.front:
            design = one.candidate.design
            text = design_template(design, name=design.name, start=start_of(design, folder))
            write(made / f"{design.name}.yaml", text)
    return [folder / f"{one.candidate.name}.yaml" for one in found.front]
