"""Every key of scenario and design files, generated from the models: its possible values, its default and its meaning."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel

from sim.architectures import ARCHITECTURES
from sim.config.faults import FAULTS
from sim.config.keys import Kind, below, fields
from sim.config.mishaps import MISHAPS
from sim.config.model import Distribution, Lognormal, OneOf
from sim.config.scenario import Scenario
from sim.config.schema import UNITS
from sim.config.service import Service
from sim.config.units import CENTS
from sim.config.writing import flow, written

from .markdown import code, one_line, table, to

EVERYWHERE = (Distribution, Lognormal)
TYPES = {bool: "`true` or `false`", int: "whole number", float: "number", str: "text", object: "anything"}
SERVICE = {
    "service": {"url": "http://127.0.0.1:8000"},
    "order": {"request": "POST /orders"},
}  # what an adapter can't do without
LIMITS = {"ge": "at least", "gt": "more than", "le": "at most", "lt": "less than"}
MEANINGS = {
    "duration": "`us`, `ms`, `s`, `min`, `h`, `d`",
    "rate": "`/s`, `/min`, `/h`, `/d`",
    "probability": "percent, 0 to 100",
    "factor": "so many times as much",
    "money": "US dollars, to the cent",
    "clock": "hours and minutes, in quotes; seconds may follow",
}


def units() -> str:
    rows = [(name, ", ".join(code(flow(example)) for example in unit.examples), MEANINGS[name]) for name, unit in UNITS.items()]
    return table(("quantity", "for example", "units"), rows)


def scenario_keys() -> str:
    return Sections("scenario", {"scenario": Scenario}).markdown()


def service_keys() -> str:
    return Sections("service", {"service": Service}, SERVICE).markdown()


def design_keys() -> str:
    return Sections("design", ARCHITECTURES).markdown()


@dataclass
class Section:
    """A mapping of a file: the places where it may stand, and, by the root it belongs to, the value it has by default."""

    model: type[BaseModel]
    places: list[str] = field(default_factory=list)
    values: dict[str, BaseModel | None] = field(default_factory=dict)


class Sections:
    """All mappings that files of one kind are made of. The file's own keys depend on its root: on the architecture."""

    def __init__(self, prefix: str, roots: Mapping[str, type[BaseModel]], least: Mapping[str, Any] | None = None) -> None:
        """`least`: the keys that a file has to have, beside its name."""
        self.prefix, self.roots = prefix, roots
        self.least = {"name": prefix} | dict(least or {})
        self.found: dict[type[BaseModel], Section] = {}
        for root, model in roots.items():
            value = model.model_validate(self.least)
            for key, kind, child in _children(model, value):
                self._enter(root, kind, key, child)

    def _enter(self, root: str, kind: Kind, place: str, value: Any) -> None:
        for option in kind.options.values():
            self._enter(root, option, place, value)
        inner = below(kind, 0 if kind.container is tuple else "") if kind.container else None
        if inner is not None:
            self._enter(root, inner, place, None)
        if kind.model is None:
            return
        section = self.found.setdefault(kind.model, Section(kind.model))
        if place not in section.places:
            section.places.append(place)
        value = value if isinstance(value, kind.model) else None
        section.values[root] = section.values.get(root) or value
        for key, child, child_value in _children(kind.model, value):
            self._enter(root, child, f"{place}.{key}", child_value)

    def markdown(self) -> str:
        once = [section for section in self.found.values() if not self._is_shared(section)]
        often = [section for section in self.found.values() if self._is_shared(section)]
        return "\n\n".join([self._top(), *map(self._section, [*once, *often])])

    def _top(self) -> str:
        """The file's own keys; one row for each kind of mapping that architectures have there."""
        rows: dict[tuple[str, str, str, str], list[str]] = {}
        for root, model in self.roots.items():
            for key in fields(model):
                rows.setdefault(self._row(model, {root: model.model_validate(self.least)}, key), []).append(root)
        if len(self.roots) == 1:
            return table(("key", "value", "default", "meaning"), rows)
        every = list(dict.fromkeys(key for key, *_ in rows))
        together = sorted(rows.items(), key=lambda row: every.index(row[0][0]))
        owned = [(key, value, _all(owners, self.roots), meaning) for (key, value, _, meaning), owners in together]
        return table(("key", "value", "in", "meaning"), owned)

    def _is_shared(self, section: Section) -> bool:
        """Whether it may stand in several places, so that it is called by its own name."""
        return len(section.places) > 1 or section.model in EVERYWHERE

    def _title(self, section: Section) -> str:
        for of, kinds in (("faults", FAULTS), ("mishaps", MISHAPS)):
            if (kind := next((name for name, model in kinds.items() if model is section.model), None)) is not None:
                return f"{of}: {kind}"
        if self._is_shared(section):
            return f"{section.model.__name__.lower()}"
        rivals = [other for other in self.found.values() if other.places == section.places and other is not section]
        return section.places[0] + (f" of {', '.join(section.values)}" if rivals else "")

    def _section(self, section: Section) -> str:
        head = f"### {self._title(section)}"
        sentences = [one_line(section.model.__doc__)] if section.model.__doc__ else []
        if self._is_shared(section) and section.model not in EVERYWHERE:
            sentences.append(f"At {', '.join(map(code, section.places))}.")
        if len(section.values) < len(self.roots):
            sentences.append(f"Only in {', '.join(map(code, section.values))}.")
        if issubclass(section.model, OneOf):
            sentences.append(
                "Exactly one of these keys" + "".join(f"; {code(key)} may stand beside it" for key in section.model.also) + "."
            )
        values = {root: value for root, value in section.values.items() if value is not None}
        rows = [self._row(section.model, values, key) for key in fields(section.model)]
        return "\n\n".join((head, *filter(None, [" ".join(sentences)]), table(("key", "value", "default", "meaning"), rows)))

    def _row(self, model: type[BaseModel], values: dict[str, BaseModel], key: str) -> tuple[str, str, str, str]:
        info, kind = fields(model)[key], below(Kind(model), key)
        assert kind is not None
        choice = issubclass(model, OneOf) and key not in model.also
        value = self._value(kind) + _limits(kind, info) + (" or `none`" if kind.nullable and not choice else "")
        meaning = info.description or one_line(kind.model.__doc__ if kind.model else "")
        return code(key), value, "" if choice else self._default(model, values, kind, info), meaning

    def _value(self, kind: Kind) -> str:
        if kind.unit is not None:
            name = "money" if kind.unit is CENTS else next(name for name, unit in UNITS.items() if unit is kind.unit)
            return f"[{name}]({'' if self.prefix == 'scenario' else 'scenario.md'}#quantities)"
        if kind.words:
            return " or ".join(map(code, kind.words))
        if kind.options:
            return " or ".join(map(self._value, kind.options.values()))
        if kind.model is not None:
            named = kind.model in (Distribution, *FAULTS.values(), *MISHAPS.values())
            return to(self._title(self.found[kind.model]), kind.model.__name__.lower() if named else "mapping")
        if kind.container is tuple:
            return f"list of {self._value(below(kind, 0) or Kind(Any))}"
        if kind.container is dict:
            return f"mapping to {self._value(below(kind, '') or Kind(Any))}"
        return TYPES.get(kind.type, "limit")

    def _default(self, model: type[BaseModel], values: dict[str, BaseModel], kind: Kind, info: Any) -> str:
        if info.is_required():
            return "required"
        if kind.model is not None and not kind.nullable and not issubclass(kind.model, OneOf):
            return "as below"
        name = next(name for name, candidate in model.model_fields.items() if candidate is info)
        texts = {root: _text(written(getattr(value, name), kind)) for root, value in values.items()}
        texts = texts or {"": _text("none" if info.default is None else info.default)}
        if len(set(texts.values())) == 1:
            return next(iter(texts.values()))
        return "; ".join(f"{root}: {text}" for root, text in texts.items())


def _children(model: type[BaseModel], value: Any) -> list[tuple[str, Kind, Any]]:
    """Key, kind and default of each of a mapping's keys."""
    found = []
    for name, info in model.model_fields.items():
        kind = below(Kind(model), info.alias or name)
        if kind is not None:
            found.append((info.alias or name, kind, getattr(value, name, None)))
    return found


def _all(owners: list[str], roots: Mapping[str, Any]) -> str:
    return "all" if len(owners) == len(roots) else ", ".join(map(code, owners))


def _text(value: Any) -> str:
    return code(flow(value)) if value not in ("", [], {}, ()) else ""


def _limits(kind: Kind, info: Any) -> str:
    found = []
    for item in info.metadata:
        for name, words in LIMITS.items():
            limit = getattr(item, name, None)
            if limit is not None and not (name == "ge" and limit == 0):
                found.append(f"{words} {kind.unit.text(limit) if kind.unit and limit else f'{limit:,}'}")
    return "".join(f", {text}" for text in found)
