"""Tables, headings and code in Markdown, for a code host and for the site alike."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterable
from typing import Any


def table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    head = list(head)
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(_cell(cell) for cell in row) + " |" for row in lines)


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", r"\|")


def slug(heading: str) -> str:
    """The anchor that a heading has."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def to(heading: str, words: str | None = None) -> str:
    """A link to a heading of the same page."""
    return f"[{words or heading}](#{slug(heading)})"


def code(text: Any) -> str:
    return f"`{text}`" if str(text) else ""


def block(text: str, language: str = "text") -> str:
    return f"```{language}\n{inspect.cleandoc(text)}\n```"


def one_line(text: str | None) -> str:
    return " ".join((text or "").split())
