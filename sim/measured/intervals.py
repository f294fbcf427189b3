"""Intervals of counts, quantiles and means of single things; `sim.experiment.statistics` has those over mornings."""

from __future__ import annotations

import math
from statistics import NormalDist

import numpy as np

from sim.experiment.statistics import CONFIDENCE

Z = NormalDist().inv_cdf((1 + CONFIDENCE) / 2)


def gamma_quantile(z: float, shape: float) -> float:
    """The quantile of a gamma distribution of scale 1 at a standard normal quantile z.

    Wilson and Hilferty, PNAS 17 (1931): the cube root is about normal; within 1 % for a shape of 3 and more, within 5 % at 1.
    """
    return shape * max(1 - 1 / (9 * shape) + z / (3 * math.sqrt(shape)), 0.0) ** 3


def poisson_interval(events: int) -> tuple[float, float]:
    """The interval of a Poisson count's mean: Garwood's (Biometrika 28, 1936), with Wilson and Hilferty's gamma quantiles."""
    if events == 0:
        return 0.0, -math.log(1 - CONFIDENCE)
    return gamma_quantile(-Z, events), gamma_quantile(Z, events + 1)


def exponential_mean_interval(values: np.ndarray) -> tuple[float, float]:
    """The interval of the mean of exponential times, shape (n,): their sum over the mean is gamma with shape n."""
    total = float(values.sum())
    return total / gamma_quantile(Z, len(values)), total / gamma_quantile(-Z, len(values))


def quantile_interval(ordered: np.ndarray, p: float, n: int) -> tuple[float, float] | None:
    """The interval of a p-quantile of n independent values, of which the smallest are `ordered`: two of these.

    Whatever the distribution is, the number of values below its quantile is binomial (David and Nagaraja, Order Statistics,
    7.1), here by the normal approximation and one value wider on each side. None: it needs values beyond the smallest and the
    largest.
    """
    spread = Z * math.sqrt(n * p * (1 - p))
    low, high = math.floor(n * p - spread) - 1, math.ceil(n * p + spread)
    if low < 0 or high >= len(ordered):
        return None
    return float(ordered[low]), float(ordered[high])


def is_even(counts: np.ndarray, expected: np.ndarray) -> bool:
    """Whether counts differ no more from what is expected than chance does in 99 of 100 cases (Pearson's chi-square)."""
    if len(counts) < 2:
        return True
    statistic = float(((counts - expected) ** 2 / expected).sum())
    return statistic <= 2 * gamma_quantile(NormalDist().inv_cdf(0.99), (len(counts) - 1) / 2)
