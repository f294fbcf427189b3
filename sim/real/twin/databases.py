"""Which order databases there are: a file of SQLite's, or PostgreSQL at an address."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from secrets import token_hex
from types import ModuleType

from sim.config.errors import ConfigError
from sim.real.loopback import check_server
from sim.real.twin.store import File, Store

SQLITE = "sqlite"
SCHEMES = ("postgresql://", "postgres://")


def open_shop(folder: Path, database: str) -> Store:
    """A process's connection to the order database."""
    return File(folder, "shop") if database == SQLITE else _postgres().Server(database)


@contextmanager
def prepared(database: str, processes: int) -> Iterator[tuple[str, str]]:
    """The address of a fresh order database, and its name and version. Afterwards nothing of it is left.

    `processes`: so many will open it, at most. Raises ConfigError for a database that is not there, not on this machine, or
    has no room for them.
    """
    if database == SQLITE:
        yield SQLITE, f"SQLite {sqlite3.sqlite_version} (WAL)"
        return
    if not database.startswith(SCHEMES):
        raise ConfigError(
            f'database: expected "{SQLITE}", or an address like postgresql://127.0.0.1:5432/coffee (got "{database}")'
        )
    check_server("database", database, 5432)
    with _postgres().fresh_schema(database, f"coffee_twin_{token_hex(6)}", processes) as prepared_one:
        yield prepared_one


def _postgres() -> ModuleType:
    try:
        from sim.real.twin import postgres
    except ModuleNotFoundError:
        raise ConfigError("database: PostgreSQL needs psycopg; install it with: pip install 'coffee-please[real]'") from None
    return postgres
