"""Write models as files do: the loader's values turn back into the file's own units."""

from __future__ import annotations

import json
import re
from typing import Any

from pydantic import BaseModel

from sim.config.keys import Kind, below, fields
from sim.config.model import OneOf, Overlay

_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9_./+-]*|[0-9]+(\.[0-9]+)?[A-Za-z%/][A-Za-z%/]*|[0-9]+(\.[0-9]+)? USD|[0-9][0-9.]*")
_NOT_TEXT = re.compile(r"(?i)null|true|false|yes|no|on|off|y|n|~")


def written(value: Any, kind: Kind | None = None) -> Any:
    """A loaded value as plain data that could stand in a file. Seconds become `2min`, None becomes `none`."""
    kind = kind or Kind(type(value))
    if value is None:
        return "none"
    if isinstance(value, Overlay) and not value.differing:
        return dict(given(value))["from"]
    if isinstance(value, BaseModel):
        return {key: written(child, below(Kind(type(value)), key)) for key, child in given(value)}
    if isinstance(value, dict):
        return {key: written(child, below(kind, key)) for key, child in value.items()}
    if isinstance(value, tuple):
        return [written(child, below(kind, i)) for i, child in enumerate(value)]
    return kind.unit.text(value) if kind.unit is not None else value


def given(model: BaseModel) -> list[tuple[str, Any]]:
    """Keys with their values. A one-of mapping gives its chosen key, and those beside it that differ from their default; an
    overlay gives what it lies over, and the keys that differ from that.
    """
    values = [(key, info, getattr(model, name)) for name, info, key in _named(type(model))]
    if isinstance(model, Overlay):
        return [(key, value) for key, _, value in values if key in ("from", *model.differing)]
    if not isinstance(model, OneOf):
        return [(key, value) for key, _, value in values]
    usual = {key: _default(type(model), key) for key in model.also}
    return [(key, value) for key, _, value in values if key == model.chosen or (key in usual and usual[key] != value)]


def _named(model: type[BaseModel]) -> list[tuple[str, Any, str]]:
    known = fields(model)
    return [(name, info, info.alias or name) for name, info in model.model_fields.items() if (info.alias or name) in known]


def _default(model: type[BaseModel], key: str) -> Any:
    kind, info = below(Kind(model), key), fields(model)[key]
    return kind.unit.parse(info.default) if kind is not None and kind.unit is not None else info.default


def flow(value: Any) -> str:
    """Plain data on one line of YAML, with quotes only where they are needed."""
    match value:
        case dict():
            return "{" + ", ".join(f"{flow(key)}: {flow(child)}" for key, child in value.items()) + "}"
        case list() | tuple():
            return "[" + ", ".join(flow(child) for child in value) + "]"
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case str():
            is_number = re.fullmatch(r"[0-9][0-9.]*", value)
            plain = _PLAIN.fullmatch(value) and not _NOT_TEXT.fullmatch(value) and not is_number
            return value if plain else json.dumps(value, ensure_ascii=False)
    return str(value)
