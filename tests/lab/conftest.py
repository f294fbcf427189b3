from __future__ import annotations

from collections.abc import Iterator

import matplotlib
import matplotlib.pyplot as plt
import pytest

import sim
from sim.config.library import parse_scenario
from sim.config.scenario import Scenario
from sim.lab.comparison import Comparison
from sim.lab.run import Run

STORM = """
name: storm
summary: Six minutes, of which the provider is slow for three
clock: {start: "07:00", duration: 6min, drain: 4min}
traffic: {rate: 20/min}
faults: [{brownout: provider, at: "07:02", for: 3min, latency: x20, ambiguous: 30%}]
objectives: {double_charge_rate: 0, ack_latency_p95: 1s}
"""
DESIGNS = ("naive", "outbox")


@pytest.fixture(autouse=True)
def no_window() -> Iterator[None]:
    """No window is opened, and no figure stays."""
    matplotlib.use("agg")
    yield
    plt.close("all")


@pytest.fixture(scope="session")
def storm() -> Scenario:
    return parse_scenario(STORM)


@pytest.fixture(scope="session")
def compared(storm: Scenario) -> Comparison:
    return sim.compare(storm, DESIGNS, mornings=3, jobs=1)


@pytest.fixture(scope="session")
def ran(storm: Scenario) -> Run:
    return sim.run(storm, "naive", seed=2)
