"""The loyalty service: one award for each event that says "confirmed", unless its inbox knows the event already."""

from __future__ import annotations

from array import array

from sim.config.design import Inbox
from sim.ledger.records import Awards, Times
from sim.world.database import NEVER, OutboxRow
from sim.world.engine import Clock
from sim.world.observer import Observer
from sim.world.streams import BLOCK


class Loyalty:
    """The loyalty ledger and its inbox of handled event ids; both are written in one transaction of its own."""

    def __init__(self, env: Clock, inbox: Inbox | None, awards: Awards, *, observer: Observer | None = None) -> None:
        self._env = env
        self._inbox = inbox
        self._handled_s: Times = array("d")  # by event id, NaN where not handled
        self.awards = awards
        self.repeats = 0  # events that the inbox knew
        self._observer = observer

    def award(self, event: OutboxRow) -> None:
        """Award points for an event, unless the inbox has it."""
        now, known = self._env.now, False
        if self._inbox is not None:
            if event.id >= len(self._handled_s):
                self._handled_s.extend([NEVER] * (event.id + BLOCK - len(self._handled_s)))
            known = now - self._handled_s[event.id] <= self._inbox.window
        if known:
            self.repeats += 1
        else:
            if self._inbox is not None:
                self._handled_s[event.id] = now
            self.awards.purchase.append(event.order.purchase)
            self.awards.order.append(event.order.id)
            self.awards.awarded_s.append(now)
        if self._observer is not None:
            self._observer.awarded(event, known=known)
