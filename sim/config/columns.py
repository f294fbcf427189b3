"""Read a column of numbers from a CSV file: arrival times, measured latencies."""

from __future__ import annotations

import csv
import math
from collections.abc import Iterator
from pathlib import Path

from sim.config.errors import ConfigError, KeyedErrors, got, nearest
from sim.config.files import read_text

MOST_CELLS_SHOWN = 10
MOST_BYTES = 100_000_000


def read_column(path: Path, column: str | None, *, keys: tuple[str, str]) -> tuple[float, ...]:
    """Read one column of seconds and sort it. Lines that start with # are comments.

    `column` None is for a file with a single column. Raises KeyedErrors that name the wrong cells; `keys` are the scenario's
    keys that give the file and the column, under which the errors are reported.
    """
    try:
        lines = read_text(path, most=MOST_BYTES).split("\n")
    except ConfigError as error:
        raise KeyedErrors([(keys[0], str(error))]) from None
    rows = csv_rows(path, lines, keys[0])
    if len(rows) < 2:
        raise KeyedErrors([(keys[0], f"{path}: no data; expected a line with the columns' names and at least one row")])
    header = [cell.strip() for cell in rows[0][1]]
    if all(_seconds(cell) is not None for cell in header):
        message = f"{path}:{rows[0][0]}: the columns have no names; expected a first line such as `seconds`{got(header[0])}"
        raise KeyedErrors([(keys[0], message)])
    index, name = _place(path.name, header, column, keys)
    values, errors = [], []
    for number, cells in rows[1:]:
        if len(cells) != len(header):
            errors.append((keys[0], f"{path}:{number}: {_other_length(cells, len(header))}"))
            continue
        cell = cells[index].strip()
        value = _seconds(cell)
        if value is None:
            errors.append((keys[0], f"{path}:{number}: {name}: expected a number of seconds of at least 0{got(cell)}"))
        else:
            values.append(value)
    if len(errors) > MOST_CELLS_SHOWN:
        errors[MOST_CELLS_SHOWN:] = [(keys[0], f"{path}: {len(errors) - MOST_CELLS_SHOWN} more cells like these")]
    if errors:
        raise KeyedErrors(errors)
    return tuple(sorted(values))


def csv_rows(path: Path, lines: list[str], key: str) -> list[tuple[int, list[str]]]:
    """Parse the rows; each comes with the number of its line. A first line with semicolons and no comma says that the cells are
    apart by semicolons; numbers have a decimal comma then, or a point.
    """
    kept = [(number, line) for number, line in enumerate(lines, 1) if line.strip() and not line.startswith("#")]
    by_semicolon = bool(kept) and ";" in kept[0][1] and "," not in kept[0][1]
    texts = (f"{line.replace(',', '.') if by_semicolon else line}\n" for _, line in kept)
    reader = csv.reader(texts, delimiter=";" if by_semicolon else ",", strict=True)
    rows: list[tuple[int, list[str]]] = []
    try:
        rows.extend(_numbered(reader, kept))
    except csv.Error as error:
        line = kept[min(len(rows), len(kept) - 1)][0]
        raise KeyedErrors([(key, f"{path}:{line}: not a CSV file: {error}; is a quote missing?")]) from None
    glued = next((number for number, cells in rows if any("\n" in cell for cell in cells)), None)
    if glued is not None:
        raise KeyedErrors([(key, f"{path}:{glued}: a quoted cell goes on over several lines; is a quote missing?")])
    return rows


def _other_length(cells: list[str], columns: int) -> str:
    expected = f"expected {columns} cell{'s' * (columns != 1)}, as in the first line, got {len(cells)}"
    if len(cells) > columns and all(cell.strip().isdecimal() for cell in cells[-2:]):
        number = ".".join(cell.strip() for cell in cells[-2:])
        return f"{expected}: is it a decimal comma? Write {number}, or put semicolons between the cells of all lines"
    return expected


def _numbered(reader: Iterator[list[str]], kept: list[tuple[int, str]]) -> Iterator[tuple[int, list[str]]]:
    """Each row with the number of the line on which it begins."""
    begin = 0
    for cells in reader:
        yield kept[begin][0], cells
        begin = reader.line_num  # type: ignore[attr-defined]


def _place(file: str, header: list[str], column: str | None, keys: tuple[str, str]) -> tuple[int, str]:
    if column is None and len(header) > 1:
        names = ", ".join(header)
        remedy = f"say which with column: one of {names}" if keys[0] != keys[1] else "expected a file with one column"
        raise KeyedErrors([(keys[0], f"{file} has {len(header)} columns ({names}); {remedy}")])
    if column is not None and column not in header:
        raise KeyedErrors([(keys[1], f'{file} has no column "{column}"{nearest(column, header)}')])
    index = header.index(column) if column else 0
    return index, header[index]


def _seconds(cell: str) -> float | None:
    try:
        value = float(cell) if "_" not in cell and cell.isascii() else math.nan
    except ValueError:
        return None
    return value if math.isfinite(value) and value >= 0 else None
