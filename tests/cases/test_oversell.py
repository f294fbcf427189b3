"""Ten of a kind and a crowd at one moment: checked in one transaction, taken in another."""

from __future__ import annotations

from math import sqrt

import pytest

from sim.architectures import ARCHITECTURES, parse_design
from sim.config.library import parse_scenario
from tests.cases import SIGMAS
from tests.worlds import judged

WORLD = """
name: oversell
clock: {start: "12:00", duration: 1min, drain: 10min}
traffic: {rate: 600/min, price: 90 USD}
accounts: {espresso-machine: 10}
customers: {patience: {constant: 1h}, after_patience: {tap_again: 0%, refresh: 0%, leave: 100%}}
provider: {latency: {uniform: [300ms, 900ms]}}
"""
SEEDS = range(8)


def confirmed(name: str, taking: str) -> list[int]:
    """How many orders were confirmed on each morning; whatever was sold beyond 10 is what the metrics say."""
    chosen, found = parse_design(f"from: {name}\nname: {name}\ntaking: {taking}\n"), []
    for seed in SEEDS:
        _, evidence = judged(parse_scenario(WORLD), chosen, seed)
        found.append(int(evidence.audit.ordered.sum()))
        oversold = [
            evidence.metrics[metric] * evidence.metrics["purchases"] / per
            for metric, per in (("oversold_rate", 1), ("units_oversold_per_1000", 1000))
        ]
        assert oversold == pytest.approx([found[-1] - 10] * 2)
        assert evidence.metrics["confirmed_share"] == 1, "who is refused when all is sold is no lost sale"
    return found


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_locked_where_it_is_taken_ten_are_sold(name: str) -> None:
    """Each morning, by every architecture."""
    assert confirmed(name, "{}") == [10] * len(SEEDS)


@pytest.mark.parametrize("name", ["naive", "idempotent", "outbox", "inquiry"])
def test_checked_before_the_payment_and_taken_after_it_some_17_are_sold(name: str) -> None:
    """As the tenth is taken, 10 a second times 0.6 s are still paying, who were told that there are some: Poisson.

    The outbox's pay some 0.3 s later than they were accepted, which makes it no wider: a payment worker looks before it calls.
    """
    sold = confirmed(name, "{guard: check_then_take, when: at_settlement}")
    paying = 10 * 0.6
    assert abs(sum(sold) / len(SEEDS) - 10 - paying) <= SIGMAS * sqrt(paying / len(SEEDS))
