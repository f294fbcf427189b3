"""NATS JetStream as the broker (nats-py): a stream of its own for a morning, and a durable consumer for each that wants events.

The server counts deliveries and delivers again what is not acknowledged in time. It doesn't say how long a message has
waited, so a consumer's station knows no queue here.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from secrets import token_hex
from typing import Any

from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.errors import Error, NoServersError
from nats.errors import TimeoutError as NothingThere
from nats.js.api import AckPolicy, ConsumerConfig, StorageType, StreamConfig
from simpy.events import Event

from sim.config.design import Design
from sim.config.errors import ConfigError
from sim.ledger.records import StationRecord
from sim.real.twin.clock import RealClock
from sim.real.twin.queue import Attendance, told_of_event
from sim.real.twin.wire import Told
from sim.vocabulary import Status
from sim.world.database import OutboxRow
from sim.world.engine import Awaited
from sim.world.faults import FaultPlan
from sim.world.streams import Streams

CONNECT_S = 5
ASK_S = 5.0  # of the machine: how long one request for a message waits on the server before it is made anew
SEPARATOR = "#"  # between the server's address and the name of the morning's stream
Consumers = dict[str, tuple[list[int], int]]


class Stream:
    """A process's connection to the morning's stream."""

    def __init__(self, address: str) -> None:
        self._server, _, self.name = address.partition(SEPARATOR)
        self.client = Client()

    async def open(self) -> Stream:
        await self.client.connect(
            self._server, connect_timeout=CONNECT_S, allow_reconnect=False, max_reconnect_attempts=1, reconnect_time_wait=0,
            error_cb=_quietly,
        )  # fmt: skip
        self.messages = self.client.jetstream()
        return self

    def subject(self, status: int | str) -> str:
        return f"{self.name}.{status}"


async def _quietly(_: Exception) -> None:
    """What goes wrong is raised where somebody waits for it."""


@contextmanager
def fresh_stream(server: str, consumers: Consumers, visibility_s: float) -> Iterator[tuple[str, str]]:
    """The address of a stream with its consumers, which is deleted afterwards; and the server's name and version.

    `visibility_s`: of the machine, after which the server delivers again what is not acknowledged.
    """
    address = f"{server}{SEPARATOR}coffee_twin_{token_hex(6)}"
    version = _apart(_create(address, consumers, visibility_s))
    try:
        yield address, f"NATS {version} (JetStream)"
    finally:
        _apart(_delete(address))


def recorded(address: str, consumers: Consumers) -> dict[str, Any]:
    """What the stream knows in the end: see `sim.real.twin.queue.Queue.collect`."""
    return _apart(_recorded(address, consumers))


def _apart(work: Coroutine[Any, Any, Any]) -> Any:
    """The result of a coroutine, also where a loop is running already, as in Jupyter."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, work).result()


async def _create(address: str, consumers: Consumers, visibility_s: float) -> str:
    stream = Stream(address)
    try:
        await stream.open()
    except (NoServersError, OSError, Error) as error:
        raise ConfigError(f"broker: cannot be reached: {error}") from None
    client, messages, every = stream.client, stream.messages, len(Status)
    try:
        await messages.add_stream(
            StreamConfig(name=stream.name, subjects=[stream.subject("*")], storage=StorageType.FILE, allow_direct=True)
        )
        for name, (statuses, _) in consumers.items():
            subjects = [stream.subject("*" if len(statuses) == every else status) for status in statuses]
            config = ConsumerConfig(
                durable_name=name, ack_policy=AckPolicy.EXPLICIT, ack_wait=visibility_s, max_ack_pending=100_000,
                filter_subjects=sorted(set(subjects)),
            )  # fmt: skip
            await messages.add_consumer(stream.name, config)
    except Error as error:
        raise ConfigError(f"broker: no stream can be made there: {error}; is JetStream on (nats-server --jetstream)?") from None
    finally:
        known = client.connected_server_version
        version = f"{known.major}.{known.minor}.{known.patch}"
        await client.close()
    return version


async def _delete(address: str) -> None:
    stream = await Stream(address).open()
    await stream.messages.delete_stream(stream.name)
    await stream.client.close()


async def _recorded(address: str, consumers: Consumers) -> dict[str, Any]:
    stream = await Stream(address).open()
    state = (await stream.messages.stream_info(stream.name)).state
    told = set()
    for number in range(state.first_seq, state.last_seq + 1):
        message = await stream.messages.get_msg(stream.name, number, direct=True)
        told.add(json.loads(message.data or b"{}")["id"])
    delivered = 0
    for name in consumers:
        info = await stream.messages.consumer_info(stream.name, name)
        delivered += 0 if info.delivered is None else info.delivered.consumer_seq
    await stream.client.close()
    return {"counts": {"published": state.messages, "delivered": delivered}, "told": told, "last_s": 0.0}


class NatsBroker:
    """The broker as the shop's stories call it."""

    in_bulk = False

    def __init__(self, clock: RealClock, design: Design, streams: Streams, stream: Stream) -> None:
        self._clock = clock
        self._publish_s = streams.times("broker.publish", design.broker.publish)
        self._stream = stream

    def publish(self, event: OutboxRow) -> Event:
        """Hand an event over. When the returned event happens, the server has stored it."""
        arrived = Awaited()
        subject, payload = self._stream.subject(int(event.status)), json.dumps(told_of_event(event)).encode()

        async def say() -> None:
            await self._stream.messages.publish(subject, payload)
            self._clock.happen(arrived)

        self._clock.call(self._publish_s(event.purchase, event.turn), lambda _: self._clock.spawn(say()))
        return arrived

    def listeners(self, status: Status) -> list[str]:  # noqa: ARG002  only an observer asks
        return []


class NatsTaker:
    """A process that takes one message after the other: `handle` is called with each, and calls `done` when it is."""

    def __init__(
        self, clock: RealClock, design: Design, name: str, handle: Callable[[Told, int], None], *, workers: int,
        plan: FaultPlan, streams: Streams, stream: Stream,
    ) -> None:  # fmt: skip
        self._clock = clock
        self._name = name
        self._handle = handle
        self._stream = stream
        self._deliver_s, self._visibility_s = design.broker.deliver, design.broker.visibility
        self._duplicate, self._p_duplicate = streams.uniform(f"broker.duplicate.{name}"), plan.p_duplicate
        self._attendance = Attendance(clock, name, workers)
        self._in_hand: tuple[Msg, Told, int]
        self._free = asyncio.Event()

    def begin(self) -> None:
        self._clock.spawn(self._take())

    async def _take(self) -> None:
        messages = await self._stream.messages.pull_subscribe_bind(consumer=self._name, stream=self._stream.name)
        while True:
            try:
                [message] = await messages.fetch(1, timeout=ASK_S)
            except NothingThere:
                continue
            self._free.clear()
            delivery = message.metadata.num_delivered - 1
            self._in_hand = message, json.loads(message.data), delivery
            self._clock.enter(self._clock.call, self._deliver_s, self._there, None)
            await self._free.wait()

    def _there(self, _: None) -> None:
        message, event, delivery = self._in_hand
        which = (message.metadata.sequence.stream, delivery)
        self._attendance.came(which)
        self._attendance.taken(which)
        self._handle(event, delivery)

    def done(self, again_in_s: float | None = None) -> None:
        """Acknowledge the message, or let it come again; a fault of the broker may deliver it again although it is handled."""
        _, event, delivery = self._in_hand
        if again_in_s is None and self._p_duplicate:
            draw = self._duplicate(event["order"]["purchase"], event["turn"] + delivery)
            again_in_s = self._visibility_s if draw < self._p_duplicate else None
        self._clock.spawn(self._answer(again_in_s))

    def lost(self) -> None:
        """An error was thrown: nobody acknowledges the message, and this process takes the next one."""
        self._let_go()

    async def _answer(self, again_in_s: float | None) -> None:
        message = self._in_hand[0]
        if again_in_s is None:
            await message.ack()
        else:
            await message.nak(delay=again_in_s / self._clock.speed)
        self._clock.enter(self._let_go)

    def _let_go(self) -> None:
        message, _, delivery = self._in_hand
        self._attendance.went((message.metadata.sequence.stream, delivery))
        self._free.set()

    def stations(self) -> dict[str, StationRecord]:
        return {self._name: self._attendance.record()}
