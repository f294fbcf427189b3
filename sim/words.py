"""Numbers as people read them. Shares are in percent, times in seconds, money in USD."""

from __future__ import annotations

import math

from sim.experiment.effort import in_words
from sim.experiment.statistics import Difference, Estimate
from sim.vocabulary import METRICS

NBSP = "\u00a0"  # keeps a number and its unit on one line
UNITS = {"share": f"{NBSP}%", "s": f"{NBSP}s", "USD": f"{NBSP}USD", "count": ""}
MINUS = "−"
mornings = in_words  # `3 mornings`; defined below this module, where results say it too


def number(value: float, decimals: int | None = None) -> str:
    """`1,829`, `7.32`, `0.0099`: three significant digits unless the decimals are given."""
    if decimals is None:
        decimals = 0 if value == 0 else max(0, 2 - math.floor(math.log10(abs(value))))
        text = f"{value:,.{decimals}f}"
        return text.rstrip("0").rstrip(".") if "." in text else text
    return f"{value:,.{decimals}f}"


def quantity(value: float, unit: str) -> str:
    """A value with its unit, e.g. `7.32 %` for a share of 0.0732."""
    return number(value * _scale(unit)).replace("-", MINUS) + UNITS[unit]


def share(value: float) -> str:
    """`7.3 %`, `0.0099 %`, `99.98 %`: two digits that count, and almost all is not all."""
    percent = value * 100
    if percent <= 0 or percent >= 100:
        return f"{percent:.0f}{UNITS['share']}"
    decimals = max(0, 1 - math.floor(math.log10(percent)), -math.floor(math.log10(100 - percent)))
    return number(percent, decimals) + UNITS["share"]


def percent(value: float) -> str:
    """A share exactly as it was set, e.g. `0.5 %`."""
    return f"{value * 100:g}{UNITS['share']}"


def seconds(value: float) -> str:
    """`20 ms`, `90 s`, `5 min`, `2 h`, `7 d`: in the unit that people would use."""
    if 0 < value < 1:
        return f"{value * 1000:.3g}{NBSP}ms"
    for unit, size in (("d", 86400), ("h", 3600), ("min", 60)):
        if value >= size and (value % size == 0 or value >= 10 * size):
            return f"{value / size:.3g}{NBSP}{unit}"
    return f"{value:.3g}{NBSP}s"


def about(seconds: float) -> str:
    """`40 s`, `4 min`, `1.5 h`: how long something takes, roughly."""
    if seconds < 90:
        return f"{max(round(seconds), 1)}{NBSP}s"
    return f"{seconds / 60:.0f}{NBSP}min" if seconds < 90 * 60 else f"{seconds / 3600:.1f}{NBSP}h"


def estimate(value: Estimate, unit: str) -> str:
    """`7.3 % [7.1, 7.6]`; what is missing is said in words."""
    if value.never:
        return f"never in {never_in(value)}"
    if value.mean is None:
        return "nothing to count"
    if unit == "share" and value.mean == 0 and value.high:
        return f"{share(0)} (below {share(value.high)})"
    return _with_interval(value.mean, value.low, value.high, unit)


def mean(value: Estimate, unit: str) -> str:
    """`7.3 %`, `10 s`: an estimate without its interval."""
    if value.never or value.mean is None:
        return estimate(value, unit)
    return share(value.mean) if unit == "share" else quantity(value.mean, unit)


def mean_number(value: Estimate, *, nothing: str = "nothing to count") -> str:
    """`1,830`: the mean without its unit, for those who say the unit themselves; `nothing` if there is none."""
    return nothing if value.mean is None else number(value.mean)


def never_in(value: Estimate) -> str:
    """`4 of 10 mornings`."""
    return f"{round(value.never * value.n)} of {mornings(value.n)}"


def difference(value: Difference, unit: str) -> str:
    """`−7.3 points [−7.6, −7.1]`; points are percentage points."""
    if value.difference is None:
        return "no difference to take"
    text = _with_interval(value.difference, value.low, value.high, unit, sign="+")
    return text.replace(UNITS["share"], f"{NBSP}points", 1)


def limit(metric: str, value: float) -> str:
    """`at most 1 s`."""
    known = METRICS[metric]
    said = percent(value) if known.unit == "share" else quantity(value, known.unit)
    return f"{known.limits} {said}"


def zero_of(n: int, high: float | None) -> str:
    """`0 of 30,206 (below 0.0099 %)`: none seen is not the same as impossible."""
    return (f"0 of {n:,}" + (f" (below {share(high)})" if high else "")) if n else "nothing to count"


def _scale(unit: str) -> float:
    return 100 if unit == "share" else 1


def _with_interval(mean: float, low: float | None, high: float | None, unit: str, sign: str = "") -> str:
    if low is None or high is None:
        text = f"{sign if mean > 0 else ''}{number(mean * _scale(unit))}"
        return text.replace("-", MINUS) + UNITS[unit]
    scaled = [value * _scale(unit) for value in (mean, low, high)]
    decimals = _decimals((scaled[2] - scaled[1]) / 2, scaled[0])
    middle, left, right = (_signed(value, decimals, sign) for value in scaled)
    return f"{middle}{UNITS[unit]} [{left}, {right}]"


def _decimals(half: float, mean: float) -> int:
    """To the first digit of the interval's half-width (the second after 1, 2, 3); without a width, three of the mean."""
    if half > 1e-9 * max(abs(mean), 1):
        return min(max(-math.floor(math.log10(half / 4)), 0), 6)
    return 0 if mean == 0 else min(max(2 - math.floor(math.log10(abs(mean))), 0), 6)


def _signed(value: float, decimals: int, sign: str) -> str:
    text = f"{value:{sign},.{decimals}f}"
    if float(text.replace(",", "")) == 0:
        text = text.lstrip("+-")
    return text.replace("-", MINUS)
