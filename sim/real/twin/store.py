"""The order database as a file: tables, and transactions that are serialised. SQL that other databases would understand too.

SQLite in WAL mode: one writer at a time, readers are never in its way, and what is committed survives the death of a process.
(With `synchronous = NORMAL` it needn't survive a power failure. No machine loses its power here.)
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

BUSY_S = 30.0  # longer than any queue of writers

SHOP = """
CREATE TABLE orders (
  id INTEGER PRIMARY KEY, purchase INTEGER NOT NULL, number INTEGER NOT NULL, cents INTEGER NOT NULL, card INTEGER NOT NULL,
  status INTEGER NOT NULL, version INTEGER NOT NULL, created_s REAL NOT NULL, changed_s REAL NOT NULL, known_s REAL NOT NULL,
  confirmed_s REAL, busy_until_s REAL NOT NULL, attempts INTEGER NOT NULL, provider_key TEXT NOT NULL,
  key_is_spent INTEGER NOT NULL, unheard TEXT NOT NULL, unmarked INTEGER
);
CREATE INDEX orders_of ON orders (purchase);
CREATE INDEX orders_open ON orders (status);
CREATE TABLE app_keys (app_key INTEGER PRIMARY KEY, order_id INTEGER NOT NULL);
CREATE TABLE outbox (
  id INTEGER PRIMARY KEY, row_id INTEGER NOT NULL, order_id INTEGER NOT NULL, status INTEGER NOT NULL, version INTEGER NOT NULL,
  marked INTEGER NOT NULL
);
CREATE INDEX outbox_unmarked ON outbox (marked);
CREATE TABLE counters (name TEXT PRIMARY KEY, value INTEGER NOT NULL);
INSERT INTO counters VALUES ('events', 0), ('rows', 0), ('last_seen', 0);
"""
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
FILES = {"shop": SHOP, "view": VIEW, "loyalty": LOYALTY, "queue": QUEUE, "plan": PLAN}


class Store:
    """One process's connection to one of the files."""

    def __init__(self, folder: Path, name: str) -> None:
        self._connection = sqlite3.connect(folder / f"{name}.db", timeout=BUSY_S, isolation_level=None)
        self._connection.execute("PRAGMA synchronous = NORMAL")

    def rows(self, sql: str, values: Iterable[Any] = ()) -> list[tuple[Any, ...]]:
        """Run a statement; its rows, if it has any."""
        return self._connection.execute(sql, tuple(values)).fetchall()

    def value(self, sql: str, values: Iterable[Any] = ()) -> Any:
        """The only value of the only row."""
        [(value,)] = self.rows(sql, values)
        return value

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All that is done inside is committed together, after all that others have committed; or, at an error, nothing is."""
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
