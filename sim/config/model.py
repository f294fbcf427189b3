"""The base of every model read from a file, and probability distributions as files write them.

Once read, durations are seconds, rates are per second, probabilities are between 0 and 1, prices are cents.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import exp, isfinite, log
from pathlib import Path
from statistics import NormalDist
from typing import Any, ClassVar

import pydantic
from pydantic import BaseModel, ConfigDict, ValidationInfo, field_validator, model_validator

from sim.config.columns import read_column
from sim.config.errors import KeyedErrors
from sim.config.units import Duration

Field: Callable[..., Any] = pydantic.Field  # untyped, because defaults are written as in a file: "8s" for a float


@dataclass
class Reading:
    """What is known while a file is read: the folder from which its paths start, and, once read, the morning's clock span.

    `morning` is (from, to) in seconds after midnight.
    """

    beside: Path = Path()
    morning: tuple[float, float] | None = None


def reading(info: ValidationInfo) -> Reading:
    return info.context if isinstance(info.context, Reading) else Reading()


NOTHING: dict[str, Any] = {"enum": [None, "none"]}  # JSON Schema of a key that has no value
A_VALUE: dict[str, Any] = {"not": NOTHING}


def exactly_one(*keys: str) -> dict[str, Any]:
    """What a JSON Schema says of a mapping that must have a value at exactly one of these keys."""
    return {"oneOf": [{"required": [key], "properties": {key: A_VALUE}} for key in keys]}


def goes_with(key: str, values: Sequence[str], other: str, allowed: Sequence[str | None]) -> dict[str, Any]:
    """What it says of a key some of whose values another key allows only with some of its own."""
    return {
        "if": {"required": [key], "properties": {key: {"enum": list(values)}}},
        "then": {"properties": {other: {"enum": list(allowed)}}},
    }


class Model(BaseModel):
    """A frozen model. Unknown keys are errors; defaults are written and checked like values in a file."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", validate_default=True, use_attribute_docstrings=True, allow_inf_nan=False
    )


class OneOf(Model):
    """A mapping with exactly one of its keys, such as `{constant: 20ms}`."""

    also: ClassVar[frozenset[str]] = frozenset()  # keys that may stand beside the chosen one

    @model_validator(mode="before")
    @classmethod
    def _exactly_one(cls, value: Any) -> Any:
        if isinstance(value, dict):
            known = [key for key in value if key in cls.choices()]
            strange = [key for key in value if key not in cls.choices() and key not in cls.also]
            if len(known) != 1 and not strange:
                raise ValueError(f"give exactly one of: {', '.join(cls.choices())}")
            if len(known) == 1 and value[known[0]] is None:
                raise KeyedErrors([(known[0], "expected a value")])
        return value

    @classmethod
    def choices(cls) -> list[str]:
        return [name for name, info in cls.model_fields.items() if name not in cls.also and not info.exclude]

    @property
    def chosen(self) -> str:
        return next(name for name in self.choices() if name in self.model_fields_set)


class Overlay(Model):
    """A mapping that lies over another one: it has a value at every key, and a file gives only those that differ.

    A plain text in its place is the value of its key `from`, which names the other one.
    """

    @model_validator(mode="before")
    @classmethod
    def _named(cls, value: Any) -> Any:
        return {"from": value} if isinstance(value, str) else value

    @property
    def differing(self) -> list[str]:
        """The keys whose values differ from those of the other mapping."""
        raise NotImplementedError


STEEPEST = 5.0  # spread, as sigma of a lognormal: of a lognormal's own, and of what lies beyond the outermost percentiles


class Lognormal(Model):
    """A time whose natural logarithm is normally distributed around log(median) with standard deviation sigma."""

    median: Duration = Field(description="half are shorter")
    sigma: float = Field(ge=0, le=STEEPEST, description="spread; 0: always the median")

    @model_validator(mode="after")
    def _finite(self) -> Lognormal:
        if not isfinite(self.median * exp(8 * self.sigma)):  # further from the median than any draw
            raise KeyedErrors([("median", "too large for this sigma: some times would be infinite")])
        return self


_PERCENTILE = re.compile(r"p(100|[0-9]{1,2}(\.[0-9]{1,6})?)")
_BOUNDS = ((3, ["p0"]), (3, ["p100"]), (4, ["p0", "p100"]))  # how many percentiles there are at least beside these
_TWO_OR_MORE: dict[str, Any] = {  # as a JSON Schema
    "propertyNames": {"pattern": f"^{_PERCENTILE.pattern}$"},
    "minProperties": 2,
    "allOf": [{"if": {"required": bounds}, "then": {"minProperties": least}} for least, bounds in _BOUNDS],
}


def percents(percentile: str) -> float:
    """`99.9` of `p99.9`."""
    return float(percentile[1:])


def inner_percentiles(percentiles: dict[str, float]) -> tuple[list[float], list[float]]:
    """Those between p0 and p100 as standard normal quantiles, with the natural logarithms of their seconds."""
    inner = {key: seconds for key, seconds in percentiles.items() if 0 < percents(key) < 100}
    return [NormalDist().inv_cdf(percents(key) / 100) for key in inner], [log(seconds) for seconds in inner.values()]


def tail_spreads(percentiles: dict[str, float]) -> tuple[float, float]:
    """How fast times fall below the lowest percentile and rise beyond the highest, as sigma of a lognormal."""
    z, logs = inner_percentiles(percentiles)
    return (logs[1] - logs[0]) / (z[1] - z[0]), (logs[-1] - logs[-2]) / (z[-1] - z[-2])


class Distribution(OneOf):
    """A distribution of times."""

    constant: Duration | None = None
    exponential: Duration | None = Field(None, description="by its mean")
    lognormal: Lognormal | None = None
    percentiles: dict[str, Duration] | None = Field(
        None,
        description="two or more, like {p50: 700ms, p95: 2.4s, p99: 6s}; lognormal between two and on beyond the outermost; "
        "p100 is the longest time, p0 the shortest",
        json_schema_extra=_TWO_OR_MORE,
    )
    uniform: tuple[Duration, Duration] | None = Field(None, description="[from, to]")
    empirical: str | None = Field(None, description="a CSV file of measured seconds, beside this file")
    samples: tuple[float, ...] | None = Field(
        None, exclude=True, alias="(read from the file)", description="the empirical file's content, sorted"
    )

    def __hash__(self) -> int:
        """Percentiles are a mapping, which has no hash of its own."""
        told = None if self.percentiles is None else tuple(self.percentiles.items())
        return hash((self.constant, self.exponential, self.lognormal, told, self.uniform, self.empirical, self.samples))

    @model_validator(mode="after")
    def _ordered(self) -> Distribution:
        if self.uniform is not None and self.uniform[0] > self.uniform[1]:
            raise KeyedErrors([("uniform", "expected [from, to] with from at most to")])
        return self

    @field_validator("percentiles")
    @classmethod
    def _ascending(cls, percentiles: dict[str, float] | None) -> dict[str, float] | None:
        if percentiles is None:
            return None
        if strange := [key for key in percentiles if not _PERCENTILE.fullmatch(key)]:
            raise KeyedErrors([(key, "expected a percentile such as p50, p99 or p99.9") for key in strange])
        told = dict(sorted(percentiles.items(), key=lambda item: percents(item[0])))
        if len({percents(key) for key in told}) < len(told):
            raise ValueError("the same percentile twice")
        if errors := [
            (key, f"less than {before}; percentiles rise") for before, key in pairwise(told) if told[key] < told[before]
        ]:
            raise KeyedErrors(errors)
        inner = [key for key in told if 0 < percents(key) < 100]
        if len(inner) < 2:
            raise ValueError("expected two percentiles or more between p0 and p100, such as {p50: 700ms, p99: 6s}")
        if told[inner[0]] == 0:
            raise KeyedErrors([(inner[0], "expected a time above 0; only p0 may be 0")])
        for spread, bound, two in zip(tail_spreads(told), ("p0", "p100"), (inner[:2], inner[-2:]), strict=True):
            if spread > STEEPEST and bound not in told:
                which = "shortest" if bound == "p0" else "longest"
                raise ValueError(
                    f"{two[0]} and {two[1]} are so far apart that nothing is known beyond them; add {bound}, the {which} time"
                )
        return told

    @model_validator(mode="after")
    def _read(self, info: ValidationInfo) -> Distribution:
        if self.empirical is not None and self.samples is None:
            samples = read_column(reading(info).beside / self.empirical, None, keys=("empirical", "empirical"))
            object.__setattr__(self, "samples", samples)
        return self
