"""The shop as an architecture sees it: its parts, and the steps that a story can take with them.

Every method that has an effect is a *step*: first the effect, then `took`, where a fault may strike the process dead. Of what
the process knew then, only what is in the database survives. docs/steps.md is made from the docstrings of `STEPS`; what a step
costs is under `Costs:`.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from inspect import isfunction
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from simpy import Interrupt, Process
from simpy.events import Event

from sim.config.design import Autoscale, Claims, Completer, Design, Keys, Relay, Reserve
from sim.ledger.records import Repeats, Struck
from sim.vocabulary import Answer, Outcome, Status
from sim.world.accounts import Books
from sim.world.autoscaler import Autoscaler
from sim.world.broker import Broker, Schedule, WorkerConsumer
from sim.world.client_library import ClientLibrary
from sim.world.database import NOBODY, Database, Order, OutboxRow
from sim.world.engine import Awaited, Clock, Coming, Crash, Story, pause
from sim.world.faults import FaultPlan, Strike
from sim.world.observer import Observer
from sim.world.pool import Job, Lanes, Pool
from sim.world.provider import Provider
from sim.world.script import Scripted
from sim.world.streams import Draw, Streams, mean

if TYPE_CHECKING:
    from sim.world.customer import Request


REPLAYED = {
    Status.CONFIRMED: Answer.CONFIRMED,
    Status.DECLINED: Answer.DECLINED,
    Status.UNKNOWN: Answer.PENDING,
    Status.CHALLENGED: Answer.REDIRECT,
    Status.USED_UP: Answer.USED_UP,
}
UNSOLD = (Status.DECLINED, Status.FAILED, Status.USED_UP)


@dataclass(slots=True)
class Claim:
    """The result of claiming an idempotency key: the order, and the stored answer if there is one to be replayed.

    `taken_over`: the order belonged to a process that seems to be dead and may have called the provider already.
    """

    order: Order
    answer: Answer | None = None
    taken_over: bool = False


def _as_it_is(_: str, story: Callable[..., Story]) -> Callable[..., Story]:
    return story


class Shop:
    """Parts and steps, as seen from one component. (A fault strikes steps of the component that it names.)"""

    component = "checkout"
    # What all shops of one morning share. (To look at `__dict__` would make each later look-up in this shop slower.)
    shared: ClassVar[tuple[str, ...]] = (
        "env", "design", "database", "provider", "broker", "call_loyalty", "watch", "webhooks", "pools", "loops", "consumers",
        "computed_s", "lost_in_hand", "_plan", "_script_about", "_struck", "_observer", "_service_s", "_pay_draw",
        "_library", "_timeout_s", "_weather", "_books", "_gives_back",
    )  # fmt: skip

    def __init__(
        self, env: Clock, design: Design, *, database: Database, provider: Provider, broker: Broker,
        plan: FaultPlan, streams: Streams, struck: list[Struck], repeats: Repeats, observer: Observer | None = None,
    ) -> None:  # fmt: skip
        self.env = env
        self.design = design
        self.database = database
        self.provider = provider
        self.broker = broker
        self.call_loyalty: Callable[[OutboxRow], Event] | None = None  # set if loyalty is called directly, not by an event
        # Wraps the stories of an architecture in a user's file, which may hang, raise, or misuse the shop.
        self.watch: Callable[[str, Callable[..., Story]], Callable[..., Story]] = _as_it_is
        self.webhooks = 0  # taken by checkout workers
        self.pools: dict[str, Pool] = {}
        self.loops: dict[str, Process] = {}
        self.consumers: dict[str, WorkerConsumer] = {}
        self.computed_s: defaultdict[str, float] = defaultdict(float)  # processor seconds, by component
        self.lost_in_hand: defaultdict[str, int] = defaultdict(int)  # deliveries that consumers had begun with, by component
        self._plan = plan
        self._script_about = streams.script_about
        self._struck = struck
        self._observer = observer
        self._strike_at(self.component)
        self._service_s: Draw = streams.times("checkout.service", design.checkout.service)
        self._pay_draw: Draw = streams.uniform("payment.retry")
        self._library = ClientLibrary(design, provider, repeats, observer)
        self._timeout_s = design.payment.timeout
        self._weather = plan.weather("checkout")
        self._books = database.books
        self._gives_back = self._books is not None and design.taking.gives_back == "after_it"

    # Setting up

    def seen_from(self, component: str) -> Shop:
        shop: Shop = object.__new__(type(self))
        for name in self.shared:
            setattr(shop, name, getattr(self, name))
        shop.component = component
        shop._strike_at(component)
        return shop

    def _strike_at(self, component: str) -> None:
        """Find out what may strike after steps of this component."""
        self._strikes = self._plan.strikes.get(component, {})
        self._script = self._script_about(("step", component))
        self._unwatched = self._observer is None and self._script is None

    def background(self, component: str, story: Callable[[Shop], Story], *, machine: int = 1) -> None:
        """Run a story in the background, for all of the morning. After a crash it starts again from its first line.

        `machine`: of several that run the same component's story. A crash at a time strikes the first of them, one after a
        step whichever has taken it. A second story of the same component and machine raises ValueError.

        Costs: nothing; what the story does takes its time.
        """
        name = component if machine == 1 else f"{component} {machine}"
        if name in self.loops:  # no crash at a time would strike the first one any more
            raise ValueError(f"{name} has its story already")
        story = self.watch("background", story)
        self.loops[name] = Process(self.env, self._supervised(story, self.seen_from(component)))

    def _supervised(self, story: Callable[[Shop], Story], shop: Shop) -> Story:
        restart_s = 0.0
        while True:
            try:
                if restart_s:
                    yield Coming(self.env, restart_s)
                    restart_s = 0.0
                yield from story(shop)
            except Interrupt as interrupt:
                restart_s = float(interrupt.cause or 0.0)
            except Crash as crash:
                restart_s = crash.restart_s

    def workers(
        self, component: str, number: int, *, instances: int = 1, autoscale: Autoscale | None = None, queues: bool = False
    ) -> Pool:
        """Make the component's pool of workers, to which `start` gives stories; `queues`: one an instance. Returns the pool.

        A component has one pool; a second one raises ValueError.

        Costs: nothing; a story holds a worker from its first line to its end.
        """
        if component in self.pools:  # its workers would be paid for no more
            raise ValueError(f"{component} has its workers already")
        pool = self.pools[component] = (Lanes if queues else Pool)(self.env, component, number, instances)
        if autoscale is not None:
            computed_s = self.computed_s
            used_s = (lambda: computed_s[component]) if autoscale.measures == "cpu" else (lambda: pool.held_s)
            Autoscaler(self.env, pool, autoscale, used_s)
        return pool

    def start(self, story: Story) -> None:
        """Have a worker of this component's pool run a story, and go on at once. Nobody hears of its result or its death.

        Costs: nothing to the story that calls it; a worker of the pool, for as long as the other story takes.
        """
        self.pools[self.component].submit(Job(self.watch("start", lambda: story)(), _unheard, _unheard))

    def consume(
        self, component: str, story: Callable[[Shop, Order], Story], *, workers: int, autoscale: Autoscale | None = None,
        due_s: Callable[[Order], float] | None = None, held_by: Literal["broker", "worker"] = "broker",
    ) -> None:  # fmt: skip
        """Have a pool of workers run a story for every pending order that is published.

        The story returns None when it is done with the order, or after how many seconds the order is to be delivered again. An
        order whose worker has died is delivered again after `broker.visibility`.

        `due_s` says when an order's story may begin, in seconds since the start of the morning. Until then its message is
        `held_by` the broker; or by the process of these workers, unacknowledged, so that the broker delivers it again whenever
        `broker.visibility` ends, and at its hour every copy gets a story.

        Costs: nothing; a story holds a worker from its first line to its end.
        """
        self.workers(component, workers, autoscale=autoscale)
        story = self.watch("consume", story)
        shop = self.seen_from(component)
        consumer = self.consumers[component] = WorkerConsumer(
            self.env, self.broker, self.pools[component], name=component, story=lambda event, _: story(shop, event.order),
            schedule=None if due_s is None else Schedule(due_s, held_by),
        )  # fmt: skip
        self.broker.subscribe(consumer, [Status.PENDING])

    def listen(self, story: Callable[[Shop, Order, Outcome], Story]) -> None:
        """Have a checkout worker run a story for every webhook. If the worker dies, the provider sends the webhook again.

        Costs: nothing; a story holds a checkout worker from its first line to its end.
        """
        pool = self.pools["checkout"]
        story = self.watch("listen", story)

        def take(order: Order, outcome: Outcome, not_taken: Callable[[], None]) -> None:
            if not pool.up or self._weather.at(self.env.now).down:
                not_taken()
                return
            self.webhooks += 1
            pool.submit(Job(story(self, order, outcome), _unheard, lambda *_: not_taken()))

        self.provider.on_news(take)

    # Steps

    def took(self, step: str, purchase: int) -> Iterable[Event]:
        """Let faults strike after a step. Returns the pauses that the process must wait for; raises Crash if it dies here."""
        if self._unwatched and step not in self._strikes:
            return ()
        if self._observer is not None:
            self._observer.took(self.component, step, purchase=purchase)
        return self._stricken(step, purchase)

    def matters(self, step: str) -> bool:
        """Whether `took` does anything after this step."""
        return not self._unwatched or step in self._strikes

    def _stricken(self, step: str, purchase: int) -> Iterable[Event]:
        pauses = []
        for one in self._strikes.get(step, ()):  # the first that kills ends it
            if one.hits(purchase, self.env.now):
                pauses.append(self._suffer(one, step, purchase))  # noqa: PERF401  in a hot place: rarely any does
        if self._script is not None:
            pauses += [self._suffer(one, step, purchase) for one in self._script.after(self.component, step, purchase)]
        if pauses and self._observer is not None:
            pause_s = max(coming.delay_s for coming in pauses)
            self._observer.paused(self.component, step, purchase=purchase, pause_s=pause_s)
        return pauses

    def _suffer(self, strike: Strike | Scripted, step: str, purchase: int) -> Coming:
        """The pause that a fault or a mishap makes after a step; raises Crash if it kills."""
        death = strike.death
        lives = death is not None and death.lives
        self._struck.append(Struck(self.component, self.env.now, step, purchase, strike.pause_s, lives))
        if death is None:
            return Coming(self.env, strike.pause_s)
        if self._observer is not None and lives:
            self._observer.threw(self.component, step, purchase=purchase)
        elif self._observer is not None:
            self._observer.died(self.component, step, purchase=purchase)
        raise death

    def sleep(self, seconds: float) -> Event:
        """Wait.

        Costs: the time, and the worker that waits, if it is a worker's story.
        """
        return Coming(self.env, seconds)

    def compute(self, request: Request) -> Event:
        """Do a checkout worker's own work on a request.

        Costs: worker time, as `checkout.service` says, and longer while a fault slows the checkout down.
        """
        service_s = self._service_s(request.purchase, request.number)
        if self._weather.spells:
            service_s *= self._weather.at(self.env.now).slower
        self.computed_s[self.component] += service_s
        return pause(self.env, service_s)

    def insert(self, request: Request | Order) -> Story:
        """Insert a new order for this request (or for the basket of an order), whatever the key says. Returns the order.

        Costs: a database write.
        """

        def commit() -> Order:
            order = self.database.create(request.purchase, request.cents)
            order.card = request.card
            if self._observer is not None:
                self._observer.inserted(self.component, order)
            return order

        order: Order = yield self.database.transaction(request.purchase, commit)
        yield from self.took("insert", order.purchase)
        return order

    def claim(self, request: Request, rules: Claims) -> Story:
        """Claim the request's key: one request wins, by a unique insert of key and order, or by taking a stale claim over.

        Returns a `Claim`. If its `answer` is None, the request has won, and nobody else may work on `order` for as long as
        `rules.lock` says. Else `answer` is what to reply. Other guards than `unique` have no constraint: the key is looked up
        and then inserted (`check_then_insert`), or written down when the order is settled (`check_then_mark`), and two requests
        may both win. With `in_flight: wait` a request waits while another works on the order, and claims again.

        Costs: a database write, with other guards than `unique` a database read before it, and both again after each wait.
        """
        database = self.database
        while True:
            if rules.guard == "unique":
                claim = yield database.transaction(
                    request.purchase, lambda: self._claimed(request, rules, database.with_key(request.key, rules.ttl))
                )
            else:
                known = yield database.query(
                    request.purchase, lambda: database.looked_up(request.key, rules.ttl, request.purchase)
                )
                claim = yield database.transaction(request.purchase, partial(self._claimed, request, rules, known))
            if claim.answer is not Answer.CONFLICT or rules.in_flight == "conflict":
                break
            yield database.when_released(claim.order)
        if claim.answer is None:
            yield from self.took("claim", request.purchase)
        return claim

    def _claimed(self, request: Request, rules: Claims, order: Order | None) -> Claim:
        claim = self._claim(request, rules, order)
        if claim.answer is None:
            claim.order.card = request.card
        if self._observer is not None:
            self._observer.claimed(self.component, claim)
        return claim

    def _claim(self, request: Request, rules: Claims, order: Order | None) -> Claim:
        if order is None:
            at_the_end = rules.guard == "check_then_mark"
            order = self.database.create(request.purchase, request.cents, None if at_the_end else request.key)
            order.unmarked = request.key if at_the_end else None
            order.busy_until_s = self.env.now + rules.lock
            return Claim(order)
        if rules.fingerprint and request.cents != order.cents:
            return Claim(order, Answer.MISMATCH)
        if order.status is Status.FAILED and rules.stores_failures:
            return Claim(order, Answer.FAILED)
        if order.status in REPLAYED:
            return Claim(order, REPLAYED[order.status])
        if order.busy_until_s > self.env.now:
            return Claim(order, Answer.CONFLICT)
        taken_over = order.status is Status.PENDING
        if taken_over:
            self.database.doubt(order)
        else:
            self.database.reopen(order)
        order.busy_until_s = self.env.now + rules.lock
        return Claim(order, taken_over=taken_over)

    def accept(self, request: Request, rules: Keys) -> Story:
        """Write order and outbox row in one transaction, once a key. Returns the order, and whether the key was known.

        Costs: a database write.
        """
        row = self.database.draw_row()

        def commit() -> tuple[Order, bool]:
            order = self.database.with_key(request.key, rules.ttl)
            known = order is not None
            if order is None:
                order = self.database.create(request.purchase, request.cents, request.key)
                order.card = request.card
                self.database.add_to_outbox(order, row)
            if self._observer is not None:
                self._observer.accepted(self.component, order, known=known)
            return order, known

        order, known = yield self.database.transaction(request.purchase, commit)
        if not known:
            yield from self.took("accept", order.purchase)
        return order, known

    def take(self, order: Order, *, tell: bool = False) -> Story:
        """Take what an order's purchase wants out of the scenario's `accounts`: all of it, or nothing. Returns whether it may
        go on.

        An order that can't have it is USED_UP by the same transaction, with an outbox row if `tell`. One that has it already,
        or whose purchase wants nothing, goes on; so does one whose time limit is over and that may be paid for already, which
        takes again when it is settled. With `taking.when: at_settlement` nothing is taken here: there is a look
        whether enough is left, before the first call to the provider.

        Costs: nothing if nothing is to be taken. Else a database write; with guards other than `atomic` a database read before
        it; with `at_settlement` only the read, and the write if the order is refused.
        """
        books, rules = self._books, self.design.taking
        if books is None or books.has(order):
            return True
        later = rules.when == "at_settlement"
        if order.settled or (later and (order.attempts or order.unheard)):
            return order.status is not Status.USED_UP
        if books.was_released(order) and order.status is not Status.PENDING:
            return True  # it may be paid for already: first learn that, then take again
        enough = True
        if later or rules.guard != "atomic":
            enough = yield self.database.query(order.purchase, lambda: books.look(order))
            if self._observer is not None:
                self._observer.looked_into(self.component, order, books=books, enough=enough)
            if later and enough:
                return True
        row = self.database.draw_row() if tell else 0

        def commit() -> bool:
            if order.settled or books.has(order):  # somebody else was faster
                return order.status is not Status.USED_UP
            taken = books.enough(order) if rules.guard == "atomic" else enough
            if taken:
                books.take(order)
            else:
                self.database.settle(order, Outcome.USED_UP)
                self.database.release(order)
                if tell:
                    self.database.add_to_outbox(order, row)
            if self._observer is not None:
                self._observer.took_out(self.component, order, books=books, taken=taken)
            return taken

        taken: bool = yield self.database.transaction(order.purchase, commit)
        yield from self.took("take", order.purchase)
        return taken

    def give_back(self, order: Order, *, blindly: bool = False) -> Story:
        """Give back to the scenario's `accounts` what an order has taken and was not confirmed with.

        Settling an order does so by itself with `taking.gives_back: with_settlement`. `blindly`: what it took last, without a
        look whether it was given back before.

        Costs: a database write; nothing in a world without accounts.
        """
        books = self._books
        if books is None:
            return

        def commit() -> None:
            self._give_back(order, books, blindly=blindly)

        yield self.database.transaction(order.purchase, commit)
        yield from self.took("give_back", order.purchase)

    def _give_back(self, order: Order, books: Books, *, blindly: bool = False) -> None:
        given = books.give_back(order, blindly=blindly)
        if self._observer is not None and given:
            self._observer.gave_back(self.component, order, books=books)

    def release(self, reserve: Reserve) -> Story:
        """Give back what unsettled orders have had in hand for longer than their time limit. Returns those orders.

        Costs: a database write, for all orders together.
        """

        def commit() -> list[Order]:
            books = self._books
            orders = [] if books is None else [self.database.orders[number] for number in books.over(reserve.lasts)]
            for order in orders:
                assert books is not None
                self._give_back(order, books)
            return orders

        orders: list[Order] = yield self.database.transaction(NOBODY, commit)
        for order in orders:
            yield from self.took("release", order.purchase)
        return orders

    def charge(self, order: Order) -> Story:
        """Call the provider to charge an order. Returns the Outcome as far as the shop can know it.

        Before the call its beginning is noted in the order's row, so that a death of the process leaves a call that nobody has
        heard the end of. The note goes with the look whether the order is settled, and takes no time of its own (assumption).

        Costs: a call to the provider, which takes its latency, or `payment.timeout` if that is shorter; the worker waits. With
        `payment.in_transaction` a connection of the database for as long, and the wait for it.
        """
        return (yield from self._library.call(self, order, step="charge"))

    def begin(self, order: Order) -> Story:
        """Call the provider to begin a payment that the customer makes on the provider's page.

        Returns CHALLENGED if it has begun; `Reply(Answer.REDIRECT, order)` sends the customer there. The call is noted like a
        charge, and its key is the order's too.

        Costs: a call to the provider, which takes its latency, or `payment.timeout` if that is shorter; the worker waits.
        """
        return (yield from self._library.call(self, order, step="begin", begins=True))

    def authorise(self, order: Order) -> Story:
        """Call the provider to authorise an order's money: the card's bank holds it until it is captured or voided, for
        `provider.authorisation.lasts` at most. Returns the Outcome as far as the shop can know it; AUTHORISED settles an order
        like CAPTURED.

        Its beginning is noted like that of a charge, and its key is the order's too.

        Costs: a call to the provider, which takes its latency, or `payment.timeout` if that is shorter; the worker waits.
        """
        return (yield from self._library.call(self, order, step="authorise", takes=False))

    def capture(self, order: Order, cents: int | None = None, key: object = None) -> Story:
        """Take money that is authorised for an order: all that is held, or so many `cents`; the rest stays held.

        Returns CAPTURED; FAILED if less is held, for instance because it is captured already, or if the call is refused;
        UNKNOWN without an answer. With `payment.key: order` a capture of all has a key of the order, so a repeat finds it
        CAPTURED; a capture of a part has the `key` that it is given.

        Costs: a call to the provider, which takes its latency, or `payment.timeout` if that is shorter; the worker waits.
        """
        if key is None and cents is None and self._library.keyed:
            key = ("capture", order.key)
        outcome: Outcome = yield self.provider.capture(order, self._timeout_s, cents, key, caller=self.component)
        yield from self.took("capture", order.purchase)
        return outcome

    def void(self, order: Order) -> Story:
        """Release all money that is held for an order and not captured.

        Returns VOIDED, also if it was released before; FAILED if nothing is there to release, or the call is refused; UNKNOWN
        without an answer.

        Costs: a call to the provider, which takes its latency, or `payment.timeout` if that is shorter; the worker waits.
        """
        outcome: Outcome = yield self.provider.void(order, self._timeout_s, caller=self.component)
        yield from self.took("void", order.purchase)
        return outcome

    def inquire(self, order: Order) -> Story:
        """Ask the provider what became of an order.

        Returns CAPTURED, DECLINED, AUTHORISED while money is held, CHALLENGED while the customer has not finished, FAILED if
        nothing was charged so far, CONFLICT if the provider is working on it, or UNKNOWN.

        Costs: a call to the provider, which takes its latency, or `payment.timeout` if that is shorter; the worker waits.
        """
        outcome: Outcome = yield self.provider.inquire(order, self._timeout_s, caller=self.component)
        yield from self.took("inquire", order.purchase)
        return outcome

    def renew_key(self, order: Order, instead_of: object, *, lands_within_s: float = 0.0) -> Story:
        """Give the order a new key for the provider: the next call with it is a new one. Returns whether it got one.

        Only in place of the key `instead_of`: if the order has another by now, somebody else has renewed it, and may have
        charged with that. (The write compares and sets: who asks, stands still, and then writes, must not win.)

        It keeps its key, and False is returned, if a call may still charge that began less than `lands_within_s` ago: two keys
        are two charges. The old one is spent then, and nobody calls with it again: each call would have to be waited for.

        Costs: a database write.
        """

        def commit() -> bool:
            if order.key != instead_of:
                return False
            if order.may_still_be_charged(self.env.now, lands_within_s):
                order.key_is_spent = True
                order.attempts += 1  # a try that came to nothing
                return False
            self.database.renew_key(order)
            if self._observer is not None:
                self._observer.renewed_key(self.component, order)
            return True

        renewed: bool = yield self.database.transaction(order.purchase, commit)
        yield from self.took("renew", order.purchase)
        return renewed

    def overwrite(self, order: Order, outcome: Outcome) -> Story:
        """Write the outcome that came last over whatever was known before.

        Costs: a database write.
        """

        def commit() -> None:
            self.database.overwrite(order, outcome)
            if self._observer is not None:
                self._observer.overwrote(self.component, order)

        yield self.database.transaction(order.purchase, commit)
        yield from self.took("commit", order.purchase)

    def settle(self, order: Order, outcome: Outcome, *, tell: bool = False) -> Story:
        """Note the outcome and release the order; with `tell`, write an outbox row in the same transaction.

        Returns whether the order changed: only the process that changed it may publish it.

        Costs: a database write.
        """
        row = self.database.draw_row() if tell else 0

        def commit() -> bool:
            books = self._books
            changed = self.database.settle(order, outcome if books is None else books.outcome(order, outcome))
            self.database.release(order)
            if changed and tell:
                self.database.add_to_outbox(order, row)
            if self._observer is not None:
                self._observer.settled(self.component, order, changed=changed, with_row=changed and tell)
            return changed

        changed: bool = yield self.database.transaction(order.purchase, commit)
        yield from self.took("commit", order.purchase)
        if changed and self._gives_back and order.status in UNSOLD:
            yield from self.give_back(order, blindly=True)
        return changed

    def unpaid_orders(self, after_s: float) -> Story:
        """Read the orders that are not settled and older than `after_s` seconds. Returns them, the oldest first.

        Costs: a database read, for all orders together.
        """

        def look() -> list[Order]:
            return [order for order in self.database.open.values() if order.created_s + after_s <= self.env.now]

        orders: list[Order] = yield self.database.query(NOBODY, look)
        return orders

    def cancel(self, order: Order, *, tell: bool = False) -> Story:
        """Give an order up, unless it is settled; with `tell`, write an outbox row in the same transaction.

        News that it was paid would still confirm it later. Returns whether the order changed.

        Costs: a database write.
        """
        row = self.database.draw_row() if tell else 0

        def commit() -> bool:
            changed = self.database.cancel(order)
            self.database.release(order)
            if changed and tell:
                self.database.add_to_outbox(order, row)
            if self._observer is not None:
                self._observer.cancelled(self.component, order, changed=changed)
            return changed

        changed: bool = yield self.database.transaction(order.purchase, commit)
        yield from self.took("cancel", order.purchase)
        if changed and self._gives_back:
            yield from self.give_back(order, blindly=True)
        return changed

    def publish(self, what: Order | OutboxRow) -> Story:
        """Hand an event to the broker: an outbox row, or (a dual write) the order as this process believes it to be.

        Where `loyalty.inline` is set, loyalty is called first, if the order is confirmed.

        Costs: a message to the broker, which takes `broker.publish`; with `loyalty.inline` a call to loyalty before it.
        """
        event = what if isinstance(what, OutboxRow) else self.database.event(what)
        if self._observer is not None:
            self._observer.published(self.component, event, listeners=self.broker.listeners(event.status))
        if self.call_loyalty is not None and event.status is Status.CONFIRMED:
            yield self.call_loyalty(event)
            yield from self.took("award", event.order.purchase)
        yield self.broker.publish(event)
        yield from self.took("publish", event.order.purchase)

    def next_rows(self, relay: Relay) -> Story:
        """Sleep until the next poll that finds outbox rows, and read them as they stood when it began.

        Returns the rows, `relay.batch` at most. Polls that would find nothing are counted but not simulated; the first that
        finds a row comes at its usual time.

        Costs: the time until that poll, and a database read a poll.
        """
        database, poll_every_s = self.database, relay.poll_every
        if database.outbox:
            yield Coming(self.env, poll_every_s)
        else:
            began_s = self.env.now
            period_s = poll_every_s + mean(self.design.database.read)
            poll = Awaited()

            def wake() -> None:
                slept_s = self.env.now - began_s
                empty = max(0, math.ceil((slept_s - poll_every_s) / period_s))
                database.reads += empty
                self.env.call(max(0.0, poll_every_s + empty * period_s - slept_s), poll.happen)

            database.when_row_written(wake)
            yield poll
        rows = database.unpublished(relay.batch, by_id=relay.finds == "by_id")
        yield database.query(NOBODY)
        if self._observer is not None:
            self._observer.read_rows(self.component, rows)
        return rows

    def mark_published(self, rows: list[OutboxRow], relay: Relay) -> Story:
        """Take rows out of the outbox: the relay will not read them again.

        Costs: a database write, for all rows together.
        """

        def commit() -> None:
            self.database.mark_published(rows)
            if relay.finds == "by_id":
                self.database.look_beyond(rows)
            if self._observer is not None:
                self._observer.marked(self.component, rows)

        yield self.database.transaction(NOBODY, commit)
        yield from self.took("mark", rows[-1].order.purchase)

    def stuck_orders(self, completer: Completer, *, lock_s: float) -> Story:
        """Claim orders that nobody has worked on for a while: unknown outcomes, and claims whose holder must have died.

        Returns the orders, `completer.batch` at most. They are claimed for `lock_s` seconds.

        Costs: a database write, for all orders together.
        """

        def claim() -> list[Order]:
            now = self.env.now
            stuck = [o for o in self.database.open.values() if o.busy_until_s + completer.after <= now][: completer.batch]
            for order in stuck:
                self.database.doubt(order)
                order.busy_until_s = now + lock_s
            if self._observer is not None:
                self._observer.took_up(self.component, stuck)
            return stuck

        orders: list[Order] = yield self.database.transaction(NOBODY, claim)
        return orders

    def refund(self, row: int, cents: int | None = None, key: object = None) -> Story:
        """Give one charge of the provider's ledger back, all that is left of it or so many `cents`, as soon as the provider can
        be asked.

        Returns REFUNDED; FAILED if less is left, or the refund is refused; UNKNOWN if its answer is lost. A repeat with the
        same `key` gives nothing back again.

        Costs: a call to the provider.
        """
        while self.provider.down:
            yield Coming(self.env, 1.0)
        order = self.database.orders[self.provider.charges.order[row]]
        outcome: Outcome = yield self.provider.refund(row, cents, key, caller=self.component, order=order)
        yield from self.took("refund", self.provider.charges.purchase[row])
        return outcome

    def pay_draw(self, order: Order) -> float:
        """The uniform draw, from 0 to 1, behind the back-off before an order's next payment attempt.

        Costs: nothing.
        """
        return self._pay_draw(order.purchase, order.attempts)


OWN = ("seen_from", "took", "matters")  # methods for the shop's own parts
STEPS = tuple(name for name, made in vars(Shop).items() if isfunction(made) and not name.startswith("_") and name not in OWN)


def _unheard(*_: Any) -> None:
    """For a story whose result is not used, and whose death is not noticed."""
