"""What orders there are, read back from the service: whose each is, and whether it is paid."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

from sim.config.service import at, condition, filled_text
from sim.real.rehearse.app import App, Purchase
from sim.real.rehearse.books import Ordered
from sim.real.rehearse.process import Running, Undecided

ANSWER_S = 10.0  # to answer what orders there are
TRIES = 3


async def read_orders(app: App, running: Running, purchases: Sequence[Purchase]) -> list[Ordered] | None:
    """The orders of these purchases; None if the adapter doesn't say where. Raises Undecided if they can't be read."""
    told = app.service.orders
    if told is None:
        return None
    values: dict[str, Any] = app.values
    if len(purchases) == 1:
        values = values | {"purchase": purchases[0].number, "card": purchases[0].card, "cents": purchases[0].cents}
    method, path = told.request.split(" ", 1)
    headers = {key: filled_text(text, values) for key, text in told.headers.items()}
    items, status = None, 0
    for _ in range(TRIES):
        status, body = await app.ask(method, filled_text(path, values), headers=headers, timeout_s=ANSWER_S)
        items = at(body, told.items) if 200 <= status < 300 else None
        if isinstance(items, list):
            return _known(items, app, purchases)
        await running.steady()
        await asyncio.sleep(0.2)
    what = "was not answered" if not status else f"was answered {status}" if not 200 <= status < 300 else ""
    raise Undecided(
        f"the orders can't be read: {told.request} {what or f'has no list at {told.items} (orders.items)'}{running.said()}"
    )


def _known(items: list[Any], app: App, purchases: Sequence[Purchase]) -> list[Ordered]:
    told = app.service.orders
    assert told is not None
    owners = {text: each.number for each in purchases for text in _texts_of(each)}
    paid = condition(told.confirmed)
    found = []
    for item in items:
        number = owners.get(str(at(item, told.purchase)))
        if number is not None:
            cents = at(item, told.cents) if told.cents is not None else None
            found.append(Ordered(number, paid.holds(item), cents if isinstance(cents, int) else None))
    return found


def _texts_of(purchase: Purchase) -> set[str]:
    """All that only this purchase's requests have said."""
    return {*purchase.said.values(), *(request.key for request in purchase.requests), str(purchase.number), purchase.card}
