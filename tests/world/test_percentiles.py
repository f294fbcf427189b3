"""Times by their percentiles: what is told is kept, and what lies between and beyond is as stated."""

from __future__ import annotations

from math import exp, log, sqrt
from statistics import NormalDist
from typing import Any

import numpy as np
import pytest

from sim.config.model import Distribution
from sim.world.streams import mean, quantile, sample, share_above

DRAWS = 200_000
TOLD = [
    {"p50": "700ms", "p95": "2.4s", "p99": "6s"},
    {"p10": "1s", "p50": "1s", "p90": "2s"},
    {"p50": "1s", "p90": "1s"},
    {"p0": "500ms", "p50": "700ms", "p99": "6s", "p100": "30s"},
    {"p0": "100us", "p50": "1ms", "p50.1": "1h", "p100": "2h"},
    {"p5": "20ms", "p99.9": "10s", "p100": "12s"},
]


def times(percentiles: dict[str, Any]) -> Distribution:
    return Distribution.model_validate({"percentiles": percentiles})


@pytest.mark.parametrize("told", TOLD)
def test_what_is_told_is_kept(told: dict[str, Any]) -> None:
    """Each percentile that is given is a quantile, and so are the draws', within four standard errors of the share below it."""
    distribution = times(told)
    drawn = sample(distribution, np.random.default_rng(7), DRAWS)
    assert distribution.percentiles is not None
    for key, seconds in distribution.percentiles.items():
        share = float(key[1:]) / 100
        if key not in ("p0", "p100"):
            assert quantile(distribution, share) == pytest.approx(seconds)
        error = 4 * sqrt(share * (1 - share) / DRAWS)
        assert np.mean(drawn < seconds * (1 - 1e-9)) <= share + error
        assert np.mean(drawn <= seconds * (1 + 1e-9)) >= share - error
    if "p100" in told:
        assert distribution.percentiles["p0"] <= drawn.min() if "p0" in told else drawn.min() > 0
        assert drawn.max() <= distribution.percentiles["p100"]


@pytest.mark.parametrize("told", TOLD)
def test_mean_and_share_above(told: dict[str, Any]) -> None:
    """As in the draws: the mean within four standard errors, and the share above any time."""
    distribution = times(told)
    drawn = sample(distribution, np.random.default_rng(8), DRAWS)
    assert abs(mean(distribution) - drawn.mean()) <= 4 * drawn.std() / sqrt(DRAWS) + 1e-9
    for seconds in (0.0, 0.01, 0.3, 0.7, 1.0, 1.5, 8.0, 40.0, 9000.0):
        share = share_above(distribution, seconds)
        assert abs(share - np.mean(drawn > seconds * (1 + 1e-9))) <= 4 * sqrt(share * (1 - share) / DRAWS) + 1e-9


def test_two_percentiles_are_a_lognormal() -> None:
    """With the median and the spread that a person would work out: sigma = log(p99 / median) / 2.326."""
    sigma = log(6 / 0.7) / NormalDist().inv_cdf(0.99)
    by_hand = Distribution.model_validate({"lognormal": {"median": "700ms", "sigma": sigma}})
    told = times({"p50": "700ms", "p99": "6s"})
    assert mean(told) == pytest.approx(mean(by_hand))
    assert [quantile(told, q) for q in (0.01, 0.3, 0.8, 0.9999)] == pytest.approx(
        [quantile(by_hand, q) for q in (0.01, 0.3, 0.8, 0.9999)]
    )
    assert share_above(told, 3.0) == pytest.approx(share_above(by_hand, 3.0))


def test_between_two_percentiles_and_beyond() -> None:
    """Half way between two of them, in standard deviations, is their geometric mean; beyond the last the line goes on."""
    told, normal = times({"p50": "1s", "p90": "4s", "p99": "9s"}), NormalDist()
    z90, z99 = normal.inv_cdf(0.9), normal.inv_cdf(0.99)
    assert quantile(told, normal.cdf(z90 / 2)) == pytest.approx(2.0)
    assert quantile(told, normal.cdf(z99 + (z99 - z90))) == pytest.approx(exp(2 * log(9) - log(4)))


@pytest.mark.parametrize(
    ("told", "message"),
    [
        ({"p50": "700ms"}, "expected two percentiles or more between p0 and p100"),
        ({"p50": "700ms", "p100": "6s"}, "expected two percentiles or more between p0 and p100"),
        ({"p50": "1s", "p95": "500ms"}, "less than p50; percentiles rise"),
        ({"p50": 0, "p90": "1s"}, "expected a time above 0; only p0 may be 0"),
        ({"median": "1s", "p90": "1s"}, "expected a percentile such as p50, p99 or p99.9"),
        ({"p101": "1s", "p50": "1s"}, "expected a percentile such as p50, p99 or p99.9"),
        ({"p50": "1s", "p50.0": "1s"}, "the same percentile twice"),
        ({"p50": "1ms", "p50.1": "1h", "p0": 0}, "p50 and p50.1 are so far apart that nothing is known beyond them; add p100"),
        ({"p50": "1s", "p95": 2}, "a bare number: add the unit"),
    ],
)
def test_what_cannot_be(told: dict[str, Any], message: str) -> None:
    """Refused, with what to write instead."""
    with pytest.raises(ValueError, match=message):
        times(told)
