"""A timer that cancels what looks unpaid, while the news of its money comes late or never."""

from __future__ import annotations

from math import erf, log, sqrt

from tests.cases import expected, harmed

WORLD = """
name: cancel-unpaid
clock: {start: "10:00", duration: 2h, drain: 2h}
traffic: {rate: 4/min, price: 35 USD}
customers:
  patience: {constant: 5h}
  after_patience: {tap_again: 0%, refresh: 0%, leave: 100%}
  polling: {every: 1min, give_up: 3h}
provider:
  latency: {uniform: [1s, 3s]}
  ambiguous: 10%
  webhooks: {delay: {lognormal: {median: 2min, sigma: 1.5}}, lost: 5%}
"""
DESIGN = """
from: idempotent
app: {timeout: 20s, retry: {never: true}}
payment: {webhooks: checked}
completer: {after: 5h}
recovery: {reconcile_every: none, cancel_after: 10min, asks_first: false}
"""
LATER = 0.5 * (1 - erf(log(10.5 / 2) / 1.5 / sqrt(2)))  # than 10 min, and the half of a minute until the timer looks


def test_cancelled_although_it_is_paid() -> None:
    """woocommerce#14587: p(answer lost) × (p(news lost) + p(news later than the timer)) are told that it failed, though paid;
    and whoever's news never comes has paid for a cancelled order: p(answer lost) × p(news lost)."""
    assert expected(0.10 * (0.05 + 0.95 * LATER), harmed(WORLD, DESIGN, "misinformed", mornings=8))
    assert expected(0.10 * 0.05, harmed(WORLD, DESIGN, "orphan_charge", mornings=8))


def test_whoever_asks_first_cancels_nothing_that_is_paid() -> None:
    """The provider knows what its news has not told yet; nor does a longer limit help those whose news is lost."""
    asks = DESIGN.replace("asks_first: false", "asks_first: true")
    assert harmed(WORLD, asks, "misinformed", "orphan_charge", "never_confirmed")[0] == 0
    longer = DESIGN.replace("cancel_after: 10min", "cancel_after: 90min")
    assert expected(0.10 * 0.05, harmed(WORLD, longer, "orphan_charge", mornings=8))
