"""A morning that takes notes on one purchase. Its parts are those of every morning, which also note what they do.

Nothing of this exists in a morning that is not traced, so tracing costs nothing when it is off.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

from simpy.events import Event as Occurrence

from sim.architectures.guard import answering
from sim.config.design import Claims, Completer, Design, Keys, Relay
from sim.config.scenario import Scenario
from sim.config.units import duration_text, usd_text
from sim.explanation.moments import LANES, Moment, Notes, folded
from sim.vocabulary import Answer, Fate, Outcome, Status
from sim.world.broker import Broker
from sim.world.checkout import Checkout, Reply
from sim.world.customer import Crowd, Customer, Request
from sim.world.database import Database, Event, Order
from sim.world.engine import Coming, Crash, Story, Timer
from sim.world.loyalty import Loyalty
from sim.world.morning import Morning, Parts
from sim.world.provider import Provider
from sim.world.read_model import ReadModel
from sim.world.shop import Claim, Shop

SAYS = {
    Answer.CONFIRMED: "201 paid",
    Answer.PENDING: "202 we have your order",
    Answer.DECLINED: "402 card declined",
    Answer.CONFLICT: "409 still working on that key",
    Answer.MISMATCH: "422 that key stands for another basket",
    Answer.FAILED: "502 payment failed, please try again",
    Answer.UNAVAILABLE: "503 too busy",
}
OUTCOMES = {
    Outcome.CAPTURED: "captured",
    Outcome.DECLINED: "card declined",
    Outcome.FAILED: "refused, nothing charged",
    Outcome.CONFLICT: "that key is still being worked on",
    Outcome.MISMATCH: "that key was used for another amount",
    Outcome.ERROR: "500 internal error",
}
LISTENERS = {"payment": "the payment workers", "read_model": "the status view"}
FAILED = "shows “payment failed”"
TAKEN, GIVEN = ("provider", "took"), ("provider", "gave back")
INQUIRED = OUTCOMES | {Outcome.FAILED: "nothing charged so far", Outcome.CONFLICT: "still being worked on"}


def traced(scenario: Scenario, design: Design, seed: int, *, purchase: int) -> tuple[Any, list[Moment]]:
    """The tables of a morning, the same as untraced, and all moments of one purchase, cycles folded."""
    notes = Notes(purchase)
    with answering(scenario, design, seed):
        tables = TracedMorning(scenario, design, seed, notes).run()
    return tables, folded(_counted(notes.in_order(tables.horizon_s)))


def _counted(moments: list[Moment]) -> list[Moment]:
    """With what the provider has taken and given back so far. (A call that hangs is noted before a later one that doesn't.)"""
    taken = given = 0
    counted = []
    for moment in moments:
        if moment.belief in (TAKEN, GIVEN):
            taken += moment.belief == TAKEN
            given += moment.belief == GIVEN
            text = f"charged {taken}×{f', refunded {given}×' if given else ''}"
            moment = replace(moment, belief=("provider", text))
        counted.append(moment)
    return counted


class TracedMorning(Morning):
    def __init__(self, scenario: Scenario, design: Design, seed: int, notes: Notes) -> None:
        def customer(crowd: Crowd, number: int) -> Customer:
            return TracedCustomer(crowd, number, notes) if number == notes.purchase else Customer(crowd, number)

        def noting(kind: type) -> Any:
            def make(*args: Any, **kwargs: Any) -> Any:
                part = kind(*args, **kwargs)
                part.notes = notes
                return part

            return make

        self.parts = Parts(
            database=TracedDatabase, provider=noting(TracedProvider), broker=noting(TracedBroker), view=noting(TracedView),
            loyalty=noting(TracedLoyalty), shop=noting(TracedShop), checkout=noting(TracedCheckout), customer=customer,
        )  # fmt: skip
        super().__init__(scenario, design, seed)


def money(cents: int) -> str:
    return usd_text(cents / 100)


class TracedCustomer(Customer):
    """The customer, and the app in their hand."""

    def __init__(self, crowd: Crowd, purchase: int, notes: Notes) -> None:
        self.notes = notes
        super().__init__(crowd, purchase)

    def _note(self, who: str, text: str, **more: Any) -> None:
        self.notes.note(self.crowd.env.now, who, text, **more)

    def tap(self, *, twice: bool = True) -> None:
        if self.submissions < self.crowd.most_submissions:
            again = "" if not self.submissions else " again" if twice else " a second time by accident"
            self._note(
                "customer", f"taps Pay{again}, {money(self.basket_cents)}", to="app", kind="message",
                belief=("customer", "is waiting"),
            )  # fmt: skip
        super().tap(twice=twice)

    def _change_basket(self) -> None:
        before = self.basket_cents
        super()._change_basket()
        if self.basket_cents != before:
            self._note("customer", f"adds {money(self.basket_cents - before)} to the basket")

    def _refresh(self) -> None:
        kept = "the cart and its key are kept" if self.crowd.key == "purchase" else "its keys are gone"
        keys = "" if self.crowd.key == "none" else f"; {kept}"
        self._note("customer", f"reloads the app, which forgets its requests{keys}")
        super()._refresh()

    def _leave(self) -> None:
        super()._leave()
        self._note("customer", "gives up and leaves", belief=("customer", "has left"))

    def hear(self, request: Request, reply: Reply) -> None:
        ignored = request.page != self.page or self.done
        if reply.answer is Answer.NONE and not ignored:
            after = duration_text(self.crowd.app.timeout)
            self._note("app", f"stops waiting for request {request.number + 1} after {after}")
        super().hear(request, reply)

    def _acknowledge(self, cents: int, reply: Reply) -> None:
        if reply.answer is not Answer.CONFIRMED and not self.acknowledged:
            self._note("app", "shows “we have your order”", to="customer", kind="answer", belief=("customer", "has an order"))
        super()._acknowledge(cents, reply)

    def _told_confirmed(self) -> None:
        if not self.confirmed:
            cents = self.crowd.purchases.shown_cents[self.purchase] or self.basket_cents
            text = f"has paid {money(cents)}, awaits one coffee"
            self._note("app", "shows “paid”", to="customer", kind="answer", belief=("customer", text))
        super()._told_confirmed()

    def _told_failed(self, submission: int) -> None:
        self._note("app", FAILED, to="customer", kind="answer", belief=("customer", "thinks it failed"))
        super()._told_failed(submission)

    def _poll(self, timer: Timer) -> None:
        if not ((self.done and not self.confirmed) or self.order is None):
            shown = self.crowd.view.peek(self.order)
            text = "not there yet" if shown < 0 else Status(shown).name.lower()
            self.notes.poll(self.crowd.env.now, f"asks for order {self.order.id}: {text}")
        super()._poll(timer)


class TracedCheckout(Checkout):
    """The network, seen from both its ends."""

    notes: Notes

    def send(self, request: Request) -> None:
        super().send(request)
        if request.purchase == self.notes.purchase:
            key = "no key" if request.key is None else f"key “{key_name(request)}”"
            again = f", attempt {request.attempt}" if request.attempt > 1 else ""
            lost = self._fate[request.row] == Fate.LOST
            text = f"request {request.number + 1}{again}, {key}{' (lost on the way)' if lost else ''}"
            self.notes.note(request.sent_s, "app", text, to="checkout", kind="lost" if lost else "message")

    def _answer(self, request: Request, reply: Reply) -> None:
        super()._answer(request, reply)
        if request.purchase == self.notes.purchase:
            lost = self._lost is not None and self._lost(request.purchase, 2 * request.number + 1) < self._p_answer_lost
            unheard = request.closed or request.page != request.customer.page
            why = " (lost on the way)" if lost else " (nobody is listening any more)" if unheard else ""
            text = f"request {request.number + 1}: {SAYS[reply.answer]}{why}"
            self.notes.note(self._env.now, "checkout", text, to="app", kind="lost" if lost or unheard else "answer")

    def _died(self, request: Request) -> None:
        super()._died(request)
        if request.purchase == self.notes.purchase and self.notes.moments[-1].kind != "crash":
            self.notes.note(self._env.now, "checkout", f"its instance dies, and request {request.number + 1} too", kind="crash")


def key_name(request: Request) -> str:
    """A key as a person would write it: the same letter for the same key."""
    scope = request.customer.crowd.key
    return {"purchase": "cart", "submission": f"tap-{request.submission}"}.get(scope, f"request-{request.number + 1}")


class TracedDatabase(Database):
    """Lets the step that asks for a transaction tell of it at its commit, whatever becomes of the process that asked."""

    tell: Callable[[Any], None] | None = None

    def transaction(self, purchase: int, effect: Callable[[], Any]) -> Occurrence:
        tell, self.tell = self.tell, None
        if tell is None:
            return super().transaction(purchase, effect)

        def told() -> Any:
            result = effect()
            tell(result)
            return result

        return super().transaction(purchase, told)


class TracedShop(Shop):
    """The steps of the architecture. Each arranges what is to be told of it, and is then the step that it always is."""

    notes: Notes
    broker: TracedBroker
    in_hand = False  # a row of the purchase is in the batch that the relay is working on
    database: TracedDatabase
    provider: TracedProvider

    def _note(self, purchase: int, text: str, to: str | None = None, **more: Any) -> None:
        if purchase == self.notes.purchase:
            self.notes.note(self.env.now, self.component, text, to=to, **more)

    def _writes(self, order: Order, text: str, *, changed: bool = True) -> None:
        belief = ("database", f"order {order.id} {order.status.name}") if changed else None
        self._note(order.purchase, text, "database", kind="message", belief=belief)

    def took(self, step: str, purchase: int) -> Iterable[Occurrence]:
        try:
            pauses = super().took(step, purchase)
        except Crash:
            if purchase != self.notes.purchase and self.in_hand:
                text = f"dies right after the step “{step}” of another order in the same batch"
                self.notes.note(self.env.now, self.component, text, kind="crash")
            self._note(purchase, f"dies right after the step “{step}”", kind="crash")
            raise
        if pauses:
            self._note(purchase, f"stands still right after the step “{step}”", kind="pause")
        return pauses

    def insert(self, request: Request) -> Story:
        self.database.tell = lambda order: self._writes(order, f"inserts order {order.id}")
        return super().insert(request)

    def _claimed(self, request: Request, rules: Claims, order: Order | None) -> Claim:
        claim = super()._claimed(request, rules, order)
        if claim.answer is not None:
            self._writes(claim.order, f"looks the key up: {SAYS[claim.answer]}", changed=False)
        elif claim.taken_over:
            self._writes(claim.order, f"takes over the stale claim of order {claim.order.id}", changed=False)
        else:
            self._writes(claim.order, f"claims the key with order {claim.order.id}")
        return claim

    def accept(self, request: Request, rules: Keys) -> Story:
        def tell(accepted: tuple[Order, bool]) -> None:
            order, known = accepted
            text = f"knows the key: order {order.id}" if known else f"writes order {order.id} and its outbox row at once"
            self._writes(order, text, changed=not known)

        self.database.tell = tell
        return super().accept(request, rules)

    def charge(self, order: Order) -> Story:
        self.provider.caller = self.component
        return super().charge(order)

    def inquire(self, order: Order) -> Story:
        self.provider.caller = self.component
        return super().inquire(order)

    def refund(self, row: int) -> Story:
        self.provider.caller = self.component
        return super().refund(row)

    def renew_key(self, order: Order) -> Story:
        self.database.tell = lambda _: self._writes(order, f"gives order {order.id} a new key for the provider", changed=False)
        return super().renew_key(order)

    def overwrite(self, order: Order, outcome: Outcome) -> Story:
        self.database.tell = lambda _: self._writes(order, f"overwrites order {order.id}: {order.status.name}")
        return super().overwrite(order, outcome)

    def settle(self, order: Order, outcome: Outcome, *, tell: bool = False) -> Story:
        def told(changed: bool) -> None:
            row = " and an outbox row" if tell and changed else ""
            what = f"order {order.id} is {order.status.name}{row}" if changed else f"order {order.id} stays {order.status.name}"
            self._writes(order, what, changed=changed)

        self.database.tell = told
        return super().settle(order, outcome, tell=tell)

    def next_rows(self, relay: Relay) -> Story:
        self.in_hand = False
        rows = yield from super().next_rows(relay)
        self.in_hand = any(row.order.purchase == self.notes.purchase for row in rows)
        return rows

    def publish(self, what: Order | Event) -> Story:
        order = what.order if isinstance(what, Event) else what
        told = self.broker.listeners(what.status)
        to = next((name for name in ("payment", "loyalty") if name in told), told[-1] if told else None)
        others = " and ".join(LISTENERS.get(name, name) for name in told) or "nobody"
        self._note(order.purchase, f"tells {others}: order {order.id} {what.status.name}", to, kind="message" if to else "act")
        return super().publish(what)

    def mark_published(self, rows: list[Event], relay: Relay) -> Story:
        ours = [row for row in rows if row.order.purchase == self.notes.purchase]

        def tell(_: Any) -> None:
            for row in ours:
                self._writes(row.order, f"marks the row “order {row.order.id} {row.status.name}” as published", changed=False)

        self.database.tell = tell
        return super().mark_published(rows, relay)

    def stuck_orders(self, completer: Completer, *, lock_s: float) -> Story:
        def tell(orders: list[Order]) -> None:
            for order in orders:
                if order.purchase == self.notes.purchase:
                    self._writes(order, f"finds order {order.id} stuck, takes it up", changed=False)

        self.database.tell = tell
        return super().stuck_orders(completer, lock_s=lock_s)


class TracedProvider(Provider):
    """The provider's ledger, and what its callers hear."""

    notes: Notes
    caller = "checkout"

    def charge(self, order: Order, timeout_s: float, key: object = None) -> Occurrence:
        occurrence = super().charge(order, timeout_s, key)
        if order.purchase == self.notes.purchase:
            ledger, now = self.charges, self._env.now
            with_key = f"key “order-{order.id}”{'' if key == order.id else ', renewed'}" if key is not None else "no key"
            self.notes.note(now, self.caller, f"charges {money(order.cents)}, {with_key}", to="provider", kind="message")
            captured_s = ledger.captured_s[-1]
            if captured_s == captured_s:  # not NaN
                late = " (its caller has stopped waiting)" if captured_s > ledger.answered_s[-1] else ""
                self.notes.note(captured_s, "provider", f"takes {money(order.cents)} from the card{late}", belief=TAKEN)
            self._unheard(ledger.answered_s[-1], Outcome(ledger.outcome[-1]), captured_s)
            self._answers(ledger.answered_s[-1], Outcome(ledger.outcome[-1]), OUTCOMES, duration_text(timeout_s))
        return occurrence

    def _unheard(self, at_s: float, outcome: Outcome, captured_s: float) -> None:
        """The provider's answer to the last call, if its caller did not hear it: lost, or later than the call's timeout."""
        if outcome is not Outcome.UNKNOWN or captured_s > at_s:  # of a capture that comes later it is said already
            return
        done_s, words = self._done_s[-1], OUTCOMES[Outcome(self._result[-1])]
        why = "lost on the way" if done_s <= at_s else "nobody is listening any more"
        self.notes.note(done_s, "provider", f"{words} ({why})", to=self.caller, kind="lost")

    def _answers(self, at_s: float, outcome: Outcome, words: dict[Outcome, str], timeout: str) -> None:
        if outcome is Outcome.UNKNOWN:
            self.notes.note(at_s, self.caller, f"has no answer after {timeout}: unknown")
        else:
            self.notes.note(at_s, "provider", words[outcome], to=self.caller, kind="answer")

    def inquire(self, order: Order, timeout_s: float) -> Occurrence:
        occurrence = super().inquire(order, timeout_s)
        if order.purchase == self.notes.purchase:
            self.notes.note(self._env.now, self.caller, f"asks what became of order {order.id}", to="provider", kind="message")
            outcome: Any = occurrence.value
            at_s = self._env.now + (occurrence.delay_s if isinstance(occurrence, Coming) else 0.0)
            self._answers(at_s, outcome, INQUIRED, duration_text(timeout_s))
        return occurrence

    def refund(self, row: int) -> Occurrence:
        if self.charges.purchase[row] == self.notes.purchase:
            text = f"gives {money(self.charges.cents[row])} back"
            self.notes.note(self._env.now, self.caller, text, to="provider", kind="message", belief=GIVEN)
        return super().refund(row)

    def _deliver_webhook(self, timer: Timer) -> None:
        order, outcome, delivery = timer.what
        if order.purchase == self.notes.purchase:
            again = ", once more" if delivery % 64 else ""
            text = f"webhook{again}: order {order.id} {OUTCOMES[outcome]}"
            self.notes.note(self._env.now, "provider", text, to="checkout", kind="message")
        super()._deliver_webhook(timer)


class TracedBroker(Broker):
    notes: Notes

    def listeners(self, status: Status) -> list[str]:
        """Who hears of an order with this status, the nearest first."""
        return sorted((consumer.name for consumer in self._consumers[status]), key=LANES.index)

    def _redeliver(self, timer: Timer) -> None:
        consumer, event, _ = timer.what
        if event.order.purchase == self.notes.purchase:
            text = f"the broker delivers “order {event.order.id} {event.status.name}” again"
            self.notes.note(self._env.now, consumer.name, text)
        super()._redeliver(timer)


class TracedLoyalty(Loyalty):
    notes: Notes

    def award(self, event: Event) -> None:
        before = len(self.awards)
        super().award(event)
        if event.order.purchase != self.notes.purchase:
            return
        if len(self.awards) == before:
            self.notes.note(self._env.now, "loyalty", "knows this message already: nothing to do")
        else:
            number = self.awards.purchase.count(event.order.purchase)
            belief = ("loyalty", f"{number} award{'s' if number > 1 else ''}")
            self.notes.note(self._env.now, "loyalty", f"awards points for order {event.order.id}", belief=belief)


class TracedView(ReadModel):
    notes: Notes

    def apply(self, event: Event) -> None:
        super().apply(event)
        if event.order.purchase == self.notes.purchase:
            shown = Status(self._status[event.order.id]).name
            belief = ("read_model", f"order {event.order.id} {shown}")
            self.notes.note(self._env.now, "read_model", f"shows order {event.order.id} as {shown}", belief=belief)
