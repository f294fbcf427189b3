"""Whether two shares of the same things are the same within a margin: what can be said, and not only that nothing is proven.

A test for a difference that finds none has shown nothing: with few things it never finds any. So a margin is stated first, and
the question is whether the difference lies within it.
"""

from __future__ import annotations

import math
from statistics import NormalDist
from typing import Literal, NamedTuple

Equivalence = Literal["equivalent", "different", "undecided"]
ERROR = 0.05  # of each of the two one-sided tests
CONFIDENCE = 1 - 2 * ERROR  # of the interval that is held against the margin


class Pairs(NamedTuple):
    """How many of the same things are flagged in both of two worlds, in one of them alone, and in neither."""

    both: int
    first: int  # in the first world alone
    second: int  # in the second world alone
    neither: int

    @property
    def n(self) -> int:
        return sum(self)

    @property
    def difference(self) -> float:
        """The second share less the first; NaN if there is nothing to count."""
        return (self.second - self.first) / self.n if self.n else math.nan


def wilson(events: int, n: int, confidence: float = CONFIDENCE) -> tuple[float, float]:
    """Wilson's score interval of a proportion (Journal of the American Statistical Association 22, 1927).

    Raises ValueError unless 0 <= events <= n and n > 0.
    """
    if not 0 <= events <= n or n == 0:
        raise ValueError(f"{events} events of {n}")
    z = NormalDist().inv_cdf((1 + confidence) / 2)
    share = events / n
    centre, half = share + z * z / (2 * n), z * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    scale = 1 + z * z / n
    low = 0.0 if events == 0 else (centre - half) / scale
    high = 1.0 if events == n else (centre + half) / scale
    return low, high


def newcombe(pairs: Pairs, confidence: float = CONFIDENCE) -> tuple[float, float]:
    """The interval of the difference of two paired proportions, second less first.

    Method 10 of R. G. Newcombe, Improved confidence intervals for the difference between binomial proportions based on paired
    data, Statistics in Medicine 17 (1998): Wilson's intervals of both shares, put together by their correlation, which is
    corrected for continuity. It takes the things for independent. Raises ValueError if there are none.
    """
    both, first, second, _ = pairs
    n = pairs.n
    (low_1, high_1), (low_2, high_2) = (wilson(both + alone, n, confidence) for alone in (first, second))
    share_1, share_2 = (both + first) / n, (both + second) / n
    phi = _correlation(pairs)
    down_2, up_1 = share_2 - low_2, high_1 - share_1
    up_2, down_1 = high_2 - share_2, share_1 - low_1
    below = math.sqrt(max(down_2**2 - 2 * phi * down_2 * up_1 + up_1**2, 0.0))
    above = math.sqrt(max(up_2**2 - 2 * phi * up_2 * down_1 + down_1**2, 0.0))
    return pairs.difference - below, pairs.difference + above


def _correlation(pairs: Pairs) -> float:
    """Phi, with Newcombe's correction: nearer to 0, unless it is negative; 0 where a share is 0 or 1."""
    both, first, second, neither = pairs
    margins = math.prod((both + first, second + neither, both + second, first + neither))
    if not margins:
        return 0.0
    product = both * neither - first * second
    return (max(product - pairs.n / 2, 0.0) if product > 0 else product) / math.sqrt(margins)


def judged(interval: tuple[float, float], margin: float) -> Equivalence:
    """Two one-sided tests (TOST; D. J. Schuirmann, Journal of Pharmacokinetics and Biopharmaceutics 15, 1987), as an interval.

    *Equivalent*: the whole interval of 90 % lies within the margin, so that each of the two tests excludes a larger difference
    at 5 %. *Different*: the whole interval lies beyond the margin. *Undecided*: neither, for want of things.
    """
    low, high = interval
    if -margin < low and high < margin:
        return "equivalent"
    return "different" if low > margin or high < -margin else "undecided"
