"""The books of a rehearsal as the tables of a morning, so that the same audit judges them in the same words.

Charges and refunds are the provider's ledger, orders are read back from the service, and what customers were told is the app's.
A charge belongs to the order of its purchase, the first to the first; one for which there is none belongs to an order that was
never confirmed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from math import nan

import numpy as np

from sim.ledger.audit import Audit, audit
from sim.ledger.records import Captures, Charges, Holds, Orders, Purchases, Refunds, Tables
from sim.ledger.violations import VIOLATIONS
from sim.real.rehearse.app import Purchase
from sim.vocabulary import Outcome, Status

FROM_ORDERS = ("duplicate_order", "orphan_charge", "unpaid_order")  # which nobody can judge who can't read the orders
JUDGED = ("double_charge", *FROM_ORDERS, "blocked", "misinformed", "wrong_amount")


@dataclass(frozen=True)
class Charged:
    """A row of the provider's ledger."""

    purchase: int
    cents: int
    made_s: float
    taken_s: float | None
    captured_cents: int
    refunded_cents: int
    refunded_s: float | None
    held: bool  # authorised, and neither captured nor released


@dataclass(frozen=True)
class Ordered:
    """An order as the service shows it."""

    purchase: int
    confirmed: bool
    cents: int | None = None


@dataclass(frozen=True)
class Judgement:
    """The tables of some purchases, judged."""

    tables: Tables

    @cached_property
    def audit(self) -> Audit:
        return audit(self.tables)

    @property
    def good_card(self) -> np.ndarray:
        return self.tables.purchases["good_card"] == 1

    def broken(self, kinds: Sequence[str]) -> dict[str, np.ndarray]:
        """Rows of the purchases to which each kind of harm was done; those that none was done to are left out."""
        found = {kind: np.flatnonzero(VIOLATIONS[kind].flags(self)) for kind in kinds}
        return {kind: rows for kind, rows in found.items() if len(rows)}


def judged_kinds(*, orders: bool) -> tuple[str, ...]:
    """Which harms can be judged."""
    return tuple(kind for kind in JUDGED if orders or kind not in FROM_ORDERS)


def judge(
    purchases: Sequence[Purchase], charges: Sequence[Charged], orders: Sequence[Ordered] | None, *, until_s: float
) -> Judgement:
    """`orders` is None where nobody can read them: then an order is what the app was told is confirmed."""
    places = {purchase.number: place for place, purchase in enumerate(purchases)}
    if orders is None:
        orders = [Ordered(each.number, True) for each in purchases if each.confirmed_s is not None]
    tables = Tables(until_s, until_s, _purchases(purchases))
    rows_of = _add_orders(tables.orders, orders, places, until_s)
    given: dict[int, int] = {}
    for charge in sorted(charges, key=lambda one: (_is_gone(one), one.taken_s is None, one.taken_s or one.made_s)):
        place = places.get(charge.purchase)
        if place is None:
            continue
        mine = rows_of.setdefault(place, [])
        number = given.get(place, 0)
        if charge.taken_s is not None or charge.held:
            given[place] = number + 1
        if not mine:
            mine.append(_add_order(tables.orders, place, Status.FAILED, until_s))
        _add_charge(tables, charge, place, mine[min(number, len(mine) - 1)])
    return Judgement(tables)


def _is_gone(charge: Charged) -> bool:
    return charge.refunded_s is not None


def _purchases(purchases: Sequence[Purchase]) -> Purchases:
    made = Purchases(len(purchases))
    for place, each in enumerate(purchases):
        made.submitted_s[place] = each.submitted_s
        made.acknowledged_s[place] = nan if each.acknowledged_s is None else each.acknowledged_s
        made.told_confirmed_s[place] = nan if each.confirmed_s is None else each.confirmed_s
        made.told_failed[place] = int(each.failed_s is not None or each.declined_s is not None)
        made.good_card[place] = 1
        made.shown_cents[place] = each.cents
        made.submissions[place] = len(each.taps)
        made.left_s[place] = nan if each.over_s is None else each.over_s
    return made


def _add_orders(table: Orders, orders: Sequence[Ordered], places: dict[int, int], until_s: float) -> dict[int, list[int]]:
    """Rows by place of the purchase, confirmed ones first."""
    rows_of: dict[int, list[int]] = {}
    for order in sorted(orders, key=lambda one: not one.confirmed):
        place = places.get(order.purchase)
        if place is not None:
            status = Status.CONFIRMED if order.confirmed else Status.PENDING
            rows_of.setdefault(place, []).append(_add_order(table, place, status, until_s))
    return rows_of


def _add_order(table: Orders, place: int, status: Status, until_s: float) -> int:
    at_s = until_s if status is Status.CONFIRMED else nan
    table.purchase.append(place)
    table.status.append(status)
    table.view_status.append(status)
    table.created_s.append(0.0)
    table.confirmed_s.append(at_s)
    table.changed_s.append(until_s)
    table.visible_s.append(at_s)
    table.view_changed_s.append(until_s)
    return len(table) - 1


def _add_charge(tables: Tables, charge: Charged, place: int, order: int) -> None:
    table: Charges = tables.charges
    taken = charge.taken_s is not None
    table.purchase.append(place)
    table.order.append(order)
    table.outcome.append(Outcome.CAPTURED if taken else Outcome.AUTHORISED if charge.held else Outcome.DECLINED)
    table.cents.append(charge.captured_cents if taken else charge.cents)
    table.sent_s.append(charge.made_s)
    table.answered_s.append(charge.made_s)
    table.captured_s.append(nan if charge.taken_s is None else charge.taken_s)
    table.refunded_s.append(nan if charge.refunded_s is None else charge.refunded_s)
    row = len(table) - 1
    if charge.refunded_cents:
        _add_refund(tables.refunds, row, place, charge)
    if charge.held:
        _add_hold(tables.holds, tables.captures, row, place, order, charge)


def _add_refund(table: Refunds, row: int, place: int, charge: Charged) -> None:
    table.charge.append(row)
    table.purchase.append(place)
    table.cents.append(charge.refunded_cents)
    table.refunded_s.append(charge.made_s if charge.refunded_s is None else charge.refunded_s)


def _add_hold(table: Holds, captures: Captures, row: int, place: int, order: int, charge: Charged) -> None:
    assert not len(captures)  # what was captured is a charge like any other here
    for name, value in {
        "charge": row, "purchase": place, "order": order, "cents": charge.cents, "captured_cents": 0, "voided_cents": 0,
        "expired_cents": 0, "authorised_s": charge.made_s, "released_s": nan,
    }.items():  # fmt: skip
        getattr(table, name).append(value)
