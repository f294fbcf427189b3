"""Intervals of means over mornings: Student's, Cox's where values are skewed, and Clopper and Pearson's for counts.

Why not `scipy.stats`: its import takes 1.4 s of processor time, four times as much as all else that a comparison imports, and
every command and worker process would pay for it. The tests hold these functions against it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache

import numpy as np

CONFIDENCE = 0.95
FEW = 5  # values: with fewer, their logarithms say nothing of how far up the mean may be, nor their signs whether there is one
FARTHEST = 10.0  # times the largest value: an interval's upper end lies no higher, whatever the logarithms allow (assumption)


@dataclass(frozen=True)
class Estimate:
    """A metric over mornings. None: nothing to count, or (low, high) no interval from fewer than two mornings."""

    mean: float | None
    low: float | None
    high: float | None
    n: int  # mornings in which there was something to count
    never: float  # share of them in which the value is infinite; then there is no mean
    harmed: int | None = None  # mornings in which somebody was harmed; None: it isn't that kind of metric
    confidence: float = CONFIDENCE  # of the interval


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


def clopper_pearson(events: int, n: int, confidence: float = CONFIDENCE) -> tuple[float, float]:
    """The exact two-sided interval of a proportion; with no events, or only events, one-sided ("below x at 95 %").

    Clopper and Pearson, Biometrika 26 (1934). Either kind holds the truth in 95 % of experiments at least; taken together, as
    what was seen decides between them, in 93.9 % at the worst rate, which is about 3/n. Raises ValueError unless
    0 <= events <= n and n > 0.
    """
    if not 0 <= events <= n or n == 0:
        raise ValueError(f"{events} events of {n}")
    if events == 0:
        return 0.0, zero_events_bound(n, confidence)
    if events == n:
        return 1.0 - zero_events_bound(n, confidence), 1.0
    tail = (1 - confidence) / 2
    return beta_quantile(tail, events, n - events + 1), beta_quantile(1 - tail, events + 1, n - events)


def zero_events_bound(n: int, confidence: float = CONFIDENCE) -> float:
    """What the rate stays below at 95 % when none of n independent trials showed the event: 1 - 0.05^(1/n), about 3/n."""
    return -math.expm1(math.log(1 - confidence) / n)


def t_interval(values: np.ndarray, confidence: float = CONFIDENCE) -> tuple[float, float]:
    """Student's interval of the mean of independent values, shape (n,) with n >= 2."""
    half = t_quantile((1 + confidence) / 2, len(values) - 1) * float(values.std(ddof=1)) / math.sqrt(len(values))
    return float(values.mean()) - half, float(values.mean()) + half


def cox_interval(values: np.ndarray, confidence: float = CONFIDENCE) -> tuple[float, float]:
    """The interval of the mean of lognormal values, shape (n,) with n >= 2, all above 0. For values that vary little it is
    Student's.

    The logarithm of a lognormal mean is μ + σ²/2; Cox's method gives its estimate the variance s²/n + s⁴/(2 (n - 1)), here with
    Student's quantile (Olsson, Journal of Statistics Education 13(1), 2005).
    """
    n, logs = len(values), np.log(values)
    variance = float(logs.var(ddof=1))
    centre = float(logs.mean()) + variance / 2
    half = t_quantile((1 + confidence) / 2, n - 1) * math.sqrt(variance / n + variance**2 / (2 * (n - 1)))
    return math.exp(centre - half), math.exp(min(centre + half, 700.0))


def mean_interval(values: np.ndarray, confidence: float = CONFIDENCE) -> tuple[float, float]:
    """The interval of the mean of independent values, shape (n,) with n >= 2.

    Student's supposes that values are about as far above their mean as below. Of values that are all above 0, and some far
    above the others, it reaches below 0 and still not far enough up. Their interval begins where Cox's does, and ends where the
    longer of the two does. docs/validity.md has how often it holds the truth, also where values are neither.
    """
    low, high = t_interval(values, confidence)
    if not (values > 0).all():
        return low, high
    lower, upper = cox_interval(values, confidence)
    mean = float(values.mean())
    if len(values) >= FEW:
        high = max(high, min(upper, FARTHEST * float(values.max())))
    return min(lower, mean), high


def ratios(totals: np.ndarray, of: np.ndarray) -> np.ndarray:
    """One value a morning, whose mean is the ratio of all totals to all that they are out of, and whose spread is its.

    They are the ratio's first-order Taylor terms (Cochran, Sampling Techniques, 6.3). Infinite where there is nothing that the
    totals could be out of; NaN without mornings.
    """
    if not of.sum():
        return np.full(len(of), np.inf)
    ratio = totals.sum() / of.sum()
    return np.asarray(ratio + (totals - ratio * of) / of.mean())


def estimate(
    values: np.ndarray, *, share_of: int | None = None, whole: bool = False, confidence: float = CONFIDENCE
) -> Estimate:
    """A metric's morning values, shape (mornings,): NaN is nothing to count, infinity is never.

    `share_of`: the metric is a share, and this many things were looked at in all mornings together. The interval is then at
    least as wide as Clopper-Pearson's for that many independent things: for rare events the mornings alone are too much alike,
    and with none at all they have no spread. (Things of one morning share its weather: with no event at all the interval is too
    short for harms that come in bursts, and `judge` doesn't go by it.) `whole`: the values are 0 or 1, the interval is
    Clopper-Pearson's over mornings.
    """
    counted = values[~np.isnan(values)]
    n = len(counted)
    if not n:
        return Estimate(None, None, None, 0, 0.0)
    never = float(np.isinf(counted).mean())
    if never:
        return Estimate(None, None, None, n, never, confidence=confidence)
    mean = float(counted.mean())
    if whole:
        low, high = clopper_pearson(int(counted.sum()), n, confidence)
    elif n < 2 and not (share_of and mean in (0.0, 1.0)):
        return Estimate(mean, None, None, n, 0.0, confidence=confidence)
    elif share_of:
        low, high = clopper_pearson(round(mean * share_of), share_of, confidence)
        if counted.any() and n > 1:
            between_mornings = _interval_of_share(counted, confidence)
            low, high = max(min(low, between_mornings[0]), 0.0), min(max(high, between_mornings[1]), 1.0)
    else:
        low, high = mean_interval(counted, confidence)
        low = max(low, 0.0)  # no metric can be negative
    return Estimate(mean, low, high, n, 0.0, confidence=confidence)


def _interval_of_share(values: np.ndarray, confidence: float) -> tuple[float, float]:
    """That of the rarer side: a share near 1 is as skewed as one near 0.

    Where few mornings have any of it, the upper end allows for as many more such mornings as Clopper and Pearson do.
    """
    if values.mean() > 0.5:
        low, high = _interval_of_share(1.0 - values, confidence)
        return 1.0 - high, 1.0 - low
    low, high = mean_interval(values, confidence)
    struck = values[values > 0]
    if 0 < 2 * len(struck) < len(values):
        high = max(high, clopper_pearson(len(struck), len(values), confidence)[1] * float(struck.mean()))
    return low, high


def paired(
    values: np.ndarray, baseline: np.ndarray, confidence: float = CONFIDENCE, *, share_of: int | None = None
) -> Difference:
    """Mean of the differences morning by morning, with its interval. None where either was never there in some morning.

    `share_of`: the values are shares of so many things in all mornings together. A few of them that all differ in the same way
    may do so by chance, however much alike the mornings are, and the interval allows for that.

    Differences that are skewed, so that Student's interval holds 0, get that of skewed values where two things speak against
    chance: all of them, five or more, have the same sign, and Student's interval of the logarithms of the ratios excludes 0.
    Without a difference in any morning, as both values are 0 in all of them, there is no interval: whatever never happened in
    either may still differ.
    """
    counted = ~(np.isnan(values) | np.isnan(baseline))
    if not (np.isfinite(values[counted]).all() and np.isfinite(baseline[counted]).all()):
        return Difference(None, None, None)
    differences = values[counted] - baseline[counted]
    if not len(differences):
        return Difference(None, None, None)
    mean = float(differences.mean())
    if len(differences) < 2 or not (values[counted].any() or baseline[counted].any()):
        return Difference(mean, None, None)
    low, high = t_interval(differences, confidence)
    if low <= 0 <= high and _beyond_chance(values[counted], baseline[counted], confidence):
        near, far = mean_interval(np.abs(differences), confidence)
        low, high = (near, far) if mean > 0 else (-far, -near)
    found = Difference(mean, low, high)
    return found if share_of is None else by_chance(found, round(abs(mean) * share_of), confidence)


def by_chance(found: Difference, things: int, confidence: float = CONFIDENCE) -> Difference:
    """A difference, which so many things make that all differ in the same way; its interval holds 0 if these are fewer than 6.

    By the exact test of a sign (McNemar, Psychometrika 12, 1947): if things differed either way with equal chances, one side
    would have them all in 2 · 0.5ⁿ of experiments. The chance of the side that has them is at least (α/2)^(1/n), after Clopper
    and Pearson; twice that less one is by how much it exceeds the other: the least part of the difference that is no chance.
    """
    if not found.difference or found.low is None or found.high is None:
        return found
    least = found.difference * (2 * ((1 - confidence) / 2) ** (1 / max(things, 1)) - 1)
    return Difference(found.difference, min(found.low, least), max(found.high, least))


def _beyond_chance(values: np.ndarray, baseline: np.ndarray, confidence: float) -> bool:
    """Whether all values are on the same side of those they are paired with, and by a clear factor."""
    apart = values - baseline
    if len(apart) < FEW or (not (apart > 0).all() and not (apart < 0).all()) or not (np.minimum(values, baseline) > 0).all():
        return False
    low, high = t_interval(np.log(values / baseline), confidence)
    return not low <= 0 <= high


def variance_share(values: np.ndarray, baseline: np.ndarray) -> float | None:
    """Var(A - B) / (Var A + Var B) over mornings: what common mornings leave of the noise of a difference; 1 saves nothing.

    None where nothing varies, or a value was never there. Law and Kelton, Simulation Modeling and Analysis, 11.2.
    """
    counted = np.isfinite(values) & np.isfinite(baseline)
    if counted.sum() < 2 or not counted.all():
        return None
    apart = float(values.var(ddof=1) + baseline.var(ddof=1))
    return float((values - baseline).var(ddof=1)) / apart if apart > 0 else None
