from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from sim.architectures import load_design
from sim.config.library import parse_scenario
from sim.config.prices import load_prices
from sim.experiment.mornings import simulate
from sim.ledger.metrics import Evidence
from sim.ledger.records import Tables

STORM = """
name: storm
summary: Six minutes, of which the provider is slow for three
clock: {start: "07:00", duration: 6min, drain: 4min}
traffic: {rate: 20/min}
network: {request_lost: 3%}
faults:
  - {brownout: provider, at: "07:02", for: 3min, latency: x20, ambiguous: 30%}
  - {crash: checkout, after: charge, p: 10%}
objectives: {double_charge_rate: 0, ack_latency_p95: 1s}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """A working folder with a scenario of one's own."""
    before = Path.cwd()
    (tmp_path / "storm.yaml").write_text(STORM, encoding="utf-8")
    os.chdir(tmp_path)
    yield tmp_path
    os.chdir(before)


@pytest.fixture(scope="session")
def stormy() -> tuple[Tables, Evidence]:
    """A morning in which many are harmed."""
    scenario = parse_scenario(STORM)
    return simulate(scenario, load_design("naive"), load_prices(scenario.prices), 0)
