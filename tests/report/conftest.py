from __future__ import annotations

import pytest

from sim import compare
from sim.config.library import parse_scenario
from sim.experiment.compare import Comparison
from sim.report import page

STORMY = """
name: ten-minutes
summary: Ten minutes, of which the provider is slow for four
story: |
  A short <rush> & a slow provider.

  Two paragraphs long.
clock: {start: "07:00", duration: 10min, drain: 4min}
traffic: {rate: 20/min}
customers: {double_tap: {p: 5%}}
provider: {declined: 4%}
faults:
  - {brownout: provider, at: "07:03", for: 4min, latency: x20, failed: 5%, ambiguous: 20%}
  - {crash: checkout, at: "07:09", restart: 5s}
  - {duplicates: broker, p: 2%}
objectives:
  {double_charge_rate: 0, ack_latency_p95: 1s, confirmation_lag_p99: 2min, confirmed_share: 90%, convergence_time: 60s}
"""
CALM = '{name: calm, clock: {start: "23:50", duration: 5min, drain: 1min}, traffic: {rate: 10/min}}'
EMPTY = '{name: empty, clock: {start: "06:30", duration: 1min, drain: 1min}, traffic: {rate: 1/d}}'
DEAD = """
name: dead
clock: {start: "06:30", duration: 2min, drain: 1min}
traffic: {rate: 10/min}
faults: [{outage: provider, at: "06:30", for: 3min}]
"""


def compared(text: str, *, mornings: int = 3, designs: tuple[str, ...] = ("naive", "idempotent", "outbox")) -> Comparison:
    return compare(parse_scenario(text), list(designs), mornings=mornings, jobs=1)


@pytest.fixture(scope="session")
def stormy() -> Comparison:
    """Double charges, people who never get an answer, and stores that never agree."""
    return compared(STORMY)


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """No charts where the test is about something else."""
    monkeypatch.setattr(page, "CHARTS", {})
    monkeypatch.setattr(page.components, "pictures", lambda comparison, folder: {})


@pytest.fixture
def untold(monkeypatch: pytest.MonkeyPatch) -> None:
    """No story of a violation, which takes simulations of its own."""
    monkeypatch.setattr(page, "first_violation", lambda comparison: None)


@pytest.fixture(
    scope="session",
    params=[(CALM, 2, 3), (CALM, 1, 3), (EMPTY, 2, 3), (DEAD, 2, 3), (STORMY, 1, 1)],
    ids=["calm", "one-morning", "nobody-came", "provider-down", "one-design"],
)
def odd(request: pytest.FixtureRequest) -> Comparison:
    """Comparisons with little to show."""
    text, mornings, designs = request.param
    return compared(text, mornings=mornings, designs=("naive", "idempotent", "outbox")[:designs])
