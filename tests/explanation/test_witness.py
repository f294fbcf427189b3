"""The witness: the simplest of the stories, and the changes that really close it."""

from __future__ import annotations

import numpy as np
import pytest

from sim.architectures import load_design
from sim.config.errors import ConfigError
from sim.config.library import load_scenario
from sim.explanation.remedy import candidates, remedies
from sim.explanation.story import Explanation
from sim.explanation.witness import Nobody, Witness, find, of_purchase
from sim.ledger.violations import VIOLATIONS, harmed
from tests.worlds import design, judged, world


def test_of_all_victims_the_one_with_the_fewest_events() -> None:
    """Requests, charges and orders count; whoever has the fewest is taken, the first of those with equally few."""
    scenario, chosen = load_scenario("windows/w02-automatic-retry"), load_design("naive")
    witness = find(scenario, chosen)
    assert isinstance(witness, Witness)
    tables, evidence = judged(scenario, chosen, witness.seed)
    victims = np.flatnonzero(VIOLATIONS["double_charge"].flags(evidence))
    rows = [sum((getattr(tables, name)["purchase"] == v).sum() for name in ("requests", "charges", "orders")) for v in victims]
    mine = rows[list(victims).index(witness.purchase)]
    assert mine == min(rows)
    assert (witness.kinds[0], witness.others) == ("double_charge", len(victims))


def test_three_charges_are_not_said_to_be_two() -> None:
    """The sentence says how often; of two it says twice, and of another kind of harm nothing."""
    scenario, chosen = load_scenario("morning-rush"), load_design("naive")
    _, evidence = judged(scenario, chosen, 0)
    for times, says in ((2, "was charged twice."), (3, "was charged 3 times."), (4, "was charged 4 times.")):
        customer = int(np.flatnonzero(evidence.audit.charged == times)[0])
        witness = of_purchase(evidence, customer, 0, "double_charge")
        assert witness.times == times
        assert Explanation(scenario, chosen, witness, [], []).sentence == f"Customer {customer} {says}"
    ordered = int(np.flatnonzero(evidence.audit.ordered == 3)[0])
    thrice = of_purchase(evidence, ordered, 0, "duplicate_order")
    assert Explanation(scenario, chosen, thrice, [], []).sentence == f"Customer {ordered} got 3 orders."
    misled = find(scenario, chosen, kind="misinformed")
    assert isinstance(misled, Witness)
    assert misled.times == 0


def test_a_kind_can_be_asked_for() -> None:
    """The first kind of the registry that happened, unless another is wanted."""
    scenario, chosen = load_scenario("windows/w01-double-tap"), load_design("naive")
    for kind in (None, "over_award"):
        witness = find(scenario, chosen, kind=kind)
        assert isinstance(witness, Witness)
        assert witness.kinds[0] == (kind or "double_charge")
    with pytest.raises(ConfigError, match='unknown violation "over_awrd"; did you mean "over_award"'):
        find(scenario, chosen, kind="over_awrd")


def test_any_purchase_can_be_asked_for() -> None:
    """Harmed or not; one that isn't there is an error that names the last one."""
    scenario, chosen = world(), design("naive")
    assert find(scenario, chosen, purchase=0) == Witness(0, 0, (), 0, struck=False)
    with pytest.raises(ConfigError, match="from 0 to 0 in the morning of seed 0"):
        find(scenario, chosen, purchase=1)


def test_nobody_was_harmed() -> None:
    """Then it says in how many purchases it looked."""
    assert find(world(), design("outbox"), mornings=3) == Nobody(purchases=3, mornings=3)


CLOSED_BY = {
    ("w04-crash-before-commit", "no-provider-key"): "payment: {key: order}",
    ("w06-stored-error", "same-key-for-ever"): "payment: {after_error: ask}",
    ("w07-crash-before-publish", "dual-write"): "payment: {news: outbox}",
    ("w08-relay-crash", "no-inbox"): "loyalty: {inbox: {window: 7d}}",
    ("w11-expired-key", "idempotent"): "payment: {key_lasts: 20min}",
    ("w13-slow-charge", "inquiry"): "completer: {after: 3min}",
    ("w14-check-then-insert", "check-then-insert"): "claim: {guard: unique}",
    ("w15-other-amount", "no-fingerprint"): "claim: {fingerprint: true}",
    ("w03-refresh", "key-per-submission"): "app: {key: purchase}",
    ("w01-double-tap", "naive"): "from: idempotent",
}


@pytest.mark.slow
@pytest.mark.parametrize(("window", "name"), CLOSED_BY)
def test_the_knob_that_is_named_first_really_closes_it(window: str, name: str) -> None:
    """The cheapest change leaves the same customer on the same morning without any harm."""
    scenario, chosen = load_scenario(f"windows/{window}"), load_design(name)
    witness = find(scenario, chosen)
    assert isinstance(witness, Witness)
    first = next(remedies(scenario, chosen, witness))
    assert first.text == CLOSED_BY[window, name]
    changed = next(one.design for one in candidates(scenario, chosen) if one.text == first.text)
    assert not harmed(judged(scenario, changed, witness.seed)[1])[witness.purchase]
    assert first.after < first.before
    assert not first.spared


def test_a_remedy_that_only_spares_them_says_so() -> None:
    """A payment worker's crash finds nobody to strike where the checkout charges: that closes nothing."""
    scenario, chosen = load_scenario("windows/w04-crash-before-commit"), load_design("no-provider-key")
    witness = find(scenario, chosen)
    assert isinstance(witness, Witness)
    found = list(remedies(scenario, chosen, witness))
    assert [remedy.spared for remedy in found if remedy.text == "payment: {key: order}"] == [False]
    struck = {remedy.text: remedy.spared for remedy in found if remedy.architecture}
    assert struck == {"from: idempotent": True}


def test_only_knobs_that_the_design_has_are_tried() -> None:
    """naive has no claim, no relay and no provider key; nothing is tried that changes nothing."""
    texts = [one.text for one in candidates(world(), load_design("naive"))]
    assert not [text for text in texts if text.startswith(("claim", "relay", "payment: {key"))]
    assert texts[-2:] == ["from: idempotent", "from: outbox"]
    assert "app: {key: purchase}" not in [one.text for one in candidates(world(), load_design("outbox"))]
