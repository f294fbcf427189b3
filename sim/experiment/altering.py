"""The same scenario or design with another value at one place, named by its dotted key: `checkout.workers`, `faults[0].for`."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar, cast

from pydantic import BaseModel

from sim.config.design import Design
from sim.config.errors import ConfigError, closest, got
from sim.config.keys import Kind, below
from sim.config.knobs import knobs
from sim.config.loader import validate
from sim.config.model import OneOf, Overlay
from sim.config.scenario import Scenario
from sim.config.units import probability
from sim.config.writing import given, written
from sim.config.yamlfile import Source

M = TypeVar("M", bound=BaseModel)


def split(key: str) -> tuple[str, ...]:
    """`faults[0].for` as the keys and indices that lead there."""
    return tuple(re.sub(r"\[(\w+)\]", r".\1", key).split("."))


def value_of(text: str) -> Any:
    """A value as it would stand in a file: `16`, `250ms`, `none`, `{exponential: 4ms}`. Raises ConfigError."""
    data = Source(f"value: {text}", f'"{text}"').data
    if len(data) > 1:
        raise ConfigError(f'"{text}": expected one value, on one line')
    return data["value"]


def altered(model: M, path: Sequence[str], value: Any) -> M:
    """The same model with another value at one place; what was read from other files stays as it was read.

    Raises ConfigError if that can't be. What people do after their patience is one of three things: the other two keep their
    proportion (equal parts if neither is ever done).
    """
    if tuple(path[-2:-1]) == ("after_patience",):
        value, path = _shares(model, path, value), path[:-1]
    return validate(type(model), _with(model, Kind(type(model)), tuple(path), value), _Keys())


def changed(scenario: Scenario, designs: Sequence[Design], changes: Mapping[str, Any]) -> tuple[Scenario, list[Design]]:
    """A scenario and designs with other values at dotted keys; designs that don't have a key stay as they are.

    The order of the changes does not matter where one makes room for another, as `failed: 10%` does for `ambiguous: 80%`.

    Raises ConfigError for a key that neither the scenario nor any of the designs has, or for a value that can't be.
    """
    designs = list(designs)
    left = list(changes.items())
    while left:
        postponed: list[tuple[str, Any]] = []
        errors: list[ConfigError] = []
        for key, value in left:
            try:
                scenario, designs = _changed(scenario, designs, key, value)
            except ConfigError as error:
                postponed.append((key, value))
                errors.append(error)
        if len(postponed) == len(left):
            raise errors[0]
        left = postponed
    return scenario, designs


def _changed(scenario: Scenario, designs: list[Design], key: str, value: Any) -> tuple[Scenario, list[Design]]:
    path = split(key)
    if has(scenario, path):
        return altered(scenario, path, value), designs
    having = [has(design, path) for design in designs]
    if not any(having):
        raise ConfigError(unknown(key, scenario, *designs))
    return scenario, [altered(design, path, value) if has_it else design
                      for design, has_it in zip(designs, having, strict=True)]  # fmt: skip


def has(model: Scenario | Design, path: Sequence[str]) -> bool:
    """Whether there is such a key in a file of this kind (for a list: such an item here)."""
    return kind_at(model, path) is not None


def kind_at(model: Scenario | Design, path: Sequence[str]) -> Kind | None:
    """What may stand at such a key; None if there is no such key in a file of this kind (for a list: no such item here)."""
    if path[0] in ("name", "summary", "story", "from"):
        return None
    kind: Kind | None = Kind(type(model))
    value: Any = model
    for step in path:
        assert kind is not None
        if kind.options:
            models = [option for option in kind.options.values() if option.model is not None]
            kind = Kind(type(value)) if isinstance(value, BaseModel) else models[0] if models else kind
        if kind.container is tuple:
            if not step.isdecimal() or not isinstance(value, tuple) or int(step) >= len(value):
                return None
            kind, value = below(kind, int(step)), value[int(step)]
            continue
        if kind.model is None and kind.container is not dict:
            return None
        kind = below(kind, step)
        if kind is None:
            return None
        value = _child(value, step)
    return kind


def standing(model: Scenario | Design, path: Sequence[str]) -> tuple[Kind, Any]:
    """What may stand at a key that there is, and what stands there, as written in a file: `none` where nothing does."""
    kind, value = kind_at(model, path), cast(Any, model)
    for step in path:
        value = value[int(step)] if isinstance(value, tuple) else _child(value, step)
    kind = Kind(type(value)) if isinstance(value, BaseModel) else kind
    assert kind is not None
    return kind, written(value, kind)


def unknown(key: str, *models: Scenario | Design) -> str:
    """`wokers: unknown key; did you mean "checkout.workers"?`: what to say of a key that none of these has."""
    names = dict.fromkeys(".".join(knob.path) for model in models for knob in knobs(model, model))
    last = split(key)[-1]
    ending = [name for name in names if name.split(".")[-1] == last]
    hint = closest(key, names) or (f'; did you mean "{ending[0]}"?' if ending else "")
    return f"{key}: unknown key{hint or '; `coffee show NAME` lists the keys of a scenario or design'}"


def _with(value: Any, kind: Kind, path: tuple[str, ...], new: Any) -> Any:
    """What a file would say of `value` with `new` at `path`; sections beside the path stay as they are, models and all."""
    if not path:
        return new
    step, rest = path[0], path[1:]
    if isinstance(value, tuple):
        items = [_kept(item, below(kind, i)) for i, item in enumerate(value)]
        items[int(step)] = _with(value[int(step)], Kind(type(value[int(step)])), rest, new)
        return items
    if isinstance(value, BaseModel):
        kind = Kind(type(value))
        section = {key: _kept(child, below(kind, key)) for key, child in given(value)}
        if isinstance(value, OneOf) and step not in value.also:
            section = {key: child for key, child in section.items() if key in value.also}  # another choice takes its place
    else:
        section = {key: _kept(child, below(kind, key)) for key, child in value.items()} if isinstance(value, dict) else {}
    section[step] = _with(_child(value, step), below(kind, step) or Kind(Any), rest, new)
    return section


def _kept(value: Any, kind: Kind | None) -> Any:
    if isinstance(value, BaseModel):
        return value
    if isinstance(value, tuple) and any(isinstance(item, BaseModel) for item in value):
        return list(value)
    return written(value, kind)


def _child(value: Any, step: str) -> Any:
    if isinstance(value, dict):
        return value.get(step)
    if isinstance(value, Overlay) and step != "from":
        return getattr(value, step)
    return dict(given(value)).get(step) if isinstance(value, BaseModel) else None


def _shares(model: Any, path: Sequence[str], value: Any) -> dict[str, str]:
    """All shares of a section that add up to 1, when one of them is given."""
    section: dict[str, str] = written(_at(model, path[:-1]))
    others = [key for key in section if key != path[-1]]
    share, rest = _share(value, ".".join(path)), sum(_share(section[key]) for key in others)
    parts = {key: _share(section[key]) / rest if rest else 1 / len(others) for key in others}
    others_now = {key: f"{100 * (1 - share) * part:.12g}%" for key, part in parts.items()}
    return {key: value if key == path[-1] else others_now[key] for key in section}


def _at(model: Any, path: Sequence[str]) -> Any:
    for step in path:
        model = _child(model, step)
    return model


def _share(text: Any, key: str = "") -> float:
    try:
        return probability(text)
    except ValueError as error:
        raise ConfigError(f"{key}: {error}{got(text)}") from None


class _Keys:
    """Where errors are when there is no file: at their keys."""

    beside = Path()

    def line(self, path: tuple[Any, ...], message: str, *, missing: bool = False) -> tuple[tuple[int, int], str]:  # noqa: ARG002
        name = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path)
        return (0, 0), f"{name.lstrip('.')}: {message}" if name else message
