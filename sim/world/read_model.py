"""The status view that customers poll: a projection of events, perhaps cached, or the order database itself."""

from __future__ import annotations

from array import array
from collections.abc import Callable

from sim.config.design import ReadModel as Knobs
from sim.ledger.records import Numbers, Orders, Small, Times
from sim.vocabulary import Status
from sim.world.database import NEVER, Database, Order, OutboxRow, Replica
from sim.world.engine import Clock
from sim.world.observer import Observer
from sim.world.streams import BLOCK

ABSENT = -1
CONFIRMED = Status.CONFIRMED


class ReadModel:
    """What the view shows of every order. Events may come late, twice or out of order; versions only go up."""

    def __init__(self, env: Clock, knobs: Knobs, *, replica: Replica | None = None, observer: Observer | None = None) -> None:
        self._env = env
        self._inline = knobs.inline
        self._replica = replica  # that an inline view reads; None: the order database itself
        self._cached_s = knobs.cache
        self._version: Numbers = array("i")
        self._status: Small = array("b")
        self._changed_s: Times = array("d")
        self._visible_s: Times = array("d")
        self._cache: dict[int, tuple[float, int, int]] = {}  # order -> (valid until, status, version)
        self.polls = 0
        self.from_cache = 0  # polls that were answered by the cache
        self._observer = observer

    def apply(self, event: OutboxRow) -> None:
        """Show the order as the event says, unless the view already knows better."""
        number = event.order.id
        if number >= len(self._version):
            self._grow(number + BLOCK)
        if event.version > self._version[number]:
            self._version[number] = event.version
            self._status[number] = event.status
            self._changed_s[number] = self._env.now
            if event.status is CONFIRMED:
                self._visible_s[number] = self._env.now
        if self._observer is not None:
            self._observer.applied(event, shown=Status(self._status[number]))

    def _grow(self, orders: int) -> None:
        """Have rows for so many orders."""
        missing = orders - len(self._version)
        self._version += array("i", [0]) * missing
        self._status += array("b", [ABSENT]) * missing
        self._changed_s += array("d", [NEVER]) * missing
        self._visible_s += array("d", [NEVER]) * missing

    def _cut(self, orders: int) -> None:
        """Have rows for no more orders."""
        for column in (self._version, self._status, self._changed_s, self._visible_s):
            del column[orders:]

    def look(self, order: Order, tell: Callable[[Order, int, float], object]) -> None:
        """Poll an order; tell the status shown (-1: none yet), and for how long (s) it has been out of date (0: it isn't)."""
        self.polls += 1
        status, version = self._kept(order) if self._cached_s else self._latest(order)
        tell(order, status, 0.0 if version >= order.version else self._env.now - order.changed_s)

    def _latest(self, order: Order) -> tuple[int, int]:
        if self._inline:
            if self._replica is None:
                return int(order.status), order.version
            return self._replica.shows(order, self._replica.as_of_s(order.purchase)) or (ABSENT, 0)
        if order.id < len(self._version):
            return self._status[order.id], self._version[order.id]
        return ABSENT, 0

    def _kept(self, order: Order) -> tuple[int, int]:
        """What the cache has; else the latest, which it keeps for a while."""
        until_s, status, version = self._cache.get(order.id, (NEVER, ABSENT, 0))
        if self._env.now < until_s:
            self.from_cache += 1
        else:
            status, version = self._latest(order)
            self._cache[order.id] = (self._env.now + self._cached_s, status, version)
        return status, version

    def orders(self, database: Database) -> Orders:
        """The table of orders: the write model beside the view."""
        self._grow(len(database.orders))
        self._cut(len(database.orders))
        if self._inline:
            for order in database.orders:
                self._status[order.id] = order.status
                self._changed_s[order.id] = order.changed_s
                if order.status is Status.CONFIRMED:
                    self._visible_s[order.id] = order.confirmed_s
        return database.table(database.orders, self._status, self._changed_s, self._visible_s)
