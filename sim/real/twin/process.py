"""A process of the twin: what it is for, how it is told to begin and to end, and what it reports to its supervisor."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from math import inf
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, NamedTuple, NoReturn, cast

import numpy.random  # noqa: F401  numpy would load it when the first number is drawn: in each process, and after each restart

from sim.config.design import Design
from sim.config.scenario import Scenario
from sim.ledger.records import Repeats, StationRecord
from sim.real.twin.brokers import EMBEDDED, jetstream
from sim.real.twin.clock import RealClock
from sim.real.twin.database import RealDatabase
from sim.real.twin.databases import open_shop
from sim.real.twin.provider import RemoteProvider
from sim.real.twin.queue import RemoteBroker, Taker
from sim.real.twin.shop import RealShop, Role
from sim.real.twin.store import File
from sim.real.twin.strikes import Journal
from sim.real.twin.wire import Link, Told, connect
from sim.world.engine import Crash
from sim.world.faults import FaultPlan
from sim.world.streams import Streams
from sim.world.traffic import arrival_times

PULSE_S = 0.5  # of the machine, between two reports
SOON_S = 0.01
PER_MIB = 1024.0 if sys.platform == "linux" else 1024.0 * 1024.0  # of the kernel's units of memory


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


@dataclass(frozen=True)
class Service:
    """What a process reports of itself: its stations with each pulse, and in the end what it hands over."""

    stations: Callable[[], dict[str, StationRecord]] = dict
    collect: Callable[[], dict[str, Any]] = dict


class Process:
    """One process, from its first breath to its last."""

    def __init__(self, task: Task, supervisor: Connection) -> None:
        self.task = task
        self._supervisor = supervisor
        self.clock = RealClock(task.speed, task.origin_s, until_s=task.scenario.clock.horizon_s)
        self.streams = Streams(task.seed)
        self.journal = Journal(File(task.folder, "plan"))
        self.plan = FaultPlan(task.scenario, self.streams, strike=self.journal.strike)
        self.arrivals = len(arrival_times(task.scenario, self.plan.weather("traffic"), self.streams))
        self.database: RealDatabase | None = None
        self._front: Link | None = None  # of a checkout worker
        self._service = Service()

    def say(self, kind: str, what: Any = None) -> None:
        self._supervisor.send((kind, what))

    async def run(self, start: Callable[[Process], Awaitable[Service]]) -> None:
        loop = asyncio.get_running_loop()
        loop.add_reader(self._supervisor.fileno(), self._hear)
        self._service = await start(self)
        self.say("ready")
        if self.task.origin_s < inf:
            self.clock.begin(self.task.origin_s)
        loop.call_later(PULSE_S, self._beat)
        await self.clock.run_until_ended()

    def _hear(self) -> None:
        try:
            kind, what = self._supervisor.recv()
        except (EOFError, OSError):  # the supervisor is dead
            os._exit(1)
        if kind == "begin":
            self.clock.begin(what)
        else:
            self._hand_over()

    def _hand_over(self) -> None:
        """Once the morning is over here too: the supervisor's clock may be ahead by the time that a timer is late."""
        if self.clock.over:
            self.say("collected", (self.pulse(), self._service.collect()))
        else:
            asyncio.get_running_loop().call_later(SOON_S, self._hand_over)

    def _beat(self) -> None:
        self.say("pulse", self.pulse())
        asyncio.get_running_loop().call_later(PULSE_S, self._beat)

    def pulse(self) -> Pulse:
        import resource  # not on Windows, where the twin is refused in a sentence

        used = resource.getrusage(resource.RUSAGE_SELF)
        pulse = Pulse(used.ru_utime + used.ru_stime, used.ru_maxrss / PER_MIB, stations=self._service.stations())
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
