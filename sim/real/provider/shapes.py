"""The provider's objects as Stripe's API shows them."""

from __future__ import annotations

from typing import Any

from sim.real.provider.ledger import Card, Charge, Customer, Event, Intent, Ledger, Refund

API_VERSION = "2025-01-27.acacia"
EXPANDABLE = {"latest_charge", "payment_intent", "charge", "customer", "payment_method", "source"}


def intent(one: Intent) -> dict[str, Any]:
    held = one.cents if one.status == "requires_capture" else 0
    return {
        "id": one.id, "object": "payment_intent", "amount": one.cents, "amount_capturable": held,
        "amount_received": 0, "automatic_payment_methods": None,
        "canceled_at": one.cancelled, "cancellation_reason": one.reason,
        "capture_method": "manual" if one.manual else "automatic", "client_secret": f"{one.id}_secret_coffee",
        "confirmation_method": "automatic", "created": one.created, "currency": one.currency, "customer": one.customer,
        "description": one.description, "last_payment_error": one.error,
        "latest_charge": one.charges[-1] if one.charges else None, "livemode": False, "metadata": dict(one.metadata),
        "next_action": None, "payment_method": one.card, "payment_method_types": ["card"], "status": one.status,
    }  # fmt: skip


def charge(one: Charge) -> dict[str, Any]:
    status = "succeeded" if one.good else "failed"
    return {
        "id": one.id, "object": "charge", "amount": one.cents, "amount_captured": one.captured_cents,
        "amount_refunded": one.refunded_cents, "captured": one.taken_s is not None, "created": one.created,
        "currency": one.currency, "customer": one.customer, "disputed": False,
        "failure_code": None if one.good else "card_declined",
        "failure_message": None if one.good else "Your card was declined.", "livemode": False, "metadata": dict(one.metadata),
        "paid": one.good, "payment_intent": one.intent, "payment_method": one.card,
        "refunded": one.taken_s is not None and one.refunded_cents == one.captured_cents, "source": None, "status": status,
    }  # fmt: skip


def refund(one: Refund) -> dict[str, Any]:
    return {
        "id": one.id, "object": "refund", "amount": one.cents, "charge": one.charge, "created": one.created,
        "currency": one.currency, "metadata": dict(one.metadata), "payment_intent": one.intent, "reason": one.reason,
        "status": "succeeded",
    }  # fmt: skip


def customer(one: Customer) -> dict[str, Any]:
    if one.deleted:
        return {"id": one.id, "object": "customer", "deleted": True}
    return {
        "id": one.id, "object": "customer", "created": one.created, "email": one.email, "name": one.name, "livemode": False,
        "metadata": dict(one.metadata),
    }  # fmt: skip


def card(one: Card) -> dict[str, Any]:
    return {
        "id": one.id, "object": "payment_method", "created": one.created, "customer": one.customer, "livemode": False,
        "metadata": dict(one.metadata), "type": "card",
        "card": {"brand": "visa", "exp_month": 12, "exp_year": 2040, "last4": "4242" if one.good else "0002"},
    }  # fmt: skip


def event(one: Event) -> dict[str, Any]:
    return {
        "id": one.id, "object": "event", "api_version": API_VERSION, "created": one.created, "data": {"object": one.what},
        "livemode": False, "pending_webhooks": 1, "request": {"id": None, "idempotency_key": None}, "type": one.kind,
    }  # fmt: skip


def of_intent(ledger: Ledger, one: Intent) -> dict[str, Any]:
    """With what was received of it."""
    return intent(one) | {"amount_received": sum(ledger.charges[name].captured_cents for name in one.charges)}


def shown(ledger: Ledger, name: str) -> dict[str, Any] | None:
    """The object with this id."""
    if name in ledger.intents:
        return of_intent(ledger, ledger.intents[name])
    if name in ledger.charges:
        return charge(ledger.charges[name])
    if name in ledger.customers:
        return customer(ledger.customers[name])
    return card(ledger.cards[name]) if name in ledger.cards else None


def expanded(ledger: Ledger, made: dict[str, Any], paths: list[str]) -> dict[str, Any]:
    """With the objects themselves where `expand` asks for them instead of their ids."""
    for path in paths:
        _expand(ledger, made, path.split("."))
    return made


def _expand(ledger: Ledger, inside: Any, steps: list[str]) -> None:
    if isinstance(inside, list):
        for one in inside:
            _expand(ledger, one, steps)
        return
    if not isinstance(inside, dict) or not steps:
        return
    value = inside.get(steps[0])
    if isinstance(value, str) and steps[0] in EXPANDABLE:
        inside[steps[0]] = shown(ledger, value) or value
    _expand(ledger, inside.get(steps[0]), steps[1:])
