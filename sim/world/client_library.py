"""The client library with which the shop calls the payment provider: one call of the shop may be several of the library."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.config.design import Design
from sim.ledger.records import SDK, Repeats
from sim.vocabulary import Outcome
from sim.world.engine import Story, pause
from sim.world.observer import Observer
from sim.world.provider import Provider

if TYPE_CHECKING:
    from sim.world.database import Order
    from sim.world.shop import Shop

MAY_STILL_LAND = (Outcome.UNKNOWN, Outcome.CONFLICT)  # after these a charge may follow that is not there yet
REPEATED = {
    Outcome.UNKNOWN: "timeout", Outcome.FAILED: "failed", Outcome.ERROR: "error", Outcome.CONFLICT: "conflict",
}  # fmt: skip


class ClientLibrary:
    """Calls for money: as often, and with which keys, as `payment.sdk` says."""

    def __init__(self, design: Design, provider: Provider, repeats: Repeats, observer: Observer | None) -> None:
        payment = design.payment
        self._knobs = payment.sdk
        self.keyed = getattr(payment, "key", "none") == "order"  # a key per attempt is as good as none
        self._timeout_s = payment.timeout if payment.sdk is None or payment.sdk.timeout is None else payment.sdk.timeout
        self._holds = payment.in_transaction
        self._provider = provider
        self._repeats = repeats
        self._observer = observer

    def call(self, shop: Shop, order: Order, *, step: str, takes: bool = True, begins: bool = False) -> Story:
        """Take a step of the shop that asks for an order's money; with a connection of the database meanwhile, if the design
        holds one. Returns the Outcome, and keeps account in the order's row of the calls that may still land.
        """
        sdk, env, component = self._knobs, shop.env, shop.component
        hold, tries = None, 1
        heard: tuple[float, ...] = ()  # when the calls began that can't land any more
        try:
            if self._holds:
                hold, there = shop.database.hold(order.purchase)
                yield there
            key: object = order.key if self.keyed else None
            while True:
                began_s = env.now
                shop.database.call_begins(order, began_s)
                outcome: Outcome = yield self._provider.charge(
                    order, self._timeout_s, key, caller=component, takes=takes, begins=begins
                )
                if outcome not in MAY_STILL_LAND:
                    heard += (began_s,)
                if sdk is None or tries >= sdk.tries or REPEATED.get(outcome) not in sdk.on:
                    break
                yield pause(env, sdk.delay)
                tries += 1
                if sdk.key != "same":
                    key = None if sdk.key == "none" else (order.id, env.now, tries)
                self._repeats.note(SDK, len(self._provider.charges), env.now)
                if self._observer is not None:
                    self._observer.sdk_repeated(component, order, after=outcome, tries=tries)
        finally:
            if hold is not None:
                shop.database.let_go(hold)  # also when the process dies
        yield from shop.took(step, order.purchase)
        shop.database.call_ended(order, heard)
        return outcome
