"""How long it takes, said on stderr to whoever waits: in words, then as a bar, or without a terminal in a line now and then."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Protocol

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from sim import words
from sim.cli.messages import note

PATIENCE_S = 1.0  # before anything is said: by then something of most work is finished, and can be measured
LONG_S = 5.0  # of work that is said to take so long
ENOUGH = 4  # results after the first that tell how long one takes; the first waits for workers to start as well
LINE_S, MOST_S = 10.0, 300.0  # from one line to the next: this, then twice as long each time, at most that
TRYING = "trying runs"


class Tell(Protocol):
    """How far the work is, and what it is from now on, if it has several parts."""

    def __call__(self, done: int, of: int, what: str | None = None) -> None: ...


class Waiting:
    """Says once how long the work takes in all, by what is finished of it, and then, if there is no bar, how far it is.

    Work of several parts is announced part by part. `left`: the time that is left, in words, once it can be measured: when
    there are enough results after the first, or when the few that there are took long.
    """

    def __init__(self, what: str, smaller: str | None, *, lines: bool, clock: Callable[[], float] = time.monotonic) -> None:
        self._smaller, self._lines, self._clock = smaller, lines, clock
        self._begin(what)

    def _begin(self, what: str) -> None:
        self._what, self._began_s, self._results, self.left = what, self._clock(), 0, ""
        self._first_s, self._first = 0.0, 0  # when the first result was there, and how much of the work it was
        self._is_told, self._next_s, self._every_s = self._smaller is None, LINE_S, LINE_S

    def tell(self, done: int, of: int, what: str | None = None) -> str:
        """What is to be said now; mostly nothing. `of` may change."""
        if what not in (None, self._what):
            self._begin(what)
        if not done:  # whoever says so is still getting ready, which says nothing about the rest
            self._began_s, self._results = self._clock(), 0
        now_s = self._clock() - self._began_s
        if not 0 < done < of:
            return ""
        if not self._results:
            self._first_s, self._first = now_s, done
        self._results += 1
        is_enough = self._results > ENOUGH
        if now_s < (PATIENCE_S if is_enough else LONG_S):
            return ""
        each_s = (now_s - self._first_s) / (done - self._first) if is_enough and done > self._first else now_s / done
        whole_s = now_s + each_s * (of - done)
        self.left = f"about {words.about(whole_s - now_s)} left"
        if not self._is_told:
            self._is_told, self._next_s = True, now_s + self._every_s
            smaller = f"; {self._smaller}" if self._smaller else ""
            return f"{self._what} takes about {words.about(whole_s)}: {done:,} of {of:,}{smaller}" if whole_s > LONG_S else ""
        if not self._lines or now_s < self._next_s:
            return ""
        self._every_s = min(2 * self._every_s, MOST_S)
        self._next_s = now_s + self._every_s
        return f"{self._what}: {done:,} of {of:,}, {self.left}"


@contextmanager
def progress_bar(what: str, total: int | None, smaller: str | None = "") -> Iterator[Tell]:
    """A function to call now and then. On a terminal it moves a bar, which is gone when it is over.

    `smaller`: what would take less time; None if it has been said already how long it takes.
    """
    if not sys.stderr.isatty():
        waiting = Waiting(what, smaller, lines=True)
        yield lambda done, of, what=None: _say(waiting.tell(done, of, what), note)
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[left]}"))
    bar = Progress(*columns, console=Console(stderr=True), transient=True, refresh_per_second=4)
    task = bar.add_task(what, total=total, left="")
    start = threading.Timer(PATIENCE_S, bar.start)
    start.daemon = True
    start.start()
    waiting = Waiting(what, smaller, lines=False)

    def move(done: int, of: int, what: str | None = None) -> None:
        _say(waiting.tell(done, of, what), bar.console.print)
        bar.update(task, completed=done, total=None if total is None else of, description=what, left=waiting.left)

    try:
        yield move
    finally:
        start.cancel()
        start.join()
        bar.stop()


def by_level(tell: Tell) -> Callable[[int, int, int], None]:
    """Tells how far the runs with so many mishaps are: (mishaps of a run, such runs done, of)."""
    return lambda mishaps, done, of: tell(done, of, f"{TRYING} with {mishaps} mishap{'s' if mishaps > 1 else ''}")


def _say(text: str, say: Callable[[str], None]) -> None:
    if text:
        say(text)
