"""The anatomy of one violation: the simplest story of the first design that harmed anybody, and a change that prevents it."""

from __future__ import annotations

import numpy as np

from sim.config.design import Design
from sim.config.scenario import Scenario
from sim.experiment.compare import Comparison, Result
from sim.explanation.story import Explanation, explain
from sim.ledger.violations import VIOLATIONS

METRIC_OF = {
    "double_charge": "double_charge_rate",
    "duplicate_order": "duplicate_order_rate",
    "orphan_charge": "orphan_charge_rate",
    "unpaid_order": "unpaid_order_rate",
    "over_award": "loyalty_over_award_rate",
    "under_award": "loyalty_under_award_rate",
    "misinformed": "misinformed_rate",
    "wrong_amount": "wrong_amount_rate",
    "never_confirmed": "confirmed_share",
    "unconverged": "unconverged_orders",
}


def first_violation(comparison: Comparison) -> tuple[Design, str, int] | None:
    """Design, kind and seed of the first violation there is: designs in their order, then kinds in theirs."""
    for result in comparison.results.values():
        for kind in VIOLATIONS:
            hurt = _mornings_with(result, kind)
            if hurt.any():
                return result.design, kind, result.summaries[int(hurt.argmax())].seed
    return None


def _mornings_with(result: Result, kind: str) -> np.ndarray:
    values = result.values(METRIC_OF[kind])
    return np.asarray(values < 1 if kind == "never_confirmed" else values > 0)


def explained(scenario: Scenario, design: Design, kind: str, seed: int) -> Explanation:
    """The story of that morning's simplest violation, with the first change that prevents it."""
    found = explain(scenario, design, violation=kind, seed=seed, mornings=1, most=1)
    assert isinstance(found, Explanation)
    return found
