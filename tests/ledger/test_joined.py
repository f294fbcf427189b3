"""Mornings that are audited as one: of each purchase and order the audit says what it says of its morning alone."""

from __future__ import annotations

from dataclasses import fields

import numpy as np
import pytest

from sim.architectures import load_design
from sim.config.library import load_scenario
from sim.ledger.audit import Audit, audit
from sim.ledger.records import AUDITED, Tables
from sim.world.morning import Morning
from tests.tiers import slow

WORLDS = [
    ("kata", "no-provider-key", ("charges", "refunds", "orders", "awards")),
    ("kata", "authorises-first", ("holds",)),
    ("incidents/oversold", "idempotent", ("accounts", "takings")),
]


def left_behind(scenario: str, design: str, seed: int) -> Tables:
    return Morning(load_scenario(scenario), load_design(design), seed).run()


@pytest.mark.parametrize(("scenario", "design", "rows"), slow(WORLDS, but=WORLDS[2:]))
def test_joined(scenario: str, design: str, rows: tuple[str, ...]) -> None:
    mornings = [left_behind(scenario, design, seed) for seed in range(3)]
    together = Tables.joined(mornings)
    assert all(len(getattr(together, name)) for name in rows)
    for name in AUDITED:
        assert len(getattr(together, name)) == sum(len(getattr(one, name)) for one in mornings)
    whole, alone = audit(together), [audit(one) for one in mornings]
    for field in fields(Audit):
        expected = np.concatenate([getattr(one, field.name) for one in alone])
        assert np.array_equal(getattr(whole, field.name), expected), field.name


def test_what_is_joined_stays_as_it_was() -> None:
    morning = left_behind("kata", "naive", 0)
    before = morning.charges["order"].copy()
    twice = Tables.joined([morning, morning])
    assert twice.charges["order"].tolist() == [*before, *(before + len(morning.orders))]
    assert morning.charges["order"].tolist() == before.tolist()
