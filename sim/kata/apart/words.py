"""What both sides must agree on: what is told of an order, and which knobs and tables a story may speak of."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel

from sim.config import design
from sim.config.design import Design
from sim.vocabulary import Status
from sim.world.database import Order

# Of an order; the first ones never change.
SEEN = (
    "id", "purchase", "number", "cents", "created_s",
    "card", "status", "version", "changed_s", "known_s", "confirmed_s", "busy_until_s", "attempts", "key_is_spent", "unheard",
    "key", "unmarked",
)  # fmt: skip
LASTING = 5
REQUEST = ("attempt", "card", "cents", "key", "number", "page", "purchase", "sent_s", "submission", "waits")
# Of the provider's tables; what its ledger does not show yet, a shop can't know.
TABLES = {"charges": ("purchase", "order", "cents"), "holds": ("purchase", "order", "cents")}
PAYMENTS = (
    design.Payment, design.KeyedPayment, design.RequestPayment, design.RedirectPayment, design.QueuedPayment,
)  # fmt: skip
LOOKED_FOR = {  # knobs of a payment that world and bill look for by their names, whichever section a class has them in
    "key": design.KeyedPayment.model_fields["key"],
    "workers": design.QueuedPayment.model_fields["workers"],
    "autoscale": design.QueuedPayment.model_fields["autoscale"],
}
BILLED = {"relay": design.Relay, "completer": design.Completer}  # sections that a bill looks for


def seen(order: Order) -> list[Any]:
    return [
        order.id, order.purchase, order.number, order.cents, order.created_s, order.card, order.status, order.version,
        order.changed_s, order.known_s, order.confirmed_s, order.busy_until_s, order.attempts, order.key_is_spent,
        order.unheard, order.key, order.unmarked,
    ]  # fmt: skip


def heard(values: list[Any]) -> tuple[Any, ...]:
    """The values of `seen` after their way through a pipe."""
    *told, unheard, key, unmarked = values
    told[6] = Status(told[6])
    return (*told, tuple(unheard), as_key(key), unmarked)


def as_key(value: Any) -> Any:
    """A key of the provider after its way through a pipe: lists were tuples."""
    return tuple(as_key(one) for one in value) if isinstance(value, list) else value


def known(kind: type[BaseModel]) -> type[BaseModel]:
    """The section of ours from which a section of knobs starts."""
    ours = (one for one in kind.__mro__ if one.__module__ == design.__name__ and one is not Design)
    found = next(ours, None)
    if found is None:
        raise TypeError(f"a step doesn't take {kind.__name__}, which starts from no section of sim.config.design")
    return found
