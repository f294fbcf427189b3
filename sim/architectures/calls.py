"""How long a call of the provider takes its caller: the latency of the charge, slowed down by brownouts, and the answer's way.

Both are distributions, and neither a sum's share nor its quantile follows from their means.
"""

from __future__ import annotations

from functools import cache

import numpy as np

from sim.config.model import Distribution
from sim.config.scenario import Provider
from sim.world.streams import quantile, share_above

FINE, COARSE = 2000, 300  # places at which one distribution is looked at, and each of two


def share_longer(provider: Provider, seconds: float, *, slower: float = 1.0) -> float:
    """The share of calls that take their caller longer than this; calls that get stuck on their way (`late`) left aside."""
    left_s = seconds - _grid(provider.answer, FINE)  # of this time, for the charge
    if left_s[0] == left_s[-1]:  # the answer always takes the same
        left_s = left_s[:1]
    shares = [1.0 if left < 0 else share_above(provider.latency, left / slower) for left in left_s.tolist()]
    return sum(shares) / len(shares)


def quantile_s(provider: Provider, q: float, *, slower: float = 1.0) -> float:
    """The time (s) that a share q of the calls stays below, 0 < q < 1."""
    if provider.answer.constant is not None:
        return quantile(provider.latency, q) * slower + provider.answer.constant
    both = np.add.outer(_grid(provider.latency, COARSE) * slower, _grid(provider.answer, COARSE))
    return float(np.quantile(both, q))


@cache
def _grid(distribution: Distribution, number: int) -> np.ndarray:
    """Draws that stand for all: the middles of equal shares."""
    if distribution.constant is not None:
        return np.array([distribution.constant])
    return np.array([quantile(distribution, (place + 0.5) / number) for place in range(number)])
