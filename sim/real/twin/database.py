"""The order database of a process: the simulator's verbs over SQL.

A story has a session of its own. An order that it has taken up is an object of that session, and is read again in every
transaction or query for its purchase; in between it is what it was then. Only what is committed is there for others.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from copy import copy
from functools import partial
from math import isnan
from typing import Any, cast
from weakref import WeakValueDictionary

from simpy.events import Event

from sim.real.twin.store import Conflict, Store
from sim.vocabulary import SETTLED, Status
from sim.world.database import NEVER, Database, Order, OutboxRow
from sim.world.engine import Awaited

COLUMNS = (
    "purchase", "number", "cents", "card", "status", "version", "created_s", "changed_s", "known_s", "confirmed_s",
    "busy_until_s", "attempts", "provider_key", "key_is_spent", "unheard", "unmarked",
)  # fmt: skip
SELECT = f"SELECT id, {', '.join(COLUMNS)} FROM orders"  # noqa: S608  no value is in any of these
INSERT = f"INSERT INTO orders (id, {', '.join(COLUMNS)}) VALUES (?{', ?' * len(COLUMNS)})"  # noqa: S608
UPDATE = f"UPDATE orders SET {', '.join(f'{column} = ?' for column in COLUMNS)} WHERE id = ?"  # noqa: S608
UNSETTLED = f"status NOT IN ({', '.join(str(int(status)) for status in SETTLED)})"
TRIES = 1000  # of one transaction: far beyond what any number of processes needs
LOOK_S = 0.05  # between two looks whether another process has released an order (assumption)
Values = tuple[Any, ...]


class Row(Order):
    """An order that a session has taken up, for as long as its story has it."""

    __slots__ = ("__weakref__",)


def thawed(value: Any) -> Any:
    """A key as it was before it was JSON: lists are tuples."""
    return tuple(thawed(part) for part in value) if isinstance(value, list) else value


def values_of(order: Order) -> Values:
    return (
        order.purchase, order.number, order.cents, order.card, int(order.status), order.version, order.created_s,
        order.changed_s, order.known_s, None if isnan(order.confirmed_s) else order.confirmed_s, order.busy_until_s,
        order.attempts, json.dumps(order.key), int(order.key_is_spent), json.dumps(order.unheard), order.unmarked,
    )  # fmt: skip


def fill(order: Order, values: Values) -> None:
    """Let the order be what its row says."""
    (
        order.purchase, order.number, order.cents, order.card, status, order.version, order.created_s, order.changed_s,
        order.known_s, confirmed_s, order.busy_until_s, order.attempts, key, spent, unheard, order.unmarked,
    ) = values  # fmt: skip
    order.status = Status(status)
    order.confirmed_s = NEVER if confirmed_s is None else confirmed_s
    order.key, order.key_is_spent, order.unheard = thawed(json.loads(key)), bool(spent), tuple(json.loads(unheard))


class RealDatabase(Database):
    """The database as one process sees it. The times of its work are waited out before it is really done."""

    new_order = Row

    def __init__(self, *arguments: Any, store: Store, **more: Any) -> None:
        super().__init__(*arguments, **more)
        self.store = store
        self.used: Counter[str] = Counter()  # reads and writes for purchases, of all sessions of this process
        self.chores: list[tuple[str, float]] = []  # likewise those for nobody, since the last report: which, and when
        self._open_session()

    def session(self) -> RealDatabase:
        """For another story: it shares the connections, and no order."""
        other = copy(self)
        other._open_session()
        return other

    def _open_session(self) -> None:
        self._known: WeakValueDictionary[int, Row] = WeakValueDictionary()
        self._touched: dict[Order, Values] | None = None  # in the transaction that is open: what their rows say
        self.orders = cast(Any, Rows(self))
        self.open = cast(Any, Unsettled(self))
        self._by_key = cast(Any, ByKey(self))
        self._orders_of = cast(Any, OrdersOf(self))

    def transaction(self, purchase: int, effect: Callable[[], Any]) -> Event:
        self._note("writes", purchase)
        return super().transaction(purchase, partial(self._commit, purchase, effect))

    def query(self, purchase: int, effect: Callable[[], Any] | None = None) -> Event:
        self._note("reads", purchase)
        return super().query(purchase, partial(self._read, purchase, effect))

    def _note(self, which: str, purchase: int) -> None:
        if purchase < 0:
            self.chores.append((which, self._env.now))
        else:
            self.used[which] += 1

    def call_begins(self, order: Order, began_s: float) -> None:
        """It is committed before the call, so that others know of it if this process dies. It takes no time of the scenario."""
        self._commit(order.purchase, partial(super().call_begins, order, began_s))

    def call_ended(self, order: Order, heard: tuple[float, ...]) -> None:
        self._commit(order.purchase, partial(super().call_ended, order, heard))

    def _commit(self, purchase: int, effect: Callable[[], Any]) -> Any:
        """Try until no other transaction is in the way; what the effect reads is read anew each time."""
        for _ in range(TRIES):
            with suppress(Conflict):
                return self._try_to_commit(purchase, effect)
        raise Conflict(f"a transaction has met others {TRIES} times in a row")

    def _try_to_commit(self, purchase: int, effect: Callable[[], Any]) -> Any:
        touched = self._touched = {}
        try:
            with self.store.transaction():
                self._refresh(purchase)
                value = effect()
                for order, known in touched.items():
                    if (values := values_of(order)) != known:
                        self.store.rows(UPDATE, (*values, order.id))
        finally:
            self._touched = None
        return value

    def _read(self, purchase: int, effect: Callable[[], Any] | None) -> Any:
        self._refresh(purchase)
        return None if effect is None else effect()

    def _refresh(self, purchase: int) -> None:
        """Read the purchase's orders again that this session has taken up; for NOBODY all of them."""
        for order in list(self._known.values()):
            if purchase < 0 or order.purchase == purchase:
                self.found("WHERE id = ?", order.id)

    def found(self, where: str, *values: Any) -> list[Order]:
        """Take orders up: those of which a condition is true, as their rows are now."""
        return [self._taken_up(*row) for row in self.store.rows(f"{SELECT} {where}", values)]

    def _taken_up(self, number: int, *values: Any) -> Order:
        order = self._known.get(number)
        if order is None:
            order = self._known[number] = Row(number, values[0], values[1], values[2], 0.0)
        if self._touched is None:
            fill(order, values)
        elif order not in self._touched:  # else this transaction has it already, and may have changed it
            fill(order, values)
            self._touched[order] = values
        return order

    def inserted(self, order: Row) -> None:
        values = values_of(order)
        self.store.rows(INSERT, (order.id, *values))
        self._known[order.id] = order
        assert self._touched is not None, "orders are made in transactions"
        self._touched[order] = values

    def orders_of(self, purchase: int) -> list[tuple[Order, Status]]:
        return [(order, order.status) for order in self.found("WHERE purchase = ? ORDER BY id", purchase)]

    def when_released(self, order: Order) -> Event:
        """Another process may release it, so its row is looked at again and again."""
        released = Awaited()

        def look(_: None) -> None:
            self.found("WHERE id = ?", order.id)
            if order.busy_until_s <= self._env.now:
                released.happen()
            else:
                self._env.call(LOOK_S, look)

        self._env.call(LOOK_S, look)
        return released

    # Events and the outbox

    def new_event(self) -> int:
        return self.store.next("events")

    def draw_row(self) -> int:
        return self.store.next("rows")

    def add_to_outbox(self, order: Order, row: int) -> None:
        event = self.event(order, row)
        values = (event.id, row, order.id, int(order.status), order.version)
        self.store.rows("INSERT INTO outbox VALUES (?, ?, ?, ?, ?, 0)", values)

    def unpublished(self, batch: int, *, by_id: bool = False) -> list[OutboxRow]:
        beyond, place = ("row_id > (SELECT row_id FROM seen)", "row_id") if by_id else ("1 = 1", "id")
        sql = f"SELECT * FROM outbox WHERE marked = 0 AND {beyond} ORDER BY {place} LIMIT ?"  # noqa: S608  no value is in it
        return [self._event(*row[:5]) for row in self.store.rows(sql, (batch,))]

    def _event(self, number: int, row: int, order: int, status: int, version: int) -> OutboxRow:
        event = OutboxRow(number, self.orders[order], row)
        event.status, event.version = Status(status), version
        event.turn = (event.order.number * 64 + version) * 64
        return event

    def mark_published(self, rows: list[OutboxRow]) -> None:
        for row in rows:
            self.store.rows("UPDATE outbox SET marked = 1 WHERE id = ?", (row.id,))

    def look_beyond(self, rows: list[OutboxRow]) -> None:
        last = max(row.row for row in rows)
        self.store.rows("UPDATE seen SET row_id = ? WHERE row_id < ?", (last, last))


class Rows(Sequence[Order]):
    """The orders by id; each is read when somebody takes it up."""

    def __init__(self, database: RealDatabase) -> None:
        self._database = database

    def __len__(self) -> int:
        return int(self._database.store.value("SELECT count(*) FROM orders"))

    def __getitem__(self, number: Any) -> Any:
        [order] = self._database.found("WHERE id = ?", int(number))
        return order

    def append(self, order: Row) -> None:
        self._database.inserted(order)


class Unsettled:
    """The orders that are not settled: their status says so, so nothing is to be noted."""

    def __init__(self, database: RealDatabase) -> None:
        self._database = database

    def values(self) -> list[Order]:
        return self._database.found(f"WHERE {UNSETTLED} ORDER BY id")

    def __iter__(self) -> Iterator[int]:
        return iter([order.id for order in self.values()])

    def __setitem__(self, number: int, order: Order) -> None:
        pass

    def pop(self, number: int, default: None = None) -> None:
        pass


class ByKey:
    """The orders by the app's key."""

    def __init__(self, database: RealDatabase) -> None:
        self._database = database

    def get(self, key: int) -> Order | None:
        found = self._database.found("WHERE id = (SELECT order_id FROM app_keys WHERE app_key = ?)", key)
        return found[0] if found else None

    def __setitem__(self, key: int, order: Order) -> None:
        sql = "INSERT INTO app_keys VALUES (?, ?) ON CONFLICT (app_key) DO UPDATE SET order_id = excluded.order_id"
        self._database.store.rows(sql, (key, order.id))

    def setdefault(self, key: int, order: Order) -> None:
        self._database.store.rows("INSERT INTO app_keys VALUES (?, ?) ON CONFLICT (app_key) DO NOTHING", (key, order.id))


class OrdersOf:
    """How many orders a purchase has."""

    def __init__(self, database: RealDatabase) -> None:
        self._database = database

    def __getitem__(self, purchase: int) -> int:
        return int(self._database.store.value("SELECT count(*) FROM orders WHERE purchase = ?", (purchase,)))

    def __setitem__(self, purchase: int, number: int) -> None:
        pass
