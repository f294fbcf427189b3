"""Met, violated or undecided: what an interval lets us say about an objective."""

from __future__ import annotations

import pytest

from sim.experiment.estimates import judge
from sim.experiment.statistics import Estimate


def about(low: float | None, mean: float | None, high: float | None, *, n: int = 20, never: float = 0.0) -> Estimate:
    return Estimate(mean, low, high, n, never)


@pytest.mark.parametrize(
    ("metric", "limit", "value", "status"),
    [
        ("ack_latency_p95", 1.0, about(0.7, 0.8, 0.9), "met"),
        ("ack_latency_p95", 1.0, about(0.8, 0.9, 1.0), "met"),
        ("ack_latency_p95", 1.0, about(0.9, 1.0, 1.1), "undecided"),
        ("ack_latency_p95", 1.0, about(1.0, 1.1, 1.2), "undecided"),
        ("ack_latency_p95", 1.0, about(1.1, 1.2, 1.3), "violated"),
        ("confirmed_share", 0.99, about(0.992, 0.995, 0.998), "met"),
        ("confirmed_share", 0.99, about(0.985, 0.99, 0.995), "undecided"),
        ("confirmed_share", 0.99, about(0.97, 0.98, 0.985), "violated"),
    ],
)
def test_objective_is_decided_by_the_whole_interval(metric: str, limit: float, value: Estimate, status: str) -> None:
    """Met when the interval is on the good side of the limit (the limit included), violated beyond it, else undecided."""
    assert judge(metric, limit, value) == status


@pytest.mark.parametrize(
    ("value", "status"),
    [
        (about(0.0, 1e-6, 1e-5), "violated"),
        (about(None, 1e-6, None, n=1), "violated"),
        (about(0.0, 0.0, 5e-5), "met"),
    ],
)
def test_one_witness_violates_zero_tolerance(value: Estimate, status: str) -> None:
    """A limit of zero is violated by one event in any morning, though the interval touches zero; no event meets it."""
    assert judge("double_charge_rate", 0.0, value) == status


@pytest.mark.parametrize(
    ("metric", "limit"), [("confirmation_lag_p99", 120.0), ("convergence_time", 60.0), ("convergence_time", 0.0)]
)
def test_never_violates_any_limit(metric: str, limit: float) -> None:
    """A time that is infinite on one morning of twenty is beyond every limit."""
    assert judge(metric, limit, about(None, None, None, never=0.05)) == "violated"


@pytest.mark.parametrize("metric", ["ack_latency_p95", "confirmed_share"])
def test_no_interval_is_undecided(metric: str) -> None:
    """A single morning, or nothing to count, decides nothing."""
    assert judge(metric, 0.5, about(None, 0.4, None, n=1)) == "undecided"
    assert judge(metric, 0.5, about(None, None, None, n=0)) == "undecided"


def test_nothing_to_count_does_not_meet_zero_tolerance() -> None:
    """An objective about which nothing is known isn't met."""
    assert judge("stale_read_rate", 0.0, about(None, None, None, n=0)) == "undecided"
