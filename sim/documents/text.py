"""Documents as text: JSON and CSV. The same document gives the same bytes."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

# What a terminal obeys instead of showing it: control characters, and those that turn the direction of what follows. A
# surrogate is half a character, which nothing can write.
_OBEYED = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")  # a cell that begins so is worked out by spreadsheets


def shown(text: str) -> str:
    r"""The text with such characters as their codes, like `\x1b`; lines stay lines."""
    return _OBEYED.sub(lambda found: found[0].encode("unicode_escape").decode("ascii"), text)


def json_text(document: Any) -> str:
    """Keys in their order, characters as they are but for those that terminals obey. Raises ValueError for NaN and infinities,
    which JSON does not have.
    """
    text = json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False)
    return _OBEYED.sub(lambda found: f"\\u{ord(found[0]):04x}", text) + "\n"


def csv_text(rows: Sequence[Mapping[str, Any]], columns: Iterable[str] | None = None) -> str:
    """A header and a line for each row; None is empty. All rows have the keys of the first one, or those in `columns`.

    Text that a spreadsheet would take for a formula has an apostrophe before it.
    """
    text = io.StringIO()
    writer = csv.DictWriter(text, fieldnames=list(rows[0] if columns is None else columns), lineterminator="\n")
    writer.writeheader()
    writer.writerows({key: _cell(value) for key, value in row.items()} for row in rows)
    return text.getvalue()


def _cell(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    text = shown(value)
    return f"'{text}" if value.startswith(_FORMULA) and not _is_number(value) else text


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
