"""The shop as one of its processes sees it: the steps of `sim.world.shop`, and those stories that are this process's own.

`set_up` is run in each process of the shop. What it starts for another component, another process does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from copy import copy
from dataclasses import dataclass, field
from typing import Any, NamedTuple, NoReturn, cast

from simpy.events import Event

from sim.config.design import Autoscale, Relay
from sim.real.twin.database import RealDatabase
from sim.vocabulary import Outcome
from sim.world.database import NOBODY, Order, OutboxRow
from sim.world.engine import Coming, Crash, Story
from sim.world.pool import Pool
from sim.world.shop import Shop

Handling = Callable[[Shop, Order], Story]
Listening = Callable[[Shop, Order, Outcome], Story]


class Role(NamedTuple):
    """What a process is for."""

    kind: str  # front, provider, queue, customers; checkout, background, consume, loyalty, read_model
    component: str
    number: int = 1  # of several alike

    @property
    def name(self) -> str:
        return self.component if self.number == 1 and self.kind != "checkout" else f"{self.component} {self.number}"


@dataclass
class Wanted:
    """What a design's `set_up` has asked for."""

    backgrounds: list[tuple[str, int]] = field(default_factory=list)
    consumers: dict[str, int] = field(default_factory=dict)  # how many workers each has
    listens: bool = False
    delays: bool = False  # a consumer's stories begin at their hour
    scales: bool = False


class RealShop(Shop):
    """Parts and steps of one process."""

    shared = (*Shop.shared, "role", "wanted", "handling", "listening", "_die")

    def __init__(self, *arguments: Any, role: Role, die: Callable[[Crash], NoReturn], **more: Any) -> None:
        super().__init__(*arguments, **more)
        self.role = role
        self.wanted = Wanted()
        self.handling: Handling | None = None  # the story for a message, if this is a consumer's process
        self.listening: Listening | None = None  # the story for a webhook
        self._die = die

    def anew(self) -> RealShop:
        """For another story: what it knows of orders it has read itself."""
        shop = copy(self)
        shop.database = cast(RealDatabase, self.database).session()
        return shop

    def background(self, component: str, story: Callable[[Shop], Story], *, machine: int = 1) -> None:
        self.wanted.backgrounds.append((component, machine))
        if self.role == ("background", component, machine):
            super().background(component, lambda shop: story(cast(RealShop, shop).anew()), machine=machine)

    def workers(
        self, component: str, number: int, *, instances: int = 1, autoscale: Autoscale | None = None, queues: bool = False
    ) -> Pool:
        self.wanted.scales = self.wanted.scales or autoscale is not None
        return super().workers(component, number, instances=instances, queues=queues)

    def consume(
        self, component: str, story: Handling, *, workers: int, autoscale: Autoscale | None = None,
        due_s: Callable[[Order], float] | None = None, held_by: str = "broker",  # noqa: ARG002  only messages that wait are held
    ) -> None:  # fmt: skip
        self.wanted.consumers[component] = workers
        self.wanted.scales = self.wanted.scales or autoscale is not None
        self.wanted.delays = self.wanted.delays or due_s is not None
        if self.role.kind == "consume" and self.role.component == component:
            self.workers(component, 1)
            watched = self.watch("consume", story)
            self.handling = lambda shop, order: watched(shop.seen_from(component), order)

    def listen(self, story: Listening) -> None:
        self.wanted.listens = True
        self.listening = self.watch("listen", story)

    def _stricken(self, step: str, purchase: int) -> Iterable[Event]:
        try:
            return super()._stricken(step, purchase)
        except Crash as crash:
            if crash.lives:
                raise
            self._die(crash)

    def next_rows(self, relay: Relay) -> Story:
        """Poll until there are outbox rows: other processes write them, and wake nobody."""
        while True:
            yield Coming(self.env, relay.poll_every)
            rows: list[OutboxRow] = yield self.database.query(
                NOBODY, lambda: self.database.unpublished(relay.batch, by_id=relay.finds == "by_id")
            )
            if rows:
                return rows
