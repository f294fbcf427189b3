"""Measured times as one of a scenario's distributions."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from sim.config.model import STEEPEST, percents, tail_spreads
from sim.config.units import DURATION
from sim.experiment.statistics import t_interval
from sim.measured.fitted import Fitted, Part
from sim.measured.intervals import exponential_mean_interval, quantile_interval
from sim.measured.lognormal import Estimated, Times

PERCENTILES = (10.0, 25.0, 50.0, 75.0, 90.0, 95.0, 97.5, 99.0, 99.9)
EVEN = 0.05  # spread over the mean, below which a time is called constant
EXPONENTIAL = 1.25  # like LILLIEFORS, for an exponential with a fitted mean (Lilliefors, JASA 64, 1969: 1 %)


def percentiles(ordered: np.ndarray, n: int) -> Iterator[tuple[str, Estimated]]:
    """Those percentiles of n values, of which the smallest are known, that have an interval."""
    for percent in PERCENTILES:
        interval = quantile_interval(ordered, percent / 100, n)
        if interval is not None:
            yield f"p{percent:g}", Estimated(float(ordered[int(np.ceil(percent / 100 * n)) - 1]), *interval)


def by_percentiles(part: Part, key: tuple[str, ...], ordered: np.ndarray, n: int, *, of: str, how: str) -> list[Fitted]:
    """Empty if fewer than two are known, for then they say less than a lognormal."""
    told = list(percentiles(ordered, n))
    if len(told) < 2:
        return []
    bounds = dict(zip(("p0", "p100"), (float(ordered[0]), float(ordered[-1])), strict=True))
    steep = [spread > STEEPEST for spread in tail_spreads({name: each.value for name, each in told})]
    made = [Fitted(part, (*key, "percentiles", name), each.value, DURATION, n, of, each.low, each.high) for name, each in told]
    for (name, value), needed in zip(bounds.items(), steep, strict=True):
        if needed:
            far = "too far from the next one to go on beyond it: the outermost time that was seen"
            made.append(Fitted(part, (*key, "percentiles", name), value, DURATION, n, of, how=far))
    made.sort(key=lambda one: percents(one.key[-1]))
    return [replace(made[0], how="; ".join(filter(None, (made[0].how, how)))), *made[1:]]


def by_lognormal(
    part: Part, key: tuple[str, ...], median: Estimated, sigma: Estimated, n: int, *, of: str, how: str
) -> list[Fitted]:
    return [
        Fitted(part, (*key, "lognormal", "median"), median.value, DURATION, n, of, median.low, median.high, how),
        Fitted(part, (*key, "lognormal", "sigma"), sigma.value, None, n, of, sigma.low, sigma.high),
    ]


def plain(part: Part, key: tuple[str, ...], values: np.ndarray, *, of: str, how: str = "") -> list[Fitted]:
    """Times that were all seen to end: constant, exponential, lognormal, or by percentiles, the simplest that chance allows.

    Empty: too few, or none above 0.
    """
    ordered, n = np.sort(values[values > 0]), int((values > 0).sum())
    if n < 2:
        return []
    mean, spread = float(ordered.mean()), float(ordered.std())
    if spread <= EVEN * mean:
        low, high = t_interval(ordered)
        return [Fitted(part, (*key, "constant"), mean, DURATION, n, of, low, high, how)]
    below = -np.expm1(-ordered / mean)
    distance = max(float((below - np.arange(n) / n).max()), float((np.arange(1, n + 1) / n - below).max()))
    if distance <= EXPONENTIAL / np.sqrt(n):
        low, high = exponential_mean_interval(ordered)
        return [Fitted(part, (*key, "exponential"), mean, DURATION, n, of, low, high, how)]
    times = Times(ordered)
    median, sigma, _ = times.fit(can_lose=False)
    if sigma.value <= STEEPEST and times.is_lognormal(median.value, sigma.value):
        return by_lognormal(part, key, median, sigma, n, of=of, how=how)
    found = by_percentiles(part, key, ordered, n, of=of, how=how)
    return found or (by_lognormal(part, key, median, sigma, n, of=of, how=how) if sigma.value <= STEEPEST else [])
