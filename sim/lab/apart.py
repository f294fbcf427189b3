"""An engine whose every piece of work has a process of its own, which is killed when nobody wants the work any more.

A pool would not do: its processes are to be used again, so that one that simulates for ever can only be killed with the pool.
"""

from __future__ import annotations

import multiprocessing
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from functools import cache
from multiprocessing import forkserver
from multiprocessing.connection import Connection
from typing import Any

from sim.config.errors import ConfigError
from sim.experiment.workers import begin_work, processors
from sim.ledger.laws import BrokenLaw

PRELOADED = [
    "sim.architectures",
    "sim.experiment.mornings",
    "sim.report.charts",
]  # once, in the process that the others fork from
TOLD = (ConfigError, BrokenLaw)  # the first also of what an architecture of one's own does wrong while it runs


class Died(Exception):
    """A process ended without a result. Its exit code is negative if a signal killed it."""

    def __init__(self, code: int | None) -> None:
        super().__init__(f"exit code {code}")
        self.code = code


class Apart(Executor):
    """As many pieces of work at a time as there are processors. Whatever still runs at the end of a `with` block is killed.

    Work is a function that can be imported. Its future raises Died, and ConfigError and BrokenLaw if the work does.
    """

    def __init__(self, preloaded: Sequence[str] = PRELOADED) -> None:
        """`preloaded`: modules that the work needs; those of the first engine of this process count."""
        self._context = _context(tuple(preloaded))
        self._threads = ThreadPoolExecutor(processors())  # each waits for one process
        self._running: set[Any] = set()
        self._lock = threading.Lock()  # held while a process begins or is killed, so that none begins after the end
        self.ended = False

    def submit(self, work: Callable[..., Any], /, *arguments: Any, **named: Any) -> Future[Any]:
        return self._threads.submit(self._made, work, arguments, named)

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = True) -> None:
        """Kill what runs, and begin nothing more."""
        with self._lock:
            self.ended = True
            for process in self._running:
                process.kill()
        self._threads.shutdown(wait, cancel_futures=cancel_futures)

    def _made(self, work: Callable[..., Any], arguments: tuple[Any, ...], named: dict[str, Any]) -> Any:
        """In a thread: wait for what the process makes of it."""
        here, there = self._context.Pipe(duplex=False)
        process = self._context.Process(target=_send, args=(there, work, arguments, named), daemon=True)
        with here:
            with there, self._lock:
                if self.ended:
                    raise Died(None)
                process.start()
                self._running.add(process)
            made = _received(here)
        process.join()
        with self._lock:
            self._running.discard(process)
        if isinstance(made, TOLD):
            raise made
        if made is None:
            raise Died(process.exitcode)
        return made


def prepare(preloaded: Sequence[str]) -> None:
    """Begin to import what processes will need, in the process that they are forked from, before the first is wanted."""
    if _context(tuple(preloaded)).get_start_method() == "forkserver":
        forkserver.ensure_running()


def _received(here: Connection) -> Any:
    """None if the other end was closed without a word, or in the middle of one (OSError)."""
    try:
        return here.recv()
    except (EOFError, OSError):
        return None


def _send(there: Connection, work: Callable[..., Any], arguments: tuple[Any, ...], named: dict[str, Any]) -> None:
    """In the process: its result, or what is to be told. Any other exception ends it, with a traceback on stderr."""
    begin_work()
    try:
        made = work(*arguments, **named)
    except TOLD as error:
        made = error
    there.send(made)


@cache
def _context(preloaded: tuple[str, ...]) -> Any:
    """Never a fork of this process, which may be a notebook's kernel with threads that hold locks."""
    if "forkserver" not in multiprocessing.get_all_start_methods():
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(list(preloaded))
    return context
