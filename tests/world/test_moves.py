"""Captures and voids at the provider itself: what is answered when, what the tables say, and what an observer hears."""

from __future__ import annotations

from array import array
from typing import Any

import pytest
from simpy.events import Event

from sim.config.scenario import Provider as Knobs
from sim.ledger.records import Captures, Charges, Holds
from sim.vocabulary import Outcome
from sim.world.database import Order
from sim.world.engine import Clock
from sim.world.observer import Move, Observer
from sim.world.provider import Provider
from sim.world.streams import Streams
from sim.world.timetable import UP

LATENCY_S = 1.0


class Heard(Observer):
    """Keeps what it hears of captures and voids, and of answers."""

    def __init__(self) -> None:
        self.moves: list[tuple[str, str, Order, Move]] = []
        self.answers: list[tuple[str, Order, float]] = []

    def captured(self, caller: str, order: Order, *, move: Move) -> None:
        self.moves.append(("captured", caller, order, move))

    def voided(self, caller: str, order: Order, *, move: Move) -> None:
        self.moves.append(("voided", caller, order, move))

    def heard(self, caller: str, order: Order) -> None:
        self.answers.append((caller, order, self.env.now))


class Till:
    """A provider whose calls take a second, with two customers; and what has come of the calls."""

    def __init__(self, **knobs: Any) -> None:
        self.env = Clock()
        self.heard = Heard()
        self.heard.env = self.env
        self.holds, self.captures, self.charges = Holds(), Captures(), Charges()
        given = Knobs.model_validate({"latency": {"constant": f"{LATENCY_S}s"}, **knobs})
        self.provider = Provider(
            self.env, given, good_card=array("b", [1, 1]), charges=self.charges, streams=Streams(0), weather=UP,
            observer=self.heard, holds=self.holds, captures=self.captures,
        )  # fmt: skip
        self.orders = [Order(number, number, 0, 650 + 100 * number, 0.0) for number in range(2)]

    def wait(self, event: Event) -> tuple[Outcome, float]:
        """The value of an event, and when it happened. Somebody waits for it, as a process does."""
        happened: list[float] = []
        if event.callbacks is None:
            return Outcome(event._value), self.env.now
        event.callbacks.append(lambda _: happened.append(self.env.now))
        self.env.run(until=self.env.now + 100)
        return Outcome(event._value), happened[0]

    def authorise(self, number: int) -> None:
        answer = self.provider.charge(self.orders[number], 5.0, ("key", number), takes=False)
        assert self.wait(answer)[0] is Outcome.AUTHORISED


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
