"""Customers arrive as a Poisson process with the rate that the scenario describes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from scipy import stats

from sim.world.traffic import COFFEE_SHOP
from tests.theory.bare import bare_design, bare_world
from tests.worlds import morning


def arrivals_s(purchases: int, per_s: float, changes: dict[str, Any] | None = None, *, seed: int = 0) -> np.ndarray:
    tables, _ = morning(bare_world(purchases, per_s, changes), bare_design("naive"), seed)
    return tables.purchases["submitted_s"]


def assert_expected_counts(
    times_s: np.ndarray, rate_per_s: Callable[[np.ndarray], np.ndarray], *, until_s: int, bin_s: int
) -> None:
    """Poisson counts make the sum of (observed - expected)^2 / expected chi-squared, one degree of freedom a bin."""
    observed = np.histogram(times_s, np.arange(0, until_s + 1, bin_s))[0]
    seconds = np.arange(until_s) + 0.5  # the middle is exact for a rate that is linear within each second
    expected = rate_per_s(seconds).reshape(-1, bin_s).sum(axis=1)
    assert expected.min() > 5
    assert stats.chi2.sf(((observed - expected) ** 2 / expected).sum(), len(expected)) > 0.01, (observed, expected)


def test_constant_rate_is_a_poisson_process() -> None:
    """Gaps are exponential and independent, counts per second have the variance of their mean."""
    times = arrivals_s(6_000, 5.0)
    gaps = np.diff(times)
    assert stats.kstest(gaps, "expon", args=(0, 1 / 5.0)).pvalue > 0.01
    assert abs(np.corrcoef(gaps[1:], gaps[:-1])[0, 1]) < 3 / np.sqrt(len(gaps))
    counts = np.histogram(times, np.arange(0.0, 1201.0))[0]
    dispersion = ((counts - counts.mean()) ** 2).sum() / counts.mean()
    assert 0.01 < stats.chi2.cdf(dispersion, len(counts) - 1) < 0.99


def test_number_of_purchases_varies_like_a_poisson_number() -> None:
    """Mornings differ in how many people come: over 40 mornings the variance is the mean."""
    numbers = np.array([len(arrivals_s(50, 1.0, seed=seed)) for seed in range(40)])
    dispersion = ((numbers - 50.0) ** 2).sum() / 50.0
    assert 0.01 < stats.chi2.cdf(dispersion, len(numbers)) < 0.99


def test_shape_is_linear_between_its_clock_times() -> None:
    """A piecewise-linear shape, entered in its middle, gives each minute the integral of the rate."""
    shape = {"06:50": "0/min", "07:10": "240/min", "07:20": "240/min", "07:40": "60/min"}
    times_s = arrivals_s(1, 1.0, {"clock": {"duration": "30min"}, "traffic": {"shape": shape}})

    def rate(second: np.ndarray) -> np.ndarray:
        return np.interp(second, [-600, 600, 1200, 2400], [0.0, 4.0, 4.0, 1.0])

    assert_expected_counts(times_s, rate, until_s=1800, bin_s=60)


def test_traffic_spike_multiplies_the_rate() -> None:
    """During a spike the rate is so many times higher, and no other time is touched."""
    spike = {"spike": "traffic", "at": "07:10", "for": "5min", "times": "x4"}
    times_s = arrivals_s(1, 1.0, {"clock": {"duration": "20min"}, "traffic": {"rate": "2/s"}, "faults": [spike]})

    def rate(second: np.ndarray) -> np.ndarray:
        return np.where((second >= 600) & (second < 900), 8.0, 2.0)

    assert_expected_counts(times_s, rate, until_s=1200, bin_s=60)


def test_coffee_shop_profile_keeps_its_proportions() -> None:
    """The profile, constant within its hours, gives each half hour its share of the purchases asked for."""
    asked = 5_000
    changes = {"clock": {"start": "07:00", "duration": "8h"}, "traffic": {"profile": {"purchases": asked}}}

    def shape(second: np.ndarray) -> np.ndarray:
        return np.array(COFFEE_SHOP)[1 + (second // 3600).astype(int)]  # the first hour of the profile starts at 06:00

    total = shape(np.arange(8 * 3600) + 0.5).sum()
    assert_expected_counts(arrivals_s(1, 1.0, changes), lambda s: shape(s) * asked / total, until_s=8 * 3600, bin_s=1800)


def test_nobody_comes_outside_the_profile() -> None:
    """Before 06:00 and after 21:00 the shop is closed."""
    changes = {"clock": {"start": "05:00", "duration": "18h"}, "traffic": {"profile": {"purchases": 2_000}}}
    times_s = arrivals_s(1, 1.0, changes)
    assert len(times_s) > 1_800
    assert times_s.min() >= 3600
    assert times_s.max() <= 16 * 3600


def test_reference_shares_of_the_morning() -> None:
    """The built-in profile is the published one: 45.8 % between 07:00 and 11:00, a peak hour of 1.90 times the mean (4.3)."""
    shares = np.array(COFFEE_SHOP)
    assert shares.sum() == pytest.approx(1.0, abs=2e-4)
    assert shares[1:5].sum() == pytest.approx(0.458, abs=5e-4)
    assert shares.max() / shares.mean() == pytest.approx(1.90, abs=5e-3)
