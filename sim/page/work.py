"""What a process of its own does for the page. Nothing that draws is imported here, so that such a process begins at once."""

from __future__ import annotations

from dataclasses import dataclass

from sim.config.design import Design
from sim.config.prices import load_prices
from sim.config.scenario import Scenario
from sim.documents.story import Story, document
from sim.experiment.mornings import Counted, Summary, simulate, summary
from sim.explanation import story
from sim.explanation.story import Explanation
from sim.ledger.metrics import Evidence
from sim.ledger.records import Tables
from sim.page.tape import tape


@dataclass(frozen=True)
class Made:
    """A morning: what is counted, and its tape if it is to be played."""

    summary: Summary
    tape: bytes | None


def morning(scenario: Scenario, design: Design, seed: int, *, taped: bool) -> Made:
    """Simulate one morning. Raises as `sim.experiment.mornings.simulate`."""
    return made(seed, *simulate(scenario, design, load_prices(scenario.prices), seed), taped=taped)


def made(seed: int, tables: Tables, evidence: Evidence, *, taped: bool) -> Made:
    """What is kept of a morning that was simulated."""
    return Made(summary(seed, [Counted(evidence.tally, evidence.bill, 0.0)]), tape(tables, evidence) if taped else None)


def explained(scenario: Scenario, design: Design, seed: int, purchase: int, most: int | None) -> Story:
    """The story of a purchase, and at most so many changes that would have prevented its harm."""
    told = story.explain(scenario, design, purchase=purchase, seed=seed, most=most)
    assert isinstance(told, Explanation)
    return document(told)
