"""Text for people on stdout: as wide as the terminal, plain when there is none."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterable
from typing import IO, TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from rich.console import Console

WIDTH = 100  # columns without a terminal, unless COLUMNS says otherwise


def console() -> Console:
    """A console on stdout."""
    from rich.console import Console

    plain: dict[str, Any] = {"highlight": False, "emoji": False, "markup": False}
    if sys.stdout.isatty():
        return Console(**plain)
    width = None if os.environ.get("COLUMNS", "").isdecimal() else WIDTH
    return Console(**plain, width=width, file=cast(IO[str], _Trimmed()))


class _Trimmed:
    """Stdout without the spaces that fill up a table's lines."""

    def write(self, text: str) -> None:
        write_out(re.sub(r" +\n", "\n", text))

    def flush(self) -> None:
        write_out("")


def print_title(out: Console, title: str, text: str) -> None:
    from rich.text import Text

    out.print(Text.assemble((title, "bold"), "  ", text))


def print_rows(out: Console, rows: Iterable[tuple[str, ...]], *, most: tuple[int, ...]) -> None:
    """Indented columns: as wide as they need, at most so many characters each; the last takes what is left, and is dim."""
    from rich.table import Table

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
    from sim.documents.text import json_text

    write_out(json_text(document))


def write_out(text: str) -> None:
    """Write to stdout at once. A reader that has gone away (`| head`) stops nothing: neither the work nor its verdict."""
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except BrokenPipeError:
        forget_stdout()


def forget_stdout() -> None:
    """Let whatever is still in stdout's buffer, and all that comes, go nowhere."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)
