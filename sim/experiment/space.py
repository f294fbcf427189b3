"""The designs to choose from: some to start from, and the values that their knobs may take.

from: [idempotent, outbox]
vary:
  checkout.workers: [8, 16, 32]
  relay.poll_every: [100ms, 2s]     # only designs that have it
  payment.timeout: 2s..10s          # any value between
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

from sim.architectures import load_design
from sim.config.design import Design
from sim.config.errors import ConfigError, nearest
from sim.config.files import read_text
from sim.config.keys import Kind
from sim.config.scenario import Scenario
from sim.config.writing import flow
from sim.config.yamlfile import Source
from sim.experiment.altering import altered, has, split, standing, unknown, value_of
from sim.experiment.inputs import TO, as_number, between, is_number
from sim.experiment.varying import varied

KEYS = ("from", "vary")
MOST_WHOLE = 512  # whole numbers of a range that are taken one by one


@dataclass(frozen=True)
class Variable:
    """A knob with the values listed for it, or with the two ends of a range."""

    key: str
    values: tuple[Any, ...]  # as written in a file
    is_range: bool = False

    @property
    def path(self) -> tuple[str, ...]:
        return split(self.key)

    def at(self, kind: Kind, share: float) -> Any:
        """The value so far on the way from one end of the range to the other, as round as people would give it."""
        low, high = self.values
        return between(kind, low, high, share, digits=2)

    def __str__(self) -> str:
        return TO.join(map(flow, self.values)) if self.is_range else ", ".join(map(flow, self.values))


@dataclass(frozen=True)
class Candidate:
    """One design of the space: what it starts from, what differs, and its name, which is that with a number."""

    number: int
    base: str
    changes: Mapping[str, Any]
    design: Design

    @property
    def name(self) -> str:
        return self.design.name

    @property
    def differs(self) -> str:
        """`checkout.workers 8, relay.poll_every 2s`."""
        return ", ".join(f"{key} {flow(value)}" for key, value in self.changes.items()) or "as it is"


@dataclass(frozen=True)
class Space:
    """The designs to start from, and the knobs to vary in those that have them."""

    bases: tuple[Design, ...]
    variables: tuple[Variable, ...]

    def of(self, base: Design) -> list[Variable]:
        return [variable for variable in self.variables if has(base, variable.path)]

    @property
    def size(self) -> int | None:
        """How many combinations there are; None: endlessly many."""
        if any(variable.is_range for variable in self.variables):
            return None
        return sum(math.prod(len(variable.values) for variable in self.of(base)) for base in self.bases)

    def candidates(self) -> Iterator[Candidate]:
        """All combinations that can be, in the order of the file; of a space without ranges."""
        number = 0
        for base in self.bases:
            variables = self.of(base)
            for values in product(*(variable.values for variable in variables)):
                made = candidate(base, dict(zip((v.key for v in variables), values, strict=True)), number + 1)
                if made is not None:
                    number += 1
                    yield made


def candidate(base: Design, changes: Mapping[str, Any], number: int) -> Candidate | None:
    """A design with these changes; None if they can't be together, as fewer workers than instances."""
    design, left = base, dict(changes)
    while left:  # what is not possible yet may be after another change
        before = len(left)
        for key, value in list(left.items()):
            try:
                design = altered(design, split(key), value)
            except ConfigError:
                continue
            del left[key]
        if len(left) == before:
            return None
    named = design.model_copy(update={"name": f"{base.name}-{number}", "summary": f"{base.name}, one of a design space"})
    return Candidate(number, base.name, changes, named)


def load_space(file: str | Path) -> Space:
    """The space that a YAML file describes. Raises ConfigError with all that is wrong in it."""
    return parse_space(read_text(Path(file)), filename=str(file))


def parse_space(text: str, *, filename: str = "space.yaml") -> Space:
    """A space from YAML text. Raises ConfigError with all that is wrong in it."""
    source = Source(text, filename)
    errors = [_at(source, (key,), f"{key}: unknown key{nearest(key, KEYS)}") for key in source.data if key not in KEYS]
    bases = _bases(source, errors)
    given = source.data.get("vary")
    if not isinstance(given, dict) or not given:
        example = "vary: {checkout.workers: [8, 16]}"
        errors.append(_at(source, ("vary",), f"vary: expected keys of a design and their values, like `{example}`"))
        given = {}
    variables = [made for key, value in given.items() if (made := _variable(source, key, value, bases, errors)) is not None]
    if errors:
        raise ConfigError(*errors)
    return Space(tuple(bases), tuple(_counted(variables)))


def _counted(variables: list[Variable]) -> list[Variable]:
    """Ranges of a few whole numbers as those numbers, unless there are other ranges, which have no end of values."""
    ranges = [variable.values for variable in variables if variable.is_range]
    if not all(isinstance(low, int) and isinstance(high, int) and high - low < MOST_WHOLE for low, high in ranges):
        return variables
    return [
        Variable(variable.key, tuple(range(variable.values[0], variable.values[1] + 1))) if variable.is_range else variable
        for variable in variables
    ]


def _bases(source: Source, errors: list[str]) -> list[Design]:
    given = source.data.get("from")
    names = [given] if isinstance(given, str) else given
    if not isinstance(names, list) or not names or not all(isinstance(name, str) for name in names):
        errors.append(_at(source, ("from",), "from: expected designs to start from, like `from: [idempotent, outbox]`"))
        return []
    bases: list[Design] = []
    for number, name in enumerate(names):
        place = ("from", number) if isinstance(given, list) else ("from",)
        try:
            design = load_design(name)
        except ConfigError as error:
            errors.append(_at(source, place, f"from: {error}"))
            continue
        if design.name in [other.name for other in bases]:
            errors.append(_at(source, place, f"from: {design.name} is given twice; keep one"))
            continue
        bases.append(design)
    return bases


def _variable(source: Source, key: str, given: Any, bases: list[Design], errors: list[str]) -> Variable | None:
    place, path = ("vary", key), split(key)
    having = [base for base in bases if has(base, path)]
    if not having:
        if bases:
            errors.append(_at(source, place, f"vary: {_no_such_key(key, bases)}"))
        return None
    values = tuple(given) if isinstance(given, list) else (given,)
    is_range = isinstance(given, str) and TO in given and ":" not in given
    try:
        if isinstance(given, str) and TO in given and not is_range:
            values = varied(f"{key}={given}", having).values
        elif is_range:
            values = _ends(given, having[0], path)
        elif not values or None in values:
            raise ConfigError("expected a list of values, like [8, 16, 32], or a range, like 2s..10s")
        elif len({flow(value) for value in values}) < len(values):
            raise ConfigError("a value is given twice; keep one")
    except ConfigError as error:
        says = str(error) if str(error).startswith(key) else f"{key}: {error}"
        errors.append(_at(source, place, f"vary: {says}"))
        return None
    for number, value in enumerate(values):
        where = (*place, number) if isinstance(given, list) else place
        wrong = next((text for base in having if (text := _wrong(base, key, value, source.data["vary"])) is not None), None)
        if wrong is not None:
            errors.append(_at(source, where, f"vary: {wrong}"))
    return Variable(key, values, is_range)


def _ends(span: str, base: Design, path: tuple[str, ...]) -> tuple[Any, Any]:
    kind, _ = standing(base, path)
    texts = [text.strip() for text in span.split(TO)]
    if not is_number(kind):
        raise ConfigError(f'a range is for a number; list the values instead (got "{span}")')
    if len(texts) != 2 or not all(texts):
        raise ConfigError(f'expected two ends, like 2s..10s (got "{span}")')
    low, high = (value_of(text) for text in texts)
    try:
        in_order = as_number(kind, low) < as_number(kind, high)
    except ValueError as error:
        raise ConfigError(f'{error} (got "{span}")') from None
    if not in_order:
        raise ConfigError(f'the first end must be below the second (got "{span}")')
    return low, high


def _wrong(base: Design, key: str, value: Any, choices: dict[str, Any]) -> str | None:
    """Why a design can't have this value, alone or beside any one value of another knob."""
    try:
        altered(base, split(key), value)
    except ConfigError as error:
        for other, values in choices.items():
            for beside in values if isinstance(values, list) else []:
                if other != key and has(base, split(other)) and candidate(base, {key: value, other: beside}, 0) is not None:
                    return None
        return str(error)
    return None


def _no_such_key(key: str, bases: list[Design]) -> str:
    section = key.partition(".")[0]
    if section in Scenario.model_fields and section not in Design.model_fields:
        return f"{key}: a key of the scenario, which nobody can choose; expected one of a design"
    return unknown(key, *bases)


def _at(source: Source, path: tuple[Any, ...], message: str) -> str:
    _, mark, _ = source.find(path)
    return f"{source.at(mark)}: {message}"
