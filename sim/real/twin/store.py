"""The databases of a twin: tables, and transactions that are serialised.

The order database's SQL is such that PostgreSQL understands it too. Files are SQLite's in WAL mode: one writer at a time,
readers are never in its way, and what is committed survives the death of a process. (With `synchronous = NORMAL` it needn't
survive a power failure. No machine loses its power here.)
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any, Protocol

BUSY_S = 30.0  # longer than any queue of writers

SHOP = """
CREATE TABLE orders (
  id BIGINT PRIMARY KEY, purchase BIGINT NOT NULL, number BIGINT NOT NULL, cents BIGINT NOT NULL, card BIGINT NOT NULL,
  status BIGINT NOT NULL, version BIGINT NOT NULL, created_s DOUBLE PRECISION NOT NULL, changed_s DOUBLE PRECISION NOT NULL,
  known_s DOUBLE PRECISION NOT NULL, confirmed_s DOUBLE PRECISION, busy_until_s DOUBLE PRECISION NOT NULL,
  attempts BIGINT NOT NULL, provider_key TEXT NOT NULL, key_is_spent BIGINT NOT NULL, unheard TEXT NOT NULL, unmarked BIGINT
);
CREATE INDEX orders_of ON orders (purchase);
CREATE INDEX orders_open ON orders (status);
CREATE TABLE app_keys (app_key BIGINT PRIMARY KEY, order_id BIGINT NOT NULL);
CREATE TABLE outbox (
  id BIGINT PRIMARY KEY, row_id BIGINT NOT NULL, order_id BIGINT NOT NULL, status BIGINT NOT NULL, version BIGINT NOT NULL,
  marked BIGINT NOT NULL
);
CREATE INDEX outbox_unmarked ON outbox (marked);
CREATE TABLE seen (row_id BIGINT NOT NULL);
INSERT INTO seen VALUES (0);
"""
SEQUENCES = (
    "CREATE TABLE sequences (name TEXT PRIMARY KEY, value INTEGER); INSERT INTO sequences VALUES ('events', 0), ('rows', 0);"
)
VIEW = "CREATE TABLE view (order_id INTEGER PRIMARY KEY, version INTEGER, status INTEGER, changed_s REAL, visible_s REAL);"
LOYALTY = """
CREATE TABLE awards (purchase INTEGER, order_id INTEGER, awarded_s REAL);
CREATE TABLE inbox (handled INTEGER PRIMARY KEY, handled_s REAL);
CREATE TABLE repeats (event_id INTEGER);
"""
QUEUE = """
CREATE TABLE messages (
  id INTEGER PRIMARY KEY, consumer TEXT NOT NULL, event TEXT NOT NULL, delivery INTEGER NOT NULL, visible_s REAL NOT NULL
);
CREATE INDEX messages_next ON messages (consumer, visible_s);
"""
PLAN = """
CREATE TABLE struck (component TEXT, at_s REAL, step TEXT, purchase INTEGER, pause_s REAL, lives INTEGER);
CREATE TABLE taken (strike INTEGER, purchase INTEGER, times INTEGER, PRIMARY KEY (strike, purchase));
CREATE TABLE hits (strike INTEGER PRIMARY KEY, times INTEGER);
"""
FILES = {"shop": SHOP + SEQUENCES, "view": VIEW, "loyalty": LOYALTY, "queue": QUEUE, "plan": PLAN}


class Conflict(Exception):
    """Transactions of others were in the way of this one, of which nothing is done: try again."""


class Store(Protocol):
    """A process's connection to a database: statements with a `?` for each value."""

    def rows(self, sql: str, values: Iterable[Any] = ()) -> list[tuple[Any, ...]]:
        """Run a statement; its rows, if it has any."""

    def value(self, sql: str, values: Iterable[Any] = ()) -> Any:
        """The only value of the only row."""

    def next(self, name: str) -> int:
        """The next number of a sequence, events or rows. Numbers may be left out, and none comes twice."""

    def transaction(self) -> AbstractContextManager[None]:
        """All that is done inside is committed together, as if all others came before or after it; or nothing is.

        Raises Conflict.
        """

    def close(self) -> None: ...


class File:
    """A process's connection to one of the files. Who writes waits for others who do, so there are no conflicts."""

    def __init__(self, folder: Path, name: str) -> None:
        self._connection = sqlite3.connect(folder / f"{name}.db", timeout=BUSY_S, isolation_level=None)
        self._connection.execute("PRAGMA synchronous = NORMAL")

    def rows(self, sql: str, values: Iterable[Any] = ()) -> list[tuple[Any, ...]]:
        return self._connection.execute(sql, tuple(values)).fetchall()

    def value(self, sql: str, values: Iterable[Any] = ()) -> Any:
        [(value,)] = self.rows(sql, values)
        return value

    def next(self, name: str) -> int:
        return int(self.value("UPDATE sequences SET value = value + 1 WHERE name = ? RETURNING value", (name,)))

    @contextmanager
    def transaction(self) -> Iterator[None]:
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._connection.execute("ROLLBACK")
            raise
        self._connection.execute("COMMIT")

    def close(self) -> None:
        self._connection.close()


def create(folder: Path) -> None:
    """Make all files of a morning."""
    for name, tables in FILES.items():
        with_tables = sqlite3.connect(folder / f"{name}.db")
        with_tables.execute("PRAGMA journal_mode = WAL")
        with_tables.executescript(tables)
        with_tables.close()
