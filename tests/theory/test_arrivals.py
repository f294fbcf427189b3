"""Customers arrive as a Poisson process with the rate that the scenario describes."""

from __future__ import annotations

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


def test_nobody_comes_outside_the_profile() -> None:
    """Before 06:00 and after 21:00 the shop is closed."""
    changes = {"clock": {"start": "05:00", "duration": "18h"}, "traffic": {"profile": {"purchases": 2_000}}}
    times_s = arrivals_s(1, 1.0, changes)
    assert len(times_s) > 1_800
    assert times_s.min() >= 3600
    assert times_s.max() <= 16 * 3600


@pytest.mark.slow
def test_gaps_in_operational_time_are_exponential() -> None:
    """Where the clock runs at the profile's rate, the gaps between customers are those of a Poisson process of rate 1."""
    changes = {"clock": {"duration": "8h"}, "traffic": {"profile": {"purchases": 5_000}}}
    shares = np.array(COFFEE_SHOP)[1:9]  # from 07:00
    mass = np.concatenate([[0.0], np.cumsum(shares / shares.sum() * 5_000)])
    gaps = [np.diff(np.interp(arrivals_s(1, 1.0, changes, seed=seed), np.arange(9) * 3600.0, mass)) for seed in range(10)]
    assert stats.kstest(np.concatenate(gaps), "expon").pvalue > 0.01


def test_reference_shares_of_the_morning() -> None:
    """The built-in profile is the published one: 45.8 % between 07:00 and 11:00, a peak hour of 1.90 times the mean (4.3)."""
    shares = np.array(COFFEE_SHOP)
    assert shares.sum() == pytest.approx(1.0, abs=2e-4)
    assert shares[1:5].sum() == pytest.approx(0.458, abs=5e-4)
    assert shares.max() / shares.mean() == pytest.approx(1.90, abs=5e-3)
