"""A declined card, or one that seems to have failed, and another one."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from sim.ledger.causes import NAMES, causes
from tests.worlds import design, judged, world

WORLD = """
name: other-card
clock: {{start: "07:00", duration: 10s, drain: 30min}}
customers:
  patience: {{constant: 1h}}
  after_patience: {{tap_again: 0%, refresh: 0%, leave: 100%}}
  after_decline: {{other_card: {share}}}
provider:
  latency: {{constant: 450ms}}
  {provider}
"""
MANY = tuple(second / 50 for second in range(500))


def run(provider: str, name: str, knobs: dict[str, Any] | None = None, *, share: str = "100%") -> Any:
    return judged(
        world(WORLD.format(share=share, provider=provider), arrivals=MANY),
        design(name, {"checkout": {"workers": 400}, **(knobs or {})}),
    )


@pytest.mark.parametrize("name", ["naive", "idempotent", "outbox", "inquiry"])
def test_the_other_card_pays(name: str) -> None:
    """30 % of the cards are declined, the first or the other: 9 % of the people go without, and nobody pays twice."""
    tables, evidence = run("declined: 30%", name)
    audit = evidence.audit
    assert set(audit.charged) == {0, 1}
    assert abs((audit.ordered == 0).mean() - 0.09) < 4 * (0.09 * 0.91 / 500) ** 0.5
    assert ((tables.purchases["good_card"] == 1) == (audit.ordered == 1)).all()
    with_other = ~np.isnan(tables.purchases["other_card_s"])
    assert abs(with_other.mean() - 0.3) < 4 * (0.3 * 0.7 / 500) ** 0.5


def test_a_share_takes_another_card() -> None:
    """The others leave, as they do without it."""
    tables, _ = run("declined: 30%", "idempotent", share="40%")
    declined = run("declined: 30%", "idempotent", share="0%")[0].purchases["good_card"] == 0
    with_other = ~np.isnan(tables.purchases["other_card_s"])
    assert not with_other[~declined].any()
    share = with_other[declined].mean()
    assert abs(share - 0.4) < 4 * (0.4 * 0.6 / declined.sum()) ** 0.5


@pytest.mark.parametrize("name", ["idempotent", "outbox"])
def test_the_same_key_gets_the_first_cards_answer(name: str) -> None:
    """Whoever has another card that is good goes without coffee all the same."""
    tables, evidence = run("declined: 30%", name, {"app": {"other_card": "same_key"}})
    refused = run("declined: 30%", name, share="0%")[0].purchases["good_card"] == 0
    assert ((evidence.audit.ordered == 0) == refused).all()
    assert ((tables.purchases["good_card"] == 1) & refused).sum() > 50


def test_the_first_cards_charge_lands_after_all() -> None:
    """The shop hears nothing of a charge, and says that it has failed: the customer takes the other card, and both pay."""
    tables, evidence = run("ambiguous: 30%", "naive", {"app": {"retry": {"never": True}}})
    with_other = ~np.isnan(tables.purchases["other_card_s"])
    assert with_other.sum() > 100
    assert ((evidence.audit.charged == 2) == with_other).all()
    served = with_other & (evidence.audit.ordered > 0)
    assert {NAMES[code] for code in causes(tables, evidence.audit, 1e9)[served]} == {("harmed", "other card")}


def test_who_says_unknown_instead_of_failed_charges_one_card() -> None:
    """The customer is told that there is an order, and takes no other card."""
    tables, evidence = run("ambiguous: 30%", "idempotent")
    assert np.isnan(tables.purchases["other_card_s"]).all()
    assert set(evidence.audit.charged) == {1}
