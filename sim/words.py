"""Numbers as people read them. Shares are in percent, times in seconds, money in USD."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from sim.config.units import share_text
from sim.experiment.effort import in_words
from sim.experiment.statistics import Difference, Estimate, zero_events_bound
from sim.vocabulary import METRICS

if TYPE_CHECKING:
    from sim.experiment.sensitivity import Effect

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
    return share_text(value) + UNITS["share"]


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
        return f"infinite: nothing right in {never_in(value)}" if unit == "USD" else f"never in {never_in(value)}"
    if value.mean is None:
        return "nothing to count"
    if unit == "share" and value.mean == 0 and value.high:
        return f"{share(0)} (below {share(value.high)})"
    if unit == "share" and value.mean == 1 and value.low is not None and value.low < 1:
        return f"{share(1)} (above {share(value.low)})"
    if value.mean == 0 and value.high == 0:  # none seen, which sets no limit to an amount
        return mean(value, unit)
    return _with_interval(value.mean, value.low, value.high, unit)


def mean(value: Estimate, unit: str) -> str:
    """`7.3 %`, `10 s`: an estimate without its interval."""
    if value.never or value.mean is None:
        return estimate(value, unit)
    return share(value.mean) if unit == "share" else quantity(value.mean, unit)


def measured(value: float, unit: str) -> str:
    """`7.32 %`: a mean over mornings; infinite if the metric is so in any of them, NaN if there is nothing to count."""
    if math.isnan(value):
        return "nothing to count"
    return "never, in some mornings" if math.isinf(value) else quantity(value, unit)


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


def effect(value: Effect, metric: str) -> str:
    """What an altered input does to a metric: `+1.2 points [0.8, 1.6]`; `never` or `now finite` if it clearly turns so."""
    if turned := value.turns[metric]:
        return "never" if turned > 0 else "now finite"
    if value.differences[metric].difference is None and math.inf in (value.before[metric], value.after[metric]):
        return "never, in some mornings" if math.isinf(value.after[metric]) else "finite on these mornings"
    return difference(value.differences[metric], METRICS[metric].unit)


def limit(metric: str, value: float) -> str:
    """`at most 1 s`."""
    known = METRICS[metric]
    said = percent(value) if known.unit == "share" else quantity(value, known.unit)
    return f"{known.limits} {said}"


def zero_of(n: int, value: Estimate) -> str:
    """`0 of 30,206, in 0 of 10 mornings`: none seen, and in how much, is not the same as impossible."""
    return f"0 of {n:,}, in 0 of {mornings(value.n)}" if n else "nothing to count"


def none_of(n: int, value: Estimate) -> str:
    """`0 of 30,206 purchases, in 0 of 10 mornings: …`, and what that allows to conclude: none seen is not impossible."""
    return f"0 of {n:,} purchases, in 0 of {mornings(value.n)}: {bounds(value)}"


def bounds(value: Estimate) -> str:
    """What may be said at 95 % of harm that was never seen, as a share of the purchases and of the mornings."""
    one_by_one = f"below {share(value.high)} if each fails by itself, " if value.high else ""
    together = f"in fewer than {share(zero_events_bound(value.n))} of mornings if those of a morning fail together"
    return f"at 95 % {one_by_one}{together}"


def _scale(unit: str) -> float:
    return 100 if unit == "share" else 1


def _with_interval(mean: float, low: float | None, high: float | None, unit: str, sign: str = "") -> str:
    if low is None or high is None:
        text = f"{sign if mean > 0 else ''}{number(mean * _scale(unit))}"
        return text.replace("-", MINUS) + UNITS[unit]
    scaled = [value * _scale(unit) for value in (mean, low, high)]
    from_all = unit == "share" and not sign and 50 < scaled[0] < 100  # almost all is not all
    decimals = _decimals((scaled[2] - scaled[1]) / 2, 100 - scaled[0] if from_all else scaled[0])
    middle, left, right = (_signed(value, decimals, sign) for value in scaled)
    return f"{middle}{UNITS[unit]} [{left}, {right}]"


def _decimals(half: float, mean: float) -> int:
    """To the first digit of the interval's half-width (the second after 1, 2, 3), but no more than three of the mean."""
    bounds = []
    if half > 1e-9 * max(abs(mean), 1):
        bounds.append(-math.floor(math.log10(half / 4)))
    if mean:
        bounds.append(2 - math.floor(math.log10(abs(mean))))
    return min(max(min(bounds, default=0), 0), 6)


def _signed(value: float, decimals: int, sign: str) -> str:
    text = f"{value:{sign},.{decimals}f}"
    if float(text.replace(",", "")) == 0:
        text = text.lstrip("+-")
    return text.replace("-", MINUS)
