"""The files of a report: pages, CSV, JSON, and charts as PNG and SVG. The same content gives the same bytes."""

from __future__ import annotations

import platform
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from sim.documents.text import csv_text, json_text
from sim.report.folder import Ours, replacing
from sim.version import VERSION

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True)
class Files:
    """Writes the files of a folder. Each has a name in the folder, such as `charts/cost`; a chart's name has no ending."""

    folder: Path

    def text(self, name: str, text: str) -> None:
        path = self.folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="\n")

    def json(self, name: str, document: Mapping[str, Any]) -> None:
        self.text(name, json_text(document))

    def csv(self, name: str, rows: Sequence[Mapping[str, Any]]) -> None:
        self.text(name, csv_text(rows))

    def chart(self, name: str, figure: Figure) -> str:
        """Write a chart as PNG and SVG. Returns the SVG's text."""
        from sim import style  # not every folder has a chart, and importing matplotlib takes a second

        stem = self.folder / name
        stem.parent.mkdir(exist_ok=True)
        return style.save(figure, stem)

    def picture(self, name: str, figure: Figure, label: str) -> Markup:
        """Write a chart, and return it for the page. `label` is what a screen reader says."""
        from sim import style

        return Markup(style.inline(self.chart(name, figure), Path(name).name, label))  # noqa: S704  matplotlib escapes texts


@contextmanager
def files_of(folder: Path, *, ours: Ours) -> Iterator[Files]:
    """Writes a folder that appears, or replaces an earlier one, only when the block ends well. Raises ConfigError."""
    with replacing(folder, ours=ours) as made:
        yield Files(made)


def render(template: str, content: dict[str, Any], *, beside: Path | None = None) -> str:
    """A page from one of the templates in this folder, or in another one, which may include those of this."""
    environment = Environment(
        loader=FileSystemLoader([*([beside] if beside else []), Path(__file__).parent]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    return environment.get_template(template).render(content)


def software() -> dict[str, str]:
    """Name -> version of what the numbers depend on."""
    return {
        "coffee-please": VERSION,
        "python": platform.python_version(),
        "numpy": version("numpy"),
        "simpy": version("simpy"),
    }
