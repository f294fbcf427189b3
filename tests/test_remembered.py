"""Remembered mornings are the mornings that would have been simulated."""

from __future__ import annotations

import pytest

from sim.config.prices import load_prices
from sim.experiment import mornings
from tests.properties.fingerprints import fingerprint
from tests.remembered import remembered
from tests.worlds import design, world


def test_nothing_tells_them_apart(remembered: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second time nothing is simulated, and what somebody did to the first summary is not seen."""
    scenario = world()
    morning = scenario, design("naive"), load_prices(scenario.prices), 5
    first = mornings.summarise(*morning)
    told = fingerprint(first)
    first.metrics.clear()
    monkeypatch.delattr(mornings, "count")
    assert fingerprint(mornings.summarise(*morning)) == told


def test_another_design_is_another_morning(remembered: None) -> None:
    """Also in the same world, with the same seed."""
    scenario = world()
    prices = load_prices(scenario.prices)
    naive, outbox = (mornings.summarise(scenario, design(name), prices, 5) for name in ("naive", "outbox"))
    assert naive.metrics != outbox.metrics


__all__ = ["remembered"]
