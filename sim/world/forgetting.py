"""Parts of a morning that forget: whatever they keep of orders that nobody will ever ask about again."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from sys import getrefcount
from typing import Any

import numpy as np

from sim.ledger.paged import Paged
from sim.ledger.records import Orders
from sim.vocabulary import Status
from sim.world.database import NEVER, Database, Event, Order
from sim.world.loyalty import Loyalty
from sim.world.provider import Provider
from sim.world.read_model import ReadModel

NOBODYS = -1  # the order of a charge that is forgotten


def others(held: Sequence[object], index: int) -> int:
    """How many refer to something, besides the sequence that holds it."""
    return getrefcount(held[index]) - _OWN


_OWN = 0
_OWN = others([object()], 0)


class ForgetfulDatabase(Database):
    """`orders` is made of pages, with None in the place of a forgotten one."""

    orders: Any

    def made_for(self, begin: int, end: int, *, since: int) -> list[Order]:
        """The orders of some purchases, of which none can get another one any more: nobody will ask for their keys."""
        self._by_key = {key: order for key, order in self._by_key.items() if not begin <= order.purchase < end}
        return [order for order in self.orders.objects(since=since) if begin <= order.purchase < end]

    def forget(self, orders: Sequence[Order], ids: np.ndarray) -> None:
        for order in orders:
            self.orders[order.id] = None
            self.open.pop(order.id, None)
        self.orders.forget(ids)

    def give_up_lost(self) -> None:
        """Outbox rows that were marked too early or never seen: once nobody has one in hand, only their number matters."""
        self.marked_too_early = self._in_hand(self.marked_too_early)
        self.never_seen = self._in_hand(self.never_seen)

    def _in_hand(self, rows: list[Event]) -> list[Event]:
        still = [index for index in range(len(rows)) if not rows[index].told and others(rows, index)]
        self.lost += sum(not row.told for row in rows) - len(still)
        return [rows[index] for index in still]


class ForgetfulProvider(Provider):
    """Its ledger's rows are looked up by number, also by a reconciler that starts again from the first."""

    listed: Sequence[int] = ()  # the rows that a reconciler has in hand

    def forget(self, rows: np.ndarray, orders: Sequence[Order]) -> None:
        """Neither these calls nor these orders will be asked about, and nothing of what was taken will be given back."""
        for row in rows.tolist():
            self.charges.captured_s[row] = NEVER
            self.charges.order[row] = NOBODYS
        for order in orders:
            self._stored.pop(order.id, None)
            self._stored.pop(order.key, None)
            self._rows_of.pop(order.id, None)
            self._inquiries.pop(order.id, None)
        columns: Any = (self._result, self._done_s, self._seen_s)
        for column in columns:
            column.forget(rows)

    def _remembered(self, rows: Sequence[int]) -> list[int]:
        column: Any = self.charges.order
        return [row for row in rows if column.there(row) and column[row] != NOBODYS]

    def _index(self) -> None:
        for row in self._remembered(range(self._indexed, len(self._result))):
            self._rows_of.setdefault(self.charges.order[row], []).append(row)
        self._indexed = len(self._result)

    def ledger(self, young: list[int], next_row: int, *, before_s: float) -> tuple[list[int], list[int], int]:
        end = len(self._result)
        self.listed, young, end = super().ledger(self._remembered([*young, *range(next_row, end)]), end, before_s=before_s)
        return list(self.listed), young, end


class ForgetfulView(ReadModel):
    """What was shown of a forgotten order is forgotten, too."""

    def parted(self, database: Database, orders: Sequence[Order], ids: np.ndarray) -> Orders:
        """The table of these orders, of which nothing is kept."""
        shown: Any
        if self._inline:
            confirmed_s = [order.confirmed_s if order.status is Status.CONFIRMED else NEVER for order in orders]
            known = ([order.status for order in orders], [order.changed_s for order in orders], confirmed_s)
            shown = [np.array(column) for column in known]
        else:
            self._grow(len(database.orders) - 1)
            columns: Any = (self._status, self._changed_s, self._visible_s, self._version)
            shown = [column.take(ids) for column in columns[:3]]
            for column in columns:
                column.forget(ids)
        for order in orders:
            self._cache.pop(order.id, None)
        return database.table(orders, *shown)


class ForgetfulLoyalty(Loyalty):
    """Events are numbered in the order in which they come about."""

    def forget_before(self, event: int) -> None:
        handled: Any = self._handled_s
        handled.forget_before(min(event, len(handled)))


def forgetful(kind: type, bits: int) -> Any:
    """A part of this kind, with columns of pages of 2^bits rows."""
    return partial(kind, column=partial(Paged, bits=bits))
