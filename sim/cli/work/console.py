"""Text for people on stdout: as wide as the terminal, plain when there is none."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterable
from typing import IO, Any, cast

from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment
from rich.table import Table
from rich.text import Text

from sim.cli.messages import write_out
from sim.documents.text import json_text, shown

WIDTH = 100  # columns without a terminal, unless COLUMNS says otherwise
NARROWEST = 20  # columns; with fewer no table can be read, and some programs set COLUMNS to 0


def console() -> Console:
    """A console on stdout, which shows the control characters in what it prints, and does not obey them."""
    plain: dict[str, Any] = {"highlight": False, "emoji": False, "markup": False}
    told = os.environ.get("COLUMNS", "")
    width = int(told) if told.isdecimal() and int(told) >= NARROWEST else None
    if sys.stdout.isatty():
        return _Shown(**plain, width=width)
    return _Shown(**plain, width=width or WIDTH, file=cast(IO[str], _Trimmed()))


class _Shown(Console):
    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterable[Segment]:
        for segment in super().render(renderable, options):
            yield segment if segment.control else Segment(shown(segment.text), segment.style)


class _Trimmed:
    """Stdout without the spaces that fill up a table's lines."""

    @property
    def encoding(self) -> str:
        """By which rich chooses the lines of its boxes."""
        return sys.stdout.encoding or "utf-8"

    def write(self, text: str) -> None:
        write_out(re.sub(r" +\n", "\n", text))

    def flush(self) -> None:
        write_out("")


def print_title(out: Console, title: str, text: str) -> None:
    out.print(Text.assemble((title, "bold"), "  ", text))


def print_rows(out: Console, rows: Iterable[tuple[str, ...]], *, most: tuple[int, ...]) -> None:
    """Indented columns: as wide as they need, at most so many characters each; the last takes what is left, and is dim."""
    rows = list(rows)
    table = Table.grid(padding=(0, 2, 0, 0))
    for column, limit in enumerate(most):
        table.add_column(width=min(limit, max(len(row[column]) for row in rows)), overflow="fold")
    table.add_column(ratio=1, style="dim")
    for row in rows:
        table.add_row(*row)
    out.print(table)


def print_json(document: Any) -> None:
    """The one thing that `--json` prints."""
    write_out(json_text(document))
