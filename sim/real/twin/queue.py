"""The broker: a durable queue in a process of its own, and how others talk to it.

A message is a row until it is acknowledged. Who takes one has it for `broker.visibility`; after that it is there for others
again, so each message is delivered at least once.
"""

from __future__ import annotations

import json
import socket
from collections import Counter
from collections.abc import Callable
from typing import Any

from simpy.events import Event

from sim.config.design import Design
from sim.ledger.records import StationRecord
from sim.real.twin.clock import RealClock
from sim.real.twin.provider import told_of
from sim.real.twin.store import Store
from sim.real.twin.wire import Link, Told, listen
from sim.vocabulary import Status
from sim.world.database import OutboxRow
from sim.world.engine import Awaited
from sim.world.faults import FaultPlan
from sim.world.station import Presence
from sim.world.streams import Draw, Streams


def told_of_event(event: OutboxRow) -> Told:
    """What a message says."""
    return {
        "id": event.id, "row": event.row, "order": told_of(event.order), "status": int(event.status),
        "version": event.version, "turn": event.turn,
    }  # fmt: skip


class Attendance(Presence):
    """Who is in a consumer's queue or in its hands, by message and delivery."""

    def __init__(self, clock: RealClock, name: str, servers: int) -> None:
        super().__init__(clock, name, servers)
        self._inside: dict[tuple[int, int], float] = {}  # since when
        self._taken: dict[tuple[int, int], float] = {}  # since when somebody has it in hand

    def came(self, which: tuple[int, int]) -> None:
        if which not in self._inside:
            self._inside[which] = self._env.now
            self._enter(self._env.now)

    def taken(self, which: tuple[int, int]) -> None:
        self._taken[which] = self._env.now

    def went(self, which: tuple[int, int]) -> None:
        self._busy_s += self._env.now - self._taken.pop(which, self._env.now)
        self._exit(self._env.now, self._inside.pop(which))

    def withdrawn(self, which: tuple[int, int]) -> None:
        """Nobody will take it: it was waiting to be taken again, and who had it was done with it after all."""
        if which in self._inside:
            self.went(which)

    @property
    def held_s(self) -> float:
        return self._busy_s + sum(self._env.now - since_s for since_s in self._taken.values())

    def _stayed_s(self) -> float:
        return sum(self._env.now - since_s for since_s in self._inside.values())

    def record(self, worked_s: float | None = None) -> StationRecord:
        record = super().record(worked_s)
        record.busy_s = self.held_s
        return record


class Subscription:
    """A consumer of the broker: which events it wants, and its processes that have nothing in hand."""

    def __init__(self, clock: RealClock, name: str, statuses: list[int], workers: int, duplicate: Draw) -> None:
        self.statuses = statuses
        self.idle: list[Link] = []
        self.duplicate = duplicate
        self.attendance = Attendance(clock, name, workers)


class Queue:
    """The broker's process. `consumers`: which statuses each wants, and how many processes it has."""

    def __init__(
        self, clock: RealClock, design: Design, *, plan: FaultPlan, streams: Streams, store: Store,
        consumers: dict[str, tuple[list[int], int]],
    ) -> None:  # fmt: skip
        self._clock = clock
        self._store = store
        self._deliver_s, self._visibility_s = design.broker.deliver, design.broker.visibility
        self._p_duplicate = plan.p_duplicate
        self._subscriptions = {
            name: Subscription(clock, name, statuses, workers, streams.uniform(f"broker.duplicate.{name}"))
            for name, (statuses, workers) in consumers.items()
        }
        self._in_hand: dict[Link, tuple[str, int, int]] = {}  # consumer, message, delivery
        self.counts: Counter[str] = Counter()
        self.told: set[int] = set()  # ids of events

    async def open(self, bound: socket.socket) -> None:
        def heard(link: Link, told: Told) -> None:
            self._clock.enter(self._heard, link, told)

        await listen(bound, heard, lambda link: self._clock.enter(self._broke, link))

    def _heard(self, link: Link, told: Told) -> None:
        if "publish" in told:
            self._publish(told["publish"])
            link.say(published=told["number"])
        elif "take" in told:
            link.who = told["take"]
            self._subscriptions[link.who].idle.append(link)
            self._hand_out(link.who)
        elif "done" in told:
            self._done(link, told["done"])
        elif "lost" in told:
            self._lost(link)
            self._subscriptions[link.who].idle.append(link)
            self._hand_out(link.who)

    def _publish(self, event: Told) -> None:
        self.counts["published"] += 1
        self.told.add(event["id"])
        with self._store.transaction():
            for name, subscription in self._subscriptions.items():
                if event["status"] in subscription.statuses:
                    values = (name, json.dumps(event), self._clock.now + self._deliver_s)
                    number = self._store.value(
                        "INSERT INTO messages (consumer, event, delivery, visible_s) VALUES (?, ?, 0, ?) RETURNING id", values
                    )
                    self._clock.call(self._deliver_s, self._is_there, (name, number, 0))

    def _is_there(self, which: tuple[str, int, int]) -> None:
        """A message may be there to be taken: unless it was acknowledged, or handed out since."""
        name, number, delivery = which
        found = self._store.rows("SELECT visible_s FROM messages WHERE id = ? AND delivery = ?", (number, delivery))
        if found and found[0][0] <= self._clock.now:
            self._subscriptions[name].attendance.came((number, delivery))
            self._hand_out(name)

    def _hand_out(self, name: str) -> None:
        subscription, now = self._subscriptions[name], self._clock.now
        while subscription.idle:
            with self._store.transaction():
                found = self._store.rows(
                    "UPDATE messages SET delivery = delivery + 1, visible_s = ? WHERE id = (SELECT id FROM messages "
                    "WHERE consumer = ? AND visible_s <= ? ORDER BY visible_s, id LIMIT 1) RETURNING id, event, delivery",
                    (now + self._visibility_s, name, now),
                )
            if not found:
                return
            [(number, event, delivery)] = found
            link = subscription.idle.pop(0)
            self._in_hand[link] = (name, number, delivery)
            subscription.attendance.came((number, delivery - 1))
            subscription.attendance.taken((number, delivery - 1))
            self.counts["delivered"] += 1
            self._clock.call(self._visibility_s, self._is_there, (name, number, delivery))
            link.say(event=json.loads(event), delivery=delivery - 1)

    def _done(self, link: Link, again_in_s: float | None) -> None:
        """A process is done with what it had in hand; else in how many seconds the message is to come again."""
        name, number, delivery = self._in_hand.pop(link)
        subscription = self._subscriptions[name]
        subscription.attendance.went((number, delivery - 1))
        subscription.idle.append(link)
        found = self._store.rows("SELECT event FROM messages WHERE id = ? AND delivery = ?", (number, delivery))
        if found:  # else it was too late: somebody else has it by now
            event = json.loads(found[0][0])
            if again_in_s is None and self._p_duplicate:
                draw = subscription.duplicate(event["order"]["purchase"], event["turn"] + delivery - 1)
                again_in_s = self._visibility_s if draw < self._p_duplicate else None
            if again_in_s is None:
                self._store.rows("DELETE FROM messages WHERE id = ?", (number,))
                subscription.attendance.withdrawn((number, delivery))
            else:
                self._store.rows("UPDATE messages SET visible_s = ? WHERE id = ?", (self._clock.now + again_in_s, number))
                self._clock.call(again_in_s, self._is_there, (name, number, delivery))
        self._hand_out(name)

    def _broke(self, link: Link) -> None:
        """A process is dead."""
        if link.who is None:
            return
        idle = self._subscriptions[link.who].idle
        if link in idle:
            idle.remove(link)
        if link in self._in_hand:
            self._lost(link)

    def _lost(self, link: Link) -> None:
        """Nobody says that the message was handled: it comes again when its time is over."""
        name, number, delivery = self._in_hand.pop(link)
        self._subscriptions[name].attendance.went((number, delivery - 1))

    def stations(self) -> dict[str, StationRecord]:
        return {name: subscription.attendance.record() for name, subscription in self._subscriptions.items()}

    def collect(self) -> dict[str, Any]:
        last_s = max((subscription.attendance.last_s for subscription in self._subscriptions.values()), default=0.0)
        return {"counts": dict(self.counts), "told": self.told, "last_s": last_s}


class RemoteBroker:
    """The broker as the shop's stories call it. One connection serves all that a process publishes."""

    in_bulk = False

    def __init__(self, clock: RealClock, design: Design, streams: Streams) -> None:
        self._clock = clock
        self._publish_s = streams.times("broker.publish", design.broker.publish)
        self._waiting: dict[int, Awaited] = {}
        self._number = 0
        self.link: Link | None = None

    def heard(self, told: Told) -> None:
        self._waiting.pop(told["published"]).happen()

    def publish(self, event: OutboxRow) -> Event:
        """Hand an event over. When the returned event happens, the broker has it, and it is in its file."""
        arrived = Awaited()
        self._number += 1
        self._waiting[self._number] = arrived
        what = (self._number, told_of_event(event))
        self._clock.call(self._publish_s(event.purchase, event.turn), self._say, what)
        return arrived

    def _say(self, what: tuple[int, Told]) -> None:
        assert self.link is not None
        number, told = what
        self.link.say(publish=told, number=number)

    def listeners(self, status: Status) -> list[str]:  # noqa: ARG002  only an observer asks
        return []


class Taker:
    """A process that takes one message after the other: `handle` is called with each, and calls `done` when it is."""

    def __init__(self, consumer: str, handle: Callable[[Told, int], None]) -> None:
        self._consumer = consumer
        self._handle = handle
        self.link: Link | None = None

    def begin(self, link: Link) -> None:
        self.link = link
        link.say(take=self._consumer)

    def heard(self, told: Told) -> None:
        self._handle(told["event"], told["delivery"])

    def done(self, again_in_s: float | None = None) -> None:
        """Acknowledge the message, or let it come again after so many seconds."""
        assert self.link is not None
        self.link.say(done=again_in_s)

    def lost(self) -> None:
        """An error was thrown: nobody acknowledges the message, and this process takes the next one."""
        assert self.link is not None
        self.link.say(lost=True)

    def stations(self) -> dict[str, StationRecord]:
        return {}  # the queue has them
