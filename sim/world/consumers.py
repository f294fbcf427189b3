"""The consumers that every shop has: the status view and the loyalty service, whose processes may die."""

from __future__ import annotations

from collections.abc import Callable, Collection

from sim.config.model import Distribution
from sim.vocabulary import Status
from sim.world.broker import SingleConsumer, WorkerConsumer
from sim.world.database import OutboxRow
from sim.world.engine import Story, pause
from sim.world.faults import FaultPlan
from sim.world.shop import Shop
from sim.world.streams import Streams


def consumer_of(
    shop: Shop, name: str, handle: Callable[[OutboxRow], None], *, step: str, streams: Streams, plan: FaultPlan,
    service: Distribution, statuses: Collection[Status], workers: int = 1,
) -> SingleConsumer | WorkerConsumer:  # fmt: skip
    """A FIFO consumer of events with these statuses, whose effect is a step of its own component.

    Where a fault may kill its process, a pool serves, for an event more a delivery: what it has in hand is lost with it, and
    nothing is handled until it is up again. (A station in closed form knows beforehand when an event's turn comes, but not who
    is dead by then. It stays for a mishap, where events are acknowledged in bulk, and where nobody subscribes: there a death
    after a step costs the acknowledgement alone, and one at a time is down time.)
    """
    env, seen, weather = shop.env, shop.seen_from(name), plan.weather(name)

    def step_after(event: OutboxRow) -> None:
        handle(event)
        seen.took(step, event.order.purchase)

    effect = step_after if seen.matters(step) else handle

    made: SingleConsumer | WorkerConsumer
    if statuses and name in plan.killed and not shop.broker.in_bulk:
        service_s = streams.times(f"{name}.service", service)

        def story(event: OutboxRow, delivery: int) -> Story:
            _, finish_s = weather.span(env.now, service_s(event.purchase, event.turn + delivery))
            try:
                yield pause(env, finish_s - env.now)
            except GeneratorExit:  # killed with the event in hand
                shop.lost_in_hand[name] += 1
                raise
            effect(event)

        made = shop.consumers[name] = WorkerConsumer(env, shop.broker, shop.workers(name, workers), name=name, story=story)
    else:
        made = SingleConsumer(
            env, name, shop.broker, service=service, handle=effect, streams=streams, weather=weather, workers=workers
        )
    if statuses:
        shop.broker.subscribe(made, statuses)
    return made
