"""One world with few customers, simulated until it is at rest and judged: what a search through thousands of them does."""

from __future__ import annotations

from sim.architectures.guard import answering
from sim.config.design import Design
from sim.config.scenario import Scenario
from sim.ledger.audit import Judgement, audit
from sim.world.morning import Morning
from sim.world.observer import Observer
from sim.world.script import Script
from sim.world.streams import Draw


def judged(
    scenario: Scenario, design: Design, seed: int, *, observer: Observer | None = None, script: Script | None = None,
    known: dict[str, Draw] | None = None,
) -> Judgement:  # fmt: skip
    """What the audit says of it. No bill is made and no law is checked; the tests compare it with a whole morning.

    `known`: the streams of this scenario, design and seed, where they are used again. Raises ConfigError for whatever an
    architecture in a user's file does wrong.
    """
    with answering(scenario, design, seed):
        tables = Morning(scenario, design, seed, observer=observer, script=script, known=known).run_to_rest()
    return Judgement(tables, audit(tables))
