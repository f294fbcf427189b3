"""Loyalty and the status view: services of their own that handle one event after the other, each with a database of its own."""

from __future__ import annotations

from collections.abc import Callable

from sim.config.model import Distribution
from sim.real.twin.process import Process, Service
from sim.real.twin.store import File
from sim.real.twin.wire import Told
from sim.vocabulary import Status
from sim.world.engine import Thrown


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


async def start_consumer(
    process: Process, service: Distribution, effect: Callable[[Told, float], None], *, step: str
) -> Service:
    """Take events; each costs its time, has its `effect`, which is a step, and is acknowledged."""
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
    return Service(taker.stations)
