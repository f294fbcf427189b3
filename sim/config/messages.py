"""Put pydantic's errors into plain words: what was expected, what was given, and what was probably meant."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import isfinite
from typing import Any, get_args

from pydantic import BaseModel

from sim.config.design import Design, architecture_name
from sim.config.errors import closest, got, nearest
from sim.config.faults import FAULTS
from sim.config.keys import Kind, Spot, below, fields, kind_of, places
from sim.config.mishaps import MISHAPS
from sim.config.model import OneOf
from sim.config.writing import flow
from sim.vocabulary import METRICS

LIMITS = {
    "greater_than": ("above", "gt"),
    "greater_than_equal": ("at least", "ge"),
    "less_than": ("below", "lt"),
    "less_than_equal": ("at most", "le"),
}
MOST_PLACES = 4  # a misplaced key's message names at most this many valid places; more would not help
EXPECTED = {
    "int": "a whole number",
    "float": "a number",
    "finite": "a number",
    "bool": "true or false",
    "string": "text",
    "list": "a list",
    "tuple": "a list",
}


def explained(item: Mapping[str, Any], spot: Spot, model: type[BaseModel]) -> str | None:
    """One of pydantic's errors as a message. None: another error of the same place says it better."""
    kind, value = item["type"], item["input"]
    if spot.union is not None and not any(option.model for option in spot.union.options.values()):
        is_number = isinstance(value, int | float) and isfinite(value)
        if is_number == (kind == "literal_error"):
            return None  # pydantic has an error for each option: of a number that of the number says it better
        if not is_number:
            return f"expected {' or '.join(_words(spot.union))}, or a whole number{got(value)}"
    elif spot.union is not None and kind in ("literal_error", "model_type"):
        return _none_of(spot.union, value) if kind == "literal_error" and not isinstance(value, dict) else None
    match kind:
        case "extra_forbidden":
            return _unknown_key(spot, model)
        case "missing":
            return "required, but missing" if spot.parent.model else _length(spot.parent)
        case "value_error":
            return f"{item['ctx']['error']}{got(value)}"
        case "too_long" | "too_short":
            return _wrong_length(spot.kind, item["ctx"], value)
        case "model_type" | "dict_type" | "model_attributes_type":
            return f"expected keys and values{_example(spot.kind, value)}{got(value)}"
        case "literal_error":
            return _not_a_word(spot.kind.words, value) + _meant_beside(spot, value)
        case "string_too_short":
            return "must not be empty" if not value else f"expected at least {item['ctx']['min_length']} characters{got(value)}"
        case _ if kind in LIMITS:
            word, limit = LIMITS[kind]
            return f"must be {word} {_quantity(spot.kind, item['ctx'][limit])} (got {_quantity(spot.kind, value)})"
    expected = EXPECTED.get(kind.split("_")[0])
    if expected is None:
        return f"{item['msg'][0].lower()}{item['msg'][1:]}{got(value)}"
    hint = "; put it in quotes" if kind == "string_type" and isinstance(value, int | float) else ""
    hint = "; begin each item with a dash" if kind == "tuple_type" and isinstance(value, dict) else hint
    return f"expected {expected}{hint}{got(value)}"


def _none_of(union: Kind, value: Any) -> str:
    """Message for a value that is not one of the union's words and is not a mapping either."""
    keyed = next(option for option in union.options.values() if option.model is not None)
    return f"expected {' or '.join(_words(union))}, or keys and values{_example(keyed, value)}{got(value)}"


def _words(union: Kind) -> list[str]:
    return [word for option in union.options.values() for word in option.words]


def _not_a_word(words: tuple[str, ...], value: Any) -> str:
    expected = words[0] if len(words) == 1 else f"one of {', '.join(words)}"
    return f"expected {expected}{got(value)}{closest(value, words) if isinstance(value, str) and len(words) > 1 else ''}"


def _meant_beside(spot: Spot, value: Any) -> str:
    """`; did you mean checkout.queue_limit?` for a number where only words are expected, beside a longer key that takes one."""
    if not isinstance(value, int | float) or isinstance(value, bool) or spot.parent.model is None:
        return ""
    *above, name = spot.path
    longer = [key for key in fields(spot.parent.model) if key.startswith(f"{name}_")]
    takes_one = [key for key in longer if (kind := below(spot.parent, key)) is not None and not kind.words]
    return f"; did you mean {'.'.join(map(str, (*above, takes_one[0])))}?" if takes_one else ""


def _wrong_length(kind: Kind, limits: Mapping[str, Any], value: Any) -> str | None:
    types = get_args(kind.type)
    if Ellipsis not in types:
        return f"{_length(kind)} (got {limits['actual_length']})"
    if "max_length" in limits and len(value) > limits["max_length"]:
        return f"expected at most {limits['max_length']:,} values (got {len(value):,})"
    if len(value) >= limits["min_length"]:  # long enough: pydantic counts only the values without an error of their own
        return None
    return f"expected {limits['min_length']} or more values, like {flow([_example_of(kind_of(types[0]))])} (got {len(value)})"


def _length(kind: Kind) -> str:
    return f"expected {len(get_args(kind.type))} values, like {flow([_example_of(kind_of(a)) for a in get_args(kind.type)])}"


def _quantity(kind: Kind, value: float) -> str:
    if isinstance(value, str):  # as it was written: where there may be none of it, pydantic looks before it is read
        return value
    if kind.unit is not None:
        return kind.unit.text(value)
    whole = isinstance(value, float) and value.is_integer()  # pydantic makes a float of a float's bound
    return f"{int(value) if whole else value:,}"


def _unknown_key(spot: Spot, model: type[BaseModel]) -> str:
    name = str(spot.path[-1])
    known = list(fields(spot.parent.model)) if spot.parent.model else []
    built_in = [other for other in Design.__subclasses__() if other.__module__.startswith("sim.")]
    if len(spot.path) == 1 and (others := _other_files(model, name, built_in)):
        return f"unknown key here ({others} have it)"
    if issubclass(model, Design):
        known = ["from", "architecture", *known] if len(spot.path) == 1 else known
        owners = sorted(architecture_name(other) for other in built_in if _has(other, spot.path))
        if owners:
            have = "has" if len(owners) == 1 else "have"
            return f"unknown key for {architecture_name(model)} ({', '.join(owners)} {have} it)"
    if kind := next((kind for kind, one in (FAULTS | MISHAPS).items() if one is spot.parent.model), None):
        there = f"; beside {kind} there may be {', '.join(key for key in known if key != kind)}"
        return f"unknown key{closest(name, known) or there}"
    elsewhere = places(Kind(model), name)
    if len(elsewhere) > MOST_PLACES:  # those at hand
        elsewhere = [place for place in elsewhere if place.count(".") == 1]
    if 1 <= len(elsewhere) <= MOST_PLACES:
        return f"unknown key here; did you mean {' or '.join(elsewhere)}?"
    return f"unknown key{nearest(name, known)}"


def _other_files(model: type[BaseModel], name: str, architectures: Sequence[type[Design]]) -> str:
    """`scenarios` if a key in a design's file is one of theirs, `designs` the other way round, and else nothing."""
    from sim.config.scenario import Scenario  # whose module needs this one: a price table is a file as well

    if issubclass(model, Design):
        return "scenarios" if name in fields(Scenario) else ""
    designs: list[type[BaseModel]] = [Design, *architectures]
    return "designs" if model is Scenario and any(name in fields(design) for design in designs) else ""


def _has(model: type[BaseModel], path: tuple[Any, ...]) -> bool:
    kind: Kind | None = Kind(model)
    for step in path:
        kind = below(kind, step) if kind is not None and kind.model is not None else None
    return kind is not None


def _example(kind: Kind, value: Any) -> str:
    """`, like {constant: 20ms}`, with the given value in the example if its unit fits."""
    example = _example_of(kind, value)
    return f", like {flow(example)}" if example else ""


def _example_of(kind: Kind, value: Any = None) -> Any:
    if kind.unit is not None:
        return value if isinstance(value, str) and _fits(kind, value) else kind.unit.examples[0]
    if kind.container is dict:
        inner = below(kind, "")
        if inner is not None and inner.type in (str, object):
            return {"name": "text"}
        rate = below(kind, "07:30")
        return {"07:30": _example_of(rate)} if rate is not None and rate.unit else {next(iter(METRICS)): 1}
    if kind.model is None:
        return {bool: True, int: 1, float: 1}.get(kind.type, kind.words[0] if kind.words else None)
    keys = {key: child for key in fields(kind.model) if (child := below(kind, key)) is not None}
    measured = {key: child for key, child in keys.items() if child.unit is not None}
    for key, child in (measured or keys).items() if issubclass(kind.model, OneOf) else keys.items():
        usual = fields(kind.model)[key].default
        example = usual if isinstance(usual, str) and child.unit is not None else _example_of(child, value)
        if example is not None:
            return {key: example}
    return {}


def _fits(kind: Kind, value: str) -> bool:
    assert kind.unit is not None
    try:
        kind.unit.parse(value)
    except ValueError:
        return False
    return True
