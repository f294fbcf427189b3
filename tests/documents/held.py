"""Holds documents to their schemas: what a command printed with --json, and the JSON and CSV files that it wrote."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Iterator
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator

from sim.documents.schema import DOCUMENTS, ROWS, results_schema

_whole = cache(results_schema)


@cache
def validator(name: str) -> Draft202012Validator:
    """Of one kind of document, by its name."""
    return Draft202012Validator({"$ref": f"#/$defs/{name}", "$defs": _whole()["$defs"]})


def command_of(arguments: Iterable[str]) -> str:
    """`kata run` of `kata run mine --json`, else the first word."""
    first, *rest = arguments
    return f"{first} {rest[0]}" if first == "kata" else first


def check_printed(arguments: Iterable[str], text: str) -> str:
    """Raises AssertionError unless what a command printed is of one of its kinds of document, whose name is returned."""
    command = command_of(arguments)
    return check(json.loads(text), [name for name, kind in DOCUMENTS.items() if command in kind.commands], f"coffee {command}")


def check_file(path: Path) -> str:
    """Likewise of a file, by its name; of CSV, every line."""
    kinds = ROWS if path.suffix == ".csv" else DOCUMENTS
    names = [name for name, kind in kinds.items() if path.name in kind.files]
    if path.suffix == ".json":
        return check(json.loads(path.read_text(encoding="utf-8")), names, path.name)
    return check_csv(path.read_text(encoding="utf-8"), names, path.name)


def check_csv(text: str, names: list[str], where: str) -> str:
    """Likewise of the text of a CSV file, which has lines."""
    lines = list(csv.DictReader(text.splitlines()))
    assert lines, f"{where}: no lines"
    [name] = {next((name for name in names if _is_row(line, name)), f"{where}: no schema accepts {line}") for line in lines}
    assert name in ROWS, name
    return name


def check(document: Any, names: list[str], where: str) -> str:
    """The one of these kinds of document that this one is. Raises AssertionError with all that is wrong with it."""
    wrong = {name: [error.message for error in validator(name).iter_errors(document)] for name in names}
    fitting = [name for name, errors in wrong.items() if not errors]
    assert len(fitting) == 1, f"{where}: {fitting or wrong or 'no kind of document is described'}"
    return fitting[0]


def _is_row(line: dict[str, str], name: str) -> bool:
    """Whether the texts of a line can be read as values that the schema accepts."""
    schema = validator(name).schema
    columns = schema["$defs"][name]["properties"]
    row = {column: _read(text, columns.get(column), schema, name) for column, text in line.items()}
    return validator(name).is_valid(row)


def _read(text: str, column: dict[str, Any] | None, schema: dict[str, Any], name: str) -> Any:
    """The first reading of a text that the column's schema accepts; the text, if none is."""
    accepted = schema["$defs"][name]["additionalProperties"] if column is None else column
    own = Draft202012Validator({"$defs": schema["$defs"], **accepted} if accepted is not False else {"not": {}})
    return next((value for value in _readings(text) if own.is_valid(value)), text)


def _readings(text: str) -> Iterator[Any]:
    yield from ([None] if text == "" else [])
    with suppress(ValueError):
        yield int(text)
    with suppress(ValueError):
        yield float(text)
    yield from {"True": [True], "False": [False]}.get(text, [])
    yield text
