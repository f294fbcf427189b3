"""The files that a log consists of: CSV, JSON lines, or OTLP/JSON. Which of them a file is, its content says."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from sim.config.columns import MOST_BYTES, csv_rows
from sim.config.errors import ArgumentError, ConfigError, KeyedErrors
from sim.config.files import read_text
from sim.config.units import DAY_S, duration_text
from sim.measured.line import Kind, Line, Log
from sim.measured.rows import Reader, texts
from sim.measured.spans import lines_of

LONGEST_S = DAY_S  # a scenario is a morning; its clock could run for longer, but steps of several days are no morning's


def read_log(
    paths: Sequence[Path], *, columns: Mapping[str, str] | None = None, kind: Kind | None = None, provider: str | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Log:  # fmt: skip
    """Read some files as one log. Raises ConfigError.

    `progress` is told now and then how many lines are done, and of how many.

    `columns`: our name of a column -> theirs. `kind`: of every line of files that don't say it. `provider`: which spans are
    calls to the payment provider.
    """
    lines: list[Line] = []
    exports: list[tuple[str, Any]] = []
    used: set[str] = set()
    read = 0
    for path in paths:
        text = read_text(path, most=MOST_BYTES)
        before, of = read, read + text.count("\n")
        read = of

        def tell(number: int, before: int = before, of: int = of) -> None:
            if progress is not None:
                progress(before + number, of)

        reader = Reader(str(path), columns or {}, kind, tell, used)
        if not text.lstrip().startswith(("{", "[")):
            header, rows = _table(path, text)
            lines += reader.lines(rows, header=header)
        else:
            objects = list(_objects(path, text))
            spans = [(place, value) for place, _, value in objects if "resourceSpans" in value]
            exports += spans
            lines += reader.lines(texts((number, value) for _, number, value in objects if "resourceSpans" not in value))
    for ours, theirs in (columns or {}).items():
        if ours not in used:
            raise ArgumentError("column", f"{ours}={theirs}: no file has a column {theirs}")
    lines += lines_of(exports, provider)
    has_ledger = any(line.charged_s is not None for line in lines)
    if not lines:
        names = ", ".join(str(path) for path in paths)
        raise ConfigError(f"{names}: no requests and no calls in it; expected a line for each, or spans of clients and servers")
    return _log([str(path) for path in paths], lines, has_ledger=has_ledger)


def _log(names: Sequence[str], lines: Sequence[Line], *, has_ledger: bool) -> Log:
    """All lines in the order of their starts, in seconds since the midnight before the first. Raises ConfigError."""
    first_s = min(line.start_s for line in lines)
    last_s = max(line.start_s for line in lines)
    if last_s - first_s > LONGEST_S:
        days = duration_text(round(last_s - first_s, -2))
        remedy = "a scenario is one morning: give the lines of at most 24 hours, and all times from the same clock"
        raise ConfigError(f"{', '.join(names)}: from the first start to the last are {days}; {remedy}")
    midnight_s = first_s // DAY_S * DAY_S
    moved = [
        replace(
            line,
            start_s=line.start_s - midnight_s,
            charged_s=None if line.charged_s is None else line.charged_s - midnight_s,
        )
        for line in sorted(lines, key=lambda line: line.start_s)
    ]
    requests, handled, calls = (tuple(line for line in moved if line.kind == kind) for kind in ("request", "handled", "call"))
    return Log(tuple(names), requests, handled, calls, has_ledger)


def _table(path: Path, text: str) -> tuple[int, Iterator[tuple[int, dict[str, str]]]]:
    """The line of a CSV file that names the columns; and its rows by these names, each with its line. Raises ConfigError."""
    try:
        rows = csv_rows(path, text.split("\n"), "log")
    except KeyedErrors as errors:
        raise ConfigError(*(message for _, message in errors.errors)) from None
    if len(rows) < 2:
        raise ConfigError(f"{path}: no data; expected a line with the columns' names and at least one row")
    number, header = rows[0][0], [cell.strip() for cell in rows[0][1]]
    if twice := next((name for name in header if header.count(name) > 1), None):
        raise ConfigError(f'{path}:{number}: the column "{twice}" is there twice')
    return number, _by_name(path, header, rows[1:])


def _by_name(path: Path, header: list[str], rows: list[tuple[int, list[str]]]) -> Iterator[tuple[int, dict[str, str]]]:
    for number, cells in rows:
        if len(cells) != len(header):
            raise ConfigError(f"{path}:{number}: expected {len(header)} cells, as in the first line, got {len(cells)}")
        yield number, dict(zip(header, cells, strict=True))


def _objects(path: Path, text: str) -> Iterator[tuple[str, int, dict[str, Any]]]:
    """Each object of JSON lines with its place and its line, or the one of the whole file. Raises ConfigError."""
    lines = [(number, line) for number, line in enumerate(text.split("\n"), 1) if line.strip()]
    first = _parsed(lines[0][1])
    if len(lines) > 1 and isinstance(first, _Broken):  # one document over several lines
        value = _parsed(text)
        if isinstance(value, _Broken):
            whole = text.lstrip().startswith("[") or '"resourceSpans"' in text[:1000]
            error = value if whole else first
            line = error.line if whole else lines[0][0]
            raise ConfigError(f"{path}:{line}: not JSON: {error.why}; expected an object a line, or one OTLP/JSON document")
        lines, values = [(1, text)], [value]
    else:
        values = [_parsed(line) for _, line in lines]
    for (number, _), value in zip(lines, values, strict=True):
        if isinstance(value, _Broken):
            raise ConfigError(f"{path}:{number}: not JSON: {value.why}")
        for one in value if isinstance(value, list) else [value]:
            if not isinstance(one, dict):
                raise ConfigError(f'{path}:{number}: expected an object, such as {{"start": …, "duration": …}}')
            yield f"{path}:{number}", number, one


class _Broken:
    """What can't be parsed, and why."""

    def __init__(self, why: str, line: int) -> None:
        self.why, self.line = why, line


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        return _Broken(error.msg, error.lineno)
    except RecursionError:
        return _Broken("nested too deeply", 1)
    except ValueError as error:  # a number of thousands of digits
        return _Broken(str(error).partition(";")[0], 1)
