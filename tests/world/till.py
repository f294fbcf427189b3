"""A provider by itself, with two or three customers, whose calls take a second: for tests of what it does call by call."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from typing import Any

from simpy.events import Event

from sim.config.mishaps import Mishap
from sim.config.scenario import Provider as Knobs
from sim.ledger.records import Captures, Charges, Holds, Refunds
from sim.vocabulary import Outcome
from sim.world.database import Order
from sim.world.engine import Clock
from sim.world.observer import Call, Move, Observer
from sim.world.provider import Provider
from sim.world.script import Script
from sim.world.streams import Streams
from sim.world.timetable import Spell, Timetable

LATENCY_S = 1.0


class Heard(Observer):
    """Keeps what it hears of calls, captures and voids, refunds, payments that customers finish, and answers."""

    def __init__(self) -> None:
        self.calls: list[Call] = []
        self.moves: list[tuple[str, str, Order, Move]] = []
        self.refunds: list[tuple[str, str, int, int]] = []
        self.finishes: list[tuple[Order, int, Outcome, bool]] = []
        self.answers: list[tuple[str, Order, float]] = []

    def charged(self, caller: str, order: Order, *, call: Call) -> None:
        self.calls.append(call)

    def captured(self, caller: str, order: Order, *, move: Move) -> None:
        self.moves.append(("captured", caller, order, move))

    def voided(self, caller: str, order: Order, *, move: Move) -> None:
        self.moves.append(("voided", caller, order, move))

    def refunded(self, caller: str, purchase: int, *, cents: int) -> None:
        self.refunds.append(("refunded", caller, purchase, cents))

    def refund_refused(self, caller: str, purchase: int, *, cents: int) -> None:
        self.refunds.append(("refused", caller, purchase, cents))

    def finished(self, order: Order, *, row: int, outcome: Outcome, by_customer: bool) -> None:
        self.finishes.append((order, row, outcome, by_customer))

    def heard(self, caller: str, order: Order) -> None:
        self.answers.append((caller, order, self.env.now))


class Till:
    """A provider whose calls take a second, with two customers; and what has come of the calls.

    `cards`: whether each customer's card is good; `other_cards`: their second ones. `listens`: webhooks are sent, and kept as
    (order, outcome, when).
    """

    def __init__(
        self, *, weather: Sequence[Spell] = (), mishaps: Sequence[Mishap] = (), cards: Sequence[int] = (1, 1),
        other_cards: Sequence[int] | None = None, listens: bool = False, **knobs: Any,
    ) -> None:  # fmt: skip
        self.env = Clock()
        self.heard = Heard()
        self.heard.env = self.env
        self.news: list[tuple[Order, Outcome, float]] = []
        self.holds, self.captures, self.charges, self.refunds = Holds(), Captures(), Charges(), Refunds()
        self.streams = Streams(0, script=Script(mishaps) if mishaps else None)
        self.knobs = Knobs.model_validate({"latency": {"constant": f"{LATENCY_S}s"}, **knobs})
        self.provider = Provider(
            self.env, self.knobs, good_card=array("b", cards), charges=self.charges, streams=self.streams,
            weather=Timetable(weather), observer=self.heard, holds=self.holds, captures=self.captures, refunds=self.refunds,
            other_cards=None if other_cards is None else array("b", other_cards),
        )  # fmt: skip
        if listens:
            self.provider.on_news(lambda order, outcome, _: self.news.append((order, outcome, self.env.now)))
        self.orders = [Order(number, number, 0, 650 + 100 * number, 0.0) for number in range(len(cards))]

    def wait(self, event: Event) -> tuple[Outcome, float]:
        """The value of an event, and when it happened. Somebody waits for it, as a process does."""
        happened: list[float] = []
        if event.callbacks is None:
            return Outcome(event._value), self.env.now
        event.callbacks.append(lambda _: happened.append(self.env.now))
        self.env.run(until=self.env.now + 100)
        return Outcome(event._value), happened[0]

    def authorise(self, number: int, key: object = None) -> None:
        answer = self.provider.charge(self.orders[number], 5.0, key or ("key", number), takes=False)
        assert self.wait(answer)[0] is Outcome.AUTHORISED

    def charge(self, number: int, **more: Any) -> tuple[Outcome, float]:
        return self.wait(self.provider.charge(self.orders[number], 5.0, **more))
