"""List every key of a scenario or design with its value, its default and its meaning, section by section."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

from sim.config.keys import Kind, below, fields
from sim.config.model import Distribution, OneOf
from sim.config.writing import written


@dataclass(frozen=True)
class Knob:
    """One key of a file: its path, its value and default as written in files, its description and its kind."""

    path: tuple[str, ...]
    value: Any
    default: Any
    about: str
    kind: Kind

    @property
    def is_default(self) -> bool:
        return bool(self.value == self.default)


def knobs(model: BaseModel, default: BaseModel, *, path: tuple[str, ...] = ()) -> Iterator[Knob]:
    """All keys of `model` in order. A section is listed key by key; a one-of mapping or a section that may be `none` is not."""
    for key, info in fields(type(model)).items():
        kind = below(Kind(type(model)), key)
        name = next(name for name, candidate in type(model).model_fields.items() if candidate is info)
        value, usual = getattr(model, name), getattr(default, name)
        assert kind is not None
        if is_section(kind):
            yield from knobs(value, usual, path=(*path, key))
        else:
            yield Knob((*path, key), written(value, kind), written(usual, kind), info.description or _doc(kind), kind)
            yield from _companions(value, usual, (*path, key))


def _companions(model: Any, default: Any, path: tuple[str, ...]) -> Iterator[Knob]:
    """The keys that may stand beside the chosen key of a one-of mapping, such as `price` beside the traffic's `rate`."""
    for key in sorted(model.also) if isinstance(model, OneOf) else ():
        kind, info = below(Kind(type(model)), key), fields(type(model))[key]
        assert kind is not None
        yield Knob(
            (*path, key), written(getattr(model, key), kind), written(getattr(default, key), kind), info.description or "", kind
        )


def is_section(kind: Kind) -> bool:
    """Whether the value is a mapping that is always there, so that its keys can be given one by one."""
    return kind.model is not None and not kind.nullable and not issubclass(kind.model, OneOf)


def about(model: type[BaseModel], path: tuple[str, ...]) -> str:
    """What the section at `path` is: its field's description, or the first line of its model's docstring."""
    kind: Kind | None = Kind(model)
    description = ""
    for key in path:
        assert kind is not None
        assert kind.model is not None
        description = fields(kind.model)[key].description or ""
        kind = below(kind, key)
    return description or (_doc(kind) if kind is not None else "")


def _doc(kind: Kind) -> str:
    return next(iter((kind.model.__doc__ or "").strip().splitlines()), "") if kind.model is not None else ""


def of_distribution(kind: Kind) -> list[tuple[str, str]]:
    """The keys of a distribution, if the knob is one."""
    return [(key, _meaning(Distribution, key)) for key in fields(Distribution)] if kind.model is Distribution else []


def inside(kind: Kind) -> list[tuple[str, str]]:
    """The keys of a knob that is a mapping, with their meanings. Empty for distributions: templates explain them at the top."""
    models = [option.model for option in (kind, *kind.options.values()) if option.model not in (None, Distribution)]
    return [(key, _meaning(model, key)) for model in models if model is not None for key in fields(model)]


def _meaning(model: type[BaseModel], key: str) -> str:
    kind, description = below(Kind(model), key), fields(model)[key].description or ""
    assert kind is not None
    if issubclass(model, OneOf) and key in model.also:
        return f"beside it: {description}"
    if issubclass(model, OneOf) and kind.model is not None:
        keys = ", ".join(fields(kind.model))
        return f"{{{keys}}}{'  ' + description if description else ''}"
    return "; ".join(part for part in (description, f"one of {', '.join(kind.words)}" if kind.words else "") if part)
