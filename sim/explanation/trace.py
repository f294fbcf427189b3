"""The story of one purchase: an observer of its morning, which puts into words what it hears."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import inf, isnan
from typing import Any

from sim.architectures.guard import answering
from sim.config.design import Design
from sim.config.scenario import Scenario
from sim.config.units import duration_text, usd_text
from sim.explanation.moments import Notes, StoryLine, folded, place
from sim.vocabulary import Answer, Outcome, Status
from sim.world.accounts import Books
from sim.world.checkout import RESET, THROWN, Reply
from sim.world.customer import MOST_REQUESTS, Customer, Request
from sim.world.database import Order, OutboxRow
from sim.world.faults import CONSUMERS
from sim.world.morning import Morning
from sim.world.observer import Call, Failure, Move, Observer
from sim.world.proxy import GATEWAY
from sim.world.shop import Claim

# ruff: noqa: ARG002  an observer hears more than the story tells

SAYS = {
    Answer.CONFIRMED: "201 paid",
    Answer.PENDING: "202 we have your order",
    Answer.REDIRECT: "303 finish the payment at the provider",
    Answer.DECLINED: "402 card declined",
    Answer.USED_UP: "410 nothing is left",
    Answer.CONFLICT: "409 still working on that key",
    Answer.MISMATCH: "422 that key stands for another basket",
    Answer.FAILED: "502 payment failed, please try again",
    Answer.UNAVAILABLE: "503 too busy",
}
SAYS_ITSELF = (
    (RESET, "the connection is cut"), (THROWN, "500 internal error"), (GATEWAY, "504 nobody answers"),
)  # fmt: skip
OUTCOMES = {
    Outcome.CAPTURED: "captured",
    Outcome.DECLINED: "card declined",
    Outcome.FAILED: "refused, nothing charged",
    Outcome.CONFLICT: "that key is still being worked on",
    Outcome.MISMATCH: "that key was used for another amount",
    Outcome.ERROR: "500 internal error",
    Outcome.AUTHORISED: "authorised",
    Outcome.CHALLENGED: "the customer is to finish it",
    Outcome.VOIDED: "released",
    Outcome.REFUNDED: "given back",
    Outcome.USED_UP: "nothing left",
}
LISTENERS = {"payment": "the payment workers", "loyalty": "loyalty", "read_model": "the status view"}
FAILED = "shows “payment failed”"
USED_UP = "shows “nothing is left”"
TOOK, GAVE = "took", "gave back"  # what the provider did; `_counted` says how often, in place of how many cents
INQUIRED = OUTCOMES | {Outcome.FAILED: "nothing charged so far", Outcome.CONFLICT: "still being worked on"}
MOVED = OUTCOMES | {Outcome.FAILED: "refused"}


def traced(scenario: Scenario, design: Design, seed: int, *, purchase: int) -> tuple[Any, list[StoryLine]]:
    """The tables of a morning, the same as untraced, and the story of one purchase, with its cycles folded."""
    inbox = design.loyalty.inbox
    teller = Storyteller(purchase, by_order=inbox is not None and inbox.by == "order")
    with answering(scenario, design, seed):
        tables = Morning(scenario, design, seed, observer=teller).run()
    teller.tell_deaths(tables.faults)
    return tables, folded(_counted(teller.notes.in_order(tables.horizon_s)))


def _counted(lines: list[StoryLine]) -> list[StoryLine]:
    """With what the provider has taken and given back so far. (A call that hangs is noted before a later one that doesn't.)"""
    moved: dict[str, list[int]] = {TOOK: [], GAVE: []}
    counted = []
    for line in lines:
        party, what = line.belief or ("", "")
        does, _, cents = what.rpartition(" ")
        if party == "provider" and does in moved:
            moved[does].append(int(cents))
            line = replace(line, belief=("provider", _charged(moved[TOOK], moved[GAVE])))
        counted.append(line)
    return counted


def _charged(taken: list[int], given: list[int]) -> str:
    """`charged 2×, refunded 1×`; or, where a part of a charge was given back, `charged 1×, refunded 3 USD of 6.50 USD`."""
    if not given:
        return f"charged {len(taken)}×"
    if any(cents not in taken for cents in given):
        return f"charged {len(taken)}×, refunded {money(sum(given))} of {money(sum(taken))}"
    return f"charged {len(taken)}×, refunded {len(given)}×"


def _provider(does: str, cents: int) -> tuple[str, str]:
    return "provider", f"{does} {cents}"


@dataclass(frozen=True)
class OnTheWay:
    """An answer of the provider on its way to a component, which may be dead when it comes."""

    caller: str
    order: int
    asked_s: float
    answered_s: float
    outcome: Outcome
    said: str  # by the provider
    timeout_s: float


class Storyteller(Observer):
    """Notes what happens to one purchase, in the words of the story."""

    def __init__(self, purchase: int, *, by_order: bool = False) -> None:
        self.purchase = purchase
        self._by_order = by_order  # what loyalty's inbox remembers
        self.notes = Notes()
        self._awards = 0
        self._batches: dict[str, Counter[int]] = {}  # component -> the purchase's rows in its batch, and steps left of each
        self._consumers: set[str] = set()  # of events
        self._awaited: list[OnTheWay] = []  # and not heard
        self._struck: tuple[str, float] | None = None  # the component that a fault has struck last after a step, and when
        self._delivered_s: dict[tuple[str, int], float] = {}  # (consumer, event's id) -> when it was published, until handled
        self._waits: list[tuple[str, float, float]] = []  # of events: (consumer, from, until)

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

    def planned(self, customer: Customer) -> None:
        if customer.purchase == self.purchase:
            agents, number = customer.crowd.people.agents, customer.submissions
            again = "" if number == 1 else f", plan {number}"
            times = "" if agents.parallel == 1 else f" {agents.parallel} times at once"
            text = f"is an agent, and calls the payment tool{times}{again}, {money(customer.basket_cents)}"
            self._note("customer", text, "app", kind="message", belief=("customer", "is waiting"))

    def took_other_card(self, customer: Customer) -> None:
        if customer.purchase == self.purchase:
            kept = customer.crowd.app.other_card == "same_key" and customer.crowd.key != "none"
            self._note("customer", f"types another card in{'; the key stays' if kept else ''}")

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

    def redirected(self, customer: Customer, order: Order) -> None:
        if customer.purchase == self.purchase:
            text = f"sends the customer to the provider, to pay for order {order.id}"
            self._note("app", text, "customer", kind="answer", belief=("customer", "is at the provider"))

    def abandoned(self, customer: Customer, order: Order) -> None:
        if customer.purchase == self.purchase:
            self._note("customer", f"gives up at the provider, without paying for order {order.id}")

    def came_back(self, customer: Customer, order: Order) -> None:
        if customer.purchase == self.purchase:
            text = f"comes back from the provider, having paid for order {order.id}"
            self._note("customer", text, "app", kind="message", belief=("customer", "is waiting"))

    def closed_page(self, customer: Customer, order: Order) -> None:
        if customer.purchase == self.purchase:
            text = f"closes the page, having paid for order {order.id}: the shop hears nothing of it from the customer"
            self._note("customer", text, belief=("customer", "has paid, and is gone"))

    def told_confirmed(self, customer: Customer) -> None:
        if customer.purchase == self.purchase:
            cents = customer.crowd.purchases.shown_cents[self.purchase] or customer.basket_cents
            belief = ("customer", f"has paid {money(cents)}, awaits one order")
            self._note("app", "shows “paid”", "customer", kind="answer", belief=belief)

    def told_failed(self, customer: Customer) -> None:
        if customer.purchase == self.purchase:
            self._note("app", FAILED, "customer", kind="answer", belief=("customer", "thinks it failed"))

    def told_used_up(self, customer: Customer) -> None:
        if customer.purchase == self.purchase:
            self._note("app", USED_UP, "customer", kind="answer", belief=("customer", "thinks nothing is left"))

    def looks(self, customer: Customer) -> None:
        if customer.purchase == self.purchase:
            self._note("app", "asks first: is there an order already?", "database", kind="message")

    def looked(self, customer: Customer, order: Order | None, *, status: Status | None) -> None:
        if customer.purchase == self.purchase:
            found = "no order" if order is None or status is None else f"order {order.id} {status.name}"
            self._note("database", found, "app", kind="answer")

    def polled(self, customer: Customer, order: Order, *, status: int, behind_s: float) -> None:
        if customer.purchase == self.purchase:
            shown = "not there yet" if status < 0 else Status(status).name.lower()
            self.notes.poll(self.env.now, f"asks for order {order.id}: {shown}")

    # The network

    def sent(self, request: Request, *, lost: bool) -> None:
        if request.purchase == self.purchase:
            key = "no key" if request.key is None else f"key “{key_name(request)}”"
            again = f", attempt {request.attempt}" if request.attempt > 1 else ""
            back = "" if request.returning is None else f", back from the payment of order {request.returning.id}"
            text = f"request {request.number + 1}{again}, {key}{back}{' (lost on the way)' if lost else ''}"
            self._note("app", text, "checkout", kind="lost" if lost else "message")

    def timed_out(self, request: Request) -> None:
        if request.purchase == self.purchase and request.awaited:
            after = duration_text(request.customer.crowd.app.timeout)
            self._note("app", f"stops waiting for request {request.number + 1} after {after}")

    def answered(self, request: Request, reply: Reply, *, lost: bool) -> None:
        if request.purchase == self.purchase:
            unheard = request.closed or request.page != request.customer.page
            why = " (lost on the way)" if lost else " (nobody is listening any more)" if unheard else ""
            text = f"request {request.number + 1}: {_says(reply)}{why}"
            who = "proxy" if reply is GATEWAY else "checkout"
            self._note(who, text, "app", kind="lost" if lost or unheard else "answer")

    def request_died(self, request: Request) -> None:
        if request.purchase == self.purchase and self._struck != ("checkout", self.env.now):  # which is told already
            self._note("checkout", f"its instance dies, and request {request.number + 1} too", kind="crash")

    def proxy_repeated(self, request: Request, *, why: str, tries: int) -> None:
        if request.purchase == self.purchase:
            after = {"timeout": "hears nothing", "reset": "hears that the connection is cut", "unavailable": "hears a 503"}[why]
            text = f"{after}, and sends request {request.number + 1} by itself, time {tries}"
            self._note("proxy", text, "checkout", kind="message")

    def proxy_ignored(self, request: Request, reply: Reply) -> None:
        if request.purchase == self.purchase:
            text = f"request {request.number + 1}: {_says(reply)} (the proxy has stopped waiting)"
            self._note("checkout", text, "proxy", kind="lost")

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

    def cancelled(self, component: str, order: Order, *, changed: bool) -> None:
        text = f"cancels order {order.id}, which looks unpaid" if changed else f"leaves order {order.id}, which is settled"
        self._wrote(component, order, text, changed=changed)

    def renewed_key(self, component: str, order: Order) -> None:
        self._wrote(component, order, f"gives order {order.id} a new key for the provider", changed=False)

    def took_up(self, component: str, orders: Sequence[Order]) -> None:
        for order in orders:
            self._wrote(component, order, f"finds order {order.id} stuck, takes it up", changed=False)

    def read_rows(self, component: str, rows: Sequence[OutboxRow]) -> None:
        self._batches[component] = Counter({row.id: 2 for row in rows if row.order.purchase == self.purchase})

    def _step(self, component: str, row: OutboxRow) -> None:
        """A relay publishes and marks each row of its batch, in either order; after both it is done with it."""
        batch = self._batches.get(component, Counter[int]())
        batch[row.id] -= 1
        if batch[row.id] <= 0:
            del batch[row.id]

    def marked(self, component: str, rows: Sequence[OutboxRow]) -> None:
        for row in rows:
            self._step(component, row)
            text = f"marks the row “order {row.order.id} {row.status.name}” as published"
            self._wrote(component, row.order, text, changed=False)

    def looked_into(self, component: str, order: Order, *, books: Books, enough: bool) -> None:
        if order.purchase == self.purchase:
            self._wrote(component, order, f"looks: {_left(books, order)}; enough: {'yes' if enough else 'no'}", changed=False)

    def took_out(self, component: str, order: Order, *, books: Books, taken: bool) -> None:
        if order.purchase == self.purchase:
            does = f"takes {_wanted(books, order)} for" if taken else f"has too little of {_wanted(books, order)} for"
            text = f"{does} order {order.id}{'' if taken else ', which is USED_UP'}: {_left(books, order)}"
            self._wrote(component, order, text, changed=not taken)

    def gave_back(self, component: str, order: Order, *, books: Books) -> None:
        if order.purchase == self.purchase:
            text = f"gives {_wanted(books, order)} of order {order.id} back: {_left(books, order)}"
            self._wrote(component, order, text, changed=False)

    def renews(self, purchase: int, *, run: int, machine: int, key: str, cents: int) -> None:
        if purchase == self.purchase:
            sent = {"period": "the period's key", "run": f"the key of run {run}", "none": "no key"}[key]
            self._note("renewals", f"machine {machine}, run {run}: renews, {money(cents)}, {sent}", kind="act")

    def renewed(self, purchase: int, reply: Reply) -> None:
        if purchase == self.purchase:
            self._note("renewals", f"has the reply: {_says(reply)}")

    def left_alone(self, purchase: int, *, order: Order, machine: int) -> None:
        if purchase == self.purchase:
            self._note("renewals", f"machine {machine}: finds order {order.id}, leaves it alone")

    def database_failed(self, purchase: int, *, writes: bool, why: Failure) -> None:
        if purchase == self.purchase:
            what = "write" if writes else "read"
            says = {
                "rolled_back": f"the {what} fails, and nothing is done",
                "committed": f"the {what} is done, and the answer is lost",
                "timeout": f"the caller of a {what} has waited too long, and gets an error",
            }
            self._note("database", says[why], kind="crash")

    # What strikes a process after a step

    def died(self, component: str, step: str, *, purchase: int) -> None:
        self._struck = (component, self.env.now)
        if purchase == self.purchase:
            self._note(component, f"dies right after the step “{step}”", kind="crash")
        elif self._batches.get(component):
            self._note(component, f"dies right after the step “{step}” of another order in the same batch", kind="crash")
        self._batches.pop(component, None)

    def threw(self, component: str, step: str, *, purchase: int) -> None:
        self._struck = (component, self.env.now)
        if purchase == self.purchase:
            self._note(component, f"throws an error right after the step “{step}”", kind="crash")
        elif self._batches.get(component):
            text = f"throws an error right after the step “{step}” of another order in the same batch"
            self._note(component, text, kind="crash")
        self._batches.pop(component, None)

    def paused(self, component: str, step: str, *, purchase: int, pause_s: float) -> None:
        if purchase == self.purchase:
            self._note(component, f"stands still right after the step “{step}”", kind="pause")

    def crashed(self, component: str) -> None:
        if self._batches.pop(component, None):
            self._note(component, "dies, with a row of this order in the batch that it works on", kind="crash")

    def worker_died(self, consumer: str, row: OutboxRow, *, lives: bool) -> None:
        if row.order.purchase == self.purchase and self._struck != (consumer, self.env.now):
            text = f"gives order {row.order.id} up with an error" if lives else f"dies at its work on order {row.order.id}"
            self._note(consumer, text, kind="crash")

    def tell_deaths(self, faults: Sequence[tuple[str, float, float]]) -> None:
        """Note what only the end of the morning shows: answers that came to the dead, and whose death that was.

        A process that dies at a moment of the clock leaves three traces: an answer of the provider finds nobody, a transaction
        commits although nobody waits for it any more, and a consumer that is down lets its events wait.
        """
        for lost in self._awaited:
            if lost.outcome is not Outcome.UNKNOWN:  # of that one the story has said what became of the answer
                text = f"{lost.said} (nobody is listening any more)"
                self._note("provider", text, lost.caller, at_s=lost.answered_s, kind="lost")
        for what, begin_s, end_s in faults:
            kind, _, component = what.partition(" ")
            if kind == "crash":
                self._tell_crash(component, begin_s, end_s)

    def _tell_crash(self, component: str, begin_s: float, end_s: float) -> None:
        """One crash at a moment of the clock, if it struck what was being done for the purchase, and is not told yet."""
        if component in CONSUMERS:
            waits = [*self._waits, *((name, since_s, inf) for (name, _), since_s in self._delivered_s.items())]
            for name, since_s, until_s in waits:
                if name == component and since_s < end_s and begin_s < until_s:
                    at_s = max(begin_s, since_s)
                    self._note(name, f"is dead for another {duration_text(round(end_s - at_s, 3))}", at_s=at_s, kind="pause")
                    return
            return
        lines = [line for line in self.notes.lines if line.who == component]
        called = any(lost.caller == component and lost.asked_s < begin_s < lost.answered_s for lost in self._awaited)
        is_one = component not in ("checkout", *self._consumers)  # of others some workers may be alive, and write
        wrote = is_one and any(begin_s < line.at_s < end_s for line in lines)
        told = any(line.kind == "crash" and line.at_s == begin_s for line in lines)
        if (called or wrote) and not told:
            doing = "waits for the provider" if called else "waits for the database"
            self._note(component, f"dies while it {doing}", at_s=begin_s, kind="crash")

    # The provider

    def charged(self, caller: str, order: Order, *, call: Call) -> None:
        if order.purchase != self.purchase:
            return
        renewed = "" if call.key == order.id else ", renewed"
        key = "no key" if call.key is None else f"key “order-{order.id}”{renewed}"
        verb = "begins a payment of" if call.begins else "charges" if call.takes else "authorises"
        self._note(caller, f"{verb} {money(order.cents)}, {key}", "provider", kind="message")
        if not isnan(call.captured_s):
            unheard = " (its caller has stopped waiting)" if call.captured_s > call.answered_s else ""
            text = f"takes {money(order.cents)} from the card{unheard}"
            self._note("provider", text, at_s=call.captured_s, belief=_provider(TOOK, order.cents))
        if not isnan(call.held_s):
            unheard = " (its caller has stopped waiting)" if call.held_s > call.answered_s else ""
            belief = ("provider", f"holds {money(order.cents)}")
            self._note("provider", f"holds {money(order.cents)} on the card{unheard}", at_s=call.held_s, belief=belief)
        late = call.captured_s > call.answered_s or call.held_s > call.answered_s
        if call.outcome is Outcome.UNKNOWN and not late:  # of a late capture it is said already
            why = "lost on the way" if call.done_s <= call.answered_s else "nobody is listening any more"
            self._note("provider", f"{OUTCOMES[call.result]} ({why})", caller, at_s=call.done_s, kind="lost")
        self._await(caller, order, call.outcome, OUTCOMES[call.result], at_s=call.answered_s, timeout_s=call.timeout_s)

    def sdk_repeated(self, caller: str, order: Order, *, after: Outcome, tries: int) -> None:
        if order.purchase == self.purchase:
            heard = OUTCOMES.get(after, "no answer")
            self._note(caller, f"its client library calls again by itself after “{heard}”, time {tries}")

    def finished(self, order: Order, *, row: int, outcome: Outcome, by_customer: bool) -> None:
        if order.purchase != self.purchase:
            return
        if by_customer:
            self._note("customer", f"finishes the payment of order {order.id}", "provider", kind="message")
        if outcome is Outcome.CAPTURED:
            self._note("provider", f"takes {money(order.cents)} from the card", belief=_provider(TOOK, order.cents))
        elif outcome is Outcome.AUTHORISED:
            held = f"holds {money(order.cents)}"
            self._note("provider", f"{held} on the card", belief=("provider", held))
        else:
            why = "declines the card" if by_customer else f"stops waiting for the customer: order {order.id} is declined"
            self._note("provider", why)

    def captured(self, caller: str, order: Order, *, move: Move) -> None:
        self._moved(caller, order, move, "captures", f"takes {money(move.cents)} of what it holds", _provider(TOOK, move.cents))

    def voided(self, caller: str, order: Order, *, move: Move) -> None:
        self._moved(caller, order, move, "voids", f"releases {money(move.cents)}", ("provider", "holds nothing"))

    def _moved(self, caller: str, order: Order, move: Move, verb: str, does: str, belief: tuple[str, str]) -> None:
        if order.purchase != self.purchase:
            return
        what = f" {money(move.cents)}" if verb == "captures" and move.cents else ""
        self._note(caller, f"{verb}{what} of order {order.id}", "provider", kind="message")
        if move.moved:
            late = " (its caller has stopped waiting)" if move.done_s > move.answered_s else ""
            self._note("provider", does + late, at_s=move.done_s, belief=belief)
        if move.outcome is Outcome.UNKNOWN and not move.done_s > move.answered_s:
            self._note("provider", f"{MOVED[move.result]} (lost on the way)", caller, at_s=move.done_s, kind="lost")
        said, timeout_s = MOVED[move.result], move.timeout_s
        self._await(caller, order, move.outcome, said, at_s=move.answered_s, timeout_s=timeout_s)

    def inquired(self, caller: str, order: Order, *, outcome: Outcome, answered_s: float, timeout_s: float) -> None:
        if order.purchase == self.purchase:
            self._note(caller, f"asks what became of order {order.id}", "provider", kind="message")
            said = INQUIRED.get(outcome, "")
            self._await(caller, order, outcome, said, at_s=answered_s, timeout_s=timeout_s)

    def _await(self, caller: str, order: Order, outcome: Outcome, said: str, *, at_s: float, timeout_s: float) -> None:
        self._awaited.append(OnTheWay(caller, order.id, self.env.now, at_s, outcome, said, timeout_s))

    def heard(self, caller: str, order: Order) -> None:
        for answer in self._awaited:
            if (answer.caller, answer.order, answer.answered_s) == (caller, order.id, self.env.now):
                self._awaited.remove(answer)
                if answer.outcome is Outcome.UNKNOWN:
                    self._note(caller, f"has no answer after {duration_text(answer.timeout_s)}: unknown")
                else:
                    self._note("provider", answer.said, caller, kind="answer")
                return

    def refunded(self, caller: str, purchase: int, *, cents: int) -> None:
        if purchase == self.purchase:
            self._note(caller, f"gives {money(cents)} back", "provider", kind="message", belief=_provider(GAVE, cents))

    def refund_refused(self, caller: str, purchase: int, *, cents: int) -> None:
        if purchase == self.purchase:
            self._note(caller, f"wants to give {money(cents)} back, and is refused", "provider", kind="message")

    def delivered_webhook(self, order: Order, outcome: Outcome, *, again: bool) -> None:
        if order.purchase == self.purchase:
            once_more = ", once more" if again else ""
            text = f"webhook{once_more}: order {order.id} {OUTCOMES[outcome]}"
            self._note("provider", text, "checkout", kind="message")

    # The broker and its consumers

    def published(self, component: str, row: OutboxRow, *, listeners: Sequence[str]) -> None:
        self._consumers.update(listeners)
        if row.order.purchase == self.purchase:
            self._step(component, row)
            nearest_first = sorted(listeners, key=place)
            farthest = nearest_first[-1] if listeners else None
            own = (name for name in nearest_first if name not in LISTENERS)
            to = next((name for name in ("payment", "loyalty") if name in listeners), next(own, farthest))
            names = _together([LISTENERS.get(name, name) for name in nearest_first])
            text = f"tells {names}: order {row.order.id} {row.status.name}"
            self._note(component, text, to, kind="message" if to else "act")
            called = ("loyalty",) if row.status is Status.CONFIRMED else ()  # by the broker, or directly by this component
            for name in {*listeners, *called}:
                self._delivered_s.setdefault((name, row.id), self.env.now)

    def redelivered(self, consumer: str, row: OutboxRow) -> None:
        if row.order.purchase == self.purchase:
            self._note(consumer, f"the broker delivers “order {row.order.id} {row.status.name}” again")

    def rebalanced(self, consumer: str, rows: Sequence[OutboxRow]) -> None:
        for row in rows:
            if row.order.purchase == self.purchase:
                text = f"loses “order {row.order.id} {row.status.name}” in a rebalance: it had not acknowledged it"
                self._note(consumer, text, kind="crash")

    def held(self, who: str, row: OutboxRow, *, for_s: float) -> None:
        if row.order.purchase == self.purchase:
            what, time = (
                f"“order {row.order.id} {row.status.name}”",
                duration_text(round(for_s) if for_s >= 1.0 else round(for_s, 3)),
            )
            if who == "broker":
                self._note("payment", f"the broker keeps {what} for {time}, until it is due")
            else:
                self._note(who, f"takes {what} and holds it for {time}, until it is due, unacknowledged")

    def buried(self, consumer: str, row: OutboxRow, *, tries: int) -> None:
        if row.order.purchase == self.purchase:
            text = f"“order {row.order.id} {row.status.name}” goes to the dead-letter queue after {tries} tries"
            self._note(consumer, text, kind="crash")

    def replayed(self, consumer: str, row: OutboxRow, *, new_id: bool) -> None:
        if row.order.purchase == self.purchase:
            under = ", under a new id" if new_id else ""
            self._note(consumer, f"“order {row.order.id} {row.status.name}” is replayed from the dead-letter queue{under}")

    def awarded(self, row: OutboxRow, *, known: bool) -> None:
        if row.order.purchase != self.purchase:
            return
        self._handled("loyalty", row)
        if known:
            what = "order" if self._by_order else "message"
            self._note("loyalty", f"knows this {what} already: nothing to do")
        else:
            self._awards += 1
            belief = ("loyalty", f"{self._awards} award{'s' if self._awards > 1 else ''}")
            self._note("loyalty", f"awards points for order {row.order.id}", belief=belief)

    def applied(self, row: OutboxRow, *, shown: Status) -> None:
        if row.order.purchase == self.purchase:
            self._handled("read_model", row)
            belief = ("read_model", f"order {row.order.id} {shown.name}")
            self._note("read_model", f"shows order {row.order.id} as {shown.name}", belief=belief)

    def _handled(self, consumer: str, row: OutboxRow) -> None:
        """The wait of an event for a consumer is over."""
        since_s = self._delivered_s.pop((consumer, row.id), None)
        if since_s is not None:
            self._waits.append((consumer, since_s, self.env.now))


def _says(reply: Reply) -> str:
    return next((text for known, text in SAYS_ITSELF if known is reply), SAYS[reply.answer])


def _wanted(books: Books, order: Order) -> str:
    """`1 croissant`."""
    return _together([f"{want.units} {books.name(want.account)}" for want in books.wants(order.purchase)])


def _left(books: Books, order: Order) -> str:
    """`3 left`; of several accounts with their names."""
    wants = books.wants(order.purchase)
    if len(wants) == 1:
        return f"{books.left(wants[0].account)} left"
    return ", ".join(f"{books.left(want.account)} {books.name(want.account)} left" for want in wants)


def _together(names: Sequence[str]) -> str:
    """`loyalty, mine and the status view`; `nobody`."""
    return " and ".join(part for part in (", ".join(names[:-1]), *names[-1:]) if part) or "nobody"


def money(cents: int) -> str:
    return usd_text(cents / 100)


def key_name(request: Request) -> str:
    """A key as a person would write it: the same letter for the same key."""
    place = (request.key or 0) % MOST_REQUESTS
    if place >= MOST_REQUESTS // 2:  # one that was made up, for the request with that number
        return f"new-{min(place - MOST_REQUESTS // 2, MOST_REQUESTS - place) + 1}"
    scope = request.customer.crowd.key
    names = {"purchase": "cart", "page": f"page-{request.page + 1}", "submission": f"tap-{request.submission}"}
    return names.get(scope, f"request-{request.number + 1}")
