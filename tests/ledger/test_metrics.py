"""Metrics and costs: from tables to numbers, without survivor bias."""

from __future__ import annotations

import numpy as np
import pytest

from sim.config.prices import load_prices
from sim.config.scenario import Scenario
from sim.experiment.mornings import simulate
from sim.ledger.costs import PARTS, bill, compute_per_hour, fee
from sim.ledger.metrics import COMPUTE, measure, percentile
from sim.vocabulary import METRICS
from tests.worlds import ONE_CUSTOMER, design, judged, world

PRICES = load_prices("aws-us-east-1")


def test_every_published_metric_is_computed() -> None:
    """The catalogue and the functions have the same names in the same order."""
    assert list(COMPUTE) == list(METRICS)


def test_percentiles_count_those_who_never_got_there() -> None:
    """A percentile is infinite when it falls among the infinite values, and NaN when there is nothing to count."""
    values = np.array([np.inf, 1.0, 3.0, 2.0])
    assert [percentile(values, p) for p in (25, 50, 75, 76, 100)] == [1.0, 2.0, 3.0, np.inf, np.inf]
    assert np.isnan(percentile(np.array([]), 50))


def test_one_clean_customer() -> None:
    """Every metric of a world of one customer in the outbox design, by hand."""
    _, evidence = judged(world(), design("outbox"))
    metrics = measure(evidence)
    rates = [name for name in METRICS if name.endswith(("_rate", "_rate_net"))]
    assert all(metrics[name] == 0 for name in rates), metrics
    expected = {
        "purchases": 1, "confirmed_share": 1, "acknowledged_share": 1, "requests_per_purchase": 1, "unconverged_orders": 0,
        "ack_latency_p50": 0.054, "confirmation_lag_p99": 0.963, "read_model_lag_p95": 0.074,
    }  # fmt: skip
    assert {name: metrics[name] for name in expected} == pytest.approx(expected)
    assert np.isnan(metrics["convergence_time"])


def test_a_declined_card_is_nobodys_failure() -> None:
    """Lags and shares are over purchases with a good card; there are none here."""
    declined = world(ONE_CUSTOMER.replace("450ms}", "450ms}\n  declined: 100%"))
    metrics = measure(judged(declined, design("idempotent"))[1])
    assert metrics["purchases"] == 1
    assert np.isnan([metrics[name] for name in ("confirmed_share", "ack_latency_p50", "confirmation_lag_p50")]).all()
    assert (metrics["orphan_charge_rate"], metrics["unconverged_orders"]) == (0, 0)


def test_convergence_counts_from_the_end_of_the_last_fault() -> None:
    """A view that stood still until 10 s shows an order confirmed at 0.963 s after 10.02 s: 0.02 s to converge."""
    stopped = world(ONE_CUSTOMER + 'faults: [{outage: read_model, at: "07:00:00", for: 10s}]\n')
    metrics = measure(judged(stopped, design("outbox"))[1])
    assert metrics["convergence_time"] == pytest.approx(0.04)  # two events of 20 ms wait for the projector
    assert metrics["read_model_lag_p50"] == pytest.approx(10.04 - 0.963)


def test_published_prices() -> None:
    """The fee of one 6.50 sale is 0.4885, and a quarter of a virtual CPU with half a GB costs 9.010025 a month."""
    assert fee(650, PRICES) == pytest.approx(0.4885, abs=1e-9)
    relay = design("outbox", {"checkout": {"workers": 2}, "payment": {"workers": 1}})
    workers = 3 / PRICES.workers_per_vcpu.value * (PRICES.vcpu_hour.value + 2 * PRICES.gb_hour.value)
    monthly = (compute_per_hour(relay, PRICES) - workers) * PRICES.hours_per_month.value
    assert monthly == pytest.approx(9.010025, abs=1e-9)


def test_the_bill_adds_up() -> None:
    """Parts make groups, groups make the total, per thousand correct purchases."""
    _, evidence = judged(world(ONE_CUSTOMER + "faults: [{crash: checkout, after: commit, times: 1}]\n"), design("naive"))
    money = evidence.bill
    assert money.total() == pytest.approx(sum(money.total(group) for group in PARTS))
    assert money.parts["fees"] == pytest.approx(2 * 0.4885)  # charged twice: the provider keeps both fees
    assert money.parts["double charges"] == pytest.approx(0.8 * 8 + 0.05 * 15)
    assert money.correct == 0
    assert np.isnan(money.per_1000())


def test_nobody_pays_for_the_same_harm_twice() -> None:
    """A clean morning has no failure cost; the monthly bill is capacity all month plus fees every morning."""
    scenario: Scenario = world()
    chosen = design("naive")
    tables, evidence = simulate(scenario, chosen, PRICES, 0)
    money = bill(tables, evidence.audit, chosen, PRICES)
    assert money.total("failures") == 0
    by_use = money.parts["fees"] + money.parts["messages"] + money.parts["operations"]
    assert money.monthly() == pytest.approx(money.capacity_per_hour * 730 + by_use * 30)
