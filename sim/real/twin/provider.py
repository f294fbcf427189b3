"""The payment provider as a service of its own, and how the shop calls it.

Behind the HTTP is the provider of the simulator, on a clock that is real: its ledger, its keys, and the fate that a purchase's
nth call has in both worlds. A call whose answer is lost gets none: the caller's own timer tells it so.
"""

from __future__ import annotations

import http.client
import json
import socket
from typing import Any

from simpy.events import Event

from sim.config.scenario import Scenario
from sim.ledger.records import Charges, Small
from sim.real.loopback import HOST
from sim.real.twin.clock import RealClock
from sim.real.twin.database import thawed
from sim.real.twin.wire import HANGS_UP, Caller, Cut, Told, serve
from sim.vocabulary import Outcome
from sim.world.database import Order
from sim.world.engine import Awaited
from sim.world.faults import FaultPlan
from sim.world.provider import Provider
from sim.world.streams import Streams

BLOCKED_S = 30.0  # of the machine, for a call that its caller waits for without doing anything else


def told_of(order: Order) -> Told:
    """What others are told of an order."""
    return {"id": order.id, "purchase": order.purchase, "number": order.number, "cents": order.cents, "card": order.card}


def order_of(told: Told) -> Order:
    """An order as others know it: its id, and what it costs."""
    order = Order(told["id"], told["purchase"], told["number"], told["cents"], 0.0)
    order.card = told["card"]
    return order


class ProviderService:
    """The provider's process. `news_port`: where webhooks are sent; none: nobody listens to them."""

    def __init__(
        self, clock: RealClock, scenario: Scenario, *, plan: FaultPlan, streams: Streams, cards: tuple[Small, Small | None],
        news_port: int | None,
    ) -> None:  # fmt: skip
        self._clock = clock
        self.provider = Provider(
            clock, scenario.provider, good_card=cards[0], other_cards=cards[1], charges=Charges(), streams=streams,
            weather=plan.weather("provider"),
        )  # fmt: skip
        self._orders: dict[int, Order] = {}
        self._news = None if news_port is None else Caller(news_port)
        if self._news is not None:
            self.provider.on_news(self._tell)

    async def open(self, bound: socket.socket) -> None:
        await serve(self._clock, bound, self.answer)
        if self._news is not None:
            await self._news.warm_up()

    def _order(self, told: Told) -> Order:
        """The order that is told of, always the same object."""
        order = self._orders.setdefault(told["id"], order_of(told))
        order.cents, order.card = told["cents"], told["card"]
        return order

    async def answer(self, path: str, told: Told) -> Any:
        clock, provider = self._clock, self.provider
        if path == "/ledger":
            due, young, next_row = provider.ledger(told["young"], told["next_row"], before_s=told["before_s"])
            charges = provider.charges
            return due, young, next_row, [(charges.order[row], charges.purchase[row]) for row in due]
        if path == "/held":
            holds = provider.held(before_s=told["before_s"])
            return holds, [provider.holds.order[hold] for hold in holds]
        if path == "/finish":
            finished: list[bool] = []
            clock.enter(lambda: finished.append(provider.finish(self._order(told["order"]))))
            return finished[0]
        asked: list[Event] = []
        clock.enter(lambda: asked.append(self._ask(path, told)))
        asked_s = clock.now
        outcome = await clock.value_of(asked[0])
        if clock.now - asked_s >= told.get("timeout_s", float("inf")):
            return HANGS_UP
        return int(outcome)

    def _ask(self, path: str, told: Told) -> Event:
        provider, order, what = self.provider, self._order(told["order"]), told.get("what", {})
        key = thawed(what.pop("key", None))
        match path:
            case "/charge":
                return provider.charge(order, told["timeout_s"], key, **what)
            case "/inquire":
                return provider.inquire(order, told["timeout_s"], **what)
            case "/capture":
                return provider.capture(order, told["timeout_s"], key=key, **what)
            case "/void":
                return provider.void(order, told["timeout_s"], **what)
            case "/refund":
                return provider.refund(order=order, key=key, **what)
        raise ValueError(f"the provider has no {path}")

    def _tell(self, order: Order, outcome: Outcome, not_taken: Any) -> None:
        """Send a webhook, and again later if nobody has taken it."""
        assert self._news is not None
        news, what = self._news, {"order": order.id, "purchase": order.purchase, "outcome": int(outcome)}

        async def post() -> None:
            try:
                taken = await news.ask("/webhook", what)
            except Cut:
                taken = False
            if not taken:
                self._clock.enter(not_taken)

        self._clock.spawn(post())

    def collect(self, until_s: float) -> dict[str, Any]:
        provider = self.provider
        provider.expire(until_s)
        tables = {name: getattr(provider, name) for name in ("charges", "holds", "captures", "refunds")}
        return {**tables, "authorisations": provider.authorisations, "unlocked": provider.unlocked}


class Known:
    """Of rows of the provider's ledger that it has listed: a column."""

    def __init__(self) -> None:
        self._values: dict[int, int] = {}

    def __getitem__(self, row: int) -> int:
        return self._values[row]

    def __setitem__(self, row: int, value: int) -> None:
        self._values[row] = value


class Listed:
    """What the shop knows of a table of the provider."""

    def __init__(self) -> None:
        self.order, self.purchase = Known(), Known()


class RemoteProvider:
    """The provider as the shop's stories call it: the verbs of `sim.world.provider.Provider`.

    Listings are asked for without a `yield`, so they take no time of the scenario; the process stands still meanwhile.
    """

    def __init__(self, clock: RealClock, port: int, plan: FaultPlan) -> None:
        self._clock = clock
        self._port = port
        self._caller = Caller(port)
        self._weather = plan.weather("provider")
        self.charges, self.holds = Listed(), Listed()

    def charge(
        self, order: Order, timeout_s: float, key: object = None, *, caller: str = "checkout", takes: bool = True,
        begins: bool = False,
    ) -> Event:  # fmt: skip
        return self._ask("/charge", order, timeout_s, key=key, caller=caller, takes=takes, begins=begins)

    def inquire(self, order: Order, timeout_s: float, *, caller: str = "checkout") -> Event:
        return self._ask("/inquire", order, timeout_s, caller=caller)

    def capture(
        self, order: Order, timeout_s: float, cents: int | None = None, key: object = None, *, caller: str = "checkout"
    ) -> Event:
        return self._ask("/capture", order, timeout_s, cents=cents, key=key, caller=caller)

    def void(self, order: Order, timeout_s: float, *, caller: str = "checkout") -> Event:
        return self._ask("/void", order, timeout_s, caller=caller)

    def refund(
        self, row: int, cents: int | None = None, key: object = None, *, caller: str = "checkout", order: Order
    ) -> Event:
        return self._ask("/refund", order, None, row=row, cents=cents, key=key, caller=caller)

    def _ask(self, path: str, order: Order, timeout_s: float | None, **what: Any) -> Event:
        """Call; the event's value is the Outcome, UNKNOWN if there is no answer in time."""
        clock, answer = self._clock, Awaited()
        told: Told = {"order": told_of(order), "what": what}
        if timeout_s is not None:
            told["timeout_s"] = timeout_s

        async def post() -> None:
            try:
                outcome = Outcome(await self._caller.ask(path, told))
            except Cut:
                outcome = Outcome.UNKNOWN
            clock.happen(answer, outcome)

        call = clock.spawn(post())

        def give_up(_: None) -> None:
            if answer.callbacks is not None:
                call.cancel()
                answer.happen(Outcome.UNKNOWN)

        if timeout_s is not None:
            clock.call(timeout_s, give_up)
        return answer

    async def warm_up(self) -> None:
        await self._caller.warm_up()

    @property
    def down(self) -> bool:
        """Whether the provider is in an outage now, as its status page says."""
        return self._weather.at(self._clock.now).down

    def ledger(self, young: list[int], next_row: int, *, before_s: float) -> tuple[list[int], list[int], int]:
        due, young, next_row, owners = self._listing("/ledger", young=young, next_row=next_row, before_s=before_s)
        for row, (order, purchase) in zip(due, owners, strict=True):
            self.charges.order[row], self.charges.purchase[row] = order, purchase
        return due, young, next_row

    def held(self, *, before_s: float) -> list[int]:
        holds, orders = self._listing("/held", before_s=before_s)
        for hold, order in zip(holds, orders, strict=True):
            self.holds.order[hold] = order
        return list(holds)

    def finish(self, order: Order) -> bool:
        return bool(self._listing("/finish", order=told_of(order)))

    def _listing(self, path: str, **told: Any) -> Any:
        connection = http.client.HTTPConnection(HOST, self._port, timeout=BLOCKED_S)
        try:
            connection.request("POST", path, json.dumps(told).encode())
            return json.loads(connection.getresponse().read())
        finally:
            connection.close()
