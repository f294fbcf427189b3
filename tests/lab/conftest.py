from __future__ import annotations

from collections.abc import Iterator

import matplotlib
import matplotlib.pyplot as plt
import pytest

import sim
from sim.config.library import parse_scenario
from sim.config.scenario import Scenario
from sim.counterexamples.hunt import Hunt
from sim.experiment.cells_compared import CellsCompared
from sim.experiment.compare import Comparison
from sim.experiment.cost_curve import CostCurve
from sim.experiment.optimise import Optimum
from sim.experiment.size import Sizings
from sim.experiment.space import parse_space
from sim.experiment.sweep import Sweep
from sim.experiment.swings import Swings
from sim.explanation.story import Explanation
from sim.failure_windows.matrix import Matrix
from sim.lab.run import Run
from sim.validation.cases import Validity

STORM = """
name: storm
summary: Six minutes, of which the provider is slow for three
clock: {start: "07:00", duration: 6min, drain: 4min}
traffic: {rate: 20/min}
faults: [{brownout: provider, at: "07:02", for: 3min, latency: x20, ambiguous: 30%}]
objectives: {double_charge_rate: 0, ack_latency_p95: 1s}
"""
DESIGNS = ("naive", "outbox")
METRICS = ("double_charge_rate", "ack_latency_p50")


@pytest.fixture(autouse=True)
def no_window() -> Iterator[None]:
    """No window is opened, and no figure stays, nor is there one of an earlier test."""
    matplotlib.use("agg")
    plt.close("all")
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


@pytest.fixture(scope="session")
def explained() -> Explanation:
    return sim.explain("windows/w01-double-tap", "naive")


@pytest.fixture(scope="session")
def surveyed() -> Matrix:
    return sim.windows(DESIGNS, ["w1", "w7"], mornings=2, jobs=1)


@pytest.fixture(scope="session")
def swept(storm: Scenario) -> Sweep:
    return sim.sweep(storm, {"app.timeout": ["2s", "8s"]}, DESIGNS, mornings=2, jobs=1)


@pytest.fixture(scope="session")
def sized(storm: Scenario) -> Sizings:
    return sim.size(storm, ["outbox"], objectives=["ack_latency_p95=2s"], mornings=2, fresh=2, jobs=1)


@pytest.fixture(scope="session")
def curve(storm: Scenario) -> CostCurve:
    return sim.cost_curve(storm, ["outbox"], peaks_per_s=(1 / 6, 1 / 3), brownouts_s=(), mornings=2, fresh=2, jobs=1)


@pytest.fixture(scope="session")
def moved(storm: Scenario) -> Swings:
    found = sim.sensitivity(storm, "naive", ["app.timeout=1s..30s", "loyalty.award"], metrics=METRICS, mornings=3, jobs=1)
    assert isinstance(found, Swings)
    return found


@pytest.fixture(scope="session")
def front(storm: Scenario) -> Optimum:
    space = parse_space("from: outbox\nvary: {relay.poll_every: [100ms, 1s, 10s]}")
    return sim.optimise(storm, space, mornings=2, jobs=1)


@pytest.fixture(scope="session")
def divided(storm: Scenario) -> CellsCompared:
    return sim.cells(storm, "outbox", 2, mornings=2, jobs=1)


@pytest.fixture(scope="session")
def hunted() -> Hunt:
    return sim.hunt("naive", worlds=500, seconds=300)


@pytest.fixture(scope="session")
def proven() -> Validity:
    return sim.validity("mm1", jobs=1)
