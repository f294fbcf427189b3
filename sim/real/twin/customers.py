"""The customers' process: the crowd of the simulator on a real clock, with an app that speaks HTTP.

Customers come at their own times, whatever the shop does (an open loop), and each one's lateness is noted: who measures is not
to be what is measured.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable
from typing import Any, cast

import numpy as np

from sim.config.design import Design
from sim.config.scenario import Scenario
from sim.ledger.records import Purchases, Reads, Requests, Returns, Small
from sim.real.twin.clock import RealClock
from sim.real.twin.provider import RemoteProvider, order_of
from sim.real.twin.wire import Caller, Cut, Told
from sim.vocabulary import Answer, Fate, Status
from sim.world.agent import Agent
from sim.world.checkout import Reply
from sim.world.crowd import Crowd
from sim.world.customer import Customer, Request
from sim.world.database import Order
from sim.world.faults import FaultPlan
from sim.world.morning import cards_of
from sim.world.streams import Streams
from sim.world.traffic import arrival_times

CONNECTIONS = 20  # that the app has when the morning begins


class App:
    """The app's way to the shop: the verbs of `sim.world.checkout.Checkout`, and of the status view.

    What gets lost on the way there is not sent; what gets lost on the way back, the shop's front cuts off.
    """

    def __init__(
        self, clock: RealClock, scenario: Scenario, design: Design, *, requests: Requests, streams: Streams, port: int
    ) -> None:  # fmt: skip
        network = scenario.network
        self._clock = clock
        self._requests = requests
        self._caller = Caller(port)
        self._latency_s = streams.times("network.latency", network.latency)
        self._look_s = streams.times("network.look", network.latency)
        self._lost = streams.uniform("network.lost")
        self._p_lost = network.request_lost
        self._tells_of_leavers = design.checkout.leaver_drop
        self._hangs_up_s = design.app.timeout / clock.speed  # of the machine

    async def warm_up(self) -> None:
        await self._caller.warm_up(CONNECTIONS)

    def send(self, request: Request) -> None:
        if self._lost(request.purchase, 2 * request.number) < self._p_lost:
            self._requests.fate[request.row] = Fate.LOST
            return
        self._requests.fate[request.row] = Fate.WAITING
        self._clock.call(self._latency_s(request.purchase, 2 * request.number), self._post, request)

    def _post(self, request: Request) -> None:
        returning = request.returning
        told = {
            "purchase": request.purchase, "number": request.number, "row": request.row, "cents": request.cents,
            "card": request.card, "key": request.key, "submission": request.submission, "attempt": request.attempt,
            "sent_s": request.sent_s, "waits": request.waits, "returning": None if returning is None else returning.id,
        }  # fmt: skip

        def answered(said: Any) -> None:
            order = None if said["order"] is None else order_of(said["order"])
            request.answered(Reply(Answer(said["answer"]), order))

        self.ask("/order", told, answered, within_s=self._hangs_up_s)

    def look(self, purchase: int, turn: int, tell: Callable[[list[tuple[Order, Status]] | None], object]) -> None:
        way_s = self._look_s(purchase, turn)

        def answered(said: Any) -> None:
            found = None if said is None else [(order_of(order), Status(status)) for order, status in said]
            self._clock.call(way_s, cast(Any, tell), found)

        self._clock.call(way_s, lambda _: self.ask("/look", {"purchase": purchase}, answered))

    def left(self, purchase: int) -> None:
        if self._tells_of_leavers:
            self.ask("/left", {"purchase": purchase}, lambda _: None)

    def ask(self, path: str, told: Told, answered: Callable[[Any], object], *, within_s: float | None = None) -> None:
        async def ask() -> None:
            try:
                said = await self._caller.ask(path, told, within_s=within_s)
            except Cut:  # the app's own timer will say so
                return
            self._clock.enter(answered, said)

        self._clock.spawn(ask())


class StatusView:
    """The status view as the app asks for it."""

    def __init__(self, app: App) -> None:
        self._app = app
        self.polls = 0  # that no status is asked for: looks before a retry, which cost the shop as much

    def look(self, order: Order, tell: Callable[[Order, int, float], object]) -> None:
        self._app.ask("/view", {"order": order.id}, lambda said: tell(order, *said))


class Customers:
    """All customers of the morning, and the tables of what they did."""

    def __init__(
        self, clock: RealClock, scenario: Scenario, design: Design, *, plan: FaultPlan, streams: Streams, front: int,
        provider: RemoteProvider,
    ) -> None:  # fmt: skip
        self._clock = clock
        self._arrivals = arrival_times(scenario, plan.weather("traffic"), streams)
        number = len(self._arrivals)
        self.purchases, self.requests, self.reads, self.returns = Purchases(number), Requests(), Reads(), Returns()
        self.purchases.good_card, other_cards = cards(number, scenario, streams)
        self.app = app = App(clock, scenario, design, requests=self.requests, streams=streams, port=front)
        self._view = StatusView(app)
        self._crowd = Crowd(
            clock, scenario, design.app, purchases=self.purchases, requests=self.requests, reads=self.reads,
            checkout=cast(Any, app), view=cast(Any, self._view), streams=streams, returns=self.returns,
            finish=provider.finish, other_cards=other_cards,
        )  # fmt: skip
        self.late_s = array("d")
        if number:
            clock.call(self._arrivals[0], self._arrive, 0)

    def _arrive(self, number: int) -> None:
        self.late_s.append((self._clock.now - self._arrivals[number]) / self._clock.speed)
        if number + 1 < len(self._arrivals):
            self._clock.call(self._arrivals[number + 1] - self._clock.now, self._arrive, number + 1)
        crowd = self._crowd
        (Agent if crowd.agents is not None and crowd.agents.has(number) else Customer)(crowd, number)

    def collect(self) -> dict[str, Any]:
        tables = {name: getattr(self, name) for name in ("purchases", "requests", "reads", "returns")}
        return {**tables, "late_s": np.array(self.late_s), "looks": self._view.polls}


def cards(number: int, scenario: Scenario, streams: Streams) -> tuple[Small, Small | None]:
    """Whether the provider accepts each customer's card; and the other one, if there are others."""
    declined, others = scenario.provider.declined, scenario.customers.after_decline.other_card
    return cards_of(number, declined, streams), cards_of(number, declined, streams, "customer.card.other") if others else None
