"""The broker and its consumers: every event is delivered at least once, and sometimes more often."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import Protocol

from simpy.events import Event

from sim.config.design import Broker as Knobs
from sim.config.model import Distribution
from sim.vocabulary import Status
from sim.world.database import OutboxRow
from sim.world.engine import Alarms, Awaited, Clock, Crash, Done, Story
from sim.world.observer import Observer
from sim.world.pool import Job, Pool
from sim.world.station import Station
from sim.world.streams import Draw, Streams
from sim.world.timetable import Timetable


class Consumer(Protocol):
    name: str

    def deliver(self, event: OutboxRow, delivery: int) -> None: ...


class Broker:
    """Hands every published event to every consumer that wants it."""

    def __init__(
        self, env: Clock, knobs: Knobs, *, streams: Streams, p_duplicate: float, observer: Observer | None = None
    ) -> None:
        self._env = env
        self.deliver_s, self.visibility_s = knobs.deliver, knobs.visibility
        self._publish_s = streams.times("broker.publish", knobs.publish)
        self._streams = streams
        self._duplicate: dict[str, Draw] = {}  # by consumer
        self._p_duplicate = p_duplicate
        self._observer = observer
        self._consumers: dict[Status, list[Consumer]] = {status: [] for status in Status}
        self.published = 0
        self.delivered = 0
        self.told = 0  # distinct outbox rows that reached the broker

    def subscribe(self, consumer: Consumer, statuses: Iterable[Status] = Status) -> None:
        """Deliver to `consumer` every event of an order with one of these statuses."""
        self._duplicate[consumer.name] = self._streams.uniform(f"broker.duplicate.{consumer.name}")
        for status in statuses:
            self._consumers[status].append(consumer)

    def listeners(self, status: Status) -> list[str]:
        """The consumers that hear of an order with this status."""
        return [consumer.name for consumer in self._consumers[status]]

    def publish(self, event: OutboxRow) -> Event:
        """Hand an event over. The broker has it when the returned event happens, even if the publisher has died meanwhile."""
        self.published += 1
        service_s = self._publish_s(event.purchase, event.turn)
        if service_s <= 0.0:
            self._accepted(event)
            return Done()
        arrival = Awaited()
        self._env.call(service_s, self._has_arrived, (event, arrival))
        return arrival

    def _has_arrived(self, what: tuple[OutboxRow, Awaited]) -> None:
        event, arrival = what
        self._accepted(event)
        arrival.happen()

    def _accepted(self, event: OutboxRow) -> None:
        if not event.told:
            event.told = True
            self.told += event.row > 0
        for consumer in self._consumers[event.status]:
            self.delivered += 1
            consumer.deliver(event, 0)

    def acknowledged(self, consumer: Consumer, event: OutboxRow, delivery: int) -> None:
        """The consumer has handled a delivery. A fault of the broker may still deliver the event again."""
        if self._p_duplicate:
            draw = self._duplicate[consumer.name](event.purchase, event.turn + delivery)
            if draw < self._p_duplicate:
                self.again(consumer, event, delivery, self.visibility_s)

    def lost_worker(self, consumer: Consumer, event: OutboxRow, *, lives: bool) -> None:
        """The worker that had the event in hand is dead, or `lives` after an error. The broker itself can't know that yet."""
        if self._observer is not None:
            self._observer.worker_died(consumer.name, event, lives=lives)

    def again(self, consumer: Consumer, event: OutboxRow, delivery: int, delay_s: float) -> None:
        """Deliver once more after a delay: the consumer has not acknowledged the event in time, or has put it back."""
        self._env.call(delay_s, self._redeliver, (consumer, event, delivery + 1))

    def _redeliver(self, what: tuple[Consumer, OutboxRow, int]) -> None:
        consumer, event, delivery = what
        if self._observer is not None:
            self._observer.redelivered(consumer.name, event)
        self.delivered += 1
        consumer.deliver(event, delivery)


class SingleConsumer:
    """One consumer that handles events one after the other, or several at a time behind one queue: a FIFO station.

    `handle` makes the effect and may raise Crash after it: the effect stays, the acknowledgement doesn't happen.
    """

    def __init__(
        self,
        env: Clock,
        name: str,
        broker: Broker,
        *,
        service: Distribution,
        handle: Callable[[OutboxRow], None],
        streams: Streams,
        weather: Timetable,
        workers: int = 1,
    ) -> None:
        self.name = name
        self._broker = broker
        self.station = Station(env, name, workers, weather)
        self._service_s: Draw = streams.times(f"{name}.service", service)
        self._handle = handle

    def deliver(self, event: OutboxRow, delivery: int) -> None:
        service_s = self._service_s(event.purchase, event.turn + delivery)
        self.station.serve(service_s, partial(self._consume, event, delivery), self._broker.deliver_s)

    def call(self, event: OutboxRow) -> Event:
        """Handle an event for a caller who waits; no acknowledgement, no redelivery."""
        return self.station.serve(self._service_s(event.purchase, event.turn), partial(self._answer, event))

    def _answer(self, event: OutboxRow) -> None:
        try:
            self._handle(event)
        except Crash:
            return  # the effect is there and the answer on its way; a direct call is not delivered again

    def _consume(self, event: OutboxRow, delivery: int) -> None:
        try:
            self._handle(event)
        except Crash:
            self._broker.again(self, event, delivery, self._broker.visibility_s)
        else:
            self._broker.acknowledged(self, event, delivery)


class Receipt:
    """A message that a worker has in hand. Unless it is acknowledged in time, another worker gets it too."""

    __slots__ = ("closed", "consumer", "delivery", "event")

    def __init__(self, consumer: WorkerConsumer, event: OutboxRow, delivery: int) -> None:
        self.consumer = consumer
        self.event = event
        self.delivery = delivery
        self.closed = False

    def expired(self) -> None:
        self.closed = True
        self.consumer.broker.again(self.consumer, self.event, self.delivery, 0.0)


class WorkerConsumer:
    """A pool of workers that run a story for each event. The story returns None when done, or a delay to be tried again."""

    def __init__(self, env: Clock, broker: Broker, pool: Pool, *, name: str, story: Callable[[OutboxRow], Story]) -> None:
        self.name = name
        self._env = env
        self.broker = broker
        self.pool = pool
        self._story = story
        self._visible_again = Alarms(env, broker.visibility_s)

    def deliver(self, event: OutboxRow, delivery: int) -> None:
        self._env.call(self.broker.deliver_s, self._arrive, Receipt(self, event, delivery))

    def _arrive(self, receipt: Receipt) -> None:
        self.pool.submit(Job(self._handle(receipt), self._done, self._died, receipt))

    def _handle(self, receipt: Receipt) -> Story:
        self._visible_again.set(receipt)
        return (yield from self._story(receipt.event))

    def _done(self, receipt: Receipt, again_in_s: float | None) -> None:
        if receipt.closed:  # too late: another worker has the message now
            return
        receipt.closed = True
        if again_in_s is None:
            self.broker.acknowledged(self, receipt.event, receipt.delivery)
        else:
            self.broker.again(self, receipt.event, receipt.delivery, again_in_s)

    def _died(self, receipt: Receipt, crash: Crash) -> None:
        """The broker finds out by its visibility timeout."""
        self.broker.lost_worker(self, receipt.event, lives=crash.lives)
