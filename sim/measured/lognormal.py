"""A lognormal for times of which the longest were never seen to end, and of which some can't have ended at all.

A call that we gave up on after the timeout T is no latency. It was slow (its time is above T), or its answer was lost. With a
share `lost` of the calls never answered, and F the lognormal's distribution function, a call is answered in time with
probability (1 - lost) F(T). This is the model of a limited failure population (Meeker, Technometrics 29, 1987). The likelihood
of n answered and m unanswered calls is

    product of (1 - lost) f(t_i) over the answered, times (lost + (1 - lost) (1 - F(T)))^m.

It depends on the answered times by three sums alone, so that an evaluation costs the same for ten calls and for a million.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from statistics import NormalDist

import numpy as np

NORMAL = NormalDist()
HALF_CHI_SQUARE = NormalDist().inv_cdf(0.975) ** 2 / 2  # how far the log-likelihood falls to the ends of a 95 % interval
GOLDEN = (math.sqrt(5) - 1) / 2
STEPS = 44  # of a golden section: narrows to 1e-9 of the range
LILLIEFORS = 1.035  # times 1/√n: the largest distance of 99 % of samples from the normal fitted to them (Lilliefors 1967)


@dataclass(frozen=True)
class Estimated:
    """A maximum of the likelihood with profile intervals."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Times:
    """Answered times in seconds, shape (n,), and how many more were waited for until `timeout_s` in vain.

    `answered`: how many answers came in time, if more than there are times (those of refusals say nothing of a payment's
    time, but they were answered).
    """

    seconds: np.ndarray
    timeout_s: float = math.inf
    unanswered: int = 0
    answered: int = 0
    n: int = field(init=False)
    _mean: float = field(init=False)
    _variance: float = field(init=False)

    def __post_init__(self) -> None:
        logs = np.log(self.seconds)
        object.__setattr__(self, "n", len(logs))
        object.__setattr__(self, "_mean", float(logs.mean()))
        object.__setattr__(self, "_variance", float(logs.var()))

    def log_likelihood(self, mu: float, sigma: float, lost: float | None) -> float:
        """Up to a constant; `lost` None: the likeliest share."""
        inside = 1.0 if self.timeout_s == math.inf else NORMAL.cdf((math.log(self.timeout_s) - mu) / sigma)
        if inside <= 0:
            return -math.inf
        told = self.n * (-math.log(sigma) - (self._variance + (self._mean - mu) ** 2) / (2 * sigma**2))
        answered = max(self.answered, self.n)
        told += (answered - self.n) * math.log(inside)
        if lost is None:
            lost = self.lost_at(inside)
        told += answered * math.log1p(-lost) if lost < 1 else -math.inf
        if self.unanswered:
            silent = lost + (1 - lost) * (1 - inside)
            told += self.unanswered * math.log(silent) if silent > 0 else -math.inf
        return told

    def lost_at(self, inside: float) -> float:
        """The likeliest share of lost answers if that share of the times is below the timeout."""
        answered = max(self.answered, self.n)
        return max(0.0, 1 - answered / (answered + self.unanswered) / inside)

    def fit(self, *, can_lose: bool) -> tuple[Estimated, Estimated, Estimated | None]:
        """Median in seconds, sigma, and the share of lost answers (None: it can't be, or nothing went unanswered).

        Raises ValueError for fewer than two different times.
        """
        if self.n < 2 or not np.ptp(self.seconds) > 0:
            raise ValueError("two different times are needed")
        share = None if can_lose and self.unanswered else 0.0

        def of_mu(mu: float, lost: float | None = share) -> tuple[float, float]:
            return _peak(lambda log_sigma: self.log_likelihood(mu, math.exp(log_sigma), lost), *sigmas)

        def of_sigma(log_sigma: float, lost: float | None = share) -> tuple[float, float]:
            return _peak(lambda mu: self.log_likelihood(mu, math.exp(log_sigma), lost), *mus)

        spread = math.sqrt(self._variance)
        sigmas = math.log(spread) - 1.0, math.log(spread) + 1.5
        mus = self._mean - spread, self._mean + 6 * spread  # what was cut off can only have been longer
        log_sigma, best = _peak(lambda value: of_sigma(value)[1], *sigmas)
        mu = of_sigma(log_sigma)[0]
        floor = best - HALF_CHI_SQUARE
        median = _ends(lambda value: of_mu(value)[1], mu, mus, floor)
        sigma = _ends(lambda value: of_sigma(value)[1], log_sigma, sigmas, floor)
        told = [Estimated(math.exp(mu), *map(math.exp, median)), Estimated(math.exp(log_sigma), *map(math.exp, sigma))]
        if share is not None:
            return told[0], told[1], None
        inside = NORMAL.cdf((math.log(self.timeout_s) - mu) / math.exp(log_sigma))
        lost_here = self.lost_at(inside)
        most = self.unanswered / (max(self.answered, self.n) + self.unanswered)

        def of_lost(value: float) -> float:
            return _peak(lambda log_sigma: of_sigma(log_sigma, value)[1], *sigmas)[1]

        return told[0], told[1], Estimated(lost_here, *_ends(of_lost, lost_here, (0.0, min(4 * most, 1.0)), floor, steps=14))

    def is_lognormal(self, median_s: float, sigma: float) -> bool:
        """Whether the answered times are as far from the fitted lognormal, cut at the timeout, as chance brings them.

        (The bound is of Lilliefors' table for 1 %, made for a sample that isn't cut.)
        """
        z = (np.sort(np.log(self.seconds)) - math.log(median_s)) / sigma
        cut = NORMAL.cdf((math.log(self.timeout_s / median_s)) / sigma) if self.timeout_s < math.inf else 1.0
        below = np.minimum(np.fromiter(map(NORMAL.cdf, z), float, self.n) / cut, 1.0)
        ranks = np.arange(self.n)
        distance = max(float((below - ranks / self.n).max()), float(((ranks + 1) / self.n - below).max()))
        return distance <= LILLIEFORS / math.sqrt(self.n)


def _peak(of: Callable[[float], float], low: float, high: float) -> tuple[float, float]:
    """Where a function with one peak is highest, and how high, by golden section."""
    left, right = high - GOLDEN * (high - low), low + GOLDEN * (high - low)
    at_left, at_right = of(left), of(right)
    for _ in range(STEPS):
        if at_left < at_right:
            low, left, at_left = left, right, at_right
            right = low + GOLDEN * (high - low)
            at_right = of(right)
        else:
            high, right, at_right = right, left, at_left
            left = high - GOLDEN * (high - low)
            at_left = of(left)
    return (left, at_left) if at_left > at_right else (right, at_right)


def _ends(
    of: Callable[[float], float], peak: float, bounds: tuple[float, float], floor: float, *, steps: int = 24
) -> tuple[float, float]:
    """Where a function with one peak falls below the floor on either side; a bound, if it doesn't before that."""
    ends = []
    for outer in bounds:
        inner = peak
        if of(outer) < floor:
            for _ in range(steps):
                middle = (inner + outer) / 2
                inner, outer = (inner, middle) if of(middle) < floor else (middle, outer)
        ends.append(outer)
    return ends[0], ends[1]
