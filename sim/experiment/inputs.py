"""The numbers of a scenario and a design that can be larger or smaller, each with the two ends it is moved between."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sim.config.design import Design
from sim.config.errors import ArgumentError, ConfigError
from sim.config.faults import FAULTS
from sim.config.keys import Kind, below
from sim.config.knobs import Knob, knobs
from sim.config.scenario import Scenario, Traffic
from sim.config.units import CLOCK, PROBABILITY
from sim.config.writing import flow
from sim.experiment.altering import altered, has, split, standing, unknown, value_of
from sim.experiment.measuring import Run
from sim.experiment.sensitivity import ASSUMED, FACTORS, TIMES, Input, can_be, scaled

TO = ".."  # between the ends of a range
DIGITS = 6  # significant, of a value between two ends
LEFT_OUT = ("clock", "objectives")  # how long one looks, and what one asks for, move nothing


@dataclass(frozen=True)
class Factor:
    """An input and its ends, as written in a file; an end may be the value it has."""

    input: Input
    kind: Kind
    low: Any
    high: Any

    def at(self, share: float) -> Any:
        """The value so far on the way from the low end to the high one: in ratios, or in steps for probabilities."""
        return between(self.kind, self.low, self.high, share)

    def set(self, run: Run, value: Any) -> Run:
        """The scenario and the design with this value. Raises ConfigError if that can't be."""
        world, design = run
        if self.input.of == "scenario":
            return altered(world, self.input.path, value), design
        return world, altered(design, self.input.path, value)


def factors(scenario: Scenario, design: Design, wanted: Sequence[str] = ()) -> list[Factor]:
    """All inputs, halved and doubled; or those wanted: `app.timeout`, or with ends of one's own `app.timeout=2s..16s`.

    Raises ConfigError for a key that there isn't, or for ends that can't be.
    """
    if wanted:
        return [_wanted(scenario, design, text) for text in wanted]
    found = []
    for model in (scenario, design):
        for knob in scalable(model):
            low, high = (_legal(model, knob, factor) for factor in FACTORS)
            if low != high:
                found.append(_factor(model, knob, low, high))
    return found


def scalable(model: Scenario | Design) -> Iterator[Knob]:
    """Every key with a number in it that is not zero: sections, the chosen traffic, and the faults are opened."""
    for knob in knobs(model, model):
        if knob.path[0] in LEFT_OUT or (knob.path[0] == "prices" and ASSUMED not in knob.about):
            continue  # a list price is known
        if knob.path == ("faults",):
            yield from _of_faults(model, knob)
        elif knob.kind.model is Traffic:
            yield from (_knob(model, path, knob.about) for path in _of_traffic(knob))
        elif _can_scale(knob):
            yield knob


def between(kind: Kind, low: Any, high: Any, share: float, *, digits: int = DIGITS) -> Any:
    """A value between two, as written in a file, with so many significant digits."""
    if low == high:
        return low
    if isinstance(low, dict):
        return {key: between(below(kind, key) or kind, low[key], high[key], share) for key in low}
    if isinstance(low, list):
        return [between(below(kind, i) or kind, *ends, share) for i, ends in enumerate(zip(low, high, strict=True))]
    begin, end = as_number(kind, low), as_number(kind, high)
    in_ratios = kind.unit is not PROBABILITY and begin > 0 and end > 0
    value = begin * (end / begin) ** share if in_ratios else begin + (end - begin) * share
    value = round(value) if kind.type is int else float(f"{value:.{digits}g}")
    return kind.unit.text(value) if kind.unit is not None else value


def shown(text: str) -> str:
    """`median 225ms`, `base 250ms`, `16`: what is moved of a value as it stands in a file, for people."""
    value = value_of(text)
    if not isinstance(value, dict):
        return text
    choice, inner = next(iter(value.items()))
    if isinstance(inner, dict) and choice in TIMES:
        return f"{TIMES[choice]} {flow(inner[TIMES[choice]])}"
    return flow(inner) if len(value) == 1 else text


def _wanted(scenario: Scenario, design: Design, text: str) -> Factor:
    key, equals, span = (part.strip() for part in text.partition("="))
    path = split(key)
    model: Scenario | Design | None = next((one for one in (scenario, design) if has(one, path)), None)
    if model is None:
        raise ArgumentError("inputs", unknown(key, scenario, design))
    knob = next((known for known in scalable(model) if known.path == path), None) or _knob(model, path, "")
    try:
        return _factor(model, knob, *(_ends(model, knob, span) if equals else _halved_and_doubled(model, knob)))
    except (ConfigError, ValueError) as error:
        raise ArgumentError("inputs", str(error) if str(error).startswith(key) else f"{key}: {error}") from None


def _halved_and_doubled(model: Scenario | Design, knob: Knob) -> tuple[Any, Any]:
    ends = f'give both ends, like "{Input("", knob.path, "", "").name}={example(knob.kind)}"'
    if not _can_scale(knob):
        if is_number(knob.kind):
            raise ValueError(f"it is {shown(knob.value)} here, which can't be halved and doubled; {ends}")
        raise ValueError(f"expected a key with a number that is not zero (got {flow(knob.value)})")
    low, high = (_legal(model, knob, factor) for factor in FACTORS)
    if low == high:
        raise ValueError(f"can be neither halved nor doubled; {ends}")
    return low, high


def _ends(model: Scenario | Design, knob: Knob, span: str) -> tuple[Any, Any]:
    texts = [text.strip() for text in span.split(TO)]
    if not is_number(knob.kind):
        raise ValueError(
            "ends are for a number; for a time drawn at random name what is moved, as in provider.latency.constant"
        )
    if len(texts) != 2 or not all(texts):
        raise ValueError(f'expected two ends, like "{example(knob.kind)}" (got "{span}")')
    low, high = (value_of(text) for text in texts)
    for end in (low, high):
        altered(model, knob.path, end)
    if "none" in (low, high):
        raise ValueError('"none" is no end of a range; expected a number')
    if not as_number(knob.kind, low) < as_number(knob.kind, high):
        raise ValueError(f'the first end must be below the second (got "{span}")')
    return low, high


def is_number(kind: Kind) -> bool:
    return (kind.unit is not None and kind.unit is not CLOCK) or kind.type in (int, float)


def as_number(kind: Kind, value: Any) -> float:
    """A value as written in a file, in its unit's own measure."""
    return kind.unit.parse(value) if kind.unit is not None else float(value)


def example(kind: Kind) -> str:
    """Two ends, as they could be given."""
    ends = sorted(kind.unit.examples[:2], key=kind.unit.parse) if kind.unit is not None else []
    return TO.join(ends) if len(ends) == 2 else f"1{TO}10"


def _factor(model: Scenario | Design, knob: Knob, low: Any, high: Any) -> Factor:
    of = "scenario" if isinstance(model, Scenario) else "design"
    return Factor(Input(of, knob.path, knob.about, flow(knob.value)), knob.kind, low, high)


def _legal(model: Scenario | Design, knob: Knob, factor: float) -> Any:
    """Its value so many times larger, or as it is if it can't be: a probability above 100 %, fewer workers than instances."""
    value = _times(knob, factor)
    return value if can_be(model, knob.path, value) else knob.value


def _times(knob: Knob, factor: float) -> Any:
    if knob.kind.container is dict:  # a traffic's shape
        inner = {key: below(knob.kind, key) for key in knob.value}
        return {
            key: scaled(Knob((), value, value, "", kind), factor) or value
            for key, value in knob.value.items()
            if (kind := inner[key]) is not None
        }
    return scaled(knob, factor)


def _can_scale(knob: Knob) -> bool:
    return knob.kind.unit is not CLOCK and knob.value != 0 and _times(knob, FACTORS[1]) is not None


def _knob(model: Scenario | Design, path: tuple[str, ...], about: str) -> Knob:
    kind, value = standing(model, path)
    return Knob(path, value, value, about, kind)


def _of_traffic(knob: Knob) -> Iterator[tuple[str, ...]]:
    for choice in ("profile", "rate", "shape", "steps"):
        if choice in knob.value:
            yield (*knob.path, choice, "purchases") if choice == "profile" else (*knob.path, choice)


def _of_faults(model: Scenario | Design, knob: Knob) -> Iterator[Knob]:
    """The numbers of each fault, described as those of its kind."""
    for number, fault in enumerate(knob.value):
        kind = next(key for key in fault if key in FAULTS)
        for key, value in fault.items():
            if key in (kind, "after") or value == "none":
                continue
            one = _knob(model, (*knob.path, str(number), key), f"{kind} of {fault[kind]}")
            if _can_scale(one):
                yield one


def called(input: Input) -> str:  # noqa: A002
    """`faults[0].latency (brownout of provider)`: a fault's number alone says little."""
    return f"{input.name} ({input.about})" if input.path[0] == "faults" and input.about else input.name
