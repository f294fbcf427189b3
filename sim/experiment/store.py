"""The results of sweeps in one SQLite file: a row a morning, known by (scenario, design, version, seed).

Only the process that was started writes, in short transactions, so that a process killed at any moment loses what its workers
had in hand and nothing else. A row is what the simulation gives and nothing of when or in which order it was made: two files
that hold the same mornings hold the same `content`. In the metrics' columns NULL is "nothing to count" and Inf is "never".
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
import simpy
import yaml

from sim.architectures import start_of
from sim.config.bundled import FOLDER
from sim.config.design import Design
from sim.config.errors import ConfigError
from sim.config.library import digest
from sim.config.scenario import Scenario
from sim.config.writing import written
from sim.ledger.costs import PARTS
from sim.version import VERSION
from sim.vocabulary import COUNTED, METRICS

APPLICATION_ID = 0x436F6666  # "Coff", where SQLite keeps whose file it is
SCHEMA = 1
PATIENCE_S = 10.0  # for another program that has the file locked
COSTS = {part: "cost_" + part.replace(",", "").replace(" ", "_") for parts in PARTS.values() for part in parts}
VALUES = (*METRICS, *COSTS.values())
COUNTS = {name: name.replace(" ", "_") for name in COUNTED if name not in METRICS}  # `purchases` has a metric's column
KEPT = (*COUNTS.values(), *VALUES)  # the columns of what is measured
SIMULATES = ("world", "architectures", "ledger", "config")  # folders that a morning's numbers depend on; and two files
KEY = "scenario, design, version, seed"
TABLES = f"""
CREATE TABLE scenarios (digest TEXT PRIMARY KEY, name TEXT NOT NULL, yaml TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE designs (digest TEXT PRIMARY KEY, name TEXT NOT NULL, yaml TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE cells (scenario TEXT, design TEXT, varied TEXT, PRIMARY KEY (scenario, design, varied)) WITHOUT ROWID;
CREATE TABLE mornings (
    scenario TEXT, design TEXT, version TEXT, seed INTEGER,
    {", ".join([*(f"{name} INTEGER NOT NULL" for name in COUNTS.values()), *(f"{name} REAL" for name in VALUES)])},
    PRIMARY KEY ({KEY})
) WITHOUT ROWID;
CREATE VIEW results AS
    SELECT scenarios.name AS scenario_name, designs.name AS design_name, cells.varied, mornings.*
    FROM mornings JOIN cells USING (scenario, design)
    JOIN scenarios ON scenarios.digest = scenario JOIN designs ON designs.digest = design;
"""  # noqa: S608  names of ours


@dataclass(frozen=True)
class Measured:
    """What is kept of one morning."""

    seed: int
    metrics: Mapping[str, float]  # NaN: nothing to count, inf: never
    costs: Mapping[str, float]  # USD by part
    counted: Mapping[str, int]  # how many there were of what the intervals of shares count


@dataclass(frozen=True)
class Pair:
    """One scenario and one design, with the values of the varied keys that they have."""

    scenario: Scenario
    design: Design
    varied: Mapping[str, Any]
    digests: tuple[str, str]


@cache
def version() -> str:
    """The version of the program with a fingerprint of what simulates: other code, other results."""
    root = Path(__file__).parents[1]
    files = [file for folder in SIMULATES for file in (root / folder).rglob("*.py")]
    files += [root / "vocabulary.py", root / "experiment" / "mornings.py"]
    content = hashlib.sha256(f"numpy {np.__version__}, simpy {simpy.__version__}".encode())
    for file in [*sorted(files), *sorted((FOLDER / "prices").glob("*.yaml"))]:
        content.update(f"\0{file.name}\0".encode() + file.read_bytes())
    return f"{VERSION}+{content.hexdigest()[:12]}"


class Store:
    """A file of results, or one in memory (None). A context manager: closed at the end, whatever happened."""

    def __init__(self, path: Path | None, *, create: bool = False) -> None:
        """Open a file; `create`: make it if there is none. Raises ConfigError, also for a file of somebody else's."""
        self.path = path
        self._opened_once = False
        with self._told():
            self._file = self._opened(create=create or path is None)
            try:
                self._prepare()
            except BaseException:
                self._file.close()
                raise
        self._opened_once = True

    def __enter__(self) -> Store:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None) -> None:
        self._file.close()

    def add(self, pair: Pair, mornings: Sequence[Measured]) -> None:
        """Keep mornings of one pair, all or none; those that are there already stay. Raises ConfigError."""
        scenario, design = pair.digests
        row = f"INSERT OR IGNORE INTO mornings ({KEY}, {', '.join(KEPT)}) VALUES ({_marks(4 + len(KEPT))})"  # noqa: S608
        rows = [
            (scenario, design, version(), one.seed, *(one.counted[name] for name in COUNTS),
             *(one.metrics[name] for name in METRICS), *(one.costs[part] for part in COSTS))
            for one in mornings
        ]  # fmt: skip
        with self.transaction():
            self._label(pair)
            self._file.executemany(row, rows)

    def label(self, pairs: Iterable[Pair]) -> None:
        """Say of pairs whose mornings are there already that they belong to another sweep as well. Raises ConfigError."""
        with self._told():
            new = [pair for pair in pairs if not self._labelled(pair)]
        if new:
            with self.transaction():
                for pair in new:
                    self._label(pair)

    def _labelled(self, pair: Pair) -> bool:
        query = "SELECT count(*) FROM cells WHERE (scenario, design, varied) = (?, ?, ?)"
        return bool(self._first(query, *_cell(pair)))

    def _label(self, pair: Pair) -> None:
        if self._labelled(pair):
            return
        texts: tuple[tuple[str, str, Scenario | Design], ...] = (
            ("scenarios", pair.digests[0], pair.scenario),
            ("designs", pair.digests[1], pair.design),
        )
        for table, known_by, model in texts:
            insert = f"INSERT OR IGNORE INTO {table} VALUES (?, ?, ?)"  # noqa: S608
            self._file.execute(insert, (known_by, model.name, as_yaml(model)))
        self._file.execute("INSERT INTO cells VALUES (?, ?, ?)", _cell(pair))

    def mornings(self, pair: Pair, seeds: range) -> dict[int, Measured]:
        """The mornings of a pair that this version has simulated, by seed."""
        query = f"SELECT seed, {', '.join(KEPT)} FROM mornings WHERE (scenario, design, version) = (?, ?, ?)"  # noqa: S608
        between = (seeds.start, seeds.stop - 1)
        with self._told():
            rows = self._file.execute(f"{query} AND seed BETWEEN ? AND ?", (*pair.digests, version(), *between)).fetchall()
        try:
            return {seed: _measured(seed, values) for seed, *values in rows}
        except (ValueError, TypeError):  # a text or a BLOB where a number was written
            raise ConfigError(self.damaged) from None

    def rows(self, query: str, *values: Any) -> list[dict[str, Any]]:
        """What a query gives, as rows with the names of the columns."""
        with self._told():
            found = self._file.execute(query, values)
            names = [column[0] for column in found.description]
            return [dict(zip(names, row, strict=True)) for row in found]

    def content(self) -> str:
        """64 hex digits of all that is in the file; the same for the same mornings, however they came there."""
        content = hashlib.sha256()
        with self._told(), self._snapshot():
            for table in ("scenarios", "designs", "cells", "mornings"):
                columns = sorted(row[1] for row in self._file.execute(f"PRAGMA table_info({table})"))
                names = ", ".join(columns)
                for row in self._file.execute(f"SELECT {names} FROM {table} ORDER BY {_order(table)}"):  # noqa: S608
                    content.update(f"{table} {row!r}\n".encode())
        return content.hexdigest()

    def remove(self, condition: str, *values: Any) -> int:
        """Remove the mornings for which the condition on `results` holds, and what is then of no use. Returns how many."""
        with self.transaction():
            gone = self._file.execute(
                f"DELETE FROM mornings WHERE ({KEY}) IN (SELECT {KEY} FROM results WHERE {condition})", values  # noqa: S608
            ).rowcount  # fmt: skip
            self._file.execute("DELETE FROM cells WHERE (scenario, design) NOT IN (SELECT scenario, design FROM mornings)")
            for table, column in (("scenarios", "scenario"), ("designs", "design")):
                self._file.execute(f"DELETE FROM {table} WHERE digest NOT IN (SELECT {column} FROM cells)")  # noqa: S608
        with self._told():
            self._file.execute("VACUUM")
        return gone

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All of what the block writes, or nothing."""
        with self._told():
            self._file.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._file.execute("COMMIT")
            except BaseException:
                if self._file.in_transaction:
                    self._file.execute("ROLLBACK")
                raise

    @contextmanager
    def _snapshot(self) -> Iterator[None]:
        self._file.execute("BEGIN")
        try:
            yield
        finally:
            self._file.execute("ROLLBACK")

    def _opened(self, *, create: bool) -> sqlite3.Connection:
        path = self.path
        if path is None:
            return sqlite3.connect(":memory:", isolation_level=None)
        if path.is_dir():
            raise ConfigError(f"{path}: a folder; name a file for the results, such as {path / 'results.sqlite'}")
        if create:
            try:
                path.parent.mkdir(parents=True, exist_ok=True)
            except OSError as error:
                raise ConfigError(f"{path}: cannot be written: {error.strerror}; name a file elsewhere") from None
        elif not path.exists():
            raise ConfigError(f"{path}: no such file; coffee sweep makes it")
        mode = "rwc" if create else "rw"
        return sqlite3.connect(
            f"{path.resolve().as_uri()}?mode={mode}", uri=True, timeout=PATIENCE_S, isolation_level=None
        )  # fmt: skip

    def _prepare(self) -> None:
        """Make the tables of a new file; refuse what isn't ours; add the columns that the file doesn't know yet."""
        if self._is_new():
            with self.transaction():
                if self._is_new():  # nobody has been quicker
                    for statement in TABLES.split(";\n"):
                        self._file.execute(statement)
                    self._file.execute(f"PRAGMA application_id = {APPLICATION_ID}")
                    self._file.execute(f"PRAGMA user_version = {SCHEMA}")
            return
        if self._first("PRAGMA application_id") != APPLICATION_ID:
            raise ConfigError(f"{self.path}: an SQLite file of another program, so it is left alone; name another file")
        if (schema := self._first("PRAGMA user_version")) > SCHEMA:
            raise ConfigError(
                f"{self.path}: written by a newer version of coffee (schema {schema}, this one knows {SCHEMA}); "
                "update coffee, or name another file"
            )
        known = {row[1] for row in self._file.execute("PRAGMA table_info(mornings)")}
        if new := [name for name in KEPT if name not in known]:
            with self.transaction():
                for name in new:
                    kind = "REAL" if name in VALUES else "INTEGER"
                    self._file.execute(f"ALTER TABLE mornings ADD COLUMN {name} {kind}")

    def _is_new(self) -> bool:
        return not self._first("SELECT count(*) FROM sqlite_schema") and not self._first("PRAGMA application_id")

    def _first(self, query: str, *values: Any) -> Any:
        return self._file.execute(query, values).fetchone()[0]

    @property
    def damaged(self) -> str:
        """What to say of values that no version of this program has written."""
        return f"{self.path}: {TROUBLES['SQLITE_CORRUPT']}"

    @contextmanager
    def _told(self) -> Iterator[None]:
        """What goes wrong with the file, in a sentence that says what to do. Raises ConfigError."""
        try:
            yield
        except sqlite3.DatabaseError as error:
            name = getattr(error, "sqlite_errorname", "")
            if self._opened_once and self.path is not None and not self.path.exists():
                name = GONE
            said = next((words for start, words in TROUBLES.items() if name.startswith(start)), None)
            if said is None and not isinstance(error, sqlite3.OperationalError):
                raise
            raise ConfigError(f"{self.path}: {said or f'{error}; what was finished before is in the file'}") from error
        except UnicodeDecodeError as error:  # a text whose bytes somebody has changed
            raise ConfigError(self.damaged) from error


GONE = "SQLITE_READONLY_DBMOVED"
TROUBLES = {  # what SQLite calls it, by how that begins
    "SQLITE_NOTADB": "not a file of results (no SQLite file at all), so it is left alone; name another file",
    "SQLITE_BUSY": f"locked by another program for more than {PATIENCE_S:.0f} s; close that, and give the same command again: "
    "what was finished before is in the file",
    GONE: "not there any more: it was deleted, moved or unmounted meanwhile; bring it back, and give the same command again "
    "(without it, that begins a new one)",
    "SQLITE_READONLY": "cannot be written: no permission; make it writable, or name another file",
    "SQLITE_CANTOPEN": "cannot be opened: no permission, or no such folder; name another file",
    "SQLITE_FULL": "the disk is full; make room, and give the same command again: what was finished before is in the file",
    "SQLITE_IOERR": "cannot be written or read (the disk may be full); what was finished before is in the file",
    "SQLITE_CORRUPT": "damaged; move it away and begin a new one (`sqlite3 FILE .recover` may save what is in it)",
}


def as_yaml(model: Scenario | Design) -> str:
    """A scenario or design as a file would say it, with every key."""
    base = dict([start_of(model)]) if isinstance(model, Design) else {}
    return yaml.safe_dump({**base, **written(model)}, sort_keys=False, allow_unicode=True, width=120)


def pair_of(scenario: Scenario, design: Design, varied: Mapping[str, Any]) -> Pair:
    return Pair(scenario, design, varied, (digest(scenario), digest(design)))


def _cell(pair: Pair) -> tuple[str, str, str]:
    return (*pair.digests, json.dumps(pair.varied, ensure_ascii=False, sort_keys=True))


def _measured(seed: int, values: Iterable[float | None]) -> Measured:
    numbers = {name: float("nan") if value is None else value for name, value in zip(KEPT, values, strict=True)}
    metrics = {name: numbers[name] for name in METRICS}
    costs = {part: numbers[column] for part, column in COSTS.items()}
    counted = {name: int(numbers[COUNTS.get(name, name)]) for name in COUNTED}
    return Measured(seed, metrics, costs, counted)


def _marks(n: int) -> str:
    return ", ".join("?" * n)


def _order(table: str) -> str:
    return {"mornings": KEY, "cells": "scenario, design, varied"}.get(table, "digest")
