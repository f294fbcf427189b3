"""A payment that is finished elsewhere, and two paths on which the shop hears of it: public reports, and a closed form."""

from __future__ import annotations

from math import log, sqrt
from statistics import NormalDist
from typing import Any

import numpy as np

from sim.architectures import parse_design
from sim.config.library import parse_scenario
from sim.experiment.compare import compare
from sim.experiment.effort import Effort
from tests.worlds import judged

MORNINGS = 4
NEWS_AND_ANSWER = """
name: webhook-and-return-two-orders
clock: {start: "12:00", duration: 30min, drain: 15min}
traffic: {rate: 20/min, price: 80 USD}
customers: {patience: {constant: 1h}, after_patience: {tap_again: 100%, refresh: 0%, leave: 0%}}
provider:
  latency: {uniform: [500ms, 1500ms]}
  answer: {lognormal: {median: 3s, sigma: 0.8}}
  webhooks: {delay: {lognormal: {median: 2s, sigma: 0.8}}}
"""
PATHS = """
name: two-paths
from: idempotent
app: {key: purchase, timeout: 60s}
claim: {lock: 2min}
payment: {timeout: 30s, webhooks: checked, finishes: FINISHES}
recovery: {reconcile_every: none}
"""
AT_PROVIDER = """
name: at-the-provider
clock: {start: "12:00", duration: 60min, drain: 60min}
traffic: {rate: 20/min}
customers: {patience: {constant: 1h}}
provider: {declined: 5%, challenge: {returns: 80%}, webhooks: {lost: 30%}}
"""
CHALLENGE = "challenge: {returns_twice: 100%, takes: {constant: 20s}}, latency: {constant: 200ms}"
NOBODY_LOOKS = """
name: nobody-looks
from: webhooks-first
completer: {after: 5h}
recovery: {reconcile_every: none}
"""


def metrics(scenario: str, design: str) -> dict[str, float]:
    """The means of four mornings."""
    chosen = parse_design(design)
    result = compare(parse_scenario(scenario), [chosen], Effort(mornings=MORNINGS, jobs=1)).results[chosen.name]
    return {name: estimate.mean or 0.0 for name, estimate in result.metrics.items()}


def near(found: dict[str, Any], metric: str, share: float, *, of: float = 1.0) -> bool:
    """Whether a share is what it should be, to within three standard errors."""
    number = found["purchases"] * MORNINGS * of
    return abs(found[metric] - share) < 3 * sqrt(share * (1 - share) / number)


def test_two_paths_with_a_guard_each_make_two_orders_of_one_payment() -> None:
    """Whenever the webhook is faster than the answer: 64 % (mercur 1400, medusa 2341, razorpay-magento 212).

    Both delays are lognormal, so their ratio is. What the shop's own work takes, milliseconds, comes on top.
    """
    webhook_first = NormalDist(0, 0.8 * sqrt(2)).cdf(log(3 / 2))
    found = metrics(NEWS_AND_ANSWER, PATHS.replace("FINISHES", "each_path"))
    assert near(found, "duplicate_order_rate", webhook_first)
    assert found["unpaid_order_rate"] == found["duplicate_order_rate"]
    assert found["double_charge_rate"] == 0


def test_without_any_guard_each_news_makes_an_order() -> None:
    """Each answer finishes its order, and each delivery of the webhook makes another: 1 + p more, where p are delivered twice
    (those of the second time, and so on: a geometric series)."""
    twice = NEWS_AND_ANSWER.replace("webhooks: {", "webhooks: {duplicated: 20%, ")
    scenario = parse_scenario(twice)
    chosen = parse_design(PATHS.replace("FINISHES", "unguarded"))
    ordered = np.concatenate([judged(scenario, chosen, seed)[1].audit.ordered for seed in range(2)])
    again = ordered - 1
    assert again.min() == 1
    assert abs(again.mean() - 1 / 0.8) < 3 * np.sqrt(0.2 / 0.8**2 / len(again))
    once = parse_design(PATHS.replace("FINISHES", "once"))
    assert judged(scenario, once, 0)[1].audit.ordered.max() == 1


def test_without_any_guard_whoever_returns_twice_has_two_orders() -> None:
    """The first return finishes the order; the page is loaded again a second later, and makes another."""
    returns = AT_PROVIDER.replace("declined: 5%, challenge: {returns: 80%}, webhooks: {lost: 30%}", CHALLENGE)
    for finishes, orders in (("once", 1), ("unguarded", 2)):
        chosen = parse_design(f"name: returns\nfrom: webhooks-first\npayment: {{webhooks: ignored, finishes: {finishes}}}\n")
        ordered = judged(parse_scenario(returns), chosen, 0)[1].audit.ordered
        assert set(ordered.tolist()) == {orders}


def test_one_guard_for_both_paths_makes_one_order() -> None:
    """The same world, and nobody is harmed."""
    found = metrics(NEWS_AND_ANSWER, PATHS.replace("FINISHES", "once"))
    assert found["duplicate_order_rate"] == found["unpaid_order_rate"] == found["orphan_charge_rate"] == 0
    assert found["confirmed_share"] == 1


def test_orders_that_are_never_finished() -> None:
    """Where nobody looks, an order stays open if its customer doesn't return and its webhook is lost: 20 % of 30 %."""
    found = metrics(AT_PROVIDER, NOBODY_LOOKS)
    assert near(found, "orphan_charge_rate", 0.95 * 0.2 * 0.3)  # of the good cards
    assert found["unpaid_order_rate"] == found["double_charge_rate"] == 0


def test_asking_the_provider_finishes_all_of_them() -> None:
    """The completer and the reconciler are there for that."""
    found = metrics(AT_PROVIDER, "name: whole\nfrom: webhooks-first\n")
    assert found["orphan_charge_rate"] == found["unpaid_order_rate"] == found["unconverged_orders"] == 0
    assert found["confirmed_share"] == 1


def test_who_takes_the_return_for_the_payment_makes_coffee_for_declined_cards() -> None:
    """Whoever comes back proves nothing: 5 % of the cards are declined, and four customers in five come back."""
    found = metrics(AT_PROVIDER, "name: believes\nfrom: webhooks-first\npayment: {returns: believed}\n")
    assert near(found, "unpaid_order_rate", 0.05 * 0.8)
