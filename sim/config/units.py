"""Quantities as people write them: `250ms`, `2min`, `12/min`, `4%`, `x10`, `6.50 USD`, `"07:30"`.

A bare number where a unit is needed is an error: 30 *what*? Zero needs no unit.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from typing import Annotated, Any

from pydantic import BeforeValidator, WithJsonSchema

SECONDS = {"us": 1e-6, "ms": 1e-3, "s": 1.0, "min": 60.0, "h": 3600.0, "d": 86400.0}
_NUMBER = r"\s*([0-9]+(?:\.[0-9]*)?(?:[eE][+-]?[0-9]+)?|\.[0-9]+)\s*"


def _quantity(value: Any, pattern: str, expected: str) -> re.Match[str]:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise ValueError(f"expected {expected}")
    text = str(value)
    match = re.fullmatch(pattern, text)
    if match is None:
        if re.fullmatch(r"\s*-.*", text):
            raise ValueError(f"must not be negative; expected {expected}")
        if re.fullmatch(_NUMBER, text):
            raise ValueError(f"a bare number: add the unit; expected {expected}")
        raise ValueError(f"expected {expected}")
    if not math.isfinite(float(match[1] if match[1] else 0)):
        raise ValueError(f"too large; expected {expected}")
    return match


def _is_zero(value: Any) -> bool:
    return not isinstance(value, bool) and value in (0, "0")


def duration_s(value: Any) -> float:
    """Seconds of a duration such as `250ms`, `30s`, `2min`, `3h`, `7d`. Raises ValueError."""
    if _is_zero(value):
        return 0.0
    match = _quantity(value, _NUMBER + r"(us|ms|s|min|h|d)\s*", 'a duration like "250ms", "30s", "2min", "3h"')
    return float(match[1]) * SECONDS[match[2]]


def rate_per_s(value: Any) -> float:
    """Events per second of a rate such as `5/s`, `12/min`, `40/h`. Raises ValueError."""
    if _is_zero(value):
        return 0.0
    match = _quantity(value, _NUMBER + r"/\s*(s|min|h|d)\s*", 'a rate like "5/s", "12/min", "400/h"')
    return float(match[1]) / SECONDS[match[2]]


def probability(value: Any) -> float:
    """A probability written in percent (`4%`). Raises ValueError above 100 %."""
    if _is_zero(value):
        return 0.0
    match = _quantity(value, _NUMBER + r"%\s*", 'a probability in percent like "4%" or "0.2%"')
    p = float(match[1]) / 100
    if p > 1:
        raise ValueError("a probability cannot exceed 100%")
    return p


def factor(value: Any) -> float:
    """A multiplier such as `x10`. Raises ValueError."""
    match = _quantity(value, r"\s*x" + _NUMBER, 'a factor like "x10" or "x2.5"')
    return float(match[1])


def usd(value: Any) -> float:
    """An amount of money such as `6.50 USD`. Raises ValueError."""
    if _is_zero(value):
        return 0.0
    match = _quantity(value, _NUMBER + r"USD\s*", 'an amount like "6.50 USD"')
    return float(match[1])


def cents(value: Any) -> int:
    """Whole cents of an amount such as `6.50 USD`. Raises ValueError."""
    amount = usd(value) * 100
    if abs(amount - round(amount)) > 1e-6:
        raise ValueError('an amount in whole cents like "6.50 USD"')
    return round(amount)


def clock_s(value: Any) -> float:
    """Seconds after midnight of a clock time such as "07:30" or "07:30:15". Raises ValueError."""
    match = re.fullmatch(r"\s*(\d{1,2}):(\d{2})(?::(\d{2}))?\s*", value) if isinstance(value, str) else None
    if match is None or int(match[1]) > 24 or int(match[2]) > 59 or int(match[3] or 0) > 59:
        raise ValueError('expected a clock time like "07:30", in quotes')
    return int(match[1]) * 3600.0 + int(match[2]) * 60.0 + int(match[3] or 0)


def clock_text(seconds: float) -> str:
    """`07:30` (or `07:30:15`) for seconds after midnight."""
    whole = round(seconds)
    text = f"{whole // 3600:02d}:{whole // 60 % 60:02d}"
    return text if whole % 60 == 0 else f"{text}:{whole % 60:02d}"


def _unit(parse: Callable[[Any], float], *examples: str) -> tuple[BeforeValidator, WithJsonSchema]:
    """Defaults are written in the same units as files are (`validate_default`), so nothing is ever parsed twice."""
    return BeforeValidator(parse), WithJsonSchema({"type": ["string", "integer"], "examples": list(examples)})


Duration = Annotated[float, *_unit(duration_s, "250ms", "30s", "2min")]
Rate = Annotated[float, *_unit(rate_per_s, "5/s", "12/min")]
Probability = Annotated[float, *_unit(probability, "4%", "0.2%")]
Factor = Annotated[float, *_unit(factor, "x10")]
Usd = Annotated[float, *_unit(usd, "6.50 USD")]
Cents = Annotated[int, *_unit(cents, "6.50 USD")]
Clock = Annotated[float, *_unit(clock_s, "07:30")]
