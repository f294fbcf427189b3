"""Rows of a table or objects of JSON lines, read as lines of a log."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from sim.config.errors import ConfigError, got
from sim.measured.line import Kind, Line
from sim.measured.spellings import COLUMNS, column_of, end_of, kind_of
from sim.measured.times import elapsed_s, moment_s

MOST_SHOWN = 10  # errors of one file
OFTEN = 20_000  # lines between two words about progress
Row = Mapping[str, str]  # their column -> the cell's text


@dataclass(frozen=True)
class Reader:
    """How the rows of one file are read. `mapping`: ours -> theirs, of columns whose names we can't guess."""

    file: str
    mapping: Mapping[str, str]
    kind: Kind | None  # of every row of a file that has no column for it
    progress: Callable[[int], None] | None = None  # is told now and then how many lines are done
    used: set[str] = field(default_factory=set)  # what of the mapping was found

    def lines(self, rows: Iterable[tuple[int, Row]], *, header: int | None = None) -> list[Line]:
        """`header`: the line that names the columns of all rows; None: each row names its own.

        Raises ConfigError with the first errors, each with file, line and column.
        """
        made: list[Line] = []
        errors: list[str] = []
        columns: dict[str, str] = {}
        seen: Iterable[str] = ()
        for number, row in rows:
            if self.progress is not None and number % OFTEN == 0:
                self.progress(number)
            if row.keys() != seen:
                seen = row.keys()
                columns = self._columns(number if header is None else header, row)
            try:
                made.append(self._line(columns, row))
            except _CellError as error:
                errors.append(f"{self.file}:{number}: {error}")
        if errors:
            more = [f"{self.file}: {len(errors) - MOST_SHOWN} more lines like these"] if len(errors) > MOST_SHOWN else []
            raise ConfigError(*errors[:MOST_SHOWN], *more)
        return made

    def _columns(self, number: int, row: Row) -> dict[str, str]:
        """Theirs by ours. Raises ConfigError if one that we need is missing, or two mean the same."""
        found = {ours: theirs for ours, theirs in self.mapping.items() if theirs in row}
        self.used.update(found)
        for theirs in row:
            ours_or_none = None if theirs in found.values() else column_of(theirs)
            if ours_or_none is None or ours_or_none in self.mapping:
                continue
            if ours_or_none in found:
                both = f"{found[ours_or_none]} and {theirs}"
                remedy = f"say which is meant: --column {ours_or_none}={theirs}"
                raise ConfigError(f"{self.file}:{number}: {both} can both be the column {ours_or_none}; {remedy}")
            found[ours_or_none] = theirs
        for ours in ("start", "outcome"):
            if ours not in found:
                raise ConfigError(f"{self.file}:{number}: {_missing(ours, row)}")
        if not found.keys() & {"duration", "duration_ms", "end"}:
            raise ConfigError(f"{self.file}:{number}: {_missing('duration', row)}")
        if "kind" not in found and self.kind is None:
            remedy = "add a column kind, or say what every line of the file is: --kind call"
            raise ConfigError(f"{self.file}:{number}: nothing says whether a line is a request, handled or a call; {remedy}")
        return found

    def _line(self, columns: Mapping[str, str], row: Row) -> Line:
        def read(ours: str, parse: Any, usual: Any = None) -> Any:
            column = columns.get(ours)
            if column is None:
                return None if usual is _NOTHING else usual
            text = row.get(column, "").strip()
            if not text and usual is not None:
                return None if usual is _NOTHING else usual
            try:
                return parse(text)
            except ValueError as error:
                raise _CellError(f"{columns[ours]}: {error}{got(text)}") from None

        start_s = read("start", moment_s)
        if "duration" in columns:
            duration_s = read("duration", elapsed_s)
        elif "duration_ms" in columns:
            duration_s = read("duration_ms", lambda text: elapsed_s(text, 1e-3))
        else:
            duration_s = read("end", moment_s) - start_s
            if not 0 <= duration_s <= 7 * 86400:
                raise _CellError(f"{columns['end']}: expected a time from the start to 7 days after it")
        return Line(
            kind=read("kind", kind_of) if "kind" in columns else self.kind or "call",
            start_s=start_s,
            duration_s=duration_s,
            end=read("outcome", end_of),
            purchase=read("purchase", str, ""),
            tap=read("tap", str, ""),
            attempt=read("attempt", _attempt, _NOTHING),
            id=read("id", str, ""),
            charged_s=read("charged_at", moment_s, _NOTHING),
        )


_NOTHING = object()


class _CellError(Exception):
    """A cell that can't be read."""


def _attempt(text: str) -> int:
    if not (text.isascii() and text.isdecimal()) or not 1 <= int(text[:9]) <= 1000:
        raise ValueError("expected a whole number from 1 (the first) to 1000")
    return int(text)


def _missing(ours: str, row: Row) -> str:
    known = ", ".join(list(row)[:12])
    return (
        f"no column {ours}; the columns are {known}; it may also be called {', '.join(COLUMNS[ours][:5])}, or --column {ours}=…"
    )


def texts(rows: Iterable[tuple[int, Mapping[str, Any]]]) -> Iterator[tuple[int, Row]]:
    """JSON's values as the texts that a table would hold. What holds others is left out."""
    for number, row in rows:
        yield number, {key: _text(value) for key, value in row.items() if not isinstance(value, dict | list)}


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return repr(value) if isinstance(value, float) else str(value)
