"""Tidy what people may write in a file before the models see it: empty sections, and the word `none`."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel

from sim.config.errors import got
from sim.config.keys import Kind, below
from sim.config.model import OneOf

Slips = list[tuple[tuple[Any, ...], str]]


def tidied(model: type[BaseModel], data: dict[str, Any]) -> tuple[dict[str, Any], Slips]:
    """`data` with empty sections left out and `none` as None; and slips that pydantic would let pass, each with its path."""
    slips: Slips = []
    return _section(Kind(model), data, (), slips), slips


def _value(kind: Kind, value: Any, path: tuple[Any, ...], slips: Slips) -> Any:
    if kind.options:
        kind = _option(kind, value)
    if isinstance(value, bool) and kind.type in (int, float) and kind.unit is None:
        slips.append((path, _no_number(kind, value)))
    if isinstance(value, str) and "_" in value and kind.type in (int, float) and kind.unit is None:  # 1_000, as in Python
        slips.append((path, _no_number(kind, value)))
    if isinstance(value, dict) and kind.model is not None:
        return _section(kind, value, path, slips)
    if isinstance(value, dict) and kind.container is dict:
        return {key: _value(below(kind, key) or kind, child, (*path, key), slips) for key, child in value.items()}
    if isinstance(value, list) and kind.container is tuple:
        return [_value(below(kind, i) or kind, child, (*path, i), slips) for i, child in enumerate(value)]
    return value


def _section(kind: Kind, section: dict[str, Any], path: tuple[Any, ...], slips: Slips) -> dict[str, Any]:
    tidy = {}
    for key, value in section.items():
        child = below(kind, key)
        if child is None and key in _filled_in(kind):
            slips.append(((*path, key), "unknown key"))
        elif child is None:
            tidy[key] = value
        elif value == "none" and child.nullable:
            tidy[key] = None
        elif value is not None:
            tidy[key] = _value(child, value, (*path, key), slips)
        elif child.nullable and child.model is not None and kind.model is not None and issubclass(kind.model, OneOf):
            tidy[key] = {}  # `full_jitter:` alone chooses it, with its defaults
        elif child.nullable or not any(one.model or one.container for one in (child, *child.options.values())):
            tidy[key] = None
    return tidy


def _no_number(kind: Kind, value: Any) -> str:
    return f"expected a {'whole ' if kind.type is int else ''}number{got(value)}"


def _filled_in(kind: Kind) -> set[str | None]:
    """The keys that a model has only after reading: what another file says."""
    return {info.alias for info in kind.model.model_fields.values() if info.exclude} if kind.model is not None else set()


def _option(kind: Kind, value: Any) -> Kind:
    """The option of a union for which `value` is meant: the one whose name is a key of the value, or else the first model; of
    what has no keys, the number.
    """
    if not isinstance(value, dict):
        return next((option for option in kind.options.values() if option.type in (int, float)), kind)
    named = next((option for label, option in kind.options.items() if label in value), None)
    return named or next((option for option in kind.options.values() if option.model is not None), kind)
