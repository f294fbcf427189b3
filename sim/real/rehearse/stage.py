"""The stage of a rehearsal: our provider, the service, and the app; and one purchase on it, with its mishaps."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from sim.config.presets import PRESETS
from sim.config.scenario import Provider as Knobs
from sim.config.service import Service
from sim.real.loopback import check_target, listening
from sim.real.provider.asking import Owners
from sim.real.provider.calls import Call
from sim.real.provider.control import control
from sim.real.provider.fates import Script
from sim.real.provider.ledger import Charge, Event
from sim.real.provider.server import Provider, Watch
from sim.real.provider.webhooks import Delivery
from sim.real.rehearse.app import App, Purchase
from sim.real.rehearse.books import Charged, Judgement, Ordered, judge, judged_kinds
from sim.real.rehearse.mishaps import Killed, Mishap, Plan
from sim.real.rehearse.orders import read_orders
from sim.real.rehearse.process import Running, Undecided

LEAST_CENTS = 500  # of the first purchase; the next ones cost a cent more, so that an amount says whose it is
LOOK_S = 0.02
STRIKE_S = 0.005  # from when a webhook has been written to the kill


@dataclass
class Run:
    """One purchase, what went wrong, and what it left behind. Times are seconds since its first tap."""

    plan: Plan
    purchase: Purchase
    since_s: float
    until_s: float
    calls: list[Call] = field(default_factory=list)
    charges: list[Charged] = field(default_factory=list)
    orders: list[Ordered] | None = None
    kills: list[tuple[float, str]] = field(default_factory=list)
    deliveries: list[Delivery] = field(default_factory=list)
    came: frozenset[Mishap] = frozenset()
    broken: tuple[str, ...] = ()
    died: bool = False

    @property
    def unreached(self) -> list[Mishap]:
        """Mishaps that were planned, and for which there was no occasion."""
        return [mishap for mishap in self.plan if mishap not in self.came]

    @property
    def posts(self) -> int:
        return sum(call.nth > 0 for call in self.calls)


class Stage:
    """Where purchases are made one after the other."""

    def __init__(self, service: Service, allowed: Sequence[str] = ()) -> None:
        """Raises ConfigError if anything may be reached that must not be."""
        check_target("service.url", service.service.url, allowed)
        if service.webhooks is not None:
            check_target("webhooks.url", service.webhooks.url, allowed)
        self.service = service
        knobs = service.provider
        keys = Knobs.model_validate({"preset": knobs.preset}).keys if PRESETS[knobs.preset].keys is not None else "none"
        self.script = Script(late_s=knobs.late, usual_s=knobs.latency, keys=None if keys == "none" else keys)
        self.owners = Owners(metadata=knobs.metadata)
        self.provider = Provider(self.script, owners=self.owners, watch=Watch(self._taken, self._answered, self._webhook))
        self.kinds = judged_kinds(orders=service.orders is not None)
        self.runs = 0
        self._number = secrets.randbelow(900_000) * 1_000 + 100_000_000  # so that what an earlier rehearsal left is nobody's
        self._first = self._number
        self._plan: set[Killed] = set()
        self._kills: list[tuple[float, str]] = []
        self._bound = listening(knobs.port, "provider.port")
        self.running = Running(service, provider=f"http://127.0.0.1:{self._bound.getsockname()[1]}")
        self.app = App(service, clock=self.provider.ledger.now_s, up=self.running.up, mark=f"coffee-{secrets.token_hex(3)}")

    async def start(self) -> None:
        """Raises ConfigError or Undecided."""
        try:
            self.running.check()
            await self.provider.start(self._bound, control=control)
        except BaseException:
            self._bound.close()
            raise
        if self.service.webhooks is not None:
            hooks = self.service.webhooks
            self.provider.send_webhooks(hooks.url, hooks.secret, delay_s=hooks.delay)
        self.app.provide(self.provider.address)
        await self.running.start()

    async def close(self) -> str | None:
        """End everything. A sentence, if something of the service is still there."""
        await self.app.close()
        left = await self.running.close()
        await self.provider.close()
        return left

    def next_purchase(self) -> Purchase:
        self._number += 1
        purchase = self.app.purchase(self._number, LEAST_CENTS + self._number - self._first)
        self.owners.amounts = {**(self.owners.amounts or {}), purchase.cents: purchase.number}
        return purchase

    async def run(self, plan: Plan) -> Run:
        """One purchase with these mishaps, and nothing else. Raises Undecided if the service can't go on."""
        await self.running.steady()
        self.running.died = False
        purchase = self.next_purchase()
        self.owners.current = purchase.number
        self.script.mishaps = {(purchase.number, each.nth): each.how for each in plan if each.what == "call"}  # type: ignore[misc]
        self._plan = {each.how for each in plan if each.what == "crash"}  # type: ignore[misc]
        self._kills = []
        hows = {each.how for each in plan if each.what == "tap"}
        lost = frozenset(each.nth for each in plan if each.what == "answer")
        first_call, first_delivery = len(self.provider.log.calls), len(self._deliveries)
        since_s = self.provider.ledger.now_s()
        taps = await self.app.buy(purchase, lost=lost, twice="twice" in hows, again="again" in hows)
        orders = await self._settle(purchase)
        self._plan = set()
        if self.provider.live_key:
            raise Undecided("the service calls the provider with a key for real money: give it sk_test_…")
        calls = [call for call in self.provider.log.calls[first_call:] if call.purchase == purchase.number]
        run = Run(
            plan, purchase, since_s, self.provider.ledger.now_s(), calls, self.charges([purchase]), orders, list(self._kills),
            [each for each in self._deliveries[first_delivery:] if each.purchase == purchase.number],
            died=self.running.died or self.running.is_dead,
        )  # fmt: skip
        run.came = frozenset(mishap for mishap in plan if _came(mishap, run, taps))
        run.broken = tuple(self.judge([purchase], run.charges, orders, until_s=run.until_s).broken(self.kinds))
        self.runs += 1
        return run

    @property
    def _deliveries(self) -> list[Delivery]:
        return self.provider.webhooks.deliveries if self.provider.webhooks is not None else []

    def judge(
        self, purchases: Sequence[Purchase], charges: Sequence[Charged], orders: Sequence[Ordered] | None, *, until_s: float
    ) -> Judgement:
        return judge(purchases, charges, orders, until_s=until_s)

    def charges(self, purchases: Sequence[Purchase]) -> list[Charged]:
        """What the provider's ledger has of these purchases."""
        numbers = {purchase.number for purchase in purchases}
        return [charged(one) for one in self.provider.ledger.charges.values() if one.good and one.purchase in numbers]

    async def _settle(self, purchase: Purchase) -> list[Ordered] | None:
        """Wait until the purchase is over: nobody calls any more, and no charge waits for its order."""
        settle, began = self.service.settle, time.monotonic()
        quiet_since, seen = began, -1
        while True:
            await self.running.steady()
            calls = len(self.provider.log.calls)
            if self.provider.busy or calls != seen:
                quiet_since, seen = time.monotonic(), calls
            if time.monotonic() - quiet_since >= settle.quiet:
                orders = await self.read_orders([purchase])
                late = time.monotonic() - began >= settle.most + self.service.provider.late
                if late or self._at_rest(purchase, orders):
                    return orders
                quiet_since = time.monotonic()
            await asyncio.sleep(LOOK_S)

    def _at_rest(self, purchase: Purchase, orders: list[Ordered] | None) -> bool:
        """Whether every charge that is kept has its order; nothing more is to come then."""
        kept = sum(one.refunded_s is None for one in self.charges([purchase]))
        return orders is None or not kept or sum(order.confirmed for order in orders) > 0

    async def read_orders(self, purchases: Sequence[Purchase]) -> list[Ordered] | None:
        """The orders of these purchases, as the service shows them. Raises Undecided if it doesn't."""
        return await read_orders(self.app, self.running, purchases)

    # Kills, at the very moment

    def _strike(self, how: Killed, purchase: int | None) -> None:
        if how in self._plan and purchase == self.owners.current and self.running.up.is_set():
            self._plan.discard(how)
            self._kills.append((self.provider.ledger.now_s(), how))
            self.running.kill()

    def _taken(self, charge: Charge) -> None:
        self._strike("captured", charge.purchase)

    def _answered(self, call: Call) -> None:
        if call.status == 200 and any(one.taken_s is not None for one in self.provider.ledger.charges.values()
                                      if one.purchase == call.purchase):  # fmt: skip
            self._strike("answered", call.purchase)

    def _webhook(self, event: Event) -> None:
        if "webhook" in self._plan:
            asyncio.get_running_loop().call_later(STRIKE_S, self._strike, "webhook", event.purchase)


def charged(one: Charge) -> Charged:
    held = one.taken_s is None and not one.released
    return Charged(
        one.purchase or 0, one.cents, one.made_s, one.taken_s, one.captured_cents, one.refunded_cents, one.refunded_s, held
    )


def _came(mishap: Mishap, run: Run, taps: Sequence[str]) -> bool:
    if mishap.what == "call":
        return run.posts >= mishap.nth
    if mishap.what == "answer":
        return any(request.lost for request in run.purchase.requests[mishap.nth - 1 : mishap.nth])
    if mishap.what == "tap":
        return mishap.how in taps
    return any(how == mishap.how for _, how in run.kills)
