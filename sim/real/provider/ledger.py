"""The provider's books: payment intents, charges, refunds, customers, cards and events. Money is counted here and nowhere else.

Nothing here takes time: the server decides when a piece of work is done, and whether its caller hears of it. Times are seconds
since the ledger was opened, amounts are whole units of the smallest coin.
"""

from __future__ import annotations

import re
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

from sim.real.provider.refusal import Refusal, invalid, unknown

Status = Literal[
    "requires_payment_method", "requires_confirmation", "requires_capture", "succeeded", "canceled"
]  # fmt: skip
OUR_CARD = re.compile(r"(?:pm|tok|card)_coffee_(?:(declined)_)?([0-9]{1,12})")
MOST_CENTS = 99_999_999


@dataclass
class Card:
    """A payment method. `purchase`: whose it is, if the card says so."""

    id: str
    good: bool
    purchase: int | None = None
    customer: str | None = None
    created: int = 0
    metadata: dict[str, str] = field(default_factory=dict)


@dataclass
class Customer:
    """Somebody whom the caller knows by an id."""

    id: str
    created: int
    email: str | None = None
    name: str | None = None
    metadata: dict[str, str] = field(default_factory=dict)
    deleted: bool = False


@dataclass
class Charge:
    """Money taken, held, or refused: one attempt on one card."""

    id: str
    purchase: int | None
    cents: int
    currency: str
    card: str
    intent: str | None
    customer: str | None
    created: int
    made_s: float
    metadata: dict[str, str]
    good: bool
    captured_cents: int = 0
    refunded_cents: int = 0
    taken_s: float | None = None
    released: bool = False
    refunded_s: float | None = None  # when all of it had been given back


@dataclass
class Intent:
    """One payment from its beginning to its end."""

    id: str
    purchase: int | None
    cents: int
    currency: str
    created: int
    manual: bool
    card: str | None
    customer: str | None
    metadata: dict[str, str]
    description: str | None = None
    status: Status = "requires_payment_method"
    charges: list[str] = field(default_factory=list)
    error: dict[str, Any] | None = None
    cancelled: int | None = None
    reason: str | None = None


@dataclass
class Refund:
    """Money given back, of one charge."""

    id: str
    charge: str
    intent: str | None
    cents: int
    currency: str
    created: int
    made_s: float
    reason: str | None
    metadata: dict[str, str]


@dataclass(frozen=True)
class Event:
    """Something that happened, for the webhooks."""

    id: str
    kind: str
    created: int
    what: dict[str, Any]
    purchase: int | None


class Ledger:
    """All that the provider knows. Ids begin with a mark of this ledger, so that two runs never share one."""

    def __init__(self, *, taken: Callable[[Charge], None] | None = None) -> None:
        self.since = time.monotonic()
        self.intents: dict[str, Intent] = {}
        self.charges: dict[str, Charge] = {}
        self.refunds: dict[str, Refund] = {}
        self.customers: dict[str, Customer] = {}
        self.cards: dict[str, Card] = {}
        self.events: dict[str, Event] = {}
        self.taken = taken
        self._refused: set[str] = set()  # cards that are refused the next time
        self._mark = secrets.token_hex(4)
        self._number = 0

    def now_s(self) -> float:
        return time.monotonic() - self.since

    def new_id(self, prefix: str) -> str:
        self._number += 1
        return f"{prefix}_{self._mark}{self._number:08d}"

    def card(self, name: str, param: str = "payment_method") -> Card:
        """A card by its id: a customer's of ours, one of Stripe's test cards, or one that was made here. Raises Refusal."""
        if name in self.cards:
            return self.cards[name]
        ours = OUR_CARD.fullmatch(name)
        if ours is not None:
            return self._keep(Card(name, ours[1] is None, int(ours[2]), created=int(time.time())))
        if re.fullmatch(r"(pm_card|tok)_[A-Za-z_]+", name):
            if re.search("(?i)authentication|threeDSecure|3ds", name):
                raise invalid(f"{name}: cards that need the customer once more are not played here", param)
            return self._keep(Card(name, not re.search("(?i)decline|insufficient", name), created=int(time.time())))
        raise unknown("PaymentMethod", name, param)

    def refuse(self, card: str) -> None:
        """The next charge on this card is declined."""
        self._refused.add(card)

    def new_card(self, *, good: bool, purchase: int | None = None, metadata: dict[str, str] | None = None) -> Card:
        return self._keep(Card(self.new_id("pm"), good, purchase, created=int(time.time()), metadata=metadata or {}))

    def _keep(self, card: Card) -> Card:
        self.cards[card.id] = card
        return card

    def open(
        self, cents: int, currency: str, *, purchase: int | None, manual: bool, card: str | None, customer: str | None,
        metadata: dict[str, str], description: str | None = None,
    ) -> Intent:  # fmt: skip
        """Begin a payment. Nobody pays yet."""
        made = Intent(
            self.new_id("pi"), purchase, cents, currency, int(time.time()), manual, card, customer, metadata, description,
            "requires_confirmation" if card else "requires_payment_method",
        )  # fmt: skip
        self.intents[made.id] = made
        return made

    def confirm(self, intent: Intent) -> Charge:
        """Take the money, or hold it if it is to be captured later. A refused card is a charge that is not good."""
        if intent.status not in ("requires_payment_method", "requires_confirmation"):
            raise self._unexpected(intent, "confirmed")
        if intent.card is None:
            raise invalid(
                "You cannot confirm this PaymentIntent because it's missing a payment method.",
                code="payment_intent_unexpected_state",
            )
        return self.charge(
            intent.cents, intent.currency, intent.card, purchase=intent.purchase, capture=not intent.manual,
            customer=intent.customer, metadata=intent.metadata, intent=intent,
        )  # fmt: skip

    def charge(
        self, cents: int, currency: str, card: str, *, purchase: int | None, capture: bool, customer: str | None,
        metadata: dict[str, str], intent: Intent | None = None,
    ) -> Charge:  # fmt: skip
        """One attempt on a card."""
        found = self.card(card)
        good = found.good and card not in self._refused
        self._refused.discard(card)
        made = Charge(
            self.new_id("ch"), found.purchase if found.purchase is not None else purchase, cents, currency, card,
            intent.id if intent else None, customer, int(time.time()), self.now_s(), dict(metadata), good,
        )  # fmt: skip
        self.charges[made.id] = made
        if intent is not None:
            intent.charges.append(made.id)
            intent.purchase = made.purchase
            intent.status = "requires_capture" if not capture else "succeeded"
        if not good:
            if intent is not None:
                intent.status, intent.card = "requires_payment_method", None
            return made
        if capture:
            self._take(made, cents)
        return made

    def capture(self, charge: Charge, cents: int | None) -> Charge:
        """Take held money, all or a part; what is not taken is released. Raises Refusal."""
        intent = self.intents.get(charge.intent or "")
        if intent is not None and intent.status != "requires_capture":
            raise self._unexpected(intent, "captured")
        if not charge.good or charge.released or charge.taken_s is not None:
            raise invalid(f"Charge {charge.id} has already been captured or released.", code="charge_already_captured")
        asked = charge.cents if cents is None else cents
        if not 0 < asked <= charge.cents:
            raise invalid("The amount to capture is more than what is held.", "amount_to_capture", "amount_too_large")
        if intent is not None:
            intent.status = "succeeded"
        self._take(charge, asked)
        return charge

    def cancel(self, intent: Intent, reason: str | None) -> Intent:
        """Give a payment up; what is held is released. Raises Refusal."""
        if intent.status in ("succeeded", "canceled"):
            raise self._unexpected(intent, "canceled")
        for name in intent.charges:
            self.charges[name].released = True
        intent.status, intent.cancelled, intent.reason = "canceled", int(time.time()), reason
        return intent

    def refund(self, charge: Charge, cents: int | None, *, reason: str | None, metadata: dict[str, str]) -> Refund:
        """Give money back, all that is left or a part. Raises Refusal."""
        left = charge.captured_cents - charge.refunded_cents
        if charge.taken_s is None:
            raise invalid(f"Charge {charge.id} has no captured money to refund.", code="charge_not_refundable")
        if not left:
            raise invalid(f"Charge {charge.id} has already been refunded.", code="charge_already_refunded")
        asked = left if cents is None else cents
        if not 0 < asked <= left:
            raise invalid(f"Refund amount ({asked}) is greater than unrefunded amount on charge ({left})", "amount")
        made = Refund(
            self.new_id("re"),
            charge.id,
            charge.intent,
            asked,
            charge.currency,
            int(time.time()),
            self.now_s(),
            reason,
            metadata,
        )
        charge.refunded_cents += asked
        if asked == left:
            charge.refunded_s = self.now_s()
        self.refunds[made.id] = made
        return made

    def note(self, kind: str, what: dict[str, Any], purchase: int | None) -> Event:
        """Write down that something happened."""
        made = Event(self.new_id("evt"), kind, int(time.time()), what, purchase)
        self.events[made.id] = made
        return made

    def _take(self, charge: Charge, cents: int) -> None:
        charge.captured_cents, charge.taken_s = cents, self.now_s()
        if self.taken is not None:
            self.taken(charge)

    def _unexpected(self, intent: Intent, verb: str) -> Refusal:
        return invalid(
            f"This PaymentIntent could not be {verb} because it has a status of {intent.status}.",
            code="payment_intent_unexpected_state",
        )
