"""Wires the parts of one morning together, runs it, and hands over what was recorded."""

from __future__ import annotations

import gc
from array import array
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Protocol, cast

import numpy as np

from sim.config.design import Design, Reserve
from sim.config.mishaps import Acted, Died, Mishap
from sim.config.scenario import Scenario
from sim.ledger.records import Purchases, Small, Struck, Tables
from sim.vocabulary import Answer, Status
from sim.world.accounts import Books
from sim.world.agent import Agent
from sim.world.broker import Broker, SingleConsumer, WorkerConsumer
from sim.world.cell import WHOLE, Cell
from sim.world.consumers import consumer_of
from sim.world.crowd import Crowd
from sim.world.customer import Customer, Request, Return
from sim.world.database import Database
from sim.world.engine import Clock, Story
from sim.world.faults import FaultPlan
from sim.world.loyalty import Loyalty
from sim.world.observer import Observer
from sim.world.pool import Pool
from sim.world.provider import Provider
from sim.world.proxy import Proxied, checkout_of
from sim.world.read_model import ReadModel
from sim.world.renewals import Renewals
from sim.world.rest import Rest
from sim.world.returning import come_back
from sim.world.script import Script
from sim.world.shop import Shop
from sim.world.station import Connections, Station
from sim.world.streams import Draw, Streams
from sim.world.traffic import arrival_times


class Architecture(Protocol):
    """All that the world needs of an architecture.

    It may have a story of its own for requests of customers who come back from the provider, `come_back(shop, request)`.
    """

    def handle(self, shop: Shop, request: Request) -> Story:
        """Answer one request of the app: a generator that returns a Reply."""

    def set_up(self, shop: Shop) -> None:
        """Start what runs besides the requests: relays, completers, payment workers."""


MINUTE_S = 60.0  # after which stations note how busy they were
FIRST_LOOK_S, LOOK_S = 1.0, 16.0  # simulated time between two looks whether a morning is at rest: at first, and at most


class Morning:
    """One scenario, one design, one seed. Single use: build it, `run()` it, keep the tables.

    For one cell of a morning, pass the scenario of the whole morning and the design of the cell. An `observer` hears of
    everything that happens; it changes nothing. A `script` takes the place of the scenario's mishaps, which strike in the first
    cell only.
    """

    def __init__(
        self, scenario: Scenario, design: Design, seed: int, cell: Cell = WHOLE, *, observer: Observer | None = None,
        script: Script | None = None, known: dict[str, Draw] | None = None,
    ) -> None:  # fmt: skip
        env = self.env = Clock()
        if observer is not None:
            observer.env = env
        self._observer = observer
        if script is None and scenario.mishaps and cell.number == 0:
            script = Script(scenario.mishaps)
        if script is not None:
            script.env = env
        self._script = script
        streams = Streams(seed, cell, script=script, known=known)
        plan = FaultPlan(scenario, streams)
        self._arrivals = array("d", arrival_times(scenario, plan.weather("traffic"), streams).tobytes())
        due = 0 if scenario.renewals is None else cell.share(scenario.renewals.count)
        number = len(self._arrivals) + due
        tables = self.tables = Tables(scenario.clock.horizon_s, scenario.clock.duration, Purchases(number))
        tables.faults, tables.renewals = plan.windows, due
        cards = tables.purchases.good_card = cards_of(number, scenario.provider.declined, streams)
        other_cards = None
        if scenario.customers.after_decline.other_card:
            cards = array("b", cards)  # the first ones; in the table it says whether any that was tried is good
            other_cards = cards_of(number, scenario.provider.declined, streams, "customer.card.other")

        books = None
        if scenario.accounts:
            books = Books(
                env, scenario.accounts, design.taking, purchases=number, streams=streams, table=tables.accounts,
                takings=tables.takings,
            )  # fmt: skip
        database = Database(
            env, design.database, purchases=number, streams=streams, weather=plan.weather("database"), failing=plan.failing,
            struck=tables.crashes, held=design.payment.in_transaction, open_s=tables.arrivals_end_s,
            observer=observer, books=books,
        )  # fmt: skip
        provider = Provider(
            env, scenario.provider, good_card=cards, charges=tables.charges, streams=streams,
            weather=plan.weather("provider"), observer=observer, holds=tables.holds, captures=tables.captures,
            refunds=tables.refunds, other_cards=other_cards,
        )  # fmt: skip
        broker = Broker(
            env, design.broker, streams=streams, p_duplicate=plan.p_duplicate, observer=observer,
            rebalances=bool(plan.rebalances), dead_letters=tables.dead_letters, new_id=database.new_event,
        )  # fmt: skip
        if (dead := design.broker.dead_letters) is not None and dead.replay_at is not None:
            at_s = scenario.clock.since_start_s(dead.replay_at)
            if 0 <= at_s <= scenario.clock.horizon_s:  # `coffee lint` warns of a time that this clock never shows
                env.call(at_s, broker.replay)
        view = ReadModel(env, design.read_model, replica=database.replica("status"), observer=observer)
        loyalty = Loyalty(env, design.loyalty.inbox, tables.awards, observer=observer)
        shop = Shop(
            env, design, database=database, provider=provider, broker=broker, plan=plan, streams=streams,
            struck=tables.crashes, repeats=tables.repeats, observer=observer,
        )  # fmt: skip
        front = design.checkout
        own = front.queue == "per_instance"
        pool = shop.workers("checkout", front.workers, instances=front.instances, autoscale=front.autoscale, queues=own)
        story = cast(Architecture, design)
        checkout = checkout_of(
            env, design, scenario.network, requests=tables.requests, streams=streams, pool=pool,
            weather=plan.weather("checkout"), handle=partial(story.handle, shop), come_back=coming_back(story, shop),
            database=database, observer=observer, repeats=tables.repeats,
        )  # fmt: skip
        consumers = [
            consumer_of(
                shop, "loyalty", loyalty.award, step="award", service=design.loyalty.award, streams=streams, plan=plan,
                statuses=[] if design.loyalty.inline else [Status.CONFIRMED],
            )
        ]  # fmt: skip
        if design.loyalty.inline:
            shop.call_loyalty = cast(SingleConsumer, consumers[0]).call
        if not design.read_model.inline:
            consumers.append(
                consumer_of(
                    shop, "read_model", view.apply, step="apply", service=design.read_model.apply, streams=streams,
                    plan=plan, statuses=list(Status), workers=design.read_model.workers,
                )
            )  # fmt: skip
        story.set_up(shop)
        if scenario.renewals is not None:
            due_s = scenario.clock.since_start_s(scenario.renewals.at)
            purchases = range(number - due, number)
            for purchase in purchases:
                tables.purchases.submitted_s[purchase] = due_s
            job = Renewals(
                story.handle,
                design.renewal_job,
                purchases=purchases,
                due_s=due_s,
                cents=scenario.traffic.price,
                observer=observer,
            )
            job.start(shop, plan.reruns)
        if books is not None and design.taking.reserve is not None:
            shop.background("releaser", partial(_release, reserve=design.taking.reserve))
        self._consumers: dict[str, WorkerConsumer | SingleConsumer] = {**shop.consumers, **{one.name: one for one in consumers}}
        self._crowd = Crowd(
            env, scenario, design.app, purchases=tables.purchases, requests=tables.requests, reads=tables.reads,
            checkout=checkout, view=view, streams=streams, observer=observer, returns=tables.returns, finish=provider.finish,
            other_cards=other_cards,
        )  # fmt: skip
        self._plan, self._shop, self._view, self._loyalty, self._checkout = plan, shop, view, loyalty, checkout
        self._stations: list[Station | Connections | Pool] = [
            *shop.pools.values(), database.station, *(one.station for one in consumers if isinstance(one, SingleConsumer))
        ]  # fmt: skip

    def run(self) -> Tables:
        """Simulate from the first arrival to the end of the drain, and collect what was recorded."""
        self._open()
        with no_garbage_collection():
            self._run()
            return self._collected()

    def run_to_rest(self) -> Tables:
        """Simulate until nothing happens any more, and collect what the audit reads: no stations, no counts of operations.

        For a search through thousands of worlds with few customers. What the audit says is the same as after `run`.
        """
        self._open()
        rest, end_s, look_s = Rest(self.env, self._shop, renewals=self.tables.renewals), self.tables.horizon_s, FIRST_LOOK_S
        if not rest.early:
            self.env.run(until=end_s)
        while self.env.now < end_s:
            until_s = min(self.env.now + look_s, end_s)
            self.env.run(until=until_s)
            if self.env.now < until_s or (self._next >= len(self._arrivals) and rest.reached()):
                break
            look_s = min(2 * look_s, LOOK_S)
        self._collect_facts()
        return self.tables

    def _open(self) -> None:
        """Plan the crashes that have a time, and the first arrival."""
        for component, at_s, restart_s, answer in self._plan.crashes:
            if component in self._shop.pools or component in self._shop.loops:
                self.env.call(at_s, self._crash, (component, restart_s, answer))
        if self._shop.broker.in_bulk:
            for what, at_s in self._plan.rebalances:
                self.env.call(at_s, self._rebalance, what)
        for name, at_s, restart_s in self._plan.deaths:
            if name in self._shop.pools:
                self.env.call(at_s, self._crash, (name, restart_s, Answer.NONE))
            elif name in self._consumers and self._shop.broker.in_bulk:
                self.env.call(at_s, lambda name: self._consumers[name].rebalance(), name)
        self._next = 0
        if len(self._arrivals):
            self.env.call(self._arrivals[0], self._arrive)

    def _run(self) -> None:
        """Until the horizon, or until somebody stops the clock; every station takes a note when a minute is over."""
        end_s, now = self.tables.horizon_s, self.env.now
        while now < end_s:
            until_s = min(now + MINUTE_S, end_s)
            self.env.run(until=until_s)
            now = self.env.now
            if now < until_s:
                return
            for station in self._stations:
                station.note()

    def _arrive(self, _: None) -> None:
        number = self._next
        self._next = number + 1
        if self._next < len(self._arrivals):
            self.env.call(self._arrivals[self._next] - self.env.now, self._arrive)
        crowd = self._crowd
        if crowd.agents is not None and crowd.agents.has(number):
            Agent(crowd, number)
            return
        customer = Customer(crowd, number)
        if self._script is not None:
            self._plan_acts(self._script, number, customer)

    def _plan_acts(self, script: Script, number: int, customer: Customer) -> None:
        """Plan the mishaps that have a moment of their own."""
        script.people.append(customer)
        for mishap in script.acts:
            if mishap.purchase == number and mishap.after_s is not None:
                self.env.call(mishap.after_s, self._happen, (mishap, customer))

    def _happen(self, what: tuple[Mishap, Customer]) -> None:
        """A mishap whose moment has come."""
        mishap, customer = what
        assert self._script is not None
        if isinstance(mishap, Acted):
            self._script.acted += customer.act(mishap.customer)
        elif isinstance(mishap, Died):
            self._script.acted += 1
            self._crash((mishap.crash, mishap.restart, Answer.NONE))

    def _crash(self, what: tuple[str, float, Answer]) -> None:
        component, restart_s, answer = what
        self.tables.crashes.append(Struck(component, self.env.now))
        if self._observer is not None:
            self._observer.crashed(component)
        if component in self._shop.pools:
            self._shop.pools[component].crash(0, restart_s, answer)
        if component in self._shop.consumers:
            self._shop.consumers[component].process_died()
        if component in self._shop.loops:
            self._shop.loops[component].interrupt(restart_s)

    def _rebalance(self, what: str) -> None:
        for name, consumer in self._consumers.items():
            if what in (name, "all"):
                self._shop.broker.revoked(consumer, consumer.rebalance())

    def _collect_facts(self) -> None:
        """The orders, and what was to be known at the end of money that was held and of accounts that were used up."""
        tables, database = self.tables, self._shop.database
        tables.orders = self._view.orders(database)
        self._shop.provider.expire(tables.horizon_s)
        if database.books is not None:
            refused = [(order.changed_s, order.purchase) for order in database.orders if order.status is Status.USED_UP]
            served = {order.purchase for order in database.orders if order.status is Status.CONFIRMED}
            database.books.note_rightly_refused(tables.purchases.good_card, refused, served)

    def _collected(self) -> Tables:
        self._collect_facts()
        tables = self.tables
        database, shop = self._shop.database, self._shop
        worked_s = tables.worked_s = self._worked_s()
        tables.stations = [station.record(worked_s) for station in self._stations]
        reads, writes = database.reads, database.writes
        if (used := database.used_until(worked_s)) is not None:
            reads, writes = used.reads, used.writes
            next(station for station in tables.stations if station.name == "database").busy_s = used.busy_s
        tables.counts = {
            "database_reads": reads,
            "database_writes": writes,
            "outbox_written": database.rows_written,
            "outbox_told": shop.broker.told,
            "outbox_pending": sum(not row.told for row in database.outbox),
            "outbox_lost": sum(not row.told for row in (*database.marked_too_early, *database.never_seen)),
            "broker_published": shop.broker.published,
            "broker_delivered": shop.broker.delivered,
            "awards_repeated": self._loyalty.repeats,
            "requests_dropped": self._checkout.dropped,
            "webhooks_taken": shop.webhooks,
            "polls": self._view.polls,
            "polls_from_cache": self._view.from_cache,
            "authorisations": shop.provider.authorisations,
            **({"refunds_unlocked": 1} if shop.provider.unlocked else {}),
            **({"awards_lost_in_hand": lost} if (lost := shop.lost_in_hand["loyalty"]) else {}),
        }
        if shop.broker.knobs.dead_letters is not None:
            tables.counts |= {
                "messages": shop.broker.messages,
                "messages_handled": shop.broker.handled,
                "messages_under_way": len(shop.broker.under_way),
                "messages_dead": len(shop.broker.buried),
                "messages_replayed": int(np.count_nonzero(~np.isnan(tables.dead_letters["replayed_s"]))),
            }
        if isinstance(self._checkout, Proxied):
            tables.counts["copies_served"] = self._checkout.copies
        return tables

    def _worked_s(self) -> float:
        """Until when capacity is paid for, in whole seconds: the clock's duration, or the end of the last work for a purchase.

        What is there in the morning is there for other mornings, too; a drain that is longer than it need be must neither cost
        anything nor make anybody look idle. So the relay, the completer and the reconciler, which go on looking for work when
        there is none, do not count; what they do for a purchase does.
        """
        tables = self.tables
        stations = (station for station in self._stations if station.name != "database")
        worked_s = max(tables.arrivals_end_s, *(station.last_s for station in stations))
        money = (tables.charges["answered_s"], tables.charges["refunded_s"], tables.captures["answered_s"])
        for times in (*money, tables.orders["changed_s"]):
            worked_s = float(np.fmax.reduce(times, initial=worked_s))
        return min(float(np.ceil(worked_s)), tables.horizon_s)


def _release(shop: Shop, reserve: Reserve) -> Story:
    """For ever: give back what has been reserved for too long."""
    while True:
        yield shop.sleep(reserve.every)
        yield from shop.release(reserve)


def coming_back(story: Architecture, shop: Shop) -> Callable[[Return], Story]:
    """The story for customers who come back from the provider: the architecture's own, or the one that every shop has."""
    own = getattr(story, "come_back", None)
    if own is None:
        return partial(come_back, shop)
    return lambda request: shop.watch("handle", own)(shop, request)


def cards_of(purchases: int, p_declined: float, streams: Streams, purpose: str = "customer.card") -> Small:
    """Whether the provider will accept each customer's card."""
    if not p_declined:
        return array("b", [1]) * purchases
    good = streams.generator(purpose).random(purchases) >= p_declined
    return array("b", np.asarray(good, dtype=np.int8).tobytes())


@contextmanager
def no_garbage_collection() -> Iterator[None]:
    """Switch the garbage collector off: a running morning makes no cycles worth freeing, and looking for them costs 3 %."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()
