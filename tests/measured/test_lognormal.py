"""Lognormal times that are cut off at a timeout, some of them never answered."""

from __future__ import annotations

import numpy as np
import pytest

from sim.measured.lognormal import Times

N, LOGS = 1500, 120
MEDIAN_S, SIGMA, TIMEOUT_S = 0.9, 0.8, 3.0
# Of 120 intervals of 95 %, 15 or more miss the truth once in a thousand times (binomial).
MOST_MISSED = 15


def drawn(rng: np.random.Generator, lost: float) -> Times:
    seconds = rng.lognormal(np.log(MEDIAN_S), SIGMA, N)
    heard = seconds[(seconds <= TIMEOUT_S) & (rng.random(N) >= lost)]
    return Times(heard, TIMEOUT_S, N - len(heard))


@pytest.mark.slow
@pytest.mark.parametrize("lost", [0.0, 0.02, 0.15])
def test_intervals_hold_the_truth(lost: float) -> None:
    """Median, sigma and the share that was lost: each interval holds the truth as often as it says."""
    rng = np.random.default_rng(11)
    missed = np.zeros(3)
    for _ in range(LOGS):
        median, sigma, share = drawn(rng, lost).fit(can_lose=True)
        assert share is not None
        for i, (one, truth) in enumerate(((median, MEDIAN_S), (sigma, SIGMA), (share, lost))):
            assert one.low <= one.value <= one.high
            missed[i] += not one.low <= truth <= one.high + 1e-12
    assert (missed < MOST_MISSED).all(), missed


def test_nothing_cut_off_is_the_textbook_estimate() -> None:
    """Of times that all ended, the median is the geometric mean, and sigma the standard deviation of the logarithms."""
    seconds = np.random.default_rng(5).lognormal(0.3, 0.5, 400)
    median, sigma, share = Times(seconds).fit(can_lose=False)
    assert median.value == pytest.approx(float(np.exp(np.log(seconds).mean())), rel=1e-5)
    assert sigma.value == pytest.approx(float(np.log(seconds).std()), rel=1e-5)
    assert share is None
    half = np.log(median.high / median.low) / 2  # the profile interval is about Student's
    assert half == pytest.approx(1.96 * sigma.value / np.sqrt(400), rel=0.02)


def test_a_lognormal_is_told_from_two() -> None:
    """One lognormal passes, also cut off; a body with a heap of slow calls doesn't."""
    rng = np.random.default_rng(8)
    times = drawn(rng, 0.0)
    median, sigma, _ = times.fit(can_lose=True)
    assert times.is_lognormal(median.value, sigma.value)
    two = np.where(rng.random(N) < 0.2, rng.lognormal(1.5, 0.2, N), rng.lognormal(-0.8, 0.3, N))
    mixed = Times(two)
    median, sigma, _ = mixed.fit(can_lose=False)
    assert not mixed.is_lognormal(median.value, sigma.value)


def test_times_that_are_all_the_same() -> None:
    """They are no distribution: the caller writes a constant."""
    with pytest.raises(ValueError, match="two different times"):
        Times(np.full(30, 0.5)).fit(can_lose=False)
