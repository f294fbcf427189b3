"""What each kind of process does, and how it starts."""

from __future__ import annotations

import asyncio
import signal
import traceback
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from multiprocessing.connection import Connection
from typing import Any, cast

import numpy.random  # noqa: F401  numpy would load it when the first number is drawn: in each process, and after each restart

from sim.architectures.guard import answering
from sim.config.errors import ConfigError
from sim.orphans import end_with_parent
from sim.real.twin.consumers import start_loyalty, start_read_model
from sim.real.twin.customers import Customers, cards
from sim.real.twin.front import FrontService
from sim.real.twin.process import Process, Service, Task
from sim.real.twin.provider import ProviderService, RemoteProvider, told_of
from sim.real.twin.queue import Queue
from sim.real.twin.store import File
from sim.real.twin.wire import Link, Told
from sim.vocabulary import Outcome
from sim.world.database import Order
from sim.world.morning import Architecture, coming_back
from sim.world.pool import Job


async def start_provider(process: Process) -> Service:
    task = process.task
    service = ProviderService(
        process.clock, task.scenario, plan=process.plan, streams=process.streams,
        cards=cards(process.arrivals, task.scenario, process.streams), news_port=task.ports.front if task.listens else None,
    )  # fmt: skip
    await service.open(task.sockets[0])
    return Service(collect=partial(service.collect, task.scenario.clock.horizon_s))


async def start_customers(process: Process) -> Service:
    task = process.task
    customers = Customers(
        process.clock, task.scenario, task.design, plan=process.plan, streams=process.streams, front=task.ports.front,
        provider=RemoteProvider(process.clock, task.ports.provider, process.plan),
    )  # fmt: skip
    await customers.app.warm_up()
    return Service(collect=customers.collect)


async def start_front(process: Process) -> Service:
    task = process.task
    front = FrontService(
        process.clock, task.scenario, task.design, plan=process.plan, streams=process.streams,
        database=process.open_database(), view=File(task.folder, "view"),
    )  # fmt: skip
    await front.open(*task.sockets)
    return Service(front.stations, front.collect)


async def start_queue(process: Process) -> Service:
    task = process.task
    queue = Queue(
        process.clock, task.design, plan=process.plan, streams=process.streams, store=File(task.folder, "queue"),
        consumers=task.consumers,
    )  # fmt: skip
    await queue.open(task.sockets[0])
    return Service(queue.stations, queue.collect)


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
    return Service()


async def start_background(process: Process) -> Service:
    """A loop of the shop that looks for work itself, and the workers that it gives the work to."""
    shop = await process.shop()
    cast(Architecture, process.task.design).set_up(shop)
    component = process.task.role.component
    return Service(lambda: {component: shop.pools[component].record()} if component in shop.pools else {})


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
    return Service(taker.stations)


START: dict[str, Callable[[Process], Awaitable[Service]]] = {
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
        await Process(task, supervisor).run(START[task.role.kind])

    try:
        with answering(task.scenario, task.design, task.seed):
            asyncio.run(run())
    except ConfigError as error:  # a mistake in an architecture of the user's own
        supervisor.send(("refused", str(error)))
    except BaseException:  # said to the supervisor, which raises it
        supervisor.send(("failed", traceback.format_exc()))
    raise SystemExit(1)
