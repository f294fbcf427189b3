"""Load scenarios by name or path, and compute the digest that identifies their content."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from sim.config.bundled import FOLDER, as_text, find, is_path, names
from sim.config.design import Design
from sim.config.errors import ConfigError
from sim.config.loader import Document, read_text, validate
from sim.config.prices import PriceTable, load_prices
from sim.config.scenario import Scenario


def load_scenario(name: Scenario | Path | str) -> Scenario:
    """Load a scenario by its name in `scenarios/` or by its YAML file's path; a `Scenario` is returned. Raises ConfigError."""
    if isinstance(name, Scenario):
        return name
    name = as_text(name, "scenario")
    path = find(name)
    return parse_scenario(read_text(path), filename=name if is_path(name) else path.name, beside=path.parent)


def parse_scenario(text: str, *, filename: str = "scenario.yaml", beside: Path | None = None) -> Scenario:
    """Parse a scenario from YAML text; paths in it start from the folder `beside`. Raises ConfigError."""
    document = Document(text, filename, beside=beside)
    if (start := document.start) is not None and "traffic" not in document.data:
        raise ConfigError(f"{document.place((start,))[0]}: this is a design (it starts `{start}` one); expected a scenario")
    return validate(Scenario, document.data, document)


def digest(*parts: BaseModel) -> str:
    """16 hex digits that change whenever any value of `parts` changes.

    The values include what is in CSV files, in the user's own price table, and in the Python file of an architecture. A class
    that is renamed keeps its earlier name as its `title`, so that the digest of the same values stays the same.
    """
    content = json.dumps([_content(part) for part in parts], sort_keys=True)
    return hashlib.sha256(content.encode()).hexdigest()[:16]


def _content(value: Any) -> Any:
    if isinstance(value, PriceTable):  # not its path: it depends on the working directory
        return value.table if not (value.differing or is_path(value.table)) else _content(load_prices(value))
    if isinstance(value, BaseModel):
        fields = {name: _content(getattr(value, name)) for name in type(value).model_fields}
        if isinstance(value, Design) and value.origin is not None:
            fields["(its file)"] = value.origin.text
        return {"is": value.model_config.get("title", type(value).__name__)} | fields
    if isinstance(value, dict):
        return {key: _content(child) for key, child in value.items()}
    return [_content(child) for child in value] if isinstance(value, list | tuple) else value


__all__ = ["FOLDER", "digest", "find", "load_scenario", "names", "parse_scenario"]
