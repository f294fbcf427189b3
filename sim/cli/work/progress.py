"""How long it takes, said on stderr to whoever waits: in words, then as a bar, or without a terminal in a line now and then."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from sim import words
from sim.cli.messages import note

PATIENCE_S = 1.0  # before anything is said: by then something of most work is finished, and can be measured
LONG_S = 5.0  # of work that is said to take so long
LINE_S, MOST_S = 10.0, 300.0  # from one line to the next: this, then twice as long each time, at most that


class Waiting:
    """Says once how long the work takes in all, by what is finished of it, and then, if there is no bar, how far it is."""

    def __init__(self, what: str, smaller: str | None, *, lines: bool, clock: Callable[[], float] = time.monotonic) -> None:
        self._what, self._smaller, self._lines, self._clock = what, smaller, lines, clock
        self._began_s, self._is_told, self._next_s, self._every_s = clock(), smaller is None, LINE_S, LINE_S

    def tell(self, done: int, of: int) -> str:
        """What is to be said now; mostly nothing. `of` may grow."""
        if not done:  # whoever says so is still getting ready, which says nothing about the rest
            self._began_s = self._clock()
        now_s = self._clock() - self._began_s
        if now_s < PATIENCE_S or not 0 < done < of:
            return ""
        whole_s = now_s / done * of
        if not self._is_told:
            self._is_told, self._next_s = True, now_s + self._every_s
            smaller = f"; {self._smaller}" if self._smaller else ""
            return f"{self._what} takes about {words.about(whole_s)}: {done:,} of {of:,}{smaller}" if whole_s > LONG_S else ""
        if not self._lines or now_s < self._next_s:
            return ""
        self._every_s = min(2 * self._every_s, MOST_S)
        self._next_s = now_s + self._every_s
        return f"{self._what}: {done:,} of {of:,}, about {words.about(whole_s - now_s)} left"


@contextmanager
def progress_bar(what: str, total: int | None, smaller: str | None = "") -> Iterator[Callable[[int, int], None]]:
    """A function (done, of) to call now and then. On a terminal it moves a bar, which is gone when it is over.

    `smaller`: what would take less time; None if it has been said already how long it takes.
    """
    if not sys.stderr.isatty():
        waiting = Waiting(what, smaller, lines=True)
        yield lambda done, of: _say(waiting.tell(done, of), note)
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    bar = Progress(*columns, console=Console(stderr=True), transient=True, refresh_per_second=4)
    task = bar.add_task(what, total=total)
    start = threading.Timer(PATIENCE_S, bar.start)
    start.daemon = True
    start.start()
    waiting = Waiting(what, smaller, lines=False)

    def move(done: int, of: int) -> None:
        bar.update(task, completed=done, total=of if total is not None else None)
        _say(waiting.tell(done, of), bar.console.print)

    try:
        yield move
    finally:
        start.cancel()
        start.join()
        bar.stop()


def _say(text: str, say: Callable[[str], None]) -> None:
    if text:
        say(text)
