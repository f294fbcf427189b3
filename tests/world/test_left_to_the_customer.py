"""Payments that the customer finishes at the provider, and webhooks that meet mishaps: at the provider itself."""

from __future__ import annotations

import pytest

from sim.config.mishaps import Inquired, Told
from sim.vocabulary import Outcome
from sim.world.timetable import Spell
from tests.world.till import LATENCY_S, Till

ASKS = {"challenge": {"p": "100%", "lasts": "600s"}}


def test_the_customer_pays() -> None:
    """In the row of the second customer's call."""
    till = Till(**ASKS)
    till.charge(0)
    till.charge(1)
    assert till.provider.finish(till.orders[1])
    assert till.heard.finishes == [(till.orders[1], 1, Outcome.CAPTURED, True)]
    assert till.charges.captured_s[1] == 200.0


def test_the_page_does_not_load_while_the_provider_is_down() -> None:
    till = Till(weather=[Spell(100.0, 250.0, down=True)], **ASKS)
    till.charge(0)
    assert not till.provider.finish(till.orders[0])
    assert till.heard.finishes == []
    till.env.run(until=250.0)
    assert till.provider.finish(till.orders[0])
    assert [outcome for _, _, outcome, _ in till.heard.finishes] == [Outcome.CAPTURED]


@pytest.mark.parametrize(
    ("card", "good", "said"),
    [(0, ([1], [0]), Outcome.CAPTURED), (0, ([0], [1]), Outcome.DECLINED), (1, ([0], [1]), Outcome.CAPTURED),
     (1, ([1], [0]), Outcome.DECLINED)],
)  # fmt: skip
def test_the_card_that_was_chosen_counts(card: int, good: tuple[list[int], list[int]], said: Outcome) -> None:
    """The first one or the other, at the end too: it may have been good when the payment began."""
    till = Till(cards=[1], other_cards=[1], **ASKS)
    till.orders[0].card = card
    assert till.charge(0)[0] is Outcome.CHALLENGED
    till.provider._good_card[0], till.provider._other_cards[0] = good[0][0], good[1][0]
    till.provider.finish(till.orders[0])
    assert [outcome for _, _, outcome, _ in till.heard.finishes] == [said]
    assert till.wait(till.provider.inquire(till.orders[0], 5.0))[0] is said


def test_an_inquiry_from_the_first_moment_on_hears_whose_turn_it_is() -> None:
    till = Till(**ASKS)
    till.provider.charge(till.orders[0], 5.0)
    till.env.run(until=LATENCY_S)
    till.env.now = LATENCY_S
    assert till.wait(till.provider.inquire(till.orders[0], 5.0))[0] is Outcome.CHALLENGED


def test_a_mishap_strikes_the_inquiry_that_it_names() -> None:
    """The second one about the second customer."""
    till = Till(mishaps=[Inquired.model_validate({"inquiry": 2, "is": "unanswered", "purchase": 1})])
    till.charge(1)
    said = [till.wait(till.provider.inquire(till.orders[number], 5.0)) for number in (1, 1, 0, 1)]
    assert [(outcome, at_s % 100) for outcome, at_s in said] == [
        (Outcome.CAPTURED, LATENCY_S), (Outcome.UNKNOWN, 5.0), (Outcome.FAILED, LATENCY_S), (Outcome.CAPTURED, LATENCY_S)
    ]  # fmt: skip


def test_nobody_pays() -> None:
    """After its time the payment is declined, and it wasn't the customer who said so."""
    till = Till(**ASKS)
    till.charge(0)
    till.env.run(until=LATENCY_S + 601.0)
    assert till.heard.finishes == [(till.orders[0], 0, Outcome.DECLINED, False)]


@pytest.mark.parametrize(("how", "after_s"), [("lost", []), ("twice", [2.0, 2.0]), ("late", [5.0]), ("", [2.0])])
def test_a_mishap_strikes_the_webhook_that_it_names(how: str, after_s: list[float]) -> None:
    """The second customer's; that of the first comes as always."""
    mishaps = [Told.model_validate({"webhook": 1, "is": how, "by": "3s", "purchase": 1})] if how else []
    till = Till(listens=True, mishaps=mishaps, webhooks={"delay": {"constant": "2s"}})
    till.charge(0)
    till.charge(1)
    assert [(order.id, at_s) for order, _, at_s in till.news] == [
        (0, LATENCY_S + 2.0), *((1, 100.0 + LATENCY_S + late_s) for late_s in after_s)
    ]  # fmt: skip
