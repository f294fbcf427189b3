"""Intervals: Student's t over mornings, Clopper-Pearson for counts, both from the incomplete beta function.

Why not `scipy.stats`: its import takes 1.4 s of processor time, four times as much as all else that a comparison imports, and
every command and worker process would pay for it. The tests hold these functions against it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache

import numpy as np

CONFIDENCE = 0.95


@dataclass(frozen=True)
class Estimate:
    """A metric over mornings. None: nothing to count, or (low, high) no interval from fewer than two mornings."""

    mean: float | None
    low: float | None
    high: float | None
    n: int  # mornings in which there was something to count
    never: float  # share of them in which the value is infinite; then there is no mean


@dataclass(frozen=True)
class Difference:
    """A paired difference over mornings: the same customers and the same weather in both designs."""

    difference: float | None
    low: float | None
    high: float | None


def incomplete_beta(a: float, b: float, x: float) -> float:
    """The regularised incomplete beta function I_x(a, b), by Lentz's continued fraction (DLMF 8.17.22)."""
    if x <= 0.0 or x >= 1.0:
        return min(max(x, 0.0), 1.0)
    if x > (a + 1) / (a + b + 2):
        return 1.0 - incomplete_beta(b, a, 1.0 - x)
    front = math.exp(math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b) + a * math.log(x) + b * math.log1p(-x) - math.log(a))
    tiny = 1e-300
    c, d = 1.0, 1.0 / max(1.0 - (a + b) * x / (a + 1), tiny)
    fraction = d
    for m in range(1, 10_000):
        even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        for term in (even, odd):
            d = 1.0 / _not_zero(1.0 + term * d, tiny)
            c = _not_zero(1.0 + term / c, tiny)
            fraction *= c * d
        if abs(c * d - 1.0) < 1e-15:
            break
    return front * fraction


def _not_zero(value: float, tiny: float) -> float:
    return value if abs(value) > tiny else tiny


def beta_quantile(p: float, a: float, b: float) -> float:
    """The p-quantile of Beta(a, b), by bisection to the last bit."""
    low, high, middle = 0.0, 1.0, 0.5
    while low < middle < high:
        if incomplete_beta(a, b, middle) < p:
            low = middle
        else:
            high = middle
        middle = (low + high) / 2
    return middle


@cache
def t_quantile(p: float, df: int) -> float:
    """The p-quantile of Student's t, for p above 1/2. t² / (df + t²) is Beta(1/2, df/2)."""
    x = beta_quantile(2 * p - 1, 0.5, df / 2)
    return math.sqrt(df * x / (1 - x))


def clopper_pearson(events: int, n: int) -> tuple[float, float]:
    """The exact two-sided 95 % interval of a proportion; with no events, or only events, one-sided ("below x at 95 %").

    Clopper and Pearson, Biometrika 26 (1934). Either kind holds the truth in 95 % of experiments at least; taken together, as
    what was seen decides between them, in 93.9 % at the worst rate, which is about 3/n. Raises ValueError unless
    0 <= events <= n and n > 0.
    """
    if not 0 <= events <= n or n == 0:
        raise ValueError(f"{events} events of {n}")
    if events == 0:
        return 0.0, zero_events_bound(n)
    if events == n:
        return 1.0 - zero_events_bound(n), 1.0
    tail = (1 - CONFIDENCE) / 2
    return beta_quantile(tail, events, n - events + 1), beta_quantile(1 - tail, events + 1, n - events)


def zero_events_bound(n: int) -> float:
    """What the rate stays below at 95 % when none of n independent trials showed the event: 1 - 0.05^(1/n), about 3/n."""
    return -math.expm1(math.log(1 - CONFIDENCE) / n)


def t_interval(values: np.ndarray) -> tuple[float, float]:
    """The 95 % interval of the mean of independent values, shape (n,) with n >= 2."""
    half = t_quantile((1 + CONFIDENCE) / 2, len(values) - 1) * float(values.std(ddof=1)) / math.sqrt(len(values))
    return float(values.mean()) - half, float(values.mean()) + half


def estimate(values: np.ndarray, *, share_of: int | None = None, count_mornings: bool = False) -> Estimate:
    """A metric's morning values, shape (mornings,): NaN is nothing to count, infinity is never.

    `share_of`: the metric is a share, and this many things were looked at in all mornings together. The interval is then at
    least as wide as Clopper-Pearson's for that many independent things: for rare events the t interval alone is too short,
    and with none at all it has no width. (Purchases of one morning share its weather, so a zero-event bound is optimistic
    for harms that come in bursts.) `count_mornings`: the values are 0 or 1, the interval is Clopper-Pearson's over mornings.
    """
    counted = values[~np.isnan(values)]
    n = len(counted)
    if not n:
        return Estimate(None, None, None, 0, 0.0)
    never = float(np.isinf(counted).mean())
    if never:
        return Estimate(None, None, None, n, never)
    mean = float(counted.mean())
    if count_mornings:
        low, high = clopper_pearson(int(counted.sum()), n)
    elif share_of:
        low, high = clopper_pearson(round(mean * share_of), share_of)
        if counted.any():
            if n < 2:
                return Estimate(mean, None, None, n, 0.0)
            between_mornings = t_interval(counted)
            low, high = max(min(low, between_mornings[0]), 0.0), min(max(high, between_mornings[1]), 1.0)
    elif n < 2:
        return Estimate(mean, None, None, n, 0.0)
    else:
        low, high = t_interval(counted)
        low = max(low, 0.0)  # no metric can be negative
    return Estimate(mean, low, high, n, 0.0)


def paired(values: np.ndarray, baseline: np.ndarray) -> Difference:
    """Mean of the differences morning by morning, with its interval. None where either was never there in some morning."""
    counted = ~(np.isnan(values) | np.isnan(baseline))
    if not (np.isfinite(values[counted]).all() and np.isfinite(baseline[counted]).all()):
        return Difference(None, None, None)
    differences = values[counted] - baseline[counted]
    if not len(differences):
        return Difference(None, None, None)
    mean = float(differences.mean())
    return Difference(mean, *t_interval(differences)) if len(differences) > 1 else Difference(mean, None, None)


def variance_share(values: np.ndarray, baseline: np.ndarray) -> float | None:
    """Var(A - B) / (Var A + Var B) over mornings: what common mornings leave of the noise of a difference; 1 saves nothing.

    None where nothing varies, or a value was never there. Law and Kelton, Simulation Modeling and Analysis, 11.2.
    """
    counted = np.isfinite(values) & np.isfinite(baseline)
    if counted.sum() < 2 or not counted.all():
        return None
    apart = float(values.var(ddof=1) + baseline.var(ddof=1))
    return float((values - baseline).var(ddof=1)) / apart if apart > 0 else None
