"""Every two troubles at once: what a design survives alone, it may not survive together."""

from __future__ import annotations

from contextlib import suppress
from itertools import combinations
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, find, settings
from hypothesis.errors import NoSuchExample

from sim.architectures import load_design
from sim.config.design import Design
from sim.config.scenario import Scenario
from sim.counterexamples.hunt import caught, promises_of
from sim.counterexamples.worlds import TROUBLES, worlds

PAIRS = list(combinations(TROUBLES, 2))


def broken(design: Design, troubles: tuple[str, ...], tries: int) -> dict[str, Any] | None:
    """The smallest world with these troubles that breaks a promise of the design; None if none was found in so many tries."""
    promises = promises_of(design)

    def breaks(world: dict[str, Any]) -> bool:
        scenario = Scenario.model_validate({"name": "pair", **world})
        return any(caught(scenario, design, promises, seed=0))

    rules = settings(
        max_examples=tries, database=None, deadline=None, suppress_health_check=list(HealthCheck),
        phases=[Phase.generate, Phase.shrink],
    )  # fmt: skip
    with suppress(NoSuchExample):
        return find(worlds(troubles), breaks, settings=rules, random=Random("pairs"))
    return None


def test_a_new_key_too_soon_needs_two_troubles() -> None:
    """A late charge and a call that breaks down: neither alone does harm, both together charge twice."""
    hasty, late, down = load_design("hasty-key"), "late charges", "calls that break down"
    assert broken(hasty, (late,), 100) is None
    assert broken(hasty, (down,), 100) is None
    assert broken(hasty, (late, down), 400) is not None


@pytest.mark.deep
@pytest.mark.parametrize("name", ["outbox", "idempotent"])
def test_every_two_troubles_are_survived(name: str) -> None:
    """By the designs that promise to."""
    design = load_design(name)
    assert {pair: world for pair in PAIRS if (world := broken(design, pair, 20)) is not None} == {}
