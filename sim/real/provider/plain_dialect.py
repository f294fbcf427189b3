"""A plain JSON dialect over the same ledger, for everybody whose provider isn't Stripe.

`POST /plain/charges` takes `amount`, `currency`, `card`, `reference`, and `capture: false` to hold the money only; then
`POST /plain/charges/{id}/capture`, `/void` and `/refund`. `GET /plain/charges?reference=…` is the inquiry.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sim.real.provider.asking import Ask
from sim.real.provider.ledger import Charge, Ledger
from sim.real.provider.refusal import Refusal, missing, unknown

Handler = Callable[..., dict[str, Any]]


def shown(one: Charge) -> dict[str, Any]:
    """A charge as this dialect shows it."""
    if not one.good:
        status = "declined"
    elif one.taken_s is None:
        status = "voided" if one.released else "authorised"
    else:
        status = "refunded" if one.refunded_cents == one.captured_cents else "captured"
    return {
        "id": one.id, "status": status, "amount": one.cents, "captured": one.captured_cents, "refunded": one.refunded_cents,
        "currency": one.currency, "card": one.card, "reference": one.metadata.get("reference"), "created": one.created,
    }  # fmt: skip


def charge(ledger: Ledger, ask: Ask) -> dict[str, Any]:
    name = ask.text("card")
    if name is None:
        raise missing("card")
    card = ledger.card(name, "card").id
    if ask.declined:
        ledger.refuse(card)
    reference = ask.text("reference")
    made = ledger.charge(
        ask.amount(), (ask.text("currency") or "usd").lower(), card, purchase=ask.purchase,
        capture=ask.flag("capture") is not False, customer=None, metadata={"reference": reference} if reference else {},
    )  # fmt: skip
    if not made.good:
        ledger.note("charge.declined", shown(made), made.purchase)
        raise Refusal(402, "card_error", "The card was declined.", code="card_declined", charge=made.id)
    ledger.note("charge.captured" if made.taken_s is not None else "charge.authorised", shown(made), made.purchase)
    return shown(made)


def capture(ledger: Ledger, ask: Ask, name: str) -> dict[str, Any]:
    made = ledger.capture(_charge(ledger, name), ask.cents("amount"))
    ledger.note("charge.captured", shown(made), made.purchase)
    return shown(made)


def void(ledger: Ledger, ask: Ask, name: str) -> dict[str, Any]:  # noqa: ARG001
    made = _charge(ledger, name)
    if made.taken_s is not None or not made.good:
        raise Refusal(409, "invalid_request_error", f"Charge {name} holds no money.", code="charge_already_captured")
    made.released = True
    ledger.note("charge.voided", shown(made), made.purchase)
    return shown(made)


def refund(ledger: Ledger, ask: Ask, name: str) -> dict[str, Any]:
    made = _charge(ledger, name)
    ledger.refund(made, ask.cents("amount"), reason=ask.text("reason"), metadata={})
    ledger.note("charge.refunded", shown(made), made.purchase)
    return shown(made)


def get(ledger: Ledger, ask: Ask, name: str) -> dict[str, Any]:  # noqa: ARG001
    return shown(_charge(ledger, name))


def list_(ledger: Ledger, ask: Ask) -> dict[str, Any]:
    reference = ask.text("reference")
    found = [shown(one) for one in ledger.charges.values()]
    return {"data": [one for one in found if reference is None or one["reference"] == reference]}


def _charge(ledger: Ledger, name: str) -> Charge:
    if name not in ledger.charges:
        raise unknown("charge", name)
    return ledger.charges[name]


ROUTES: dict[str, Handler] = {
    "POST /plain/charges": charge,
    "GET /plain/charges": list_,
    "GET /plain/charges/{id}": get,
    "POST /plain/charges/{id}/capture": capture,
    "POST /plain/charges/{id}/void": void,
    "POST /plain/charges/{id}/refund": refund,
}
