"""Met, violated or undecided: what an interval lets us say about an objective."""

from __future__ import annotations

import numpy as np
import pytest

from sim.experiment.estimates import difference_of, estimated, holds, judge, judgement, mornings_needed, open_because
from sim.experiment.statistics import Difference, Estimate, zero_events_bound


def about(
    low: float | None, mean: float | None, high: float | None, *, n: int = 20, never: float = 0.0, harmed: int | None = None
) -> Estimate:
    return Estimate(mean, low, high, n, never, harmed)


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
        (about(0.0, 0.0, 5e-5, n=59, harmed=0), "met"),
    ],
)
def test_one_witness_violates_zero_tolerance(value: Estimate, status: str) -> None:
    """A limit of zero is violated by one event in any morning, though the interval touches zero; no event meets it."""
    assert judge("double_charge_rate", 0.0, value) == status


@pytest.mark.parametrize(("mornings", "said"), [(2, "not clear"), (5, "not clear"), (6, "worse")])
@pytest.mark.parametrize("metric", ["double_charge_rate", "overcharged_per_1000", "collapsed_share"])
def test_the_same_on_a_few_tiny_mornings_is_no_proof(metric: str, mornings: int, said: str) -> None:
    """One of four customers on each: that may be chance, however much the mornings are alike."""
    each = {"double_charge_rate": 0.25, "overcharged_per_1000": 1625.0, "collapsed_share": 1.0}[metric]
    harmed, unharmed = (
        {metric: np.full(mornings, value), "purchases": np.full(mornings, 4)} for value in (each, 0.0)
    )  # fmt: skip
    found = difference_of(metric, harmed, unharmed)
    assert (found.difference, judgement(metric, found)) == (each, said)
    assert judgement(metric, difference_of(metric, unharmed, harmed)) == {"worse": "better"}.get(said, said)


@pytest.mark.parametrize(("mean", "status"), [(1 - 1e-6, "violated"), (1.0, "met")])
def test_one_who_was_forgotten_violates_all(mean: float, status: str) -> None:
    """A limit of 100 % is violated by one event, too, though the interval touches it."""
    assert judge("confirmed_share", 1.0, about(mean - 1e-5, mean, 1.0, n=59, harmed=int(mean < 1))) == status


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


# Harm that was not seen, or hardly


def none_in(mornings: int, things: int) -> Estimate:
    """No event in so many things of so many mornings."""
    return about(0.0, 0.0, zero_events_bound(things), n=mornings, harmed=0)


def test_what_is_rare_needs_59_mornings() -> None:
    """Then harm on one morning in twenty would have shown with a probability of 95 %: .95^59 = .0485. With one fewer, .0510."""
    assert mornings_needed() == 59
    assert mornings_needed(0.99) == 90  # .95^90 = .0099
    assert judge("double_charge_rate", 0.0, none_in(58, 100_000)) == "so far"
    assert judge("double_charge_rate", 0.0, none_in(59, 100_000)) == "met"


def test_a_limit_of_zero_is_not_met_by_looking_little() -> None:
    """Four purchases of one morning show nothing, and neither do few purchases of many mornings."""
    assert judge("double_charge_rate", 0.0, none_in(1, 4)) == "so far"
    assert judge("double_charge_rate", 0.0, none_in(100, 400)) == "so far"
    assert judge("double_charge_rate", 0.0, none_in(100, 2995)) == "met"  # one in a thousand would have shown


@pytest.mark.parametrize("metric", ["overcharged_per_1000", "overcharged_per_1000_net", "over_refunded_per_1000"])
def test_no_money_taken_wrongly_is_as_little_known_as_nobody_charged_twice(metric: str) -> None:
    """Five mornings without a cent of it meet the objective so far; it takes as many mornings as for the rate."""
    for mornings, status in ((5, "so far"), (58, "so far"), (59, "met")):
        value = estimated(metric, {metric: np.zeros(mornings)})
        assert value.harmed == 0
        assert judge(metric, 0.0, value) == status
    assert judge(metric, 0.0, estimated(metric, {metric: np.array([0.0, 0.0, 6.5, 0.0, 0.0])})) == "violated"


@pytest.mark.parametrize("mornings", [1, 10, 58, 59, 200])
@pytest.mark.parametrize("things", [4, 100, 2995, 30_206])
def test_a_stricter_limit_never_turns_a_gate_green(mornings: int, things: int) -> None:
    """Whatever was looked at: where a limit is met, every laxer one is."""
    limits = (0.0, 1e-5, 1e-4, 1e-3, 0.01, 0.1, 0.5)
    met = [judge("double_charge_rate", limit, none_in(mornings, things)) == "met" for limit in limits]
    assert met == sorted(met)


def test_one_event_does_not_decide_what_none_leaves_open() -> None:
    """Harm on few of few mornings is as little known as none; where most mornings have some, its spread is known."""
    for harmed, status in ((0, "so far"), (1, "so far"), (4, "so far"), (5, "met"), (10, "met")):
        value = about(0.0, harmed * 1e-4, 0.002, n=10, harmed=harmed)
        assert judge("orphan_charge_rate", 0.01, value) == status
    assert judge("orphan_charge_rate", 0.01, about(0.0, 1e-4, 0.002, n=59, harmed=1)) == "met"


def test_everybody_served_is_nobody_lost() -> None:
    """A share of 100 % is as little known as one of 0."""
    everybody = about(0.995, 1.0, 1.0, n=10, harmed=0)
    assert judge("confirmed_share", 0.99, everybody) == "so far"
    assert judge("confirmed_share", 0.99, about(0.9995, 1.0, 1.0, n=60, harmed=0)) == "met"


def test_a_collapse_is_one_of_mornings() -> None:
    """No collapse on 59 mornings meets a limit of 0 and any other, as fewer than one in twenty is what can be said."""
    for limit in (0.0, 0.02, 0.1):
        assert judge("collapsed_share", limit, about(0.0, 0.0, zero_events_bound(10), n=10, harmed=0)) == "so far"
        assert judge("collapsed_share", limit, about(0.0, 0.0, zero_events_bound(59), n=59, harmed=0)) == "met"


def test_why_something_is_open() -> None:
    """Nothing to count, too few mornings, or too close: only the latter two are helped by more mornings."""
    assert open_because("convergence_time", 60.0, about(None, None, None, n=0)) == "nothing"
    assert open_because("double_charge_rate", 0.0, none_in(10, 30_000)) == "few"
    assert open_because("ack_latency_p95", 1.0, about(None, 0.5, None, n=1)) == "few"
    assert open_because("ack_latency_p95", 1.0, about(0.9, 1.0, 1.1)) == "close"
    assert open_because("ack_latency_p95", 1.0, about(0.7, 0.8, 0.9)) is None


def test_what_speaks_against_nothing_holds() -> None:
    """Met, if only so far."""
    assert [holds(status) for status in ("met", "so far", "undecided", "violated")] == [True, True, False, False]


def test_none_seen_in_either_is_no_proof_of_sameness() -> None:
    """Two metrics without an event have a difference of 0 and no interval; two that are equal otherwise are the same."""
    assert judgement("double_charge_rate", Difference(0.0, None, None)) == "none seen"
    assert judgement("double_charge_rate", Difference(0.0, 0.0, 0.0)) == "the same"
    assert judgement("ack_latency_p95", Difference(0.0, None, None)) == "not clear"
