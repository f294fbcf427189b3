"""Worlds with few customers, simulated until they are at rest and judged: what a search through thousands of them does."""

from __future__ import annotations

from collections.abc import Sequence

from sim.architectures.guard import answering
from sim.config.design import Design
from sim.config.scenario import Scenario
from sim.ledger.audit import Judgement, audit
from sim.ledger.records import Tables
from sim.world.morning import Morning
from sim.world.observer import Observer
from sim.world.script import Script
from sim.world.streams import Draw


def judged(scenario: Scenario, design: Design, seed: int, *, observer: Observer | None = None) -> Judgement:
    """What the audit says of a world. No bill is made and no law is checked; the tests compare it with a whole morning.

    Raises as `at_rest`.
    """
    tables = at_rest(scenario, design, seed, observer=observer)
    return Judgement(tables, audit(tables))


def judged_together(worlds: Sequence[Tables]) -> Judgement:
    """What the audit says of worlds of one scenario, as of one: that of a few customers takes as long as that of a hundred."""
    tables = Tables.joined(worlds) if len(worlds) > 1 else worlds[0]
    return Judgement(tables, audit(tables))


def at_rest(
    scenario: Scenario, design: Design, seed: int, *, observer: Observer | None = None, script: Script | None = None,
    known: dict[str, Draw] | None = None,
) -> Tables:  # fmt: skip
    """What a world leaves behind once nothing happens any more.

    `known`: the streams of this scenario, design and seed, where they are used again. Raises ConfigError for whatever an
    architecture in a user's file does wrong.
    """
    with answering(scenario, design, seed):
        return Morning(scenario, design, seed, observer=observer, script=script, known=known).run_to_rest()
