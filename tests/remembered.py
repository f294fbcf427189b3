"""Mornings that have been simulated before are not simulated again: for tests of what is made of them."""

from __future__ import annotations

from copy import deepcopy

import pytest

from sim.config.design import Design
from sim.config.library import digest
from sim.config.prices import Prices
from sim.config.scenario import Scenario
from sim.experiment import mornings
from sim.experiment.mornings import Summary, summarise

_SUMMARIES: dict[tuple[str, int], Summary] = {}


def remembering(scenario: Scenario, design: Design, prices: Prices, seed: int) -> Summary:
    """As `summarise`, once for the same world, design and seed; what is done to a summary stays with whoever does it."""
    morning = digest(scenario, design, prices), seed
    if morning not in _SUMMARIES:
        _SUMMARIES[morning] = summarise(scenario, design, prices, seed)
    return deepcopy(_SUMMARIES[morning])


@pytest.fixture
def remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    """One process simulates, and remembers."""
    monkeypatch.setattr("sim.experiment.workers.processors", lambda: 1)
    monkeypatch.setattr(mornings, "summarise", remembering)
