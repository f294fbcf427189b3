"""The pages of a report, from templates. The same content gives the same bytes."""

from __future__ import annotations

import platform
from importlib.metadata import version
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from sim.version import VERSION


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


def write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8", newline="\n")


def software() -> dict[str, str]:
    """Name -> version of what the numbers depend on."""
    return {
        "coffee-please": VERSION,
        "python": platform.python_version(),
        "numpy": version("numpy"),
        "simpy": version("simpy"),
    }
