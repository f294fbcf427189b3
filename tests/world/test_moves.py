"""Captures and voids at the provider itself: what is answered when, what the tables say, and what an observer hears."""

from __future__ import annotations

import pytest

from sim.config.mishaps import Called
from sim.vocabulary import Outcome
from sim.world.observer import Move
from sim.world.provider import REFUSAL_S, WEBHOOKS
from sim.world.timetable import Spell
from tests.world.till import LATENCY_S, Till


def test_all_that_is_held_is_captured() -> None:
    """In the second customer's row: one second later the money is taken, the caller answered, and the observer told."""
    till = Till()
    till.authorise(0)
    till.authorise(1)
    order, began_s = till.orders[1], till.env.now
    assert till.wait(till.provider.capture(order, 5.0, caller="payment")) == (Outcome.CAPTURED, began_s + 1)
    assert till.heard.moves == [
        ("captured", "payment", order, Move(1, 750, 5.0, Outcome.CAPTURED, began_s + 1, Outcome.CAPTURED, began_s + 1, True))
    ]
    assert till.heard.answers[-1] == ("payment", order, began_s + 1)
    assert [*till.holds.captured_cents] == [0, 750]
    assert till.holds.released_s[1] == began_s + 1
    assert till.charges.captured_s[1] == began_s + 1
    table = till.captures
    assert [*table.hold, *table.purchase, *table.cents, *table.outcome] == [1, 1, 750, Outcome.CAPTURED]
    assert [*table.sent_s, *table.answered_s, *table.captured_s] == [began_s, began_s + 1, began_s + 1]


def test_a_part_and_then_the_rest() -> None:
    """What is left stays held; a cent more than is held is refused."""
    till = Till()
    till.authorise(0)
    order = till.orders[0]
    assert till.wait(till.provider.capture(order, 5.0, 1))[0] is Outcome.CAPTURED
    assert till.holds.released_s[0] != till.holds.released_s[0]  # NaN: some is still held
    first_s = till.charges.captured_s[0]
    assert till.wait(till.provider.capture(order, 5.0, 650))[0] is Outcome.FAILED
    assert till.wait(till.provider.capture(order, 5.0, 649))[0] is Outcome.CAPTURED
    assert (till.charges.cents[0], till.charges.captured_s[0]) == (650, first_s)
    assert [move.cents for _, _, _, move in till.heard.moves] == [1, 650, 649]
    assert [move.moved for _, _, _, move in till.heard.moves] == [True, False, True]
    assert [caller for _, caller, _, _ in till.heard.moves] == ["checkout"] * 3


def test_nothing_is_held() -> None:
    """The row of the ledger that the observer hears of is none."""
    till = Till()
    order, began_s = till.orders[0], till.env.now
    assert till.wait(till.provider.capture(order, 5.0)) == (Outcome.FAILED, began_s + 1)
    assert till.wait(till.provider.void(order, 5.0)) == (Outcome.FAILED, till.captures.sent_s[0] + 100 + 1)
    (_, _, _, captured), (_, _, _, voided) = till.heard.moves
    assert captured == Move(-1, 0, 5.0, Outcome.FAILED, began_s + 1, Outcome.FAILED, began_s + 1, False)
    assert (voided.row, voided.cents, voided.moved) == (-1, 0, False)
    assert till.captures.hold[0] == -1


@pytest.mark.parametrize(("timeout_s", "said"), [(LATENCY_S, Outcome.CAPTURED), (LATENCY_S - 0.25, Outcome.UNKNOWN)])
def test_a_caller_who_waits_just_long_enough(timeout_s: float, said: Outcome) -> None:
    """An answer at the last moment counts; after it nothing is known, and the money is taken all the same."""
    till = Till()
    till.authorise(0)
    began_s = till.env.now
    assert till.wait(till.provider.capture(till.orders[0], timeout_s)) == (said, began_s + timeout_s)
    assert till.heard.moves[0][3] == Move(
        0, 650, timeout_s, Outcome.CAPTURED, began_s + 1, said, began_s + timeout_s, True
    )  # fmt: skip
    assert till.captures.captured_s[0] == began_s + 1


@pytest.mark.parametrize(("timeout_s", "said"), [(LATENCY_S, Outcome.VOIDED), (LATENCY_S - 0.25, Outcome.UNKNOWN)])
def test_all_that_is_held_is_released(timeout_s: float, said: Outcome) -> None:
    till = Till()
    till.authorise(0)
    till.authorise(1)
    order, began_s = till.orders[1], till.env.now
    assert till.wait(till.provider.void(order, timeout_s, caller="reconciler")) == (said, began_s + timeout_s)
    assert till.heard.moves == [
        ("voided", "reconciler", order,
         Move(1, 750, timeout_s, Outcome.VOIDED, began_s + 1, said, began_s + timeout_s, True))
    ]  # fmt: skip
    assert till.heard.answers[-1] == ("reconciler", order, began_s + timeout_s)
    assert ([*till.holds.voided_cents], till.holds.released_s[1]) == ([0, 750], began_s + 1)


def test_a_second_void_changes_nothing() -> None:
    """And is no error; after a capture there is nothing to release."""
    till = Till()
    till.authorise(0)
    till.authorise(1)
    for _ in range(2):
        assert till.wait(till.provider.void(till.orders[0], 5.0))[0] is Outcome.VOIDED
    assert [move.moved for _, _, _, move in till.heard.moves] == [True, False]
    assert [move.cents for _, _, _, move in till.heard.moves] == [650, 0]
    assert [caller for _, caller, _, _ in till.heard.moves] == ["checkout"] * 2
    assert till.holds.voided_cents[0] == 650
    till.wait(till.provider.capture(till.orders[1], 5.0))
    assert till.wait(till.provider.void(till.orders[1], 5.0))[0] is Outcome.FAILED
    assert till.heard.moves[-1][3].row == 1


@pytest.mark.parametrize("move", ["capture", "void"])
@pytest.mark.parametrize(
    ("knobs", "said", "moved"),
    [({"failed": "100%"}, Outcome.FAILED, False), ({"errored": "100%"}, Outcome.ERROR, False),
     ({"ambiguous": "100%"}, Outcome.UNKNOWN, True)],
)  # fmt: skip
def test_they_meet_the_weather(move: str, knobs: dict[str, str], said: Outcome, moved: bool) -> None:
    """Refused, broken down, or done without an answer."""
    calm, rough = Till(), Till(**knobs)
    calm.authorise(0)
    rough.provider._hold(0, rough.orders[0], 0.0)
    rough.charges.captured_s.append(float("nan"))
    rough.charges.cents.append(650)
    timeout_s = 5.0
    event = getattr(rough.provider, move)(rough.orders[0], timeout_s)
    outcome, at_s = rough.wait(event)
    assert outcome is said
    assert at_s == (timeout_s if said is Outcome.UNKNOWN else LATENCY_S)
    assert rough.heard.moves[0][3].moved is moved
    assert (rough.provider._held(0) == 0) is moved


def test_a_key_is_one_capture() -> None:
    """A repeat during the first is told so, and one after it hears its result; neither takes anything."""
    till = Till()
    till.authorise(0)
    order = till.orders[0]
    first = till.provider.capture(order, 5.0, 100, "mine")
    again = till.provider.capture(order, 5.0, 100, "mine")
    assert till.wait(first)[0] is Outcome.CAPTURED
    assert Outcome(again._value) is Outcome.CONFLICT
    assert till.wait(till.provider.capture(order, 5.0, 100, "mine"))[0] is Outcome.CAPTURED
    assert till.holds.captured_cents[0] == 100
    assert [move.moved for _, _, _, move in till.heard.moves] == [True, False, False]
    other = till.provider.capture(order, 5.0, 100, "another")
    assert till.wait(other)[0] is Outcome.CAPTURED
    assert till.holds.captured_cents[0] == 200


OUTAGE = Spell(0.0, 1000.0, down=True)
HANGING = Spell(0.0, 1000.0, down=True, hangs=True)
TIMEOUT_S = 5.0


def test_it_is_down() -> None:
    """Refused at once, or never answered."""
    for spell, said, after_s in ((OUTAGE, Outcome.FAILED, REFUSAL_S), (HANGING, Outcome.UNKNOWN, TIMEOUT_S)):
        till = Till(weather=[spell])
        assert till.wait(till.provider.void(till.orders[0], TIMEOUT_S)) == (said, after_s)
        assert till.wait(till.provider.capture(till.orders[0], TIMEOUT_S))[0] is said


def test_a_brownout_makes_it_slower() -> None:
    till = Till(weather=[Spell(100.0, 1000.0, slower=3.0)])
    till.authorise(0)
    assert till.wait(till.provider.capture(till.orders[0], TIMEOUT_S)) == (Outcome.CAPTURED, 100.0 + 3 * LATENCY_S)


def test_whoever_asks_too_often_is_refused() -> None:
    """One call a second: of two at the same time, the second."""
    till = Till(rate_limit="1/s")
    till.authorise(0)
    first, _ = (till.provider.capture(till.orders[0], TIMEOUT_S, 100) for _ in range(2))
    assert (till.captures.outcome[1], till.captures.answered_s[1]) == (Outcome.FAILED, 100.0 + REFUSAL_S)
    assert till.wait(first) == (Outcome.CAPTURED, 100.0 + LATENCY_S)
    assert till.wait(till.provider.capture(till.orders[0], TIMEOUT_S, 100)) == (Outcome.CAPTURED, 200.0 + LATENCY_S)


def test_every_call_has_a_fate_of_its_own() -> None:
    """The nth call of a purchase meets its nth draw, whatever it is that the call asks for."""
    till = Till(failed="50%")
    till.provider._hold(0, till.orders[0], 0.0)
    till.charges.captured_s.append(float("nan"))
    till.charges.cents.append(0)
    fate = till.streams.uniform("provider.fate")
    said = [till.wait(till.provider.capture(till.orders[0], TIMEOUT_S, 10))[0] for _ in range(20)]
    assert said == [Outcome.FAILED if fate(0, turn) < 0.5 else Outcome.CAPTURED for turn in range(20)]
    assert len(set(said)) == 2


@pytest.mark.parametrize(
    ("how", "said", "after_s", "moved"),
    [("refused", Outcome.FAILED, 1.0, False), ("broke", Outcome.ERROR, 1.0, False), ("lost", Outcome.UNKNOWN, 5.0, True),
     ("slow", Outcome.CAPTURED, 3.0, True), ("late", Outcome.CAPTURED, 3.0, True), ("declined", Outcome.FAILED, 1.0, False)],
)  # fmt: skip
def test_a_mishap_strikes_the_call_that_it_names(how: str, said: Outcome, after_s: float, moved: bool) -> None:
    """The second call of the second customer: the capture."""
    till = Till(mishaps=[Called.model_validate({"call": 2, "is": how, "by": "2s", "purchase": 1})])
    till.authorise(0)
    till.authorise(1)
    assert till.wait(till.provider.capture(till.orders[1], TIMEOUT_S)) == (said, 200.0 + after_s)
    assert (till.holds.captured_cents[1] > 0) is moved
    assert till.wait(till.provider.capture(till.orders[0], TIMEOUT_S)) == (Outcome.CAPTURED, 300.0 + LATENCY_S)


def test_a_repeat_at_the_last_moment_is_told_when_the_first_ends() -> None:
    """A conflict takes no longer than what it is in conflict with."""
    for left_s in (0.03, 0.5):
        till = Till()
        till.authorise(0)
        till.provider.capture(till.orders[0], TIMEOUT_S, 100, "mine")
        till.env.run(until=100.0 + LATENCY_S - left_s)
        outcome, at_s = till.wait(till.provider.capture(till.orders[0], TIMEOUT_S, 100, "mine"))
        assert outcome is Outcome.CONFLICT
        assert at_s == pytest.approx(100.0 + LATENCY_S - left_s + min(REFUSAL_S, left_s), abs=1e-9)


def test_the_first_authorisation_that_holds_enough_is_taken() -> None:
    """The first of two, if it holds just enough; then the other, although nothing is left of the first."""
    till = Till()
    till.authorise(0, "one")
    till.authorise(0, "other")
    for expected in ([650, 0], [650, 650]):
        assert (
            till.wait(till.provider.capture(till.orders[0], TIMEOUT_S, 650 if expected[1] == 0 else None))[0]
            is Outcome.CAPTURED
        )
        assert [*till.holds.captured_cents] == expected


def test_a_repeated_authorisation_is_compared_with_what_was_authorised() -> None:
    """And not with the part of it that has been taken meanwhile."""
    till = Till()
    till.authorise(0, "mine")
    till.wait(till.provider.capture(till.orders[0], TIMEOUT_S, 100))
    assert till.wait(till.provider.charge(till.orders[0], TIMEOUT_S, "mine", takes=False))[0] is Outcome.AUTHORISED


def test_a_repeated_charge_at_the_last_moment() -> None:
    till = Till(keys={"in_flight": "conflict"})
    till.provider.charge(till.orders[0], TIMEOUT_S, "mine")
    till.env.run(until=LATENCY_S - 0.03)
    outcome, at_s = till.charge(0, key="mine")
    assert (outcome, at_s) == (Outcome.CONFLICT, pytest.approx(LATENCY_S))


def test_what_is_held_at_a_moment() -> None:
    """From the moment of the authorisation on, and no more when its time is over."""
    till = Till(authorisation={"lasts": "300s"})
    till.authorise(0)
    assert till.provider.held(before_s=LATENCY_S) == [0]
    assert till.provider.held(before_s=LATENCY_S - 0.001) == []
    till.env.run(until=LATENCY_S + 300.0)
    till.env.now = LATENCY_S + 300.0
    assert till.provider.held(before_s=1000.0) == []
    released = Till()
    released.authorise(0)
    released.wait(released.provider.void(released.orders[0], TIMEOUT_S))
    assert released.provider.held(before_s=1000.0) == []


def test_what_has_expired_by_the_end() -> None:
    """At the last moment too; what ends after it is still held."""
    for until_s, expired in ((300.0 + LATENCY_S, [650, 0]), (299.0 + LATENCY_S, [0, 0])):
        till = Till(authorisation={"lasts": "300s"})
        till.authorise(0)
        till.authorise(1)
        till.provider.expire(until_s)
        assert [*till.holds.expired_cents] == expired
        assert (till.holds.released_s[0] == 300.0 + LATENCY_S) is bool(expired[0])


def test_it_is_idle_when_nothing_may_happen_any_more() -> None:
    """Not before a call is done, while a customer is to finish a payment, or while money is held."""
    till = Till()
    till.provider.charge(till.orders[0], TIMEOUT_S)
    assert [till.provider.idle(now) for now in (LATENCY_S - 0.001, LATENCY_S)] == [False, True]
    asked = Till(challenge={"p": "100%"})
    asked.charge(0)
    assert not asked.provider.idle(100.0)
    held = Till()
    held.authorise(0)
    held.authorise(1)
    assert not held.provider.idle(1000.0)
    held.wait(held.provider.capture(held.orders[0], TIMEOUT_S))
    assert not held.provider.idle(1000.0)
    held.wait(held.provider.void(held.orders[1], TIMEOUT_S))
    assert held.provider.idle(1000.0)


# News of what is moved


def test_nobody_listens_and_nothing_is_to_be_told() -> None:
    """Webhooks about money that is released need both a listener and a provider that sends them."""
    for listens, moves in ((False, True), (True, False), (True, True)):
        till = Till(listens=listens, webhooks={"moves": moves, "delay": {"constant": "2s"}}, authorisation={"lasts": "300s"})
        till.authorise(0)
        till.authorise(1)
        told = len(till.news)
        till.wait(till.provider.void(till.orders[0], TIMEOUT_S))
        till.env.run(until=1000.0)
        expected = [
            (till.orders[0], Outcome.VOIDED, 200.0 + LATENCY_S + 2.0),
            (till.orders[1], Outcome.VOIDED, 100.0 + LATENCY_S + 300.0 + 2.0),
        ]  # fmt: skip
        assert till.news[told:] == (expected if listens and moves else [])


def test_news_of_every_call_is_late_by_a_draw_of_its_own() -> None:
    """A webhook's delay is drawn by the number of the call that it tells of."""
    till = Till(listens=True, webhooks={"moves": True}, authorisation={"lasts": "300s"})
    delay_s = till.streams.times("provider.webhook.delay", till.knobs.webhooks.delay)
    till.authorise(0)
    till.authorise(1)
    till.wait(till.provider.capture(till.orders[0], TIMEOUT_S, 100))
    till.wait(till.provider.void(till.orders[0], TIMEOUT_S))
    till.env.run(until=5000.0)
    assert [(order.id, outcome, at_s) for order, outcome, at_s in till.news if outcome is not Outcome.AUTHORISED] == [
        (0, Outcome.CAPTURED, pytest.approx(200.0 + LATENCY_S + delay_s(0, WEBHOOKS))),
        (0, Outcome.VOIDED, pytest.approx(300.0 + LATENCY_S + delay_s(0, 2 * WEBHOOKS))),
        (1, Outcome.VOIDED, pytest.approx(100.0 + LATENCY_S + 300.0 + delay_s(1, WEBHOOKS * 2_000_001))),
    ]
