"""The base of every model read from a file, and probability distributions as files write them.

Once read, durations are seconds, rates are per second, probabilities are between 0 and 1, prices are cents.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import pydantic
from pydantic import BaseModel, ConfigDict, ValidationInfo, model_validator

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


class Lognormal(Model):
    """A time whose natural logarithm is normally distributed around log(median) with standard deviation sigma."""

    median: Duration = Field(description="half are shorter")
    sigma: float = Field(ge=0, le=5, description="spread; 0: always the median")


class Distribution(OneOf):
    """A distribution of times."""

    constant: Duration | None = None
    exponential: Duration | None = Field(None, description="by its mean")
    lognormal: Lognormal | None = None
    uniform: tuple[Duration, Duration] | None = Field(None, description="[from, to]")
    empirical: str | None = Field(None, description="a CSV file of measured seconds, beside this file")
    samples: tuple[float, ...] | None = Field(
        None, exclude=True, alias="(read from the file)", description="the empirical file's content, sorted"
    )

    @model_validator(mode="after")
    def _ordered(self) -> Distribution:
        if self.uniform is not None and self.uniform[0] > self.uniform[1]:
            raise KeyedErrors([("uniform", "expected [from, to] with from at most to")])
        return self

    @model_validator(mode="after")
    def _read(self, info: ValidationInfo) -> Distribution:
        if self.empirical is not None and self.samples is None:
            samples = read_column(reading(info).beside / self.empirical, None, keys=("empirical", "empirical"))
            object.__setattr__(self, "samples", samples)
        return self
