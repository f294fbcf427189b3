"""Why somebody with a good card got nothing: each has one cause, and the causes add up to all of them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from sim.architectures import ARCHITECTURES
from sim.ledger.causes import CAUSES, causes, lost
from sim.ledger.tally import tally
from tests.properties.world import World
from tests.properties.worlds import for_all, tiers, worlds
from tests.worlds import ONE_CUSTOMER, design, judged, world

LEAVES = "  after_patience: {tap_again: 0%, refresh: 0%, leave: 100%}\n"


def found(scenario: str, name: str, changes: dict[str, Any] | None = None, seed: int = 0) -> list[str]:
    """The causes that somebody met with."""
    tables, evidence = judged(world(scenario), design(name, changes or {}), seed)
    return [cause for cause, flags in causes(tables, evidence.audit).items() if flags.any()]


def test_who_got_it_has_no_cause() -> None:
    """Nor has a card that is declined."""
    assert found(ONE_CUSTOMER, "outbox") == []
    assert found(ONE_CUSTOMER.replace("450ms}", "450ms}\n  declined: 100%"), "outbox") == []


@pytest.mark.parametrize(
    ("scenario", "name", "cause"),
    [
        (ONE_CUSTOMER + "network: {request_lost: 100%}\n", "naive", "network"),
        (ONE_CUSTOMER + 'faults: [{outage: database, at: "07:00", for: 1h}]\n', "idempotent", "waiting"),
        (ONE_CUSTOMER + "faults: [{crash: checkout, after: commit, p: 0%}]\n", "outbox", ""),
        (ONE_CUSTOMER.replace("450ms}", "450ms}\n  failed: 100%"), "naive", "provider refused"),
        (ONE_CUSTOMER.replace("450ms}", "450ms}\n  errored: 100%"), "naive", "provider broke down"),
        (ONE_CUSTOMER.replace("450ms}", "30s}"), "naive", "charged"),
        (ONE_CUSTOMER.replace("450ms}", "450ms}\n  failed: 100%"), "outbox", "unsettled"),
    ],
)
def test_one_customer(scenario: str, name: str, cause: str) -> None:
    """What stood in the way of the only one there is."""
    assert found(scenario, name) == ([cause] if cause else [])


@pytest.mark.parametrize("examples", tiers(40, 400))
def test_causes_add_up(examples: int) -> None:
    """In any drawn world each lost purchase has one cause, and nobody else has any; the tally counts just them."""

    def holds(drawn: World) -> None:
        scenario, made = drawn.read()
        tables, evidence = judged(scenario, made)
        flags = np.array(list(causes(tables, evidence.audit).values()))
        assert list(causes(tables, evidence.audit)) == list(CAUSES)
        assert np.array_equal(flags.sum(axis=0), lost(tables, evidence.audit).astype(int))
        assert sum(tally(tables, evidence.audit).causes.values()) == evidence.tally.found["lost"]

    for_all(examples, holds, worlds)


def test_every_architecture_loses_to_a_network_that_is_down() -> None:
    """Whatever its story."""
    for name in ARCHITECTURES:
        assert found(ONE_CUSTOMER + "network: {request_lost: 100%}\n", name) == ["network"]
