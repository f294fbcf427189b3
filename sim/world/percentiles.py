"""Times of which some percentiles are known: what people read off their dashboards."""

from __future__ import annotations

from math import exp, inf, log, sqrt, tau
from statistics import NormalDist

import numpy as np

from sim.config.model import STEEPEST, inner_percentiles

NORMAL = NormalDist()


class Percentiles:
    """The logarithm of the time is a broken line over the quantile z of a standard normal draw: a lognormal between each two
    percentiles. The first and the last line go on beyond the outermost ones, and are cut at p0 and at p100.
    """

    def __init__(self, percentiles: dict[str, float]) -> None:
        z, logs = inner_percentiles(percentiles)
        self._z, self._logs = np.array(z), np.array(logs)
        self._slopes = np.diff(self._logs) / np.diff(self._z)
        self._low_s, self._high_s = percentiles.get("p0", 0.0), percentiles.get("p100", inf)

    def at(self, z: np.ndarray) -> np.ndarray:
        """Seconds at standard normal quantiles, shape (n,)."""
        piece = np.clip(np.searchsorted(self._z, z, side="right") - 1, 0, len(self._slopes) - 1)
        with np.errstate(over="ignore"):  # beyond a steep last line p100 cuts
            return np.clip(np.exp(self._logs[piece] + self._slopes[piece] * (z - self._z[piece])), self._low_s, self._high_s)

    def share_above(self, seconds: float) -> float:
        """The share of the times that is longer."""
        if seconds < self._low_s or seconds <= 0:
            return 1.0
        if seconds >= self._high_s:
            return 0.0
        pieces = np.clip(np.searchsorted(self._logs, log(seconds), side="right") - 1, 0, len(self._slopes) - 1)
        slope = self._slopes[pieces]
        if slope == 0:  # the outermost two are the same time, and so is all beyond them
            return float(pieces == 0 and seconds < exp(self._logs[0]))
        return 1 - NORMAL.cdf(float(self._z[pieces] + (log(seconds) - self._logs[pieces]) / slope))

    @property
    def mean_s(self) -> float:
        """The expectation: on a line log t = a + b z from u to v it is exp(a + b²/2) (Φ(v - b) - Φ(u - b)), for each piece; the
        cuts at p0 and p100 are pieces of their own.
        """
        bounds = [-inf, *self._z[1:-1], inf]
        total = 0.0
        for u, v, z, y, b in zip(bounds, bounds[1:], self._z, self._logs, self._slopes, strict=False):
            a = y - b * z
            low_z = u if b == 0 or self._low_s == 0 else min(max(u, (log(self._low_s) - a) / b), v)
            high_z = v if b == 0 or self._high_s == inf else max(min(v, (log(self._high_s) - a) / b), low_z)
            total += _mean_of(a, b, low_z, high_z)
            if low_z > u:
                total += self._low_s * (_below(low_z) - _below(u))
            if high_z < v:
                total += self._high_s * (_below(v) - _below(high_z))
        return total


def _mean_of(a: float, b: float, low_z: float, high_z: float) -> float:
    """The integral of exp(a + b z) under the standard normal density; of a steep line, which is short, in steps."""
    if b <= STEEPEST:
        return exp(a + b * b / 2) * (_below(high_z - b) - _below(low_z - b))
    z = np.linspace(max(low_z, -40.0), min(high_z, 40.0), 4001)
    return float(np.trapezoid(np.exp(a + b * z - z * z / 2), z)) / sqrt(tau)


def _below(z: float) -> float:
    return NORMAL.cdf(z) if abs(z) < inf else float(z > 0)
