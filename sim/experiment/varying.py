"""What `--vary KEY=VALUES` says: a knob of the scenario or of designs, and the values it is to take."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from sim.config.design import Design
from sim.config.errors import ArgumentError, ConfigError
from sim.config.keys import Kind, below
from sim.config.scenario import Scenario
from sim.config.units import CLOCK, Unit
from sim.config.writing import flow
from sim.experiment.altering import kind_at, split, unknown, value_of

FURTHEST = 1e15  # how large the end of a range may be, and how many times the other
MOST_CELLS = 2_000
BLUR = 0.01  # of the least gap in a range is what its values may be moved by, so that they have few digits: `4.67s`
_RANGE = re.compile(r"\s*(log:)?\s*([-x.\d][^{}\[\],]*?)\s*\.\.\s*([-x.\d][^{}\[\],]*?)\s*")
_BRACKETS = {"{": "}", "[": "]"}


@dataclass(frozen=True)
class Varied:
    """One knob, and its values as they would stand in a file, in the order given."""

    key: str
    values: tuple[Any, ...]
    numbers: tuple[float, ...] | None  # the values in seconds, shares, USD …; None: words or mappings, which have no order
    logarithmic: bool = False

    @property
    def texts(self) -> tuple[str, ...]:
        return tuple(value if isinstance(value, str) else flow(value) for value in self.values)


def varied(text: str, models: Sequence[Scenario | Design]) -> Varied:
    """`checkout.workers=8,16`, `app.timeout=2s..10s:5` (evenly spaced, both ends in), `app.timeout=log:100ms..10s:3`.

    Raises ConfigError for a key that none of the models has, and for values that can't be read or make no sense.
    """
    key, sign, spec = text.partition("=")
    key = key.strip()
    if not sign or not key:
        raise ArgumentError("vary", f'expected KEY=VALUES, like checkout.workers=8,16 or app.timeout=2s..10s:5 (got "{text}")')
    ends, _, count = spec.rpartition(":")
    if ends != "log" and (match := _RANGE.fullmatch(ends)):
        return spaced(key, spec, match, count.strip(), kind_of(key, models))
    if _RANGE.fullmatch(spec):
        raise ConfigError(f"{key}={spec}: a range says how many values it has: {spec.strip()}:5")
    parts = [part.strip() for part in separated(spec)]
    if not all(parts):
        raise ConfigError(
            f"{key}={spec}: {'an empty value between commas' if len(parts) > 1 else 'expected at least one value'}"
        )
    return listed(key, [value_of(part) for part in parts], models)


def listed(key: str, values: Sequence[Any], models: Sequence[Scenario | Design]) -> Varied:
    """A knob with a list of values. Raises ConfigError, also if two of them are the same."""
    if not values:
        raise ConfigError(f"{key}: expected at least one value")
    found = Varied(key, tuple(values), _numbers(values, kind_of(key, models)))
    same: Sequence[Any] = found.numbers or found.texts
    for number, one in enumerate(same):
        if one in same[:number]:
            raise ConfigError(f"{key}: {found.texts[number]} is given twice")
    return found


def kind_of(key: str, models: Sequence[Scenario | Design]) -> Kind:
    """What may stand at a key of the first model that has it; for times that are random, what a constant may be.

    (`faults[0].for` takes a plain duration as well as a distribution.) Raises ConfigError.
    """
    for model in models:
        if (kind := kind_at(model, split(key))) is not None:
            return below(kind, "constant") or kind if kind.model is not None else kind
    raise ConfigError(unknown(key, *models))


def separated(text: str) -> list[str]:
    """Text at its commas, except those within brackets, braces or quotes."""
    parts, closing, quote = [""], list[str](), ""
    for sign in text:
        if quote:
            quote = "" if sign == quote else quote
        elif sign in "\"'":
            quote = sign
        elif sign in _BRACKETS:
            closing.append(_BRACKETS[sign])
        elif closing and sign == closing[-1]:
            closing.pop()
        if sign == "," and not closing and not quote:
            parts.append("")
        else:
            parts[-1] += sign
    return parts


def spaced(key: str, spec: str, match: re.Match[str], count: str, kind: Kind) -> Varied:
    """The values of a range, with the ends as they were written. Raises ConfigError."""
    logarithmic, first, last = bool(match[1]), match[2], match[3]
    says = f"{key}={spec}"
    is_whole = int in (kind.type, *(option.type for option in kind.options.values()))
    if kind.unit is None and not is_whole and float not in (kind.type, *(o.type for o in kind.options.values())):
        raise ConfigError(f"{says}: only numbers have ranges; list the values: {key}=A,B")
    parse = kind.unit.parse if kind.unit else _whole if is_whole else _number
    low, high = (_end(says, text, parse) for text in (first, last))
    if not low < high:
        raise ConfigError(f"{says}: the first end of a range must be below the second")
    if max(abs(low), abs(high)) > FURTHEST or (logarithmic and 0 < low < high / FURTHEST):
        raise ConfigError(f"{says}: the ends are further apart than can be meant")
    if logarithmic and low <= 0:
        raise ConfigError(f"{says}: no geometric range begins at {first}; begin above it, or leave out log:")
    n = int(count) if re.fullmatch(r"[0-9]{1,9}", count) else 0
    if n < 2:
        raise ConfigError(f'{says}: a range has at least 2 values, its ends (got "{count}")')
    check_count(n)
    steps = [step / (n - 1) for step in range(n)]
    numbers = [low * (high / low) ** step if logarithmic else low + (high - low) * step for step in steps][1:-1]
    if is_whole or kind.unit is CLOCK:
        write: Callable[[Any], Any] = kind.unit.text if kind.unit else int
        inner = [write(round(x)) for x in numbers]
    elif kind.unit is None:
        inner = _short([low, *numbers, high])[1:-1]
    else:
        inner = _in_unit_of(last, kind.unit, [low, *numbers, high])[1:-1]
    ends = (first, last) if kind.unit else (low, high)
    values = (ends[0], *inner, ends[1])
    exact = _numbers(values, kind)
    assert exact is not None
    if len(set(exact)) < n:
        raise ConfigError(f"{says}: there are not so many whole numbers between the ends; ask for fewer, or list them")
    return Varied(key, values, exact, logarithmic)


def _in_unit_of(text: str, unit: Unit, numbers: list[float]) -> list[str]:
    """Numbers written as `text` is: in seconds if it is `20s`, even where another unit would be shorter."""
    parts = re.fullmatch(r"(x?)\s*[0-9.]+(?:[eE][+-]?[0-9]+)?(.*)", text)
    assert parts is not None
    size = unit.parse(f"{parts[1]}1{parts[2]}")
    return [f"{parts[1]}{number:.15g}{parts[2]}" for number in _short([number / size for number in numbers])]


def _short(numbers: list[float]) -> list[float]:
    """Ascending numbers with as few digits as tell them apart well."""
    least = min(b - a for a, b in pairwise(numbers))
    for digits in range(3, 16):
        short = [float(f"{x:.{digits}g}") for x in numbers]
        if all(abs(a - b) <= BLUR * least for a, b in zip(short, numbers, strict=True)):
            return short
    return numbers


def check_count(cells: int) -> None:
    """Raises ConfigError for more cells than anybody will wait for."""
    if cells > MOST_CELLS:
        raise ConfigError(f"{cells:,} cells; a sweep has at most {MOST_CELLS:,}: vary fewer keys, or fewer values of them")


def check_apart(keys: Sequence[str]) -> None:
    """Raises ConfigError for a key that is varied twice, or lies within another one."""
    paths = [split(key) for key in keys]
    for number, path in enumerate(paths):
        for other, key in zip(paths[:number], keys, strict=False):
            if path == other:
                raise ConfigError(f"{keys[number]}: varied twice; give all its values at once")
            if other[: len(path)] == path or path[: len(other)] == other:
                raise ConfigError(f"{keys[number]} and {key}: one lies within the other; vary only one of them")


def _end(says: str, text: str, parse: Callable[[str], float]) -> float:
    try:
        return parse(text)
    except ValueError as error:
        raise ConfigError(f'{says}: {error} (got "{text}")') from None


def _number(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        raise ValueError("expected a number") from None
    if not math.isfinite(number):
        raise ValueError("expected a number")
    return int(number) if re.fullmatch(r"-?[0-9]+", text) else number


def _whole(text: str) -> float:
    number = _number(text)
    if number != int(number):
        raise ValueError("expected a whole number")
    return int(number)


def _numbers(values: Sequence[Any], kind: Kind) -> tuple[float, ...] | None:
    if kind.unit is None:
        plain = all(isinstance(value, int | float) and not isinstance(value, bool) for value in values)
        return tuple(map(float, values)) if plain else None
    try:
        return tuple(float(kind.unit.parse(value)) for value in values)
    except ValueError:
        return None  # `none` among them, or an error that is told when the value is set
