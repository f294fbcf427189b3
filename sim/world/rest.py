"""When a morning is at rest: nothing is under way, and the jobs in the background go on looking for work that will not come.

A world of one customer is at rest after a few seconds, and its drain lasts twenty minutes. Whoever simulates thousands of such
worlds ends them there. When in doubt a morning is not at rest, and is simulated to its end.
"""

from __future__ import annotations

from math import isnan
from typing import TYPE_CHECKING, Any, cast

from simpy.events import Process

from sim.vocabulary import Status
from sim.world.engine import Alarms, Clock, Coming
from sim.world.shop import Shop

if TYPE_CHECKING:
    from sim.world.customer import Customer


class Rest:
    """Knows when a morning is at rest. `early`: whether it can be before its end."""

    def __init__(self, env: Clock, shop: Shop, *, renewals: int) -> None:
        self._env = env
        self._shop = shop
        design, broker = shop.design, shop.broker
        # What runs in bulk may hold work back, accounts are given back after a time, the job of the renewals has its hours, and
        # nobody knows what the jobs of an architecture in a user's file do.
        self.early = not (broker.in_bulk or shop.database.books is not None or renewals or design.origin is not None)
        self._reconciles = design.recovery.reconcile_every is not None

    def reached(self) -> bool:
        """Whether nothing will happen any more."""
        shop = self._shop
        database, broker = shop.database, shop.broker
        if not self.early or database.open or database.outbox or broker.buried:
            return False
        if any(pool.present for pool in shop.pools.values()):
            return False
        return all(self._is_chore(callback, what) for _, _, callback, what in self._env._queue) and self._books_are_closed()

    def _is_chore(self, callback: Any, what: Any) -> bool:
        """Whether a call that is planned comes to nothing: a job wakes up and finds no work, an alarm rings for nobody."""
        owner = getattr(callback, "__self__", None)
        if isinstance(owner, Coming):
            return all(self._is_job(waiting) for waiting in owner.callbacks)
        if isinstance(owner, Alarms):
            return owner.silent
        if callback.__name__ == "_patience_ends":
            customer = cast("Customer", owner)
            return customer.done or customer.acknowledged or what != customer.submissions
        return False

    def _is_job(self, waiting: Any) -> bool:
        process = getattr(waiting, "__self__", None)
        return isinstance(process, Process) and process in self._shop.loops.values()

    def _books_are_closed(self) -> bool:
        """Whether the provider has done all that it was asked, and a reconciler would find nothing to put right."""
        provider, orders, now = self._shop.provider, self._shop.database.orders, self._env.now
        if not provider.idle(now):
            return False
        if not self._reconciles:
            return True
        kept: set[int] = set()
        charges = provider.charges
        for order, captured_s, refunded_s in zip(charges.order, charges.captured_s, charges.refunded_s, strict=True):
            if isnan(captured_s):
                continue
            if not isnan(refunded_s) and refunded_s > now:
                return False
            if not isnan(refunded_s):
                continue
            if order in kept or orders[order].status is not Status.CONFIRMED:
                return False
            kept.add(order)
        return True
