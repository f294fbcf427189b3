"""What happens in a morning, said once, at the place where the world knows it.

Whoever wants to hear of it makes a subclass of `Observer` with the methods that it needs, and gives one to `Morning`. The story
of a purchase (`coffee explain`) and the coverage of a hunt (`coffee hunt`) are made this way. An observer hears facts, not
texts; it changes nothing, draws nothing, and a morning without one skips every call.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import isnan, nan
from typing import TYPE_CHECKING, Literal

from sim.vocabulary import Outcome, Status

if TYPE_CHECKING:
    from sim.world.accounts import Books
    from sim.world.checkout import Reply
    from sim.world.customer import Customer, Request
    from sim.world.database import Order, OutboxRow
    from sim.world.engine import Clock
    from sim.world.shop import Claim


@dataclass(frozen=True, slots=True)
class Call:
    """A call to the provider for an order's money. All is known when the call is made, so its times may be in the future."""

    key: object  # the idempotency key that was sent; None: no key
    timeout_s: float
    result: Outcome  # at the provider
    done_s: float  # when the provider's answer is there, heard or not
    captured_s: float  # when this call takes the money; NaN: it doesn't
    outcome: Outcome  # as the caller sees it
    answered_s: float  # when the caller knows the outcome, or stops waiting
    takes: bool = True  # it charges; else it authorises
    begins: bool = False  # it begins a payment that the customer makes at the provider
    held_s: float = nan  # from when on this call holds the money; NaN: it doesn't

    @property
    def repeated(self) -> bool:
        """The provider knew the key, and gave the result of an earlier capture or authorisation again."""
        taken = self.result is Outcome.CAPTURED and isnan(self.captured_s)
        return taken or (self.result is Outcome.AUTHORISED and isnan(self.held_s))


@dataclass(frozen=True, slots=True)
class Move:
    """A call to the provider that moves authorised money. All is known when the call is made, like that of a `Call`."""

    row: int  # of the authorisation's call in the provider's ledger; -1: nothing was authorised
    cents: int  # asked for
    timeout_s: float
    result: Outcome  # at the provider
    done_s: float  # when the money is moved, if it is, and the provider's answer is there
    outcome: Outcome  # as the caller sees it
    answered_s: float  # when the caller knows the outcome, or stops waiting
    moved: bool  # by this call; not by a repeat of an earlier one


Failure = Literal["rolled_back", "committed", "timeout"]


class Observer:
    """Does nothing, whatever happens. A `component` is the part of the shop that acts: checkout, payment, relay, …"""

    env: Clock  # of the observed morning, which sets it: `env.now` is when a thing happens

    # The customer, and the app in their hand

    def tapped(self, customer: Customer, *, by_mistake: bool) -> None:
        """The customer has tapped Pay. `by_mistake`: the second tap of a double tap."""

    def changed_basket(self, customer: Customer, *, added_cents: int) -> None:
        """The customer adds something before the next tap."""

    def planned(self, customer: Customer) -> None:
        """An agent makes a plan, the first or another, and calls the payment tool."""

    def took_other_card(self, customer: Customer) -> None:
        """The customer has typed another card in, and taps Pay."""

    def refreshed(self, customer: Customer) -> None:
        """The customer reloads the app, which forgets its requests."""

    def left(self, customer: Customer) -> None:
        """The customer gives up and leaves."""

    def showed_order(self, customer: Customer, reply: Reply) -> None:
        """The app has the shop's answer that there is an order, for the first time since it was loaded."""

    def redirected(self, customer: Customer, order: Order) -> None:
        """The app sends the customer to the provider, to finish an order's payment there."""

    def abandoned(self, customer: Customer, order: Order) -> None:
        """The customer gives up at the provider, without having paid."""

    def came_back(self, customer: Customer, order: Order) -> None:
        """The customer is sent back to the shop, or loads that page again."""

    def closed_page(self, customer: Customer, order: Order) -> None:
        """The customer has finished at the provider, and closes the page instead of coming back."""

    def told_confirmed(self, customer: Customer) -> None:
        """The app shows "paid", for the first time."""

    def told_failed(self, customer: Customer) -> None:
        """The app shows "payment failed"."""

    def told_used_up(self, customer: Customer) -> None:
        """The app shows that nothing is left of what the customer wants."""

    def looks(self, customer: Customer) -> None:
        """Before another request is sent, the app asks the shop whether there is an order already."""

    def looked(self, customer: Customer, order: Order | None, *, status: Status | None) -> None:
        """The app hears of an order of this purchase and its status, or that there is none."""

    def polled(self, customer: Customer, order: Order, *, status: int, behind_s: float) -> None:
        """The app has asked the status view for an order. `status`: -1 if the view doesn't know it yet."""

    # The network

    def sent(self, request: Request, *, lost: bool) -> None:
        """The app sends a request."""

    def timed_out(self, request: Request) -> None:
        """The app stops waiting for a request's answer."""

    def answered(self, request: Request, reply: Reply, *, lost: bool) -> None:
        """The checkout service sends an answer. (Whether the app still listens, the request knows.)"""

    def request_died(self, request: Request) -> None:
        """The process that worked on a request is dead."""

    def proxy_repeated(self, request: Request, *, why: str, tries: int) -> None:
        """A proxy sends a request to the checkout once more (`tries` in all so far), after a timeout, a reset, or a 503."""

    def proxy_ignored(self, request: Request, reply: Reply) -> None:
        """A proxy has a reply of the checkout to a try that it had stopped waiting for."""

    # Committed steps: whatever becomes of the process that took them, the database keeps them

    def inserted(self, component: str, order: Order) -> None:
        """A new order is in the database."""

    def claimed(self, component: str, claim: Claim) -> None:
        """A request has claimed its key, taken a stale claim over, or found an answer that is stored with the key."""

    def accepted(self, component: str, order: Order, *, known: bool) -> None:
        """An order and its outbox row are in the database. `known`: they were there before, under the request's key."""

    def settled(self, component: str, order: Order, *, changed: bool, with_row: bool) -> None:
        """An outcome was noted. `changed`: it was news. `with_row`: an outbox row was written in the same transaction."""

    def overwrote(self, component: str, order: Order) -> None:
        """An outcome was written down, whatever was known before."""

    def cancelled(self, component: str, order: Order, *, changed: bool) -> None:
        """An order that looked unpaid for too long is cancelled. `changed`: it was not settled meanwhile."""

    def renewed_key(self, component: str, order: Order) -> None:
        """The order has a new key for the provider."""

    def took_up(self, component: str, orders: Sequence[Order]) -> None:
        """Orders that nobody had worked on for a while are claimed. There may be none."""

    def read_rows(self, component: str, rows: Sequence[OutboxRow]) -> None:
        """The relay has read a batch of outbox rows."""

    def marked(self, component: str, rows: Sequence[OutboxRow]) -> None:
        """Outbox rows are marked as published."""

    def looked_into(self, component: str, order: Order, *, books: Books, enough: bool) -> None:
        """A component has looked whether the accounts have enough for an order, and takes nothing yet."""

    def took_out(self, component: str, order: Order, *, books: Books, taken: bool) -> None:
        """An order has what its purchase wants of the accounts; or (not `taken`) too little was left, and it is used up."""

    def gave_back(self, component: str, order: Order, *, books: Books) -> None:
        """What an order had taken out of the accounts is there again for others."""

    def renews(self, purchase: int, *, run: int, machine: int, key: str, cents: int) -> None:
        """The renewals' job orders and charges a renewal; `run`: how often it has begun so far, on any machine."""

    def renewed(self, purchase: int, reply: Reply) -> None:
        """The renewals' job has the reply to a renewal."""

    def left_alone(self, purchase: int, *, order: Order, machine: int) -> None:
        """The renewals' job finds that a renewal has an order already."""

    def database_failed(self, purchase: int, *, writes: bool, why: Failure) -> None:
        """A transaction or query for a purchase ends in an error: rolled back, or committed unheard, or out of time."""

    # Steps, and what strikes a process after one

    def took(self, component: str, step: str, *, purchase: int) -> None:
        """A process has taken a step on behalf of a purchase; a fault may strike it now."""

    def died(self, component: str, step: str, *, purchase: int) -> None:
        """A fault has struck the process dead right after the step."""

    def threw(self, component: str, step: str, *, purchase: int) -> None:
        """A fault has made the process throw an error right after the step: its story ends, and the process lives."""

    def paused(self, component: str, step: str, *, purchase: int, pause_s: float) -> None:
        """A fault has made the process stand still right after the step."""

    def crashed(self, component: str) -> None:
        """A fault takes an instance of the component down, and every story that runs there."""

    # The provider

    def charged(self, caller: str, order: Order, *, call: Call) -> None:
        """A component calls the provider to charge an order, or to authorise its money."""

    def finished(self, order: Order, *, row: int, outcome: Outcome, by_customer: bool) -> None:
        """A payment that was left to the customer has its end, at the customer's hand or since its time is over.

        `row`: of its call in the provider's ledger.
        """

    def captured(self, caller: str, order: Order, *, move: Move) -> None:
        """A component calls the provider to take money that is authorised."""

    def voided(self, caller: str, order: Order, *, move: Move) -> None:
        """A component calls the provider to release what is held for an order."""

    def sdk_repeated(self, caller: str, order: Order, *, after: Outcome, tries: int) -> None:
        """The provider's client library calls once more (`tries` in all so far), by itself, after an outcome."""

    def inquired(self, caller: str, order: Order, *, outcome: Outcome, answered_s: float, timeout_s: float) -> None:
        """A component asks the provider what became of an order, and will have the outcome at `answered_s`."""

    def heard(self, caller: str, order: Order) -> None:
        """The answer to a charge or an inquiry, or the end of its timeout, finds the process that called still alive."""

    def refunded(self, caller: str, purchase: int, *, cents: int) -> None:
        """A component gives the money of one charge back, or a part of it."""

    def refund_refused(self, caller: str, purchase: int, *, cents: int) -> None:
        """The provider refuses to give so much of a charge back, or breaks down over it."""

    def delivered_webhook(self, order: Order, outcome: Outcome, *, again: bool) -> None:
        """The provider's news of a call arrives. `again`: news of the same call was sent before."""

    # The broker and its consumers

    def published(self, component: str, row: OutboxRow, *, listeners: Sequence[str]) -> None:
        """A component begins to hand an event over to the broker, which will deliver it to these consumers."""

    def redelivered(self, consumer: str, row: OutboxRow) -> None:
        """The broker delivers an event once more."""

    def rebalanced(self, consumer: str, rows: Sequence[OutboxRow]) -> None:
        """A consumer has lost these events, which it had not acknowledged: they come again at once."""

    def held(self, who: str, row: OutboxRow, *, for_s: float) -> None:
        """The broker, or a process that has taken an event, keeps it until its hour."""

    def buried(self, consumer: str, row: OutboxRow, *, tries: int) -> None:
        """An event that a consumer has not handled in so many tries goes to the dead-letter queue."""

    def replayed(self, consumer: str, row: OutboxRow, *, new_id: bool) -> None:
        """An event of the dead-letter queue is delivered once more, perhaps under a new id."""

    def worker_died(self, consumer: str, row: OutboxRow, *, lives: bool) -> None:
        """A worker that had an event in hand is dead, or `lives` after an error; the broker will deliver the event again."""

    def awarded(self, row: OutboxRow, *, known: bool) -> None:
        """Loyalty has handled an event. `known`: its inbox had the event already, so there is no second award."""

    def applied(self, row: OutboxRow, *, shown: Status) -> None:
        """The status view has handled an event; `shown` is what it shows from now on, also if it knew better already."""
