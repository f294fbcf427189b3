"""Payments that the customer finishes at the provider, and calls and webhooks that meet mishaps: at the provider itself."""

from __future__ import annotations

from array import array

import pytest

from sim.config.mishaps import Called, Inquired, Told
from sim.vocabulary import Outcome
from sim.world.observer import Call
from sim.world.provider import Provider
from sim.world.timetable import Spell, Timetable
from tests.world.till import LATENCY_S, Till

ASKS = {"challenge": {"p": "100%", "lasts": "600s"}}


def test_some_calls_are_left_to_the_customer() -> None:
    """Each by a draw of its own."""
    till = Till(challenge={"p": "50%"})
    draw = till.streams.uniform("provider.challenge")
    said = [till.charge(0)[0] for _ in range(20)]
    assert said == [Outcome.CHALLENGED if draw(0, turn) < 0.5 else Outcome.CAPTURED for turn in range(20)]
    assert len(set(said)) == 2


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


def test_what_is_told_of_a_call() -> None:
    """Whether it charges or authorises, whether it only begins, and from when on money is held."""
    till = Till()
    for more in ({"takes": True}, {"takes": False}, {"begins": True}, {"takes": False, "begins": True}):
        till.charge(0, **more)
    nan = pytest.approx(float("nan"), nan_ok=True)
    assert till.heard.calls == [
        Call(None, 5.0, Outcome.CAPTURED, 1.0, 1.0, Outcome.CAPTURED, 1.0, True, False, nan),
        Call(None, 5.0, Outcome.AUTHORISED, 101.0, nan, Outcome.AUTHORISED, 101.0, False, False, 101.0),
        Call(None, 5.0, Outcome.CHALLENGED, 201.0, nan, Outcome.CHALLENGED, 201.0, True, True, nan),
        Call(None, 5.0, Outcome.CHALLENGED, 301.0, nan, Outcome.CHALLENGED, 301.0, False, True, nan),
    ]


@pytest.mark.parametrize(
    ("how", "said", "after_s", "captured_s", "meanwhile"),
    [("refused", Outcome.FAILED, 1.0, None, Outcome.CONFLICT), ("broke", Outcome.ERROR, 1.0, None, Outcome.CONFLICT),
     ("lost", Outcome.UNKNOWN, 5.0, 1.0, Outcome.CONFLICT), ("slow", Outcome.CAPTURED, 4.0, 4.0, Outcome.CONFLICT),
     ("late", Outcome.CAPTURED, 4.0, 4.0, Outcome.FAILED), ("declined", Outcome.DECLINED, 1.0, None, Outcome.CONFLICT)],
)  # fmt: skip
def test_a_mishap_strikes_the_charge_that_it_names(
    how: str, said: Outcome, after_s: float, captured_s: float | None, meanwhile: Outcome
) -> None:
    """The second call of the second customer. Whoever asks at once hears that it is at work, unless it is out of sight."""
    mishap = Called.model_validate({"call": 2, "is": how, "by": "3s", "purchase": 1})
    till = Till(mishaps=[mishap], failed="0%")
    till.charge(1)
    answer = till.provider.charge(till.orders[0], 5.0)
    assert till.wait(answer) == (Outcome.CAPTURED, 100.0 + LATENCY_S)
    answer = till.provider.charge(till.orders[1], 5.0)
    till.charges.captured_s[0] = float("nan")  # else it is known that the order is paid
    assert till.provider._known_of(till.orders[1]) is meanwhile
    assert till.wait(answer) == (said, 200.0 + after_s)
    assert till.charges.captured_s[2] == (
        pytest.approx(float("nan"), nan_ok=True) if captured_s is None else 200.0 + captured_s
    )
    assert till.charge(1)[0] is (Outcome.DECLINED if how == "declined" else Outcome.CAPTURED)
    assert till.charge(0)[0] is Outcome.CAPTURED


def test_late_twice_is_out_of_sight_for_both_times() -> None:
    """By a mishap, and by the provider's own share of late calls."""
    mishap = Called.model_validate({"call": 1, "is": "late", "by": "3s"})
    till = Till(mishaps=[mishap], late={"p": "100%", "by": {"constant": "2s"}})
    till.provider.charge(till.orders[0], 10.0)
    till.charges.captured_s[0] = float("nan")
    known = []
    for at_s in (4.9, 5.0, 5.9):
        till.env.run(until=at_s)
        till.env.now = at_s
        known.append(till.provider._known_of(till.orders[0]))
    assert known == [Outcome.FAILED, Outcome.CONFLICT, Outcome.CONFLICT]


def test_a_customer_with_one_card() -> None:
    """Where the world knows no other cards, the only one counts."""
    till = Till(cards=[1, 0])
    for number, said in ((0, Outcome.CAPTURED), (1, Outcome.DECLINED)):
        till.orders[number].card = 1
        assert till.charge(number)[0] is said


def test_a_provider_keeps_books_of_its_own() -> None:
    """Unless it is given some to write in."""
    till = Till()
    alone = Provider(
        till.env, till.knobs, good_card=array("b", [1]), charges=till.charges, streams=till.streams, weather=Timetable()
    )
    till.wait(alone.charge(till.orders[0], 5.0, takes=False))
    till.wait(alone.capture(till.orders[0], 5.0))
    till.wait(alone.refund(0))
    assert [len(alone.holds), len(alone.captures), len(alone.refunds)] == [1, 1, 1]


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
