"""What a story may read without a step: orders by their numbers, the provider's tables, and whether the provider is down."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sim.kata.apart import words
from sim.kata.apart.asked import Asked, Known, Unasked
from sim.world.database import Order

About = dict[int, Order]  # the orders that an answer is about


def _down(known: Known, asked: Asked, about: About) -> bool:  # noqa: ARG001
    return known.shop.provider.down


def _order(known: Known, asked: Asked, about: About, number: Any) -> Any:  # noqa: ARG001
    length = len(known.shop.database.orders)
    if type(number) is int and -length <= number < 0:  # as Python counts from the end
        number += length
    return known.told(known.order(number), about)


def _length(known: Known, asked: Asked, about: About, table: Any) -> int:  # noqa: ARG001
    return len(known.shop.database.orders if table == "orders" else getattr(known.shop.provider, _one_of(table, words.TABLES)))


def _cell(known: Known, asked: Asked, about: About, table: Any, column: Any, row: Any) -> Any:  # noqa: ARG001
    columns = words.TABLES[_one_of(table, words.TABLES)]
    values = getattr(getattr(known.shop.provider, table), _one_of(column, columns))
    if type(row) is not int or not -len(values) <= row < len(values):
        raise Unasked("a row that there isn't")
    return values[row]


def _ledger(known: Known, asked: Asked, about: About, young: Any, next_row: Any, before_s: Any) -> Any:
    """What `Provider.ledger` returns, with the orders of its rows."""
    shop = known.shop
    young, next_row = asked.of_kind(list[int], young, "ledger: young"), asked.of_kind(int, next_row, "ledger: next_row")
    if next_row < 0 or not all(0 <= row < len(shop.provider.charges) for row in young):
        raise Unasked("ledger: a row that there isn't")
    before_s = _past(known, asked, before_s)
    rows, still_young, beyond = shop.provider.ledger(young, next_row, before_s=before_s)
    orders = [shop.provider.charges.order[row] for row in rows]
    about.update((number, shop.database.orders[number]) for number in orders)
    return [rows, orders, still_young, beyond]


def _held(known: Known, asked: Asked, about: About, before_s: Any) -> list[int]:  # noqa: ARG001
    return known.shop.provider.held(before_s=_past(known, asked, before_s))


LOOKS: dict[str, Callable[..., Any]] = {
    "down": _down, "order": _order, "length": _length, "cell": _cell, "ledger": _ledger, "held": _held,
}  # fmt: skip


def _past(known: Known, asked: Asked, before_s: Any) -> float:
    """No later than now: the provider's tables have what will happen as soon as it is decided."""
    return min(asked.of_kind(float, before_s, "before_s"), known.shop.env.now)


def _one_of(name: Any, names: Any) -> str:
    if not isinstance(name, str) or name not in names:
        raise Unasked("a table that there isn't")
    return name
