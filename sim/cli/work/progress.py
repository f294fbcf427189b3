"""A progress bar on stderr, for people who wait longer than a second."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

PATIENCE_S = 1.0


@contextmanager
def progress_bar(what: str, total: int | None) -> Iterator[Callable[[int, int], None] | None]:
    """A function (done, of) to call now and then; None when nobody is watching. Gone when it is over."""
    if not sys.stderr.isatty():
        yield None
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    bar = Progress(*columns, console=Console(stderr=True), transient=True, refresh_per_second=4)
    task = bar.add_task(what, total=total)
    start = threading.Timer(PATIENCE_S, bar.start)
    start.daemon = True
    start.start()
    try:
        yield lambda done, of: bar.update(task, completed=done, total=of if total is not None else None)
    finally:
        start.cancel()
        start.join()
        bar.stop()
