"""Rows of CSV with columns that only their content names: a column for each varied key, for instance."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

Row = TypeVar("Row")


def with_columns(about: str, value: dict[str, Any]) -> Callable[[type[Row]], type[Row]]:
    """Marks a row that has further columns, whose values have this JSON Schema."""

    def marked(row: type[Row]) -> type[Row]:
        setattr(row, "further_columns", {**value, "description": about})  # noqa: B010  a TypedDict declares no attributes
        return row

    return marked


def further_columns(row: type | None) -> dict[str, Any] | None:
    """The JSON Schema of the columns that a row does not name itself; None if it names all of them."""
    return getattr(row, "further_columns", None)
