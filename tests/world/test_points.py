"""Points are spent and earned in the same morning: each paid order has spent its points once and earned its points once."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
import pytest

from sim.config.library import parse_scenario
from sim.ledger.records import Tables
from sim.vocabulary import Status
from tests.worlds import design, judged

MORNING = """
name: points
clock: {start: "07:00", duration: 10min, drain: 40min}
traffic: {rate: 60/min}
customers: {patience: {constant: 20s}, double_tap: {p: 10%, gap: 100ms}}
network: {request_lost: 1%, answer_lost: 1%}
provider: {declined: 10%, ambiguous: 2%}
accounts:
  points: {balance: 1000, takes: 400, p: 60%, shared_by: 4}   # a household's points: enough for two orders of its four
faults:
  - {brownout: provider, at: "07:02", for: 3min, latency: x8, failed: 5%, ambiguous: 10%}
  - {crash: loyalty, after: award, p: 10%, restart: 1s}
  - {crash: checkout, after: take, p: 1%, restart: 2s}
  - {duplicates: broker, p: 10%}
"""
SAFE: dict[str, Any] = {"loyalty": {"inbox": {}}, "recovery": {"reconcile_every": "60s"}}
SEEDS = range(3)


def broken(tables: Tables) -> list[str]:
    """The rules of points that a morning breaks; recounted from its tables, and not from the audit."""
    orders, takings, awards = tables.orders, tables.takings, tables.awards
    confirmed = set(np.flatnonzero(orders["status"] == Status.CONFIRMED).tolist())
    wants = set(takings["purchase"].tolist())
    sold = ~np.isnan(takings["sold_s"])
    spent = Counter(takings["order"][sold].tolist())
    earned = Counter(awards["order"].tolist())
    used = np.bincount(takings["account"], weights=(takings["units"] - takings["given_back"]), minlength=len(tables.accounts))
    lost = set(takings["order"][takings["units"] > takings["given_back"]].tolist()) - confirmed
    rules = {
        "more is spent than there was": bool((used > tables.accounts["balance"]).any()),
        "the book says otherwise": not np.array_equal(tables.accounts["balance"] - used, tables.accounts["left"]),
        "spent twice for an order": max(spent.values(), default=0) > 1,
        "spent for an order that is not confirmed": not set(spent) <= confirmed,
        "confirmed without having spent": any(orders["purchase"][o] in wants and o not in spent for o in confirmed),
        "kept from an order that came to nothing": bool(lost),
        "earned twice with an order": max(earned.values(), default=0) > 1,
        "earned with an order that is not confirmed": not set(earned) <= confirmed,
        "confirmed and nothing earned": not confirmed <= set(earned),
    }
    return [rule for rule, is_broken in rules.items() if is_broken]


def morning(name: str, seed: int, knobs: dict[str, Any]) -> Tables:
    return judged(parse_scenario(MORNING), design(name, {**SAFE, **knobs}), seed)[0]


@pytest.mark.parametrize("seed", SEEDS)
def test_spent_once_and_earned_once_whatever_dies(seed: int) -> None:
    """Under lost requests, taps, declined cards, a brownout, crashes and repeated messages at once; each of them happened."""
    tables = morning("outbox", seed, {})
    assert broken(tables) == []
    assert (tables.orders["status"] == Status.USED_UP).sum() > 20
    assert (tables.takings["given_back"] > 0).sum() > 10
    assert tables.counts["awards_repeated"] > 20
    assert any(struck.step == "take" for struck in tables.crashes)


@pytest.mark.parametrize(
    ("knobs", "rules"),
    [
        ({"loyalty": {"inbox": None}}, {"earned twice with an order"}),
        ({"taking": {"guard": "check_then_take", "when": "at_settlement"}}, {"more is spent than there was"}),
        ({"taking": {"gives_back": "never"}}, {"kept from an order that came to nothing"}),
        ({"loyalty": {"inbox": {"window": "1s"}}}, {"earned twice with an order"}),
    ],
    ids=["no inbox", "looks, and takes later", "gives nothing back", "a short memory"],
)
def test_each_rule_is_broken_by_what_should_break_it(knobs: dict[str, Any], rules: set[str]) -> None:
    """And by nothing else: spending and earning are guarded apart."""
    assert {rule for seed in SEEDS for rule in broken(morning("outbox", seed, knobs))} == rules
