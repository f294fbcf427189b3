"""A process of the twin: what it is for, how it is told to begin and to end, and what it reports to its supervisor."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from math import inf
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, NamedTuple, NoReturn, Protocol, cast

import numpy.random  # noqa: F401  numpy would load it when the first number is drawn: in each process, and after each restart

from sim.architectures.guard import answering
from sim.config.design import Design
from sim.config.errors import ConfigError
from sim.config.scenario import Scenario
from sim.ledger.records import Repeats, StationRecord
from sim.real.orphans import end_with_parent
from sim.real.twin.brokers import EMBEDDED, jetstream
from sim.real.twin.clock import RealClock
from sim.real.twin.customers import Customers, cards
from sim.real.twin.database import RealDatabase
from sim.real.twin.databases import open_shop
from sim.real.twin.front import FrontService
from sim.real.twin.provider import ProviderService, RemoteProvider, told_of
from sim.real.twin.queue import Queue, RemoteBroker, Taker
from sim.real.twin.shop import RealShop, Role
from sim.real.twin.store import File
from sim.real.twin.strikes import Journal
from sim.real.twin.wire import Link, Told, connect
from sim.vocabulary import Outcome, Status
from sim.world.database import Order
from sim.world.engine import Crash, Thrown
from sim.world.faults import FaultPlan
from sim.world.morning import Architecture, coming_back
from sim.world.pool import Job
from sim.world.streams import Streams
from sim.world.traffic import arrival_times

PULSE_S = 0.5  # of the machine, between two reports
KIB = 1024.0 if sys.platform == "linux" else 1024.0 * 1024.0  # per MiB, in the units of the kernel's most memory


class Ports(NamedTuple):
    """Where the services of a twin listen."""

    front: int
    workers: int  # where the front's worker processes say that they are there
    provider: int
    queue: int


@dataclass(frozen=True)
class Task:
    """What a process is told when it is started."""

    role: Role
    scenario: Scenario
    design: Design
    seed: int
    speed: float
    folder: Path
    database: str  # "sqlite", or the address of another
    broker: str  # "embedded", or the address of another
    ports: Ports
    sockets: tuple[socket.socket, ...] = ()  # on which this process listens
    consumers: dict[str, tuple[list[int], int]] = field(default_factory=dict)
    listens: bool = False
    origin_s: float = inf  # when the morning began, for who comes later


@dataclass
class Pulse:
    """What a process has done and used so far, in this life."""

    cpu_s: float = 0.0
    memory_mib: float = 0.0
    reads: int = 0
    writes: int = 0
    chores: list[tuple[str, float]] = field(default_factory=list)  # since the last pulse: reads and writes for no purchase
    stations: dict[str, StationRecord] = field(default_factory=dict)


class Service(Protocol):
    @property
    def stations(self) -> dict[str, StationRecord]: ...

    def collect(self) -> dict[str, Any]: ...


class Silent:
    """A service of which the supervisor need not know anything in the end."""

    def __init__(self, stations: Callable[[], dict[str, StationRecord]] = dict) -> None:
        self._stations = stations

    @property
    def stations(self) -> dict[str, StationRecord]:
        return self._stations()

    def collect(self) -> dict[str, Any]:
        return {}


class WithoutStations(Silent):
    """A service that only has something to hand over."""

    def __init__(self, collect: Callable[[], dict[str, Any]]) -> None:
        super().__init__()
        self.collect = collect  # type: ignore[method-assign]


class Process:
    """One process, from its first breath to its last."""

    def __init__(self, task: Task, supervisor: Connection) -> None:
        self.task = task
        self._supervisor = supervisor
        self.clock = RealClock(task.speed, task.origin_s)
        self.streams = Streams(task.seed)
        self.journal = Journal(File(task.folder, "plan"))
        self.plan = FaultPlan(task.scenario, self.streams, strike=self.journal.strike)
        self.arrivals = len(arrival_times(task.scenario, self.plan.weather("traffic"), self.streams))
        self.database: RealDatabase | None = None
        self._front: Link | None = None  # of a checkout worker
        self._service: Service = Silent()

    def say(self, kind: str, what: Any = None) -> None:
        self._supervisor.send((kind, what))

    async def run(self) -> None:
        loop = asyncio.get_running_loop()
        loop.add_reader(self._supervisor.fileno(), self._hear)
        self._service = await START[self.task.role.kind](self)
        self.say("ready")
        if self.task.origin_s < inf:
            self.clock.begin(self.task.origin_s)
        loop.call_later(PULSE_S, self._beat)
        await self.clock.run_until_ended()

    def _hear(self) -> None:
        try:
            kind, what = self._supervisor.recv()
        except EOFError:  # the supervisor is dead
            os._exit(1)
        if kind == "begin":
            self.clock.begin(what)
        else:
            self.clock.enter(lambda: self.say("collected", (self.pulse(), self._service.collect())))

    def _beat(self) -> None:
        self.say("pulse", self.pulse())
        asyncio.get_running_loop().call_later(PULSE_S, self._beat)

    def pulse(self) -> Pulse:
        import resource  # not on Windows, where the twin is refused in a sentence

        used = resource.getrusage(resource.RUSAGE_SELF)
        pulse = Pulse(used.ru_utime + used.ru_stime, used.ru_maxrss / KIB, stations=dict(self._service.stations))
        if self.database is not None:
            pulse.reads, pulse.writes = self.database.used["reads"], self.database.used["writes"]
            pulse.chores, self.database.chores[:] = list(self.database.chores), []
            pulse.stations["database"] = self.database.station.record()
        return pulse

    def open_database(self) -> RealDatabase:
        task = self.task
        self.database = RealDatabase(
            self.clock, task.design.database, purchases=self.arrivals, streams=self.streams,
            weather=self.plan.weather("database"), failing=self.plan.failing, struck=cast(Any, self.journal),
            store=open_shop(task.folder, task.database),
        )  # fmt: skip
        return self.database

    async def shop(self) -> RealShop:
        """The shop as this process sees it, connected to the broker."""
        task = self.task
        provider = RemoteProvider(self.clock, task.ports.provider, self.plan)
        await provider.warm_up()
        return RealShop(
            self.clock, task.design, database=self.open_database(), provider=cast(Any, provider),
            broker=cast(Any, await self._open_broker()),
            plan=self.plan, streams=self.streams, struck=cast(Any, self.journal), repeats=Repeats(), role=task.role,
            die=self.die,
        )  # fmt: skip

    async def _open_broker(self) -> Any:
        if self.task.broker == EMBEDDED:
            broker = RemoteBroker(self.clock, self.task.design, self.streams)
            broker.link = await self.link(self.task.ports.queue, lambda _, told: broker.heard(told))
            return broker
        broker_at = jetstream()
        stream = await broker_at.Stream(self.task.broker).open()
        return broker_at.NatsBroker(self.clock, self.task.design, self.streams, stream)

    async def taker(self, handle: Callable[[Told, int], None]) -> Any:
        """Take the messages for this process's component one after the other, and call `handle` with each."""
        task, name = self.task, self.task.role.component
        if task.broker == EMBEDDED:
            taker = Taker(name, handle)
            taker.begin(await self.link(task.ports.queue, lambda _, told: taker.heard(told)))
            return taker
        broker_at = jetstream()
        other = broker_at.NatsTaker(
            self.clock, task.design, name, handle, workers=task.consumers[name][1], plan=self.plan, streams=self.streams,
            stream=await broker_at.Stream(task.broker).open(),
        )  # fmt: skip
        other.begin()
        return other

    async def link(self, port: int, heard: Callable[[Link, Told], None]) -> Link:
        """A connection to another process of the shop, which outlives this one."""
        return await connect(port, lambda link, told: self.clock.enter(heard, link, told), lambda _: None)

    async def front(self, heard: Callable[[Link, Told], None]) -> None:
        """Say to the front that this worker is there, and hear from it what there is to do."""
        self._front = await self.link(self.task.ports.workers, heard)
        self._front.say(worker=self.task.role.number - 1)

    def die(self, crash: Crash) -> NoReturn:
        """End at this very moment, as the plan says: nothing is tidied up.

        What is said here is what nobody could know of a dead process: whether its caller hears of its death, and for how long
        it stays dead.
        """
        if self.task.role.kind == "checkout":
            assert self._front is not None
            self._front.say(dies=int(crash.answer))
        self.say("dies", crash.restart_s)
        os.kill(os.getpid(), signal.SIGKILL)
        raise AssertionError("nobody survives this")


# How the processes of each kind start


async def start_provider(process: Process) -> Service:
    task = process.task
    service = ProviderService(
        process.clock, task.scenario, plan=process.plan, streams=process.streams,
        cards=cards(process.arrivals, task.scenario, process.streams), news_port=task.ports.front if task.listens else None,
    )  # fmt: skip
    await service.open(task.sockets[0])
    return WithoutStations(partial(service.collect, task.scenario.clock.horizon_s))


async def start_customers(process: Process) -> Service:
    task = process.task
    customers = Customers(
        process.clock, task.scenario, task.design, plan=process.plan, streams=process.streams, front=task.ports.front,
        provider=RemoteProvider(process.clock, task.ports.provider, process.plan),
    )  # fmt: skip
    await customers.app.warm_up()
    return WithoutStations(customers.collect)


async def start_front(process: Process) -> Service:
    task = process.task
    front = FrontService(
        process.clock, task.scenario, task.design, plan=process.plan, streams=process.streams,
        database=process.open_database(), view=File(task.folder, "view"),
    )  # fmt: skip
    await front.open(*task.sockets)
    return front


async def start_queue(process: Process) -> Service:
    task = process.task
    queue = Queue(
        process.clock, task.design, plan=process.plan, streams=process.streams, store=File(task.folder, "queue"),
        consumers=task.consumers,
    )  # fmt: skip
    await queue.open(task.sockets[0])
    return queue


@dataclass
class Forwarded:
    """A request as a worker gets it: what a story may ask of it."""

    purchase: int
    number: int
    cents: int
    card: int
    key: int | None
    submission: int
    attempt: int
    sent_s: float
    waits: bool
    row: int
    returning: Order | None


async def start_checkout(process: Process) -> Service:
    """A checkout worker: one story at a time, of a request or a webhook."""
    shop = await process.shop()
    design = cast(Architecture, process.task.design)
    pool = shop.workers("checkout", 1)
    design.set_up(shop)

    def heard(link: Link, told: Told) -> None:
        mine = shop.anew()
        if "webhook" in told:
            assert shop.listening is not None
            news = told["webhook"]
            story = shop.listening(mine, mine.database.orders[news["order"]], Outcome(news["outcome"]))
            pool.submit(Job(story, lambda *_: link.say(done=True), lambda *_: link.say(threw=True)))
            return
        asked = dict(told["request"])
        if (returning := asked["returning"]) is not None:
            asked["returning"] = mine.database.orders[returning]
        request = cast(Any, Forwarded(**asked))
        story = design.handle(mine, request) if returning is None else coming_back(design, mine)(request)

        def done(_: Any, reply: Any) -> None:
            order = None if reply.order is None else told_of(reply.order)
            link.say(answer=int(reply.answer), order=order, replayed=reply.replayed)

        pool.submit(Job(story, done, lambda *_: link.say(threw=True)))

    await process.front(heard)
    return Silent()


async def start_background(process: Process) -> Service:
    """A loop of the shop that looks for work itself, and the workers that it gives the work to."""
    shop = await process.shop()
    cast(Architecture, process.task.design).set_up(shop)
    component = process.task.role.component
    return Silent(lambda: {component: shop.pools[component].record()} if component in shop.pools else {})


async def start_consume(process: Process) -> Service:
    """A worker that runs a story for one message after the other."""
    shop = await process.shop()
    component = process.task.role.component
    cast(Architecture, process.task.design).set_up(shop)
    assert shop.handling is not None
    handling, pool = shop.handling, shop.pools[component]

    def handle(event: Told, _: int) -> None:
        mine = shop.anew()
        story = handling(mine, mine.database.orders[event["order"]["id"]])
        pool.submit(Job(story, lambda _, again_in_s: taker.done(again_in_s), lambda *_: taker.lost()))

    taker = await process.taker(handle)
    return Silent(lambda: taker.stations)


async def start_loyalty(process: Process) -> Service:
    inbox = process.task.design.loyalty.inbox
    store = File(process.task.folder, "loyalty")

    def award(event: Told, now: float) -> None:
        """The inbox and the award are one transaction: whatever dies here, no point is given twice for it."""
        order = event["order"]
        what = order["id"] if inbox is not None and inbox.by == "order" else event["id"]
        with store.transaction():
            handled = store.rows("SELECT handled_s FROM inbox WHERE handled = ?", (what,))
            if inbox is not None and handled and now - handled[0][0] <= inbox.window:
                store.rows("INSERT INTO repeats VALUES (?)", (event["id"],))
                return
            if inbox is not None:
                store.rows("INSERT OR REPLACE INTO inbox VALUES (?, ?)", (what, now))
            store.rows("INSERT INTO awards VALUES (?, ?, ?)", (order["purchase"], order["id"], now))

    return await start_consumer(process, process.task.design.loyalty.award, award, step="award")


async def start_read_model(process: Process) -> Service:
    store = File(process.task.folder, "view")

    def apply(event: Told, now: float) -> None:
        """Show the order as the event says, unless the view already knows better."""
        visible_s = now if event["status"] == Status.CONFIRMED else None
        store.rows(
            "INSERT INTO view VALUES (?, ?, ?, ?, ?) ON CONFLICT (order_id) DO UPDATE SET version = excluded.version, "
            "status = excluded.status, changed_s = excluded.changed_s, visible_s = coalesce(excluded.visible_s, visible_s) "
            "WHERE excluded.version > version",
            (event["order"]["id"], event["version"], event["status"], now, visible_s),
        )

    return await start_consumer(process, process.task.design.read_model.apply, apply, step="apply")


async def start_consumer(process: Process, service: Any, effect: Callable[[Told, float], None], *, step: str) -> Service:
    """A service of its own that handles one event after the other, with a database of its own."""
    name, clock = process.task.role.component, process.clock
    shop = (await process.shop()).seen_from(name)
    service_s, weather = process.streams.times(f"{name}.service", service), process.plan.weather(name)

    def handle(event: Told, delivery: int) -> None:
        own_s = service_s(event["order"]["purchase"], event["turn"] + delivery)
        _, finish_s = weather.span(clock.now, own_s)
        clock.call(finish_s - clock.now, finish, event)

    def finish(event: Told) -> None:
        effect(event, clock.now)
        try:
            shop.took(step, event["order"]["purchase"])
        except Thrown:
            taker.lost()
        else:
            taker.done()

    taker = await process.taker(handle)
    return Silent(lambda: taker.stations)


START: dict[str, Callable[[Process], Any]] = {
    "front": start_front,
    "provider": start_provider,
    "queue": start_queue,
    "customers": start_customers,
    "checkout": start_checkout,
    "background": start_background,
    "consume": start_consume,
    "loyalty": start_loyalty,
    "read_model": start_read_model,
}


def main(task: Task, supervisor: Connection) -> None:
    """What a new process runs. It ends when it is killed, or with its supervisor."""
    end_with_parent()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the supervisor hears it, and ends this process

    async def run() -> None:
        await Process(task, supervisor).run()

    try:
        with answering(task.scenario, task.design, task.seed):
            asyncio.run(run())
    except ConfigError as error:  # a mistake in an architecture of the user's own
        supervisor.send(("refused", str(error)))
    except BaseException:  # said to the supervisor, which raises it
        supervisor.send(("failed", traceback.format_exc()))
    raise SystemExit(1)
