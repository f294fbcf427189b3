"""Promises hold under every weather, and every promise has a broken variant that is caught."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from sim.architectures import ARCHITECTURES
from sim.config.design import Design, merged
from sim.config.library import parse_scenario
from sim.ledger.promises import (
    Promise,
    all_stores_agree,
    awarded_exactly_once,
    charged_at_most_once,
    every_confirmed_order_was_paid,
    every_order_settles,
    nobody_pays_for_nothing,
    ordered_at_most_once,
)
from tests.architectures.mutants import OutboxInMemory
from tests.worlds import design, morning

WEATHER = """
name: weather
clock: {{start: "07:00", duration: 3min, drain: 30min}}
traffic: {{rate: 40/min}}
customers:
  patience: {{lognormal: {{median: {patience}s, sigma: 0.8}}}}
  double_tap: {{p: 20%, gap: {gap}ms}}
  reorder_when_stale: {{after: 20s, p: 50%}}
network: {{request_lost: {lost}%, answer_lost: {lost}%}}
provider:
  {{declined: 5%, failed: {failed}%, ambiguous: {ambiguous}%, keys: {{in_flight: {in_flight}}}, challenge: {{lasts: 5min}}}}
faults:
  - {{brownout: provider, at: "07:01", for: 60s, latency: x{slow}, failed: {failed}%, ambiguous: {ambiguous}%}}
  - {{outage: {down}, at: "07:02", for: 20s}}
  - {{crash: checkout, at: "07:02", restart: 10s}}
  - {{crash: checkout, after: {step}, p: {p}%, restart: 5s}}
  - {{crash: payment, after: charge, p: {p}%, restart: 5s}}
  - {{crash: payment, after: commit, p: {p}%, restart: 5s}}
  - {{crash: relay, after: publish, p: {p}%, restart: 5s, times: 4}}   # dying in every batch, it would never finish one
  - {{crash: loyalty, after: award, p: {p}%}}
  - {{duplicates: broker, p: {p}%}}
"""

weathers = st.fixed_dictionaries(
    {
        "patience": st.integers(1, 20),
        "gap": st.integers(0, 2000),
        "lost": st.integers(0, 10),
        "failed": st.integers(0, 30),
        "ambiguous": st.integers(0, 30),
        "slow": st.integers(1, 20),
        "in_flight": st.sampled_from(["conflict", "wait"]),
        "down": st.sampled_from(["provider", "database", "read_model", "loyalty"]),
        "step": st.sampled_from(["insert", "claim", "accept", "charge", "commit", "publish"]),
        "p": st.integers(0, 10),
    }
)


@pytest.mark.parametrize("name", ARCHITECTURES)
@settings(max_examples=15, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck), phases=[Phase.generate])
@given(weather=weathers, seed=st.integers(0, 1000))
def test_promises_hold_under_every_weather(name: str, weather: dict[str, Any], seed: int) -> None:
    """Whatever the customers, the network, the provider and the crashes do, an architecture keeps what it promises."""
    _, audit = morning(parse_scenario(WEATHER.format(**weather)), design(name, constant=False), seed)
    for promise in ARCHITECTURES[name].promises:
        broken = promise(audit)
        assert not len(broken), f"{promise.__name__}: {broken[:5]}"


BAD_MORNING = {
    "patience": 4, "gap": 1, "lost": 3, "failed": 5, "ambiguous": 15, "slow": 10, "in_flight": "conflict",
    "down": "provider", "step": "commit", "p": 5,
}  # fmt: skip


def mutant(name: str, knobs: dict[str, Any]) -> Design:
    return ARCHITECTURES[name].model_validate(merged({"name": "mutant"}, knobs))


MUTANTS: dict[str, tuple[Design, str, Promise]] = {
    "idempotent, a provider key per attempt": (
        mutant("idempotent", {"payment": {"key": "attempt"}}), "commit", charged_at_most_once,
    ),
    "idempotent, an app key per request": (mutant("idempotent", {"app": {"key": "request"}}), "commit", ordered_at_most_once),
    "idempotent, an app key per submission": (
        mutant("idempotent", {"app": {"key": "submission"}}), "commit", charged_at_most_once,
    ),
    "idempotent, look-up before insert": (
        mutant("idempotent", {"claim": {"guard": "check_then_insert"}}), "commit", ordered_at_most_once,
    ),
    "idempotent, a dual write": (mutant("idempotent", {"loyalty": {"inbox": {}}}), "commit", awarded_exactly_once),
    "outbox, no provider key": (mutant("outbox", {"payment": {"key": "none"}}), "commit", charged_at_most_once),
    "outbox, no inbox": (mutant("outbox", {"loyalty": {"inbox": None}}), "commit", awarded_exactly_once),
    "outbox, an inbox that forgets": (
        mutant("outbox", {"loyalty": {"inbox": {"window": "1s"}}}), "commit", awarded_exactly_once,
    ),
    "outbox, rows in memory": (OutboxInMemory(name="mutant"), "accept", every_order_settles),
    "outbox, marked before published": (mutant("outbox", {"relay": {"marks": "before"}}), "commit", all_stores_agree),
    "naive": (mutant("naive", {}), "commit", charged_at_most_once),
    "naive, orphans": (mutant("naive", {}), "charge", nobody_pays_for_nothing),
}  # fmt: skip


@pytest.mark.parametrize("name", MUTANTS)
def test_every_mutant_is_caught(name: str) -> None:
    """A design with one thing wrong breaks the promise that this thing was there to keep."""
    chosen, step, promise = MUTANTS[name]
    weather = parse_scenario(WEATHER.format(**{**BAD_MORNING, "step": step}))
    broken = [len(promise(morning(weather, chosen, seed)[1])) for seed in range(3)]
    assert sum(broken) > 0


def test_a_confirmed_order_nobody_paid_for_is_caught() -> None:
    """The audit sees a coffee made for nothing: a charge that the reconciler took back from a confirmed order."""
    weather = parse_scenario(WEATHER.format(**BAD_MORNING))
    tables, _ = morning(weather, design("outbox", constant=False))
    from sim.ledger.audit import audit

    confirmed = int(tables.charges["order"][tables.charges["captured_s"] > 0][0])
    tables.charges.refunded_s[int((tables.charges["order"] == confirmed).argmax())] = 1e6
    assert len(every_confirmed_order_was_paid(audit(tables)))
