"""The broker and its consumers: every event is delivered at least once, and sometimes more often."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from copy import copy
from functools import partial
from typing import Literal, NamedTuple, Protocol

from simpy.events import Event

from sim.config.design import Broker as Knobs
from sim.config.model import Distribution
from sim.ledger.records import DeadLetters
from sim.vocabulary import Status
from sim.world.database import NEVER, Order, OutboxRow
from sim.world.engine import MOMENT_S, Alarms, Awaited, Clock, Crash, Done, Story
from sim.world.observer import Observer
from sim.world.pool import Job, Pool
from sim.world.station import Station, Stay
from sim.world.streams import Draw, Streams
from sim.world.timetable import Timetable


class Consumer(Protocol):
    name: str

    def deliver(self, event: OutboxRow, delivery: int) -> None: ...


class Buried(NamedTuple):
    """A message in the dead-letter queue, and its row in the table of them."""

    consumer: Consumer
    event: OutboxRow
    delivery: int
    row: int


class Broker:
    """Hands every published event to every consumer that wants it."""

    def __init__(
        self, env: Clock, knobs: Knobs, *, streams: Streams, p_duplicate: float, observer: Observer | None = None,
        rebalances: bool = False, dead_letters: DeadLetters | None = None, new_id: Callable[[], int] | None = None,
    ) -> None:  # fmt: skip
        self._env = env
        self.knobs = knobs
        # Whether anybody must know what is not acknowledged yet; else each message is acknowledged when it is handled.
        self.in_bulk = rebalances or knobs.batch > 1 or knobs.commits != "each" or knobs.commit_every is not None
        self.deliver_s, self.visibility_s = knobs.deliver, knobs.visibility
        self._publish_s = streams.times("broker.publish", knobs.publish)
        self._streams = streams
        self._duplicate: dict[str, Draw] = {}  # by consumer
        self._p_duplicate = p_duplicate
        self._repeated: set[tuple[str, int]] = set()  # by a mishap: they will come again when they have been handled
        self._observer = observer
        self._consumers: dict[Status, list[Consumer]] = {status: [] for status in Status}
        self.published = 0
        self.delivered = 0
        self.told = 0  # distinct outbox rows that reached the broker
        self.messages = 0  # events times consumers that were to hear of them, replays too; counted if there are dead letters
        self.handled = 0  # of these: acknowledged
        self.under_way: set[tuple[str, int]] = set()  # of these: neither acknowledged nor dead
        self.buried: list[Buried] = []
        self._script = streams.script_about(("message",))
        self._dead = knobs.dead_letters
        self._dead_letters = DeadLetters() if dead_letters is None else dead_letters
        self._fresh: dict[tuple[str, int], int] = {}  # (consumer, event) -> the delivery at which its last replay began
        self._new_id = new_id
        if self._dead is not None and self._dead.replay_every is not None:
            env.call(self._dead.replay_every, self._replay_again, self._dead.replay_every)

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
        consumers = self._consumers[event.status]
        if self._script is not None or self._dead is not None:
            for consumer in consumers:
                self._deliver(consumer, event, 0)
            return
        self.delivered += len(consumers)
        for consumer in consumers:
            consumer.deliver(event, 0)

    def _deliver(self, consumer: Consumer, event: OutboxRow, delivery: int) -> None:
        self.delivered += 1
        if self._dead is not None and (consumer.name, event.id) not in self.under_way:
            self.messages += 1
            self.under_way.add((consumer.name, event.id))
        if (
            self._script is not None
            and (mishap := self._script.strikes(("message", consumer.name), event.purchase)) is not None
        ):
            if mishap.how == "late":
                self._env.call(mishap.later_s, self._deliver_late, (consumer, event, delivery))
                return
            self._repeated.add((consumer.name, event.id))
        consumer.deliver(event, delivery)

    def _deliver_late(self, what: tuple[Consumer, OutboxRow, int]) -> None:
        consumer, event, delivery = what
        consumer.deliver(event, delivery)

    def acknowledged(self, consumer: Consumer, event: OutboxRow, delivery: int) -> None:
        """The consumer has handled a delivery. A fault of the broker may still deliver the event again."""
        if self._dead is not None and (consumer.name, event.id) in self.under_way:
            self.handled += 1
            self.under_way.remove((consumer.name, event.id))
        if self._repeated and (consumer.name, event.id) in self._repeated:
            self._repeated.remove((consumer.name, event.id))
            self.again(consumer, event, delivery, self.visibility_s)
        elif self._p_duplicate:
            draw = self._duplicate[consumer.name](event.purchase, event.turn + delivery)
            if draw < self._p_duplicate:
                self.again(consumer, event, delivery, self.visibility_s)

    def revoked(self, consumer: Consumer, events: Sequence[OutboxRow]) -> None:
        """The consumer has lost events in a rebalance that it had not acknowledged."""
        if self._observer is not None:
            self._observer.rebalanced(consumer.name, events)

    def held(self, who: str, event: OutboxRow, for_s: float) -> None:
        """An event is kept until its hour, by the broker or by a process."""
        if self._observer is not None:
            self._observer.held(who, event, for_s=for_s)

    def lost_worker(self, consumer: Consumer, event: OutboxRow, *, lives: bool) -> None:
        """The worker that had the event in hand is dead, or `lives` after an error. The broker itself can't know that yet."""
        if self._observer is not None:
            self._observer.worker_died(consumer.name, event, lives=lives)

    def again(self, consumer: Consumer, event: OutboxRow, delivery: int, delay_s: float) -> None:
        """Deliver once more after a delay: the consumer has not acknowledged the event in time, or has put it back."""
        self._env.call(delay_s, self._redeliver, (consumer, event, delivery + 1))

    def _redeliver(self, what: tuple[Consumer, OutboxRow, int]) -> None:
        consumer, event, delivery = what
        if self._dead is not None and self._tries(consumer, event, delivery) >= self._dead.after:
            self._bury(consumer, event, delivery)
            return
        if self._observer is not None:
            self._observer.redelivered(consumer.name, event)
        self._deliver(consumer, event, delivery)

    # Dead letters

    def _tries(self, consumer: Consumer, event: OutboxRow, delivery: int) -> int:
        """How often an event has been delivered before this delivery, since its last replay."""
        return delivery - self._fresh.get((consumer.name, event.id), 0)

    def _bury(self, consumer: Consumer, event: OutboxRow, delivery: int) -> None:
        """Nobody could handle the event, so nobody gets it any more. (A copy of one that somebody has handled is dropped.)"""
        if (consumer.name, event.id) not in self.under_way:
            return
        self.under_way.remove((consumer.name, event.id))
        letters = self._dead_letters
        self.buried.append(Buried(consumer, event, delivery, len(letters)))
        letters.purchase.append(event.purchase)
        letters.order.append(event.order.id)
        letters.status.append(event.status)
        letters.consumer.append(DeadLetters.CONSUMERS.index(consumer.name) if consumer.name in DeadLetters.CONSUMERS else -1)
        letters.buried_s.append(self._env.now)
        letters.replayed_s.append(NEVER)
        if self._observer is not None:
            self._observer.buried(consumer.name, event, tries=self._tries(consumer, event, delivery))

    def _replay_again(self, every_s: float) -> None:
        self._env.call(every_s, self._replay_again, every_s)
        self.replay()

    def replay(self, _: None = None) -> None:
        """Send all dead letters once more."""
        assert self._dead is not None
        buried, self.buried = self.buried, []
        for consumer, event, delivery, row in buried:
            self._dead_letters.replayed_s[row] = self._env.now
            if self._dead.ids == "new" and self._new_id is not None:
                event = copy(event)
                event.id = self._new_id()
            self._fresh[consumer.name, event.id] = delivery
            if self._observer is not None:
                self._observer.replayed(consumer.name, event, new_id=self._dead.ids == "new")
            self._deliver(consumer, event, delivery)


class Handled:
    """What a consumer has handled and not acknowledged. It is acknowledged at times, or when somebody says so."""

    def __init__(self, env: Clock, broker: Broker, consumer: Consumer) -> None:
        self._env = env
        self._broker = broker
        self._consumer = consumer
        self._every_s = broker.knobs.commit_every
        self._due = False  # a commit is planned
        self._events: list[tuple[OutboxRow, int]] = []

    def note(self, event: OutboxRow, delivery: int) -> None:
        self._events.append((event, delivery))
        if self._every_s is not None and not self._due:
            self._due = True
            self._env.call(self._every_s, self._commit_at_times)

    def _commit_at_times(self, _: None) -> None:
        self._due = False
        self.commit()

    def commit(self) -> None:
        events, self._events = self._events, []
        for event, delivery in events:
            self._broker.acknowledged(self._consumer, event, delivery)

    def lose(self, delay_s: float) -> list[OutboxRow]:
        """Nobody will acknowledge it: all of it comes again after a delay."""
        events, self._events = self._events, []
        for event, delivery in events:
            self._broker.again(self._consumer, event, delivery, delay_s)
        return [event for event, _ in events]


class Batch:
    """Messages that a consumer takes together, and how many of them are handled."""

    __slots__ = ("done", "start_s", "taken")

    def __init__(self, start_s: float) -> None:
        self.start_s = start_s
        self.taken = self.done = 0


class Place:
    """The place of a message in its batch, which is known as soon as it is queued; and when its work begins."""

    __slots__ = ("batch", "start_s")

    def __init__(self) -> None:
        self.batch: Batch | None = None
        self.start_s = 0.0


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
        self._env = env
        self._handled = Handled(env, broker, self) if broker.in_bulk else None
        self._batch: Batch | None = None  # the last one
        self._rebalanced_s = -1.0

    def deliver(self, event: OutboxRow, delivery: int) -> None:
        service_s = self._service_s(event.purchase, event.turn + delivery)
        if self._handled is None:
            self.station.serve(service_s, partial(self._consume, event, delivery), self._broker.deliver_s)
            return
        place = Place()
        effect = partial(self._consume_in_bulk, self._handled, event, delivery, place)
        stay = self.station.serve(service_s, effect, self._broker.deliver_s)
        if isinstance(stay, Stay):
            self._put(place, stay.start_s)

    def _put(self, place: Place, start_s: float) -> None:
        """Into the batch that is taken when the message's turn comes: what was there by then, `broker.batch` at most."""
        batch = self._batch
        arrives_s = self._env.now + self._broker.deliver_s
        if batch is None or batch.taken >= self._broker.knobs.batch or arrives_s > batch.start_s:
            batch = self._batch = Batch(start_s)
        batch.taken += 1
        place.batch, place.start_s = batch, start_s

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

    def _consume_in_bulk(self, handled: Handled, event: OutboxRow, delivery: int, place: Place) -> None:
        """Handle an event, and acknowledge it when it is time."""
        broker, batch = self._broker, place.batch
        try:
            self._handle(event)
        except Crash:
            broker.again(self, event, delivery, broker.visibility_s)
            handled.lose(broker.visibility_s)
        else:
            if batch is not None and place.start_s < self._rebalanced_s:  # another consumer has it by now
                broker.revoked(self, [event])
                broker.again(self, event, delivery, 0.0)
            else:
                handled.note(event, delivery)
        if batch is not None:
            batch.done += 1
        if broker.knobs.commit_every is None and (broker.knobs.commits == "each" or batch is None or batch.done == batch.taken):
            handled.commit()

    def rebalance(self) -> list[OutboxRow]:
        """All that was handled and not acknowledged comes again, and so will the event that is being handled."""
        assert self._handled is not None
        self._rebalanced_s = self._env.now
        return self._handled.lose(0.0)


class Receipt:
    """A message that a worker has in hand. Unless it is acknowledged in time, another worker gets it too."""

    __slots__ = ("closed", "consumer", "delivery", "event", "held", "lost")

    def __init__(self, consumer: WorkerConsumer, event: OutboxRow, delivery: int) -> None:
        self.consumer = consumer
        self.event = event
        self.delivery = delivery
        self.closed = False
        self.held = False  # until its hour, in the memory of the process
        self.lost = False  # nobody will begin with it: its process is dead, or has lost it in a rebalance

    def expired(self) -> None:
        self.closed = True
        self.consumer.broker.again(self.consumer, self.event, self.delivery, 0.0)


class Taken:
    """A batch that a worker takes: its first message, and those that wait by then."""

    __slots__ = ("handled", "job", "receipts")

    def __init__(self, receipt: Receipt) -> None:
        self.receipts = [receipt]
        self.handled: list[Receipt] = []  # and not acknowledged
        self.job: Job


class Schedule(NamedTuple):
    """When an order's message is due, in seconds since the start of the morning, and who holds it until then."""

    due_s: Callable[[Order], float]
    held_by: Literal["broker", "worker"]


class WorkerConsumer:
    """A pool of workers that run a story for each event and delivery.

    The story returns None when done, or a delay to be tried again.
    """

    def __init__(
        self, env: Clock, broker: Broker, pool: Pool, *, name: str, story: Callable[[OutboxRow, int], Story],
        schedule: Schedule | None = None,
    ) -> None:  # fmt: skip
        self.name = name
        self._env = env
        self.broker = broker
        self.pool = pool
        self._story = story
        self._visible_again = Alarms(env, broker.visibility_s)
        self._schedule = schedule
        self._held: dict[Receipt, None] = {}
        self._waiting: dict[Taken, None] = {}  # in bulk: batches whose first message waits for a worker
        self._taken: dict[Taken, None] = {}  # and those that a worker has
        self._handled = Handled(env, broker, self) if broker.in_bulk else None

    def deliver(self, event: OutboxRow, delivery: int) -> None:
        receipt = Receipt(self, event, delivery)
        if self._schedule is None:
            self._env.call(self.broker.deliver_s, self._arrive, receipt)
        elif self._schedule.held_by == "worker":
            self._env.call(self.broker.deliver_s, self._hold, receipt)
        else:
            wait_s = self._schedule.due_s(event.order) - self._env.now
            if wait_s > self.broker.deliver_s:
                self.broker.held("broker", event, wait_s)
            self._env.call(max(self.broker.deliver_s, wait_s), self._arrive, receipt)

    def _hold(self, receipt: Receipt) -> None:
        """Keep a message until its hour, unacknowledged. If it comes again meanwhile, so much the worse: nobody compares."""
        assert self._schedule is not None
        wait_s = self._schedule.due_s(receipt.event.order) - self._env.now
        if wait_s <= 0.0:
            self._arrive(receipt)
        elif not self.pool.up:  # nobody is there to take it
            self._env.call(min(MOMENT_S, wait_s), self._hold, receipt)
        else:
            receipt.held = True
            self._held[receipt] = None
            self._visible_again.set(receipt)
            self.broker.held(self.name, receipt.event, wait_s)
            self._env.call(wait_s, self._is_due, receipt)

    def _is_due(self, receipt: Receipt) -> None:
        if not receipt.lost:
            del self._held[receipt]
            self._arrive(receipt)

    def process_died(self) -> None:
        """What it held is lost; the broker finds out by its visibility timeout."""
        for receipt in self._held:
            receipt.lost = True
        self._held.clear()

    def _arrive(self, receipt: Receipt) -> None:
        if self._handled is None:
            self.pool.submit(Job(self._handle(receipt), self._done, self._died, receipt))
            return
        batch = Taken(receipt)
        batch.job = Job(self._work(self._handled, batch), self._end, self._batch_died, batch)
        self._waiting[batch] = None
        self.pool.submit(batch.job)

    def _handle(self, receipt: Receipt) -> Story:
        if not receipt.held:
            self._visible_again.set(receipt)
        return (yield from self._story(receipt.event, receipt.delivery))

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

    # In bulk

    def _work(self, handled: Handled, batch: Taken) -> Story:
        """Take what waits, a batch at most, and handle one message after the other."""
        del self._waiting[batch]
        self._taken[batch] = None
        for other in list(self._waiting)[: self.broker.knobs.batch - 1]:
            self.pool.withdraw(other.job)
            del self._waiting[other]
            batch.receipts += other.receipts
        for receipt in batch.receipts:
            if not receipt.held:
                self._visible_again.set(receipt)
        for receipt in batch.receipts:
            if receipt.lost:
                continue
            again_in_s = yield from self._story(receipt.event, receipt.delivery)
            if receipt.closed:
                continue
            if again_in_s is not None or (self.broker.knobs.commits == "each" and self.broker.knobs.commit_every is None):
                self._done(receipt, again_in_s)
            elif self.broker.knobs.commit_every is not None:
                receipt.closed = True  # a consumer that reports at times is not thought dead between them
                handled.note(receipt.event, receipt.delivery)
            else:
                batch.handled.append(receipt)
        for receipt in batch.handled:
            self._done(receipt, None)

    def _end(self, batch: Taken, _: None) -> None:
        del self._taken[batch]

    def _batch_died(self, batch: Taken, crash: Crash) -> None:
        """All of the batch that is not acknowledged comes again by the visibility timeout."""
        assert self._handled is not None
        del self._taken[batch]
        for receipt in batch.receipts:
            if not receipt.closed:
                self.broker.lost_worker(self, receipt.event, lives=crash.lives)
        self._handled.lose(self.broker.visibility_s)

    def rebalance(self) -> list[OutboxRow]:
        """All that is not acknowledged comes again at once. Workers finish the message in hand, and begin no other of these."""
        assert self._handled is not None
        mine = [*(receipt for batch in self._taken for receipt in batch.receipts), *self._held]
        repeated = [receipt for receipt in mine if not receipt.closed]
        for receipt in repeated:
            receipt.closed = True
            self.broker.again(self, receipt.event, receipt.delivery, 0.0)
        self.process_died()  # of what it holds and of what it has not begun with, it knows that it has lost it
        for receipt in mine:
            receipt.lost = True
        return [*(receipt.event for receipt in repeated), *self._handled.lose(0.0)]
