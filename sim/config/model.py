"""The base of every model read from a file, and probability distributions as they are written in files.

Once read, durations are seconds, rates are per second, probabilities are between 0 and 1, prices are cents.
"""

from __future__ import annotations

from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict, Field, model_validator

from sim.config.units import Duration


class Model(BaseModel):
    """Frozen; unknown keys are errors; defaults are written and checked like values in a file."""

    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=True, use_attribute_docstrings=True)


class OneOf(Model):
    """A mapping with exactly one of its keys, such as `{constant: 20ms}`."""

    model_config = ConfigDict(json_schema_extra={"minProperties": 1, "maxProperties": 1})
    also: ClassVar[frozenset[str]] = frozenset()  # keys that may accompany the one

    @model_validator(mode="before")
    @classmethod
    def _exactly_one(cls, value: Any) -> Any:
        if isinstance(value, dict):
            known = [key for key in value if key in cls.model_fields and key not in cls.also]
            if len(known) != 1 and not any(key not in cls.model_fields for key in value):
                names = ", ".join(name for name in cls.model_fields if name not in cls.also)
                raise ValueError(f"give exactly one of: {names}")
        return value

    @property
    def chosen(self) -> str:
        return next(name for name in type(self).model_fields if name in self.model_fields_set and name not in self.also)


class Lognormal(Model):
    """Natural logarithm normally distributed around log(median) with standard deviation sigma."""

    median: Duration
    sigma: float = Field(ge=0, le=5)


class Distribution(OneOf):
    """A distribution of times."""

    constant: Duration | None = None
    exponential: Duration | None = Field(None, description="by its mean")
    lognormal: Lognormal | None = None
    uniform: tuple[Duration, Duration] | None = Field(None, description="[from, to]")
    empirical: str | None = Field(None, description="a CSV file of measured seconds, beside this file")
    samples: tuple[float, ...] | None = Field(None, exclude=True, description="the empirical file's content, sorted")
    also: ClassVar[frozenset[str]] = frozenset({"samples"})

    @model_validator(mode="after")
    def _ordered(self) -> Distribution:
        if self.uniform is not None and self.uniform[0] > self.uniform[1]:
            raise ValueError("uniform is [from, to] with from <= to")
        return self
