"""Scenarios, designs and price tables by name or path, with the CSV files that scenarios point to."""

from __future__ import annotations

import csv
import hashlib
import json
import math
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from sim.config.errors import ConfigError, nearest
from sim.config.loader import Document, read_text, validate
from sim.config.model import Distribution
from sim.config.scenario import Arrivals, Scenario

_BESIDE_PACKAGE = Path(__file__).parent.parent / "scenarios"  # in a wheel
FOLDER = _BESIDE_PACKAGE if _BESIDE_PACKAGE.is_dir() else Path(__file__).parents[2] / "scenarios"


def names(folder: str = "") -> list[str]:
    """The names one can give for a scenario ("" or a subfolder), sorted."""
    return sorted(path.stem for path in (FOLDER / folder).glob("*.yaml"))


def find(name: str, *, folder: str = "", kind: str = "scenario") -> Path:
    """The file of a bundled name, or the path itself if it looks like one. Raises ConfigError."""
    if name.endswith((".yaml", ".yml")) or "/" in name:
        path = Path(name)
        if not path.exists():
            raise ConfigError(f"{name}: no such file")
        return path
    bundled = FOLDER / folder / f"{name}.yaml"
    if not bundled.is_file():
        raise ConfigError(f'unknown {kind} "{name}"{nearest(name, names(folder))} (a file\'s name must end in .yaml)')
    return bundled


def load_scenario(name: str) -> Scenario:
    """A scenario by its name in `scenarios/` or by the path of a YAML file. Raises ConfigError."""
    path = find(name)
    return parse_scenario(read_text(path), filename=name if path == Path(name) else path.name, beside=path.parent)


def parse_scenario(text: str, *, filename: str = "scenario.yaml", beside: Path | None = None) -> Scenario:
    """A scenario from YAML text; CSV files are looked for in the folder `beside`. Raises ConfigError."""
    document = Document(text, filename)
    scenario = validate(Scenario, document.data, document)
    filled: Scenario = _fill(scenario, beside or Path(), document, ())
    return filled


def digest(*parts: BaseModel) -> str:
    """16 hex digits that change whenever any value of the parts does, CSV contents included."""
    content = json.dumps([_content(part) for part in parts], sort_keys=True)
    return hashlib.sha256(content.encode()).hexdigest()[:16]


def _content(value: Any) -> Any:
    if isinstance(value, BaseModel):
        fields = {name: _content(getattr(value, name)) for name in type(value).model_fields}
        return {"is": type(value).__name__} | fields
    if isinstance(value, dict):
        return {key: _content(child) for key, child in value.items()}
    return [_content(child) for child in value] if isinstance(value, list | tuple) else value


def _fill(value: Any, beside: Path, document: Document, path: tuple[Any, ...]) -> Any:
    """`value` with the contents of the CSV files that it names."""
    if isinstance(value, Distribution) and value.empirical is not None:
        where = document.place((*path, "empirical"))[0]
        return value.model_copy(update={"samples": read_column(beside / value.empirical, None, where)})
    if isinstance(value, Arrivals):
        where = document.place((*path, "file"))[0]
        return value.model_copy(update={"times": read_column(beside / value.file, value.column, where)})
    if isinstance(value, BaseModel):
        old = {name: getattr(value, name) for name in type(value).model_fields}
        new = {name: _fill(child, beside, document, (*path, name)) for name, child in old.items()}
        changed = {name: child for name, child in new.items() if child is not old[name]}
        return value.model_copy(update=changed) if changed else value
    if isinstance(value, tuple):
        filled = tuple(_fill(child, beside, document, (*path, i)) for i, child in enumerate(value))
        return filled if any(a is not b for a, b in zip(filled, value, strict=True)) else value
    return value


def read_column(path: Path, column: str | None, where: str) -> tuple[float, ...]:
    """One numeric column of a CSV file, sorted; `#` lines are comments. Raises ConfigError, naming the bad cell."""
    try:
        lines = read_text(path).splitlines()
    except ConfigError as error:
        raise ConfigError(f"{where}: {error}") from None
    rows = [(number, line) for number, line in enumerate(lines, 1) if line.strip() and not line.startswith("#")]
    if len(rows) < 2:
        raise ConfigError(f"{path}: no data: expected a header line and at least one row")
    header = [name.strip() for name in next(csv.reader([rows[0][1]]))]
    if column is None and len(header) > 1:
        raise ConfigError(f"{where}: {path.name} has several columns; give column: one of {', '.join(header)}")
    if column is not None and column not in header:
        raise ConfigError(f"{where}: {path.name} has no column {column!r}{nearest(column, header)}")
    index = header.index(column) if column else 0
    values, errors = [], []
    for (number, _), cells in zip(rows[1:], csv.reader(line for _, line in rows[1:]), strict=True):
        cell = cells[index].strip() if index < len(cells) else ""
        try:
            value = float(cell)
        except ValueError:
            value = math.nan
        if math.isfinite(value) and value >= 0:
            values.append(value)
        else:
            errors.append(f"{path}:{number}: {header[index]}: expected a number of seconds of at least 0 (got {cell!r})")
    if errors:
        more = [f"{path}: … and {len(errors) - 10} more such cells"] if len(errors) > 10 else []
        raise ConfigError(*errors[:10], *more)
    return tuple(sorted(values))
