"""Read what a story asks for: a step that there is, with arguments of its kinds. Nothing else is asked of the shop."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass, field
from math import isfinite, isnan
from pathlib import Path
from typing import Any, get_args, get_type_hints

from pydantic import BaseModel

from sim.architectures.guard import wrong_end
from sim.architectures.own import Lines
from sim.config.errors import ConfigError
from sim.config.loader import validate
from sim.kata.apart import words
from sim.vocabulary import Answer, Outcome
from sim.world.checkout import Reply
from sim.world.customer import Request
from sim.world.database import Order, OutboxRow
from sim.world.engine import Story
from sim.world.shop import STEPS, Claim, Shop

WITHOUT_TIME = ("workers", "background", "consume", "listen", "start", "pay_draw")
EVENTS = ("sleep", "compute", "query")
STORIES = tuple(name for name in STEPS if name not in (*WITHOUT_TIME, *EVENTS))  # steps that take a `yield from`
MOST_WORKERS = 100_000  # like the knobs of pools
MOST_TEXT = 100  # characters of a name or key
MOST_LEVELS = 5  # of a key that has parts
Scalar = bool | int | float | str | None


class Unasked(Exception):
    """What a story can't ask for, and why."""


def _signature(name: str) -> list[tuple[inspect.Parameter, Any]]:
    step = getattr(Shop, name)
    kinds = get_type_hints(step, localns={"Request": Request, "Callable": Callable, "Story": Story, "Shop": Shop})
    parameters = list(inspect.signature(step).parameters.values())[1:]
    return [(parameter, kinds[parameter.name]) for parameter in parameters]


PARAMETERS = {name: _signature(name) for name in STEPS}


@dataclass
class Known:
    """What the class has been told of a morning, so what it may speak of."""

    shop: Shop
    requests: list[Any] = field(default_factory=list)
    rows: dict[int, OutboxRow] = field(default_factory=dict)
    events: list[Any] = field(default_factory=list)
    views: dict[str, Shop] = field(default_factory=dict)  # the shop as seen from each component
    stories: int = 0
    over: bool = False

    def order(self, number: Any) -> Order:
        if not _is_whole(number) or not 0 <= number < len(self.shop.database.orders):
            raise Unasked("an order that there isn't")
        order: Order = self.shop.database.orders[number]
        return order

    @property
    def purchases(self) -> int:
        return len(self.shop.database._orders_of)

    # What is told

    def told(self, value: Any, about: dict[int, Order]) -> Any:
        """A value in a message; the orders in it are put into `about`."""
        if isinstance(value, Outcome):
            return {"outcome": value}
        if isinstance(value, Order):
            about[value.id] = value
            return {"order": value.id}
        if isinstance(value, Claim):
            about[value.order.id] = value.order
            return {"claim": [value.order.id, value.answer, value.taken_over]}
        if isinstance(value, OutboxRow):
            self.rows[value.id] = value
            return {"row": [value.id, value.order.id, value.row, value.purchase, value.status, value.version, value.turn]}
        if isinstance(value, tuple):
            return {"tuple": [self.told(one, about) for one in value]}
        if isinstance(value, list):
            return [self.told(one, about) for one in value]
        return value

    def told_of_request(self, request: Any, about: dict[int, Order]) -> Any:
        self.requests.append(request)
        values = {name: getattr(request, name) for name in words.REQUEST if hasattr(request, name)}
        if request.returning is not None:
            values["returning"] = self.told(request.returning, about)
        return {"request": [len(self.requests) - 1, values]}


@dataclass
class Asked:
    """Reads the values of a morning's messages. `lines` knows where what is wrong in the design's knobs stands."""

    lines: Lines
    known: Known | None = None
    _knobs: dict[tuple[int, type[BaseModel]], BaseModel] = field(default_factory=dict)
    _said: dict[int, Any] = field(default_factory=dict)

    def arguments(self, name: str, arguments: Any, named: Any) -> tuple[list[Any], dict[str, Any]]:
        """The arguments of a step. Raises Unasked, and TypeError for too many or too few."""
        if not isinstance(arguments, list) or not isinstance(named, dict):
            raise Unasked("what is no step")
        parameters = PARAMETERS[name]
        positional = [one for one in parameters if one[0].kind is not inspect.Parameter.KEYWORD_ONLY]
        by_name = {parameter.name: kind for parameter, kind in parameters[min(len(arguments), len(positional)) :]}
        missing = [
            parameter.name
            for parameter, _ in parameters[len(arguments) :]
            if parameter.default is inspect.Parameter.empty and parameter.name not in named
        ]
        if len(arguments) > len(positional) or named.keys() - by_name.keys() or missing:
            inspect.signature(getattr(Shop, name)).bind(None, *arguments, **named)
        return (
            [
                self.of_kind(kind, value, f"{name}: {parameter.name}")
                for (parameter, kind), value in zip(parameters, arguments, strict=False)
            ],
            {key: self.of_kind(by_name[key], value, f"{name}: {key}") for key, value in named.items()},
        )

    def named(self, name: str, named: dict[str, Any], those: tuple[str, ...]) -> dict[str, Any]:
        """Those arguments of a step that have these names, and no others. Raises Unasked."""
        if strange := [key for key in named if key not in those]:
            raise Unasked(f"{name}: an argument that it doesn't take: {strange[0][:MOST_TEXT]}")
        kinds = {parameter.name: kind for parameter, kind in PARAMETERS[name]}
        return {key: self.of_kind(kinds[key], value, f"{name}: {key}") for key, value in named.items()}

    def of_kind(self, kind: Any, said: Any, where: str) -> Any:
        """A value of a parameter's kind. Raises Unasked."""
        options = get_args(kind) if type(kind).__name__ in ("UnionType", "Union") else (kind,)
        if said is None and type(None) in options:
            return None
        for option in options:
            value = self._read(option, said, where)
            if value is not _NOT:
                return value
        raise Unasked(f"{where}: expected {_called(kind)}, not {_shown(said)}")

    def _read(self, kind: Any, said: Any, where: str) -> Any:
        assert self.known is not None
        if kind is Order:
            return self.known.order(said["order"]) if _is(said, "order") else _NOT
        if kind is Request:
            return _one_of(self.known.requests, said["request"]) if _is(said, "request") else _NOT
        if kind is OutboxRow:
            return _one_of(self.known.rows, said["row"]) if _is(said, "row") else _NOT
        if kind is Outcome:
            number = said["outcome"] if _is(said, "outcome") else said
            return Outcome(number) if _is_whole(number) and number in Outcome.__members__.values() else _NOT
        if kind is bool:
            return bool(said) if isinstance(said, Scalar) else _NOT
        if kind is float:
            return said if _is_number(said) else _NOT
        if kind is int:
            return said if _is_whole(said) else _NOT
        if kind is str:
            return said if isinstance(said, str) and len(said) <= MOST_TEXT else _NOT
        if kind is object:
            return _key(said)
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            return self._section(kind, said, where)
        if getattr(kind, "__origin__", None) is list:
            [inner] = get_args(kind)
            return [self.of_kind(inner, one, where) for one in said] if isinstance(said, list) else _NOT
        return said if said in get_args(kind) else _NOT  # one of some words

    def _section(self, kind: type[BaseModel], said: Any, where: str) -> Any:
        """A section of knobs, which is described once."""
        if not isinstance(said, dict) or not _is_whole(said.get("knobs")):
            return _NOT
        number = said["knobs"]
        if "are" in said and number not in self._said:
            self._said[number] = said["are"]
        if (number, kind) not in self._knobs:
            self._knobs[number, kind] = section(kind, self._said.get(number), self.lines, where)
        return self._knobs[number, kind]

    def result(self, kind: str, said: Any) -> Any:
        """What a story of a kind ends with. Raises Unasked."""
        assert self.known is not None
        result = said if kind == "consume" else None
        if kind == "handle":
            match said:
                case [int(answer), order, bool(replayed)] if answer in Answer.__members__.values():
                    result = Reply(Answer(answer), None if order is None else self.known.order(order), replayed)
        if (wrong := wrong_end(kind, result)) is not None:
            raise Unasked(f"{kind}: {wrong}")
        return result


_NOT = object()


def section(kind: type[BaseModel], said: Any, lines: Lines, where: str) -> Any:
    """A section of knobs as a file would say it. Raises ConfigError."""
    if not isinstance(said, dict):
        raise ConfigError(f"{lines.at()}: {where}: expected {kind.__name__}")
    for file in _empirical(said):
        if not Path(lines.beside, file).resolve().is_relative_to(lines.beside.resolve()):
            raise ConfigError(f"{lines.at()}: {where}: {file} is not in this folder")
    return validate(kind, said, lines)


def _empirical(said: Any) -> list[str]:
    """The files of measured times that a section names."""
    if isinstance(said, list):
        return [file for one in said for file in _empirical(one)]
    if not isinstance(said, dict):
        return []
    return [
        file
        for key, value in said.items()
        for file in ([str(value)] if key == "empirical" else _empirical(value))
    ]  # fmt: skip


def _is(said: Any, kind: str) -> bool:
    return isinstance(said, dict) and said.keys() == {kind}


def _one_of(these: Any, number: Any) -> Any:
    if not _is_whole(number) or number < 0:
        return _NOT
    try:
        return these[number]
    except LookupError:
        raise Unasked("what it was never given") from None


def _is_whole(said: Any) -> bool:
    return type(said) is int and abs(said) < 1 << 53


def _is_number(said: Any) -> bool:
    return _is_whole(said) or (type(said) is float and not isnan(said))


def _key(said: Any, levels: int = MOST_LEVELS) -> Any:
    """Something that the provider can know again: a text, a number, or a few of those."""
    if isinstance(said, list) and levels and len(said) <= MOST_TEXT:
        return tuple(_key(one, levels - 1) for one in said)
    simple = said is None or isinstance(said, bool) or _is_whole(said) or (isinstance(said, str) and len(said) <= MOST_TEXT)
    if simple or (type(said) is float and isfinite(said)):
        return said
    raise Unasked(f"a key of {_shown(said)}; expected a short text, a number, or a tuple of those")


def _called(kind: Any) -> str:
    return " or ".join(one.__name__ for one in get_args(kind) if one is not type(None)) or getattr(kind, "__name__", str(kind))


def _shown(said: Any) -> str:
    text = "None" if said is None else f"{type(said).__name__} {said!r}"
    return text if len(text) <= 60 else type(said).__name__
