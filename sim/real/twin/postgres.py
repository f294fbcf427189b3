"""PostgreSQL as the order database (psycopg 3): transactions are SERIALIZABLE, and those that meet others are tried again."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from psycopg import IsolationLevel, errors, sql

from sim.config.errors import ConfigError
from sim.real.twin.store import SHOP, Conflict

SEQUENCES = "CREATE SEQUENCE events; CREATE SEQUENCE rows;"
# Whoever loses a race hears one of these: two that can't be put into an order, two that wait for each other, the same id twice.
MET = (errors.SerializationFailure, errors.DeadlockDetected, errors.UniqueViolation)
CONNECT_S = 5


class Server:
    """A process's connection to the server."""

    def __init__(self, address: str) -> None:
        self._connection = psycopg.connect(address, autocommit=True, connect_timeout=CONNECT_S)
        self._connection.isolation_level = IsolationLevel.SERIALIZABLE

    def rows(self, sql: str, values: Iterable[Any] = ()) -> list[tuple[Any, ...]]:
        cursor = self._connection.execute(sql.replace("?", "%s").encode(), tuple(values))
        return [] if cursor.description is None else cursor.fetchall()

    def value(self, sql: str, values: Iterable[Any] = ()) -> Any:
        [(value,)] = self.rows(sql, values)
        return value

    def next(self, name: str) -> int:
        return int(self.value("SELECT nextval(?)", (name,)))

    @contextmanager
    def transaction(self) -> Iterator[None]:
        try:
            with self._connection.transaction():
                yield
        except MET as error:
            raise Conflict from error

    def close(self) -> None:
        self._connection.close()


def _check_room(connection: psycopg.Connection[Any], processes: int) -> None:
    """Raises ConfigError if not each of so many processes can have a connection."""
    row = connection.execute(
        "SELECT current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int"
        " - (SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend')"
    ).fetchone()
    free = 0 if row is None else int(row[0])
    if processes > free:
        raise ConfigError(
            f"database: up to {processes} processes need a connection each, and {free} are free; raise the server's "
            "max_connections, or give the design fewer workers"
        )


@contextmanager
def fresh_schema(address: str, name: str, processes: int) -> Iterator[tuple[str, str]]:
    """The address of a schema with the shop's tables, which is dropped afterwards; and the server's name and version."""
    try:
        connection = psycopg.connect(address, autocommit=True, connect_timeout=CONNECT_S)
    except psycopg.Error as error:
        raise ConfigError(f"database: cannot be reached: {' '.join(str(error).split())}") from None
    with connection:
        _check_room(connection, processes)
        schema = sql.Identifier(name)
        try:
            connection.execute(sql.SQL("CREATE SCHEMA {}").format(schema))
        except psycopg.Error as error:
            raise ConfigError(f"database: no schema can be made in it: {' '.join(str(error).split())}") from None
        try:
            connection.execute(sql.SQL("SET search_path TO {}").format(schema))
            connection.execute((SHOP + SEQUENCES).encode())
            version = connection.info.server_version
            separator = "&" if "?" in address else "?"
            inside = f"{address}{separator}options=-csearch_path%3D{name}"
            yield inside, f"PostgreSQL {version // 10000}.{version % 10000} (SERIALIZABLE)"
        finally:
            connection.execute(sql.SQL("DROP SCHEMA {} CASCADE").format(schema))
