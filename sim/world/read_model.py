"""The status view that customers poll: a projection of events, perhaps cached, or the order database itself."""

from __future__ import annotations

from array import array

from simpy import Environment

from sim.config.design import ReadModel as Knobs
from sim.ledger.records import Column, Numbers, Orders, Small, Times
from sim.vocabulary import Status
from sim.world.database import NEVER, Database, Event, Order

ABSENT = -1
CONFIRMED = Status.CONFIRMED


class ReadModel:
    """What the view shows of every order. Events may come late, twice or out of order; versions only go up."""

    def __init__(self, env: Environment, knobs: Knobs, *, column: Column = array) -> None:
        self._env = env
        self._inline = knobs.inline
        self._cached_s = knobs.cache
        self._version: Numbers = column("i")
        self._status: Small = column("b")
        self._changed_s: Times = column("d")
        self._visible_s: Times = column("d")
        self._cache: dict[int, tuple[float, int, int]] = {}  # order -> (valid until, status, version)
        self.polls = 0

    def apply(self, event: Event) -> None:
        """Show the order as the event says, unless the view already knows better."""
        number = event.order.id
        if number >= len(self._version):
            self._grow(number)
        if event.version <= self._version[number]:
            return
        self._version[number] = event.version
        self._status[number] = event.status
        self._changed_s[number] = self._env.now
        if event.status is CONFIRMED:
            self._visible_s[number] = self._env.now

    def _grow(self, number: int) -> None:
        missing = number + 1 - len(self._version)
        if missing > 0:
            self._version.extend([0] * missing)
            self._status.extend([ABSENT] * missing)
            self._changed_s.extend([NEVER] * missing)
            self._visible_s.extend([NEVER] * missing)

    def look(self, order: Order) -> tuple[int, float]:
        """The status shown now (-1: not there), and for how long it has been less than the write model knows (0: it isn't)."""
        self.polls += 1
        if self._inline:
            status, version = int(order.status), order.version
        elif order.id < len(self._version):
            status, version = self._status[order.id], self._version[order.id]
        else:
            status, version = ABSENT, 0
        if self._cached_s:
            status, version = self._cached(order.id, status, version)
        return status, 0.0 if version >= order.version else self._env.now - order.changed_s

    def _cached(self, number: int, status: int, version: int) -> tuple[int, int]:
        now = self._env.now
        known = self._cache.get(number)
        if known is None or known[0] <= now:
            self._cache[number] = known = (now + self._cached_s, status, version)
        return known[1], known[2]

    def orders(self, database: Database) -> Orders:
        """The table of orders: the write model beside the view."""
        if self._inline:
            for order in database.orders:
                event = Event(0, order)
                self.apply(event)
                self._changed_s[order.id] = order.changed_s
                if order.status is Status.CONFIRMED:
                    self._visible_s[order.id] = order.confirmed_s
        self._grow(len(database.orders) - 1)
        return database.table(database.orders, self._status, self._changed_s, self._visible_s)
