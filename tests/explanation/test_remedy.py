"""Changes that are tried on a witness: a morning is not simulated further than it can still speak for the change."""

from __future__ import annotations

import numpy as np
import pytest

from sim.architectures import load_design
from sim.config.library import load_scenario
from sim.explanation.remedy import Bystander, candidates, remedies
from sim.explanation.witness import Witness, find
from sim.ledger.violations import VIOLATIONS
from sim.world.morning import Morning
from tests.worlds import judged


@pytest.mark.parametrize(
    ("scenario", "kind"), [("windows/w02-automatic-retry", None), ("windows/w01-double-tap", "over_award")]
)
def test_what_ends_early_would_not_have_helped(scenario: str, kind: str | None) -> None:
    """A morning that a bystander ends has the witness charged or awarded twice at its end, and a remedy's never is ended."""
    chosen, design = load_scenario(scenario), load_design("naive")
    witness = find(chosen, design, kind=kind)
    assert isinstance(witness, Witness)
    helping = {remedy.text for remedy in remedies(chosen, design, witness)}
    ended = set()
    for text, _, _, changed, _ in candidates(chosen, design):
        bystander = Bystander(witness.purchase, witness.kinds[0])
        Morning(chosen, changed, witness.seed, observer=bystander).run()
        if bystander.past_help:
            ended.add(text)
            _, evidence = judged(chosen, changed, witness.seed)
            assert VIOLATIONS[witness.kinds[0]].flags(evidence)[witness.purchase], text
    assert ended
    assert helping
    assert not ended & helping


def test_the_end_comes_with_the_second_charge() -> None:
    """Nothing is simulated after the call that charges the witness twice."""
    chosen, design = load_scenario("windows/w02-automatic-retry"), load_design("naive")
    witness = find(chosen, design)
    assert isinstance(witness, Witness)
    tables, _ = judged(chosen, design, witness.seed)
    charges = tables.charges
    second_s = sorted(charges["sent_s"][(charges["purchase"] == witness.purchase) & ~np.isnan(charges["captured_s"])])[1]
    morning = Morning(chosen, design, witness.seed, observer=Bystander(witness.purchase, "double_charge"))
    morning.run()
    assert morning.env.now == second_s
