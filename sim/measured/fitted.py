"""What a log says of one key of a scenario or a design: a value, how sure it is, and how many lines it rests on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from sim.config.units import DURATION, PROBABILITY, RATE, Unit

DIGITS = 4  # of a fitted number: its interval is never so narrow that a fifth would matter
Part = Literal["scenario", "design"]


@dataclass(frozen=True)
class Fitted:
    """The value at one key. `low` and `high`: its 95 % interval in the value's unit; None: a value that has none."""

    part: Part
    key: tuple[str, ...]
    value: float | str | bool
    unit: Unit | None
    n: int  # lines that it rests on
    of: str  # what they are
    low: float | None = None
    high: float | None = None
    how: str = ""  # what a reader should know of it, in a few words

    @property
    def written(self) -> Any:
        """As a file writes it."""
        return self._text(self.value)

    @property
    def interval(self) -> tuple[str, str] | None:
        if self.low is None or self.high is None:
            return None
        return str(self._text(self.low)), str(self._text(self.high))

    def _text(self, value: float | str | bool) -> Any:
        if isinstance(value, str | bool):
            return value
        if self.unit is RATE:
            return rate_shown(value, like=float(self.value))
        return value if isinstance(value, int) else rounded(value) if self.unit is None else shown(value, self.unit)

    @property
    def comment(self) -> str:
        """`95 %: 440ms to 461ms; 5,213 calls`."""
        told = self.interval
        parts = [f"95 %: {told[0]} to {told[1]}" if told else "", f"{self.n:,} {self.of}", self.how]
        return "; ".join(part for part in parts if part)


@dataclass(frozen=True)
class Untold:
    """A key that a log could have told of, and this one doesn't."""

    part: Part
    key: tuple[str, ...]
    why: str


Found = Fitted | Untold


def shown(value: float, unit: Unit) -> str:
    """A number with its unit, of no more digits than can count."""
    if unit is PROBABILITY:
        return PROBABILITY.text(float(f"{value * 100:.3g}") / 100) if value else "0%"
    if unit is DURATION and value:
        size, name = next(
            (size, name) for size, name in ((1.0, "s"), (1e-3, "ms"), (1e-6, "us")) if value >= size or size < 1e-5
        )
        return f"{float(f'{value / size:.{DIGITS}g}'):g}{name}"
    return str(unit.text(value))


def rate_shown(per_s: float, *, like: float) -> str:
    """In the period that suits another rate, so that a rate and its interval can be compared at a glance."""
    period, size = ("s", 1.0) if like >= 10 else ("min", 60.0) if like >= 0.1 / 60 else ("h", 3600.0)
    return f"{per_s * size:.{DIGITS}g}/{period}"


def rounded(value: float) -> float:
    return float(f"{value:.{DIGITS}g}")
