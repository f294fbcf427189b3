"""Times as logs write them: ISO 8601, seconds or finer units since 1970, or seconds after midnight."""

from __future__ import annotations

import math
from datetime import datetime

from sim.config.units import DAY_S, duration_s

EPOCH_S = 1e8  # numbers from here on count since 1970 (1973 and later); smaller ones are seconds after midnight
UNITS = ((1e11, 1.0), (1e14, 1e-3), (1e17, 1e-6), (math.inf, 1e-9))  # up to which number, and what one is in seconds
LATEST_S = 4e9  # of what can be meant: the year 2096
EXPECTED = "expected a time such as 2026-03-02T07:30:00.250Z, seconds (or ms, us, ns) since 1970, or seconds after midnight"


def moment_s(text: str) -> float:
    """Seconds since 1970 by the clock on the wall of the text's own time zone, or seconds after midnight. Raises ValueError.

    The clock on the wall is what a scenario speaks of: 07:30 in `2026-03-02T07:30:00+01:00` is half past seven.
    """
    number = _number(text)
    if number is not None:
        if not 0 <= number < LATEST_S * 1e9:
            raise ValueError(EXPECTED)
        return number if number < EPOCH_S else number * next(unit for below, unit in UNITS if number < below)
    try:
        when = datetime.fromisoformat(text.strip())
    except ValueError:
        raise ValueError(EXPECTED) from None
    return (when.replace(tzinfo=None) - datetime(1970, 1, 1)).total_seconds()


def elapsed_s(text: str, unit_s: float = 1.0) -> float:
    """Seconds of a duration: a number of the column's unit, or a text such as `120ms`. Raises ValueError."""
    number = _number(text)
    if number is None and text[-1:].isdecimal():
        raise ValueError("expected a number, or a duration such as 120ms")
    seconds = number * unit_s if number is not None else duration_s(text.strip())
    if not 0 <= seconds <= 7 * DAY_S:
        raise ValueError("expected a duration between 0 and 7 days")
    return seconds


def _number(text: str) -> float | None:
    """Of ASCII digits alone: Python would read `1_0` and other scripts' digits, too."""
    try:
        number = float(text) if text.isascii() and "_" not in text else math.nan
    except ValueError:
        return None
    return number if math.isfinite(number) else None
