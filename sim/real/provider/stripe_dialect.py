"""Stripe's API as far as a checkout needs it: each path with what it does to the ledger.

Payment intents, charges, refunds, customers, payment methods, events. A parameter that a path doesn't know is left alone. Cards
are `pm_coffee_7` (of the customer of purchase 7), `pm_coffee_declined_7`, and Stripe's own test cards.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from typing import Any

from sim.real.provider import listing, shapes
from sim.real.provider.asking import Ask
from sim.real.provider.ledger import Charge, Customer, Intent, Ledger
from sim.real.provider.refusal import Refusal, invalid, missing, unknown

Handler = Callable[..., dict[str, Any]]
DECLINED = "Your card was declined."


def create_intent(ledger: Ledger, ask: Ask) -> dict[str, Any]:
    cents, currency = ask.amount(), _currency(ask)
    card = _card(ledger, ask)
    manual = ask.text("capture_method") == "manual"
    made = ledger.open(
        cents, currency, purchase=ask.purchase, manual=manual, card=card, customer=_customer(ledger, ask),
        metadata=ask.mapping("metadata"), description=ask.text("description"),
    )  # fmt: skip
    if not ask.flag("confirm"):
        _note(ledger, "payment_intent.created", made)
        return shapes.of_intent(ledger, made)
    if card is None:
        del ledger.intents[made.id]
        raise missing("payment_method")
    return _confirm(ledger, ask, made)


def update_intent(ledger: Ledger, ask: Ask, name: str) -> dict[str, Any]:
    one = _intent(ledger, name)
    card, cents = _card(ledger, ask), ask.cents("amount")
    if cents is not None and one.status in ("succeeded", "canceled", "requires_capture"):
        raise invalid(f"This PaymentIntent's amount could not be updated because it has a status of {one.status}.", "amount")
    one.cents = cents or one.cents
    one.metadata |= ask.mapping("metadata")
    if card is not None:
        one.card, one.status = card, "requires_confirmation"
    return shapes.of_intent(ledger, one)


def confirm_intent(ledger: Ledger, ask: Ask, name: str) -> dict[str, Any]:
    one = _intent(ledger, name)
    card = _card(ledger, ask)
    if card is not None and one.status in ("requires_payment_method", "requires_confirmation"):
        one.card = card
    if one.purchase is None:
        one.purchase = ask.purchase
    return _confirm(ledger, ask, one)


def _confirm(ledger: Ledger, ask: Ask, one: Intent) -> dict[str, Any]:
    if ask.declined and one.card is not None:
        ledger.refuse(one.card)
    charge = ledger.confirm(one)
    if not charge.good:
        one.error = _declined(charge)
        _note(ledger, "payment_intent.payment_failed", one)
        raise Refusal(402, "card_error", DECLINED, **{**_declined(charge), "payment_intent": shapes.of_intent(ledger, one)})
    one.error = None
    kind = "payment_intent.succeeded" if one.status == "succeeded" else "payment_intent.amount_capturable_updated"
    _note(ledger, kind, one)
    if one.status == "succeeded":
        ledger.note("charge.succeeded", shapes.charge(charge), charge.purchase)
    return shapes.of_intent(ledger, one)


def capture_intent(ledger: Ledger, ask: Ask, name: str) -> dict[str, Any]:
    one = _intent(ledger, name)
    if not one.charges:
        raise invalid(
            f"This PaymentIntent could not be captured because it has a status of {one.status}.",
            code="payment_intent_unexpected_state",
        )
    ledger.capture(ledger.charges[one.charges[-1]], ask.cents("amount_to_capture"))
    _note(ledger, "payment_intent.succeeded", one)
    return shapes.of_intent(ledger, one)


def cancel_intent(ledger: Ledger, ask: Ask, name: str) -> dict[str, Any]:
    one = ledger.cancel(_intent(ledger, name), ask.text("cancellation_reason"))
    _note(ledger, "payment_intent.canceled", one)
    return shapes.of_intent(ledger, one)


def get_intent(ledger: Ledger, ask: Ask, name: str) -> dict[str, Any]:  # noqa: ARG001
    return shapes.of_intent(ledger, _intent(ledger, name))


def _intents(ledger: Ledger) -> list[dict[str, Any]]:
    return [shapes.of_intent(ledger, one) for one in ledger.intents.values()]


def list_intents(ledger: Ledger, ask: Ask) -> dict[str, Any]:
    return listing.page(ask, _intents(ledger), ["customer"])


def search_intents(ledger: Ledger, ask: Ask) -> dict[str, Any]:
    return listing.search(ask, _intents(ledger))


def create_charge(ledger: Ledger, ask: Ask) -> dict[str, Any]:
    card = _card(ledger, ask)
    if card is None:
        raise missing("source")
    if ask.declined:
        ledger.refuse(card)
    charge = ledger.charge(
        ask.amount(), _currency(ask), card, purchase=ask.purchase, capture=ask.flag("capture") is not False,
        customer=_customer(ledger, ask), metadata=ask.mapping("metadata"),
    )  # fmt: skip
    shown = shapes.charge(charge)
    if not charge.good:
        ledger.note("charge.failed", shown, charge.purchase)
        raise Refusal(402, "card_error", DECLINED, **_declined(charge))
    ledger.note("charge.succeeded", shown, charge.purchase)
    return shown


def capture_charge(ledger: Ledger, ask: Ask, name: str) -> dict[str, Any]:
    charge = ledger.capture(_charge(ledger, name), ask.cents("amount"))
    ledger.note("charge.captured", shapes.charge(charge), charge.purchase)
    return shapes.charge(charge)


def get_charge(ledger: Ledger, ask: Ask, name: str) -> dict[str, Any]:  # noqa: ARG001
    return shapes.charge(_charge(ledger, name))


def list_charges(ledger: Ledger, ask: Ask) -> dict[str, Any]:
    return listing.page(ask, [shapes.charge(one) for one in ledger.charges.values()], ["customer", "payment_intent"])


def search_charges(ledger: Ledger, ask: Ask) -> dict[str, Any]:
    return listing.search(ask, [shapes.charge(one) for one in ledger.charges.values()])


def create_refund(ledger: Ledger, ask: Ask) -> dict[str, Any]:
    named, of_intent = ask.text("charge"), ask.text("payment_intent")
    if named is None and of_intent is None:
        raise missing("charge")
    if named is None:
        charges = _intent(ledger, str(of_intent)).charges
        named = charges[-1] if charges else ""
    charge = _charge(ledger, named)
    made = ledger.refund(charge, ask.cents("amount"), reason=ask.text("reason"), metadata=ask.mapping("metadata"))
    ledger.note("charge.refunded", shapes.charge(charge), charge.purchase)
    return shapes.refund(made)


def get_refund(ledger: Ledger, ask: Ask, name: str) -> dict[str, Any]:  # noqa: ARG001
    if name not in ledger.refunds:
        raise unknown("refund", name)
    return shapes.refund(ledger.refunds[name])


def list_refunds(ledger: Ledger, ask: Ask) -> dict[str, Any]:
    return listing.page(ask, [shapes.refund(one) for one in ledger.refunds.values()], ["charge", "payment_intent"])


def create_customer(ledger: Ledger, ask: Ask) -> dict[str, Any]:
    made = Customer(ledger.new_id("cus"), int(time.time()), ask.text("email"), ask.text("name"), ask.mapping("metadata"))
    ledger.customers[made.id] = made
    return shapes.customer(made)


def update_customer(ledger: Ledger, ask: Ask, name: str) -> dict[str, Any]:
    one = _known_customer(ledger, name)
    one.email, one.name = ask.text("email") or one.email, ask.text("name") or one.name
    one.metadata |= ask.mapping("metadata")
    return shapes.customer(one)


def get_customer(ledger: Ledger, ask: Ask, name: str) -> dict[str, Any]:  # noqa: ARG001
    if name not in ledger.customers:
        raise unknown("customer", name)
    return shapes.customer(ledger.customers[name])


def delete_customer(ledger: Ledger, ask: Ask, name: str) -> dict[str, Any]:  # noqa: ARG001
    one = _known_customer(ledger, name)
    one.deleted = True
    return shapes.customer(one)


def _customers(ledger: Ledger) -> list[dict[str, Any]]:
    return [shapes.customer(one) for one in ledger.customers.values() if not one.deleted]


def list_customers(ledger: Ledger, ask: Ask) -> dict[str, Any]:
    return listing.page(ask, _customers(ledger), ["email"])


def search_customers(ledger: Ledger, ask: Ask) -> dict[str, Any]:
    return listing.search(ask, _customers(ledger))


def create_card(ledger: Ledger, ask: Ask) -> dict[str, Any]:
    details = ask.mapping("card")
    if "token" in details:
        good = ledger.card(details["token"], "card[token]").good
    else:
        good = not details.get("number", "").startswith(("4000000000000002", "4000000000009995"))
    return shapes.card(ledger.new_card(good=good, purchase=ask.purchase, metadata=ask.mapping("metadata")))


def get_card(ledger: Ledger, ask: Ask, name: str) -> dict[str, Any]:  # noqa: ARG001
    return shapes.card(ledger.card(name))


def attach_card(ledger: Ledger, ask: Ask, name: str) -> dict[str, Any]:
    one = ledger.card(name)
    one.customer = _known_customer(ledger, ask.needed("customer")).id
    return shapes.card(one)


def detach_card(ledger: Ledger, ask: Ask, name: str) -> dict[str, Any]:  # noqa: ARG001
    one = ledger.card(name)
    one.customer = None
    return shapes.card(one)


def list_cards(ledger: Ledger, ask: Ask) -> dict[str, Any]:
    return listing.page(ask, [shapes.card(one) for one in ledger.cards.values()], ["customer"])


def get_event(ledger: Ledger, ask: Ask, name: str) -> dict[str, Any]:  # noqa: ARG001
    if name not in ledger.events:
        raise unknown("event", name)
    return shapes.event(ledger.events[name])


def list_events(ledger: Ledger, ask: Ask) -> dict[str, Any]:
    return listing.page(ask, [shapes.event(one) for one in ledger.events.values()], ["type"])


def _intent(ledger: Ledger, name: str) -> Intent:
    if name not in ledger.intents:
        raise unknown("payment_intent", name, "intent")
    return ledger.intents[name]


def _charge(ledger: Ledger, name: str) -> Charge:
    if name not in ledger.charges:
        raise unknown("charge", name, "charge")
    return ledger.charges[name]


def _known_customer(ledger: Ledger, name: str) -> Customer:
    if name not in ledger.customers or ledger.customers[name].deleted:
        raise unknown("customer", name, "customer")
    return ledger.customers[name]


def _customer(ledger: Ledger, ask: Ask) -> str | None:
    name = ask.text("customer")
    return None if name is None else _known_customer(ledger, name).id


def _card(ledger: Ledger, ask: Ask) -> str | None:
    for param in ("payment_method", "source"):
        name = ask.text(param)
        if name is not None:
            return ledger.card(name, param).id
    data = ask.params.get("payment_method_data")
    if isinstance(data, dict):
        inner = Ask(ask.method, ask.path, data, ask.purchase)
        return str(create_card(ledger, inner)["id"])
    return None


def _currency(ask: Ask) -> str:
    code = ask.needed("currency").lower()
    if not re.fullmatch("[a-z]{3}", code):
        raise invalid(f"Invalid currency: {code}", "currency")
    return code


def _declined(charge: Charge) -> dict[str, Any]:
    return {"code": "card_declined", "decline_code": "generic_decline", "charge": charge.id}


def _note(ledger: Ledger, kind: str, one: Intent) -> None:
    ledger.note(kind, shapes.of_intent(ledger, one), one.purchase)


ROUTES: dict[str, Handler] = {
    "POST /v1/payment_intents": create_intent,
    "GET /v1/payment_intents": list_intents,
    "GET /v1/payment_intents/search": search_intents,
    "GET /v1/payment_intents/{id}": get_intent,
    "POST /v1/payment_intents/{id}": update_intent,
    "POST /v1/payment_intents/{id}/confirm": confirm_intent,
    "POST /v1/payment_intents/{id}/capture": capture_intent,
    "POST /v1/payment_intents/{id}/cancel": cancel_intent,
    "POST /v1/charges": create_charge,
    "GET /v1/charges": list_charges,
    "GET /v1/charges/search": search_charges,
    "GET /v1/charges/{id}": get_charge,
    "POST /v1/charges/{id}/capture": capture_charge,
    "POST /v1/refunds": create_refund,
    "GET /v1/refunds": list_refunds,
    "GET /v1/refunds/{id}": get_refund,
    "POST /v1/customers": create_customer,
    "GET /v1/customers": list_customers,
    "GET /v1/customers/search": search_customers,
    "GET /v1/customers/{id}": get_customer,
    "POST /v1/customers/{id}": update_customer,
    "DELETE /v1/customers/{id}": delete_customer,
    "POST /v1/payment_methods": create_card,
    "GET /v1/payment_methods": list_cards,
    "GET /v1/payment_methods/{id}": get_card,
    "POST /v1/payment_methods/{id}/attach": attach_card,
    "POST /v1/payment_methods/{id}/detach": detach_card,
    "GET /v1/events": list_events,
    "GET /v1/events/{id}": get_event,
}
