"""The front of the checkout: the load balancer, its queue, and the status view.

The front door of the simulator decides what becomes of a request; its pool's workers are processes. Each request that gets one
is forwarded to it over a connection, and when that breaks, the process is dead.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from math import inf
from types import SimpleNamespace
from typing import Any, cast

from sim.config.design import Design
from sim.config.scenario import Scenario
from sim.ledger.records import StationRecord
from sim.real.twin.clock import RealClock
from sim.real.twin.database import RealDatabase
from sim.real.twin.provider import order_of, told_of
from sim.real.twin.store import Store
from sim.real.twin.wire import HANGS_UP, Link, Told, listen, serve
from sim.vocabulary import Answer
from sim.world.checkout import Checkout, Reply
from sim.world.customer import Request
from sim.world.database import Order
from sim.world.engine import Awaited, Crash, Story, Thrown
from sim.world.faults import FaultPlan
from sim.world.observer import Observer
from sim.world.pool import Job, Pool
from sim.world.read_model import ABSENT, ReadModel
from sim.world.streams import Streams


class Asked:
    """A request that has arrived: what its app has told, and where its answer goes."""

    def __init__(self, told: Told, answer: asyncio.Future[Any]) -> None:
        self.told = told
        self.purchase: int = told["purchase"]
        self.number: int = told["number"]
        self.row: int = told["row"]
        self.sent_s: float = told["sent_s"]
        self.returning: int | None = told["returning"]
        self._answer = answer

    def answered(self, reply: Reply) -> None:
        order = None if reply.order is None else told_of(reply.order)
        self.say({"answer": int(reply.answer), "order": order})

    def say(self, what: Any) -> None:
        if not self._answer.done():  # who asked has hung up
            self._answer.set_result(what)


class Hangs(Observer):
    """Cuts the connection where an answer is to be lost: the work is done by then."""

    def answered(self, request: Any, reply: Reply, *, lost: bool) -> None:  # noqa: ARG002
        if lost:
            request.say(HANGS_UP)


class WorkerProcesses(Pool):
    """A pool each of whose workers is a process. It is there from its first word until its connection breaks."""

    def __init__(self, clock: RealClock, name: str, workers: int, instances: int) -> None:
        super().__init__(clock, name, workers, instances)
        self._links: dict[int, Link] = {}
        self._asked: dict[int, Awaited] = {}  # what a worker is at
        self._last_words: dict[int, Answer] = {}
        self._idle = []
        self._down_until = dict.fromkeys(range(workers), inf)

    def take_down(self, workers: list[int], restart_s: float) -> None:  # noqa: ARG002  it is back when it says so
        for worker in workers:
            self._down_until[worker] = inf

    def heard(self, link: Link, told: Told) -> None:
        if "worker" in told:
            link.who = told["worker"]
            self._links[link.who] = link
            del self._down_until[link.who]
            self.free(link.who)
        elif "dies" in told:
            self._last_words[link.who] = Answer(told["dies"])
        else:
            self._asked.pop(link.who).happen(told)

    def broke(self, link: Link, heard: Callable[[], Answer]) -> None:
        """The worker's process is dead. `heard`: what who waits for it hears, unless it knew better."""
        worker = link.who
        if worker is None:
            return
        del self._links[worker]
        answer = self._last_words.pop(worker, None)
        self.take_down([worker], inf)
        if worker in self._asked:
            self._asked.pop(worker).fail_with(Crash(inf, heard() if answer is None else answer))
        else:
            self._idle.remove(worker)

    def forward(self, about: Any, **what: Any) -> Story:
        """The story of a job: the worker that has got it does the work. Returns what it says."""
        worker = next(job.worker for job in self._running.values() if job.about is about)
        asked = self._asked[worker] = Awaited()
        self._links[worker].say(**what)
        said = yield asked
        if "threw" in said:
            raise Thrown
        return said


class View(ReadModel):
    """The status view, as its table shows it now."""

    def __init__(self, clock: RealClock, knobs: Any, store: Store) -> None:
        super().__init__(clock, knobs)
        self._store = store

    def _latest(self, order: Order) -> tuple[int, int]:
        if self._inline:
            return super()._latest(order)
        found = self._store.rows("SELECT status, version FROM view WHERE order_id = ?", (order.id,))
        return found[0] if found else (ABSENT, 0)


class FrontService:
    """The front's process."""

    def __init__(
        self, clock: RealClock, scenario: Scenario, design: Design, *, plan: FaultPlan, streams: Streams,
        database: RealDatabase, view: Store,
    ) -> None:  # fmt: skip
        self._clock = clock
        self._plan = plan
        self._database = database
        self._weather = plan.weather("checkout")
        self.pool = WorkerProcesses(clock, "checkout", design.checkout.workers, design.checkout.instances)
        self.fate: dict[int, int] = {}
        self.webhooks = 0
        self.checkout = Checkout(
            clock, design, scenario.network, requests=cast(Any, SimpleNamespace(fate=self.fate)), streams=streams,
            pool=self.pool, weather=self._weather, handle=self._handle, come_back=self._handle, database=database,
            observer=Hangs(),
        )  # fmt: skip
        self.view = View(clock, design.read_model, view)

    async def open(self, http: socket.socket, links: socket.socket) -> None:
        def broke(link: Link) -> None:
            self._clock.enter(self.pool.broke, link, self._heard)

        await listen(links, lambda link, told: self._clock.enter(self.pool.heard, link, told), broke)
        await serve(self._clock, http, self.answer)

    def _heard(self) -> Answer:
        """What who waits for a process hears that was killed at a time: as the latest such fault says."""
        past = [crash for crash in self._plan.crashes if crash[0] == "checkout" and crash[1] <= self._clock.now]
        return max(past, key=lambda crash: crash[1])[3] if past else Answer.NONE

    def _handle(self, request: Request) -> Story:
        asked = cast(Any, request)
        said = yield from self.pool.forward(asked, request=asked.told)
        return Reply(Answer(said["answer"]), None if said["order"] is None else order_of(said["order"]), said["replayed"])

    async def answer(self, path: str, told: Told) -> Any:
        match path:
            case "/order":
                return await self._order(told)
            case "/view":
                return self._look(told["order"])
            case "/look":
                return await self._orders_of(told["purchase"])
            case "/webhook":
                return await self._webhook(told)
            case "/left":
                self._clock.enter(self.checkout.left, told["purchase"])
                return True
        raise ValueError(f"the front has no {path}")

    async def _order(self, told: Told) -> Any:
        answer = asyncio.get_running_loop().create_future()
        self._clock.enter(self.checkout._arrive, cast(Any, Asked(told, answer)))
        return await answer

    def _look(self, number: int) -> Any:
        seen: list[tuple[int, float]] = []
        order = self._database.session().orders[number]
        self._clock.enter(self.view.look, order, lambda _, status, behind_s: seen.append((status, behind_s)))
        return seen[0]

    async def _orders_of(self, purchase: int) -> Any:
        """The purchase's orders and their status; None: nobody is there to look, or the look has failed."""
        if not self.checkout.up:
            return None
        database, asked = self._database.session(), []
        self._clock.enter(lambda: asked.append(database.query(purchase, lambda: database.orders_of(purchase))))
        try:
            found = await self._clock.value_of(asked[0])
        except Thrown:
            return None
        return [(told_of(order), int(status)) for order, status in found]

    async def _webhook(self, told: Told) -> bool:
        """Whether the shop has taken it: a worker has run its story to the end."""
        if not self.pool.up or self._weather.at(self._clock.now).down:
            return False
        self.webhooks += 1
        taken = Awaited()
        job = Job(self.pool.forward(told, webhook=told), lambda *_: taken.happen(True), lambda *_: taken.happen(False), told)
        self._clock.enter(self.pool.submit, job)
        return bool(await self._clock.value_of(taken))

    def stations(self) -> dict[str, StationRecord]:
        return {"checkout": self.pool.record()}

    def collect(self) -> dict[str, Any]:
        return {
            "fate": self.fate, "webhooks": self.webhooks, "dropped": self.checkout.dropped, "polls": self.view.polls,
            "from_cache": self.view.from_cache, "last_s": self.pool.last_s,
        }  # fmt: skip
