"""The anatomy of one violation: the simplest story of the first design that harmed anybody, and a change that prevents it."""

from __future__ import annotations

from sim.config.design import Design
from sim.config.scenario import Scenario
from sim.experiment.compare import Comparison
from sim.explanation.story import Explanation, explain
from sim.ledger.violations import VIOLATIONS
from sim.vocabulary import HARMS


def first_violation(comparison: Comparison) -> tuple[Design, str, int] | None:
    """Design, kind and seed of the first violation there is: designs in their order, then kinds in theirs."""
    for result in comparison.results.values():
        for kind in VIOLATIONS:
            hurt = result.harmed(HARMS[kind])
            if hurt.any():
                return result.design, kind, result.summaries[int(hurt.argmax())].seed
    return None


def explained(scenario: Scenario, design: Design, kind: str, seed: int) -> Explanation:
    """The story of that morning's simplest violation, with the first change that prevents it."""
    found = explain(scenario, design, violation=kind, seed=seed, mornings=1, most=1)
    assert isinstance(found, Explanation)
    return found
