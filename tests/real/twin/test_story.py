"""The stories of a purchase that disagrees: the model's in full, reality's from what was recorded."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sim.architectures import load_design
from sim.config.library import parse_scenario
from sim.explanation.witness import of_purchase
from sim.ledger.violations import VIOLATIONS
from sim.real.twin.comparison import Twin, compared
from sim.real.twin.story import stories, told
from tests.real.twin.standins import RUSH, WORSE, live, made, twin
from tests.worlds import ONE_CUSTOMER, world


@pytest.fixture(scope="module")
def apart() -> Twin:
    """Reality loses far more of the provider's answers."""
    return compared(live(parse_scenario(RUSH), load_design("naive"), 0, instead=WORSE))


def test_a_purchase_that_is_charged_twice_in_reality_alone() -> None:
    """By hand: what the tables hold, in order, with the harm at the second charge."""
    both = twin(made([1]), made([2]))
    moments = told(both.lived.tables, of_purchase(both.real, 0, 0), app_s=4.0)
    assert [(round(moment.at_s, 3), moment.text) for moment in moments] == [
        (0.1, "order 0 is written"),
        (0.2, "charge 6.50 USD for order 0"),
        (0.21, "charge 6.50 USD for order 0"),
        (0.8, "takes the money"),
        (0.81, "takes the money"),
        (0.81, "this customer was charged twice"),
        (0.9, "captured"),
        (0.91, "captured"),
        (1.0, "order 0 is CONFIRMED"),
        (1.2, "shows order 0 as paid"),
    ]
    assert [moment.belief for moment in moments if moment.text == "takes the money"] == [
        ("provider", "charged 1×"),
        ("provider", "charged 2×"),
    ]


def test_every_harm_can_be_told(apart: Twin) -> None:
    """Whatever was done to whoever disagrees: each story has its violation, if there was any, in both worlds."""
    kinds = set()
    for one in apart.disagreeing[:25]:
        for story in stories(apart, one.purchase):
            marked = [moment.kind for moment in story.moments].count("violation")
            assert marked == bool(story.witness.kinds)
            kinds |= set(story.witness.kinds[:1])
    assert {"double_charge"} <= kinds <= set(VIOLATIONS)


def test_a_real_story_says_what_a_simulated_one_does() -> None:
    """Of one customer who is served: the same moments at the same times, as far as tables tell them."""
    scenario, design = world(ONE_CUSTOMER), load_design("naive")
    both = compared(live(scenario, design, 0, instead=None))
    model, real = stories(both, 0)
    assert real.sentence == model.sentence == "Customer 0 was served as it should be."
    simulated = {(moment.at_s, moment.who, moment.to) for moment in model.moments}
    sent = [moment for moment in real.moments if moment.to in ("checkout", "provider", "customer")]
    assert len(sent) == 5  # request, charge, its answer, "we have your order", "paid"
    assert {(moment.at_s, moment.who, moment.to) for moment in sent if "have your order" not in moment.text} <= simulated


def test_kills_are_told(apart: Twin) -> None:
    """A crash after a step that struck this purchase."""
    tables = apart.lived.tables
    struck = next(one for one in tables.crashes if one.purchase >= 0)
    _, story = stories(apart, struck.purchase)
    assert any(moment.kind == "crash" and moment.text == "is killed after charge" for moment in story.moments)


def test_a_purchase_of_which_nothing_is_known() -> None:
    """No request, no charge: a story without moments."""
    both = twin(made([0]), made([0]))
    witness = replace(of_purchase(both.real, 0, 0), kinds=())
    assert told(both.lived.tables, witness, app_s=5.0) == []
