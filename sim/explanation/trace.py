"""The story of one purchase: an observer of its morning, which puts into words what it hears."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from math import isnan
from typing import Any

from sim.architectures.guard import answering
from sim.config.design import Design
from sim.config.scenario import Scenario
from sim.config.units import duration_text, usd_text
from sim.explanation.moments import LANES, Notes, StoryLine, folded
from sim.vocabulary import Answer, Outcome, Status
from sim.world.checkout import Reply
from sim.world.customer import Customer, Request
from sim.world.database import Order, OutboxRow
from sim.world.morning import Morning
from sim.world.observer import Call, Observer
from sim.world.shop import Claim

# ruff: noqa: ARG002  an observer hears more than the story tells

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


def traced(scenario: Scenario, design: Design, seed: int, *, purchase: int) -> tuple[Any, list[StoryLine]]:
    """The tables of a morning, the same as untraced, and the story of one purchase, with its cycles folded."""
    teller = Storyteller(purchase)
    with answering(scenario, design, seed):
        tables = Morning(scenario, design, seed, observer=teller).run()
    return tables, folded(_counted(teller.notes.in_order(tables.horizon_s)))


def _counted(lines: list[StoryLine]) -> list[StoryLine]:
    """With what the provider has taken and given back so far. (A call that hangs is noted before a later one that doesn't.)"""
    taken = given = 0
    counted = []
    for line in lines:
        if line.belief in (TAKEN, GIVEN):
            taken += line.belief == TAKEN
            given += line.belief == GIVEN
            text = f"charged {taken}×{f', refunded {given}×' if given else ''}"
            line = replace(line, belief=("provider", text))
        counted.append(line)
    return counted


class Storyteller(Observer):
    """Notes what happens to one purchase, in the words of the story."""

    def __init__(self, purchase: int) -> None:
        self.purchase = purchase
        self.notes = Notes()
        self._awards = 0
        self._batches: set[str] = set()  # components that have a row of the purchase in the batch that they work on

    def _note(self, who: str, text: str, to: str | None = None, *, at_s: float | None = None, **more: Any) -> None:
        self.notes.note(self.env.now if at_s is None else at_s, who, text, to=to, **more)

    # The customer, and the app in their hand

    def tapped(self, customer: Customer, *, by_mistake: bool) -> None:
        if customer.purchase == self.purchase:
            again = "" if customer.submissions == 1 else " a second time by accident" if by_mistake else " again"
            text = f"taps Pay{again}, {money(customer.basket_cents)}"
            self._note("customer", text, "app", kind="message", belief=("customer", "is waiting"))

    def changed_basket(self, customer: Customer, *, added_cents: int) -> None:
        if customer.purchase == self.purchase:
            self._note("customer", f"adds {money(added_cents)} to the basket")

    def refreshed(self, customer: Customer) -> None:
        if customer.purchase == self.purchase:
            scope = customer.crowd.key
            kept = "the cart and its key are kept" if scope == "purchase" else "its keys are gone"
            keys = "" if scope == "none" else f"; {kept}"
            self._note("customer", f"reloads the app, which forgets its requests{keys}")

    def left(self, customer: Customer) -> None:
        if customer.purchase == self.purchase:
            self._note("customer", "gives up and leaves", belief=("customer", "has left"))

    def showed_order(self, customer: Customer, reply: Reply) -> None:
        if customer.purchase == self.purchase and reply.answer is not Answer.CONFIRMED:
            self._note("app", "shows “we have your order”", "customer", kind="answer", belief=("customer", "has an order"))

    def told_confirmed(self, customer: Customer) -> None:
        if customer.purchase == self.purchase:
            cents = customer.crowd.purchases.shown_cents[self.purchase] or customer.basket_cents
            belief = ("customer", f"has paid {money(cents)}, awaits one coffee")
            self._note("app", "shows “paid”", "customer", kind="answer", belief=belief)

    def told_failed(self, customer: Customer) -> None:
        if customer.purchase == self.purchase:
            self._note("app", FAILED, "customer", kind="answer", belief=("customer", "thinks it failed"))

    def polled(self, customer: Customer, order: Order, *, status: int, behind_s: float) -> None:
        if customer.purchase == self.purchase:
            shown = "not there yet" if status < 0 else Status(status).name.lower()
            self.notes.poll(self.env.now, f"asks for order {order.id}: {shown}")

    # The network

    def sent(self, request: Request, *, lost: bool) -> None:
        if request.purchase == self.purchase:
            key = "no key" if request.key is None else f"key “{key_name(request)}”"
            again = f", attempt {request.attempt}" if request.attempt > 1 else ""
            text = f"request {request.number + 1}{again}, {key}{' (lost on the way)' if lost else ''}"
            self._note("app", text, "checkout", kind="lost" if lost else "message")

    def timed_out(self, request: Request) -> None:
        if request.purchase == self.purchase and request.awaited:
            after = duration_text(request.customer.crowd.app.timeout)
            self._note("app", f"stops waiting for request {request.number + 1} after {after}")

    def answered(self, request: Request, reply: Reply, *, lost: bool) -> None:
        if request.purchase == self.purchase:
            unheard = request.closed or request.page != request.customer.page
            why = " (lost on the way)" if lost else " (nobody is listening any more)" if unheard else ""
            text = f"request {request.number + 1}: {SAYS[reply.answer]}{why}"
            self._note("checkout", text, "app", kind="lost" if lost or unheard else "answer")

    def request_died(self, request: Request) -> None:
        if request.purchase == self.purchase and self.notes.lines[-1].kind != "crash":  # which says so already
            self._note("checkout", f"its instance dies, and request {request.number + 1} too", kind="crash")

    # Committed steps

    def _wrote(self, component: str, order: Order, text: str, *, changed: bool = True) -> None:
        if order.purchase == self.purchase:
            belief = ("database", f"order {order.id} {order.status.name}") if changed else None
            self._note(component, text, "database", kind="message", belief=belief)

    def inserted(self, component: str, order: Order) -> None:
        self._wrote(component, order, f"inserts order {order.id}")

    def claimed(self, component: str, claim: Claim) -> None:
        order = claim.order
        if claim.answer is not None:
            self._wrote(component, order, f"looks the key up: {SAYS[claim.answer]}", changed=False)
        elif claim.taken_over:
            self._wrote(component, order, f"takes over the stale claim of order {order.id}", changed=False)
        else:
            self._wrote(component, order, f"claims the key with order {order.id}")

    def accepted(self, component: str, order: Order, *, known: bool) -> None:
        text = f"knows the key: order {order.id}" if known else f"writes order {order.id} and its outbox row at once"
        self._wrote(component, order, text, changed=not known)

    def settled(self, component: str, order: Order, *, changed: bool, with_row: bool) -> None:
        row, verb = " and an outbox row" if with_row else "", "is" if changed else "stays"
        self._wrote(component, order, f"order {order.id} {verb} {order.status.name}{row}", changed=changed)

    def overwrote(self, component: str, order: Order) -> None:
        self._wrote(component, order, f"overwrites order {order.id}: {order.status.name}")

    def renewed_key(self, component: str, order: Order) -> None:
        self._wrote(component, order, f"gives order {order.id} a new key for the provider", changed=False)

    def took_up(self, component: str, orders: Sequence[Order]) -> None:
        for order in orders:
            self._wrote(component, order, f"finds order {order.id} stuck, takes it up", changed=False)

    def read_rows(self, component: str, rows: Sequence[OutboxRow]) -> None:
        self._batches.discard(component)
        if any(row.order.purchase == self.purchase for row in rows):
            self._batches.add(component)

    def marked(self, component: str, rows: Sequence[OutboxRow]) -> None:
        for row in rows:
            text = f"marks the row “order {row.order.id} {row.status.name}” as published"
            self._wrote(component, row.order, text, changed=False)

    # What strikes a process after a step

    def died(self, component: str, step: str, *, purchase: int) -> None:
        if purchase == self.purchase:
            self._note(component, f"dies right after the step “{step}”", kind="crash")
        elif component in self._batches:
            self._note(component, f"dies right after the step “{step}” of another order in the same batch", kind="crash")

    def paused(self, component: str, step: str, *, purchase: int, pause_s: float) -> None:
        if purchase == self.purchase:
            self._note(component, f"stands still right after the step “{step}”", kind="pause")

    # The provider

    def charged(self, caller: str, order: Order, *, call: Call) -> None:
        if order.purchase != self.purchase:
            return
        renewed = "" if call.key == order.id else ", renewed"
        key = "no key" if call.key is None else f"key “order-{order.id}”{renewed}"
        self._note(caller, f"charges {money(order.cents)}, {key}", "provider", kind="message")
        if not isnan(call.captured_s):
            late = " (its caller has stopped waiting)" if call.captured_s > call.answered_s else ""
            text = f"takes {money(order.cents)} from the card{late}"
            self._note("provider", text, at_s=call.captured_s, belief=TAKEN)
        if call.outcome is Outcome.UNKNOWN and not call.captured_s > call.answered_s:  # of a late capture it is said already
            why = "lost on the way" if call.done_s <= call.answered_s else "nobody is listening any more"
            self._note("provider", f"{OUTCOMES[call.result]} ({why})", caller, at_s=call.done_s, kind="lost")
        self._hears(caller, call.outcome, OUTCOMES, at_s=call.answered_s, timeout_s=call.timeout_s)

    def inquired(self, caller: str, order: Order, *, outcome: Outcome, answered_s: float, timeout_s: float) -> None:
        if order.purchase == self.purchase:
            self._note(caller, f"asks what became of order {order.id}", "provider", kind="message")
            self._hears(caller, outcome, INQUIRED, at_s=answered_s, timeout_s=timeout_s)

    def _hears(self, caller: str, outcome: Outcome, words: dict[Outcome, str], *, at_s: float, timeout_s: float) -> None:
        if outcome is Outcome.UNKNOWN:
            self._note(caller, f"has no answer after {duration_text(timeout_s)}: unknown", at_s=at_s)
        else:
            self._note("provider", words[outcome], caller, at_s=at_s, kind="answer")

    def refunded(self, caller: str, purchase: int, *, cents: int) -> None:
        if purchase == self.purchase:
            self._note(caller, f"gives {money(cents)} back", "provider", kind="message", belief=GIVEN)

    def delivered_webhook(self, order: Order, outcome: Outcome, *, again: bool) -> None:
        if order.purchase == self.purchase:
            once_more = ", once more" if again else ""
            text = f"webhook{once_more}: order {order.id} {OUTCOMES[outcome]}"
            self._note("provider", text, "checkout", kind="message")

    # The broker and its consumers

    def published(self, component: str, row: OutboxRow, *, listeners: Sequence[str]) -> None:
        if row.order.purchase == self.purchase:
            nearest_first = sorted(listeners, key=LANES.index)
            farthest = nearest_first[-1] if listeners else None
            to = next((name for name in ("payment", "loyalty") if name in listeners), farthest)
            names = " and ".join(LISTENERS.get(name, name) for name in nearest_first) or "nobody"
            text = f"tells {names}: order {row.order.id} {row.status.name}"
            self._note(component, text, to, kind="message" if to else "act")

    def redelivered(self, consumer: str, row: OutboxRow) -> None:
        if row.order.purchase == self.purchase:
            self._note(consumer, f"the broker delivers “order {row.order.id} {row.status.name}” again")

    def awarded(self, row: OutboxRow, *, known: bool) -> None:
        if row.order.purchase != self.purchase:
            return
        if known:
            self._note("loyalty", "knows this message already: nothing to do")
        else:
            self._awards += 1
            belief = ("loyalty", f"{self._awards} award{'s' if self._awards > 1 else ''}")
            self._note("loyalty", f"awards points for order {row.order.id}", belief=belief)

    def applied(self, row: OutboxRow, *, shown: Status) -> None:
        if row.order.purchase == self.purchase:
            belief = ("read_model", f"order {row.order.id} {shown.name}")
            self._note("read_model", f"shows order {row.order.id} as {shown.name}", belief=belief)


def money(cents: int) -> str:
    return usd_text(cents / 100)


def key_name(request: Request) -> str:
    """A key as a person would write it: the same letter for the same key."""
    scope = request.customer.crowd.key
    return {"purchase": "cart", "submission": f"tap-{request.submission}"}.get(scope, f"request-{request.number + 1}")
