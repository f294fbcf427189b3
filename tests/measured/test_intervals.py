"""Intervals against SciPy's quantiles, and against how often they hold the truth."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from sim.measured.intervals import exponential_mean_interval, is_even, poisson_interval, quantile_interval


@pytest.mark.parametrize("events", [1, 2, 5, 30, 1000])
def test_poisson(events: int) -> None:
    """Garwood's interval, within 1 % from three events on, and within 0.01 events below."""
    low, high = poisson_interval(events)
    exact = stats.chi2.ppf(0.025, 2 * events) / 2, stats.chi2.ppf(0.975, 2 * events + 2) / 2
    assert (low, high) == pytest.approx(exact, rel=0.01, abs=0.02)


def test_no_event_at_all() -> None:
    """Below 3.0 at 95 %, as for shares."""
    assert poisson_interval(0) == (0.0, pytest.approx(2.9957, rel=1e-4))


@pytest.mark.parametrize("p", [0.1, 0.5, 0.95, 0.99])
def test_quantiles(p: float) -> None:
    """The interval of a quantile holds it in 95 % of samples at least; of 400, 38 or more miss it once in a thousand times."""
    rng = np.random.default_rng(3)
    truth = stats.expon.ppf(p)
    missed = 0
    for _ in range(400):
        interval = quantile_interval(np.sort(rng.exponential(size=900)), p, 900)
        assert interval is not None
        missed += not interval[0] <= truth <= interval[1]
    assert missed < 38


def test_a_quantile_beyond_what_was_seen() -> None:
    """Of 100 values, 60 of them known, nobody knows the 70th percentile; nor of 100 known ones the 99.9th."""
    assert quantile_interval(np.arange(60.0), 0.7, 100) is None
    assert quantile_interval(np.arange(100.0), 0.999, 100) is None
    assert quantile_interval(np.arange(60.0), 0.4, 100) is not None


def test_exponential_mean() -> None:
    """The exact interval by the chi-square, within 1 %."""
    values = np.random.default_rng(4).exponential(2.0, 50)
    exact = 2 * values.sum() / stats.chi2.ppf([0.975, 0.025], 100)
    assert exponential_mean_interval(values) == pytest.approx(tuple(exact), rel=0.01)


def test_even_counts() -> None:
    """Counts of one rate pass, also in steps of different lengths; one that is doubled doesn't."""
    rng = np.random.default_rng(6)
    expected = np.array([100.0, 100.0, 50.0, 100.0])
    assert is_even(rng.poisson(expected), expected)
    assert not is_even(np.array([100, 200, 50, 100]), expected)
