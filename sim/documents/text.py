"""Documents as text: JSON and CSV. The same document gives the same bytes."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any


def json_text(document: Any) -> str:
    """Keys in their order, characters as they are. Raises ValueError for NaN and infinities, which JSON does not have."""
    return json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def csv_text(rows: Sequence[Mapping[str, Any]], columns: Iterable[str] | None = None) -> str:
    """A header and a line for each row; None is empty. All rows have the keys of the first one, or those in `columns`."""
    text = io.StringIO()
    writer = csv.DictWriter(text, fieldnames=list(rows[0] if columns is None else columns), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()
