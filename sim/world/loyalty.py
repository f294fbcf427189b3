"""The loyalty service: one award for each event that says "confirmed", unless its inbox knows it, or its order."""

from __future__ import annotations

from array import array

from sim.config.design import Inbox
from sim.ledger.records import Awards, Times
from sim.world.database import NEVER, OutboxRow
from sim.world.engine import Clock
from sim.world.observer import Observer
from sim.world.streams import BLOCK


class Loyalty:
    """The loyalty ledger and its inbox of handled events or orders; both are written in one transaction of its own."""

    def __init__(self, env: Clock, inbox: Inbox | None, awards: Awards, *, observer: Observer | None = None) -> None:
        self._env = env
        self._inbox = inbox
        self._handled_s: Times = array("d")  # by id of the event or of its order, NaN where not handled
        self._by_order = inbox is not None and inbox.by == "order"
        self.awards = awards
        self.repeats = 0  # events that the inbox knew
        self._observer = observer

    def award(self, event: OutboxRow) -> None:
        """Award points for an event, unless the inbox has it."""
        now, known = self._env.now, False
        what = event.order.id if self._by_order else event.id
        if self._inbox is not None:
            if what >= len(self._handled_s):
                self._handled_s += array("d", [NEVER]) * (what + BLOCK - len(self._handled_s))
            known = now - self._handled_s[what] <= self._inbox.window
        if known:
            self.repeats += 1
        else:
            if self._inbox is not None:
                self._handled_s[what] = now
            self.awards.purchase.append(event.order.purchase)
            self.awards.order.append(event.order.id)
            self.awards.awarded_s.append(now)
        if self._observer is not None:
            self._observer.awarded(event, known=known)
