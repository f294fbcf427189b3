"""One piece of work in a process of its own: whoever asked for it stays free, and what nobody wants any more is killed."""

from __future__ import annotations

import asyncio
import multiprocessing
from collections.abc import Callable
from functools import cache
from multiprocessing.connection import Connection
from typing import Any, TypeVar

from sim.config.errors import ConfigError
from sim.experiment.workers import begin_work
from sim.ledger.laws import BrokenLaw

TICK_S = 0.03
PRELOADED = [
    "sim.architectures",
    "sim.experiment.mornings",
    "sim.report.charts",
]  # once, in the process that the others fork from
TOLD = (ConfigError, BrokenLaw)  # the first also of what an architecture of one's own does wrong while it runs
Made = TypeVar("Made")


class Died(Exception):
    """A process ended without a result. Its exit code is negative if a signal killed it."""

    def __init__(self, code: int | None) -> None:
        super().__init__(f"exit code {code}")
        self.code = code


async def apart(work: Callable[..., Made], *arguments: Any) -> Made:
    """What `work`, a function that can be imported, makes of its arguments. Raises Died, and ConfigError and
    BrokenLaw if `work` does.

    If the task that awaits it is cancelled, the process is killed.
    """
    here, there = _context().Pipe(duplex=False)
    process = _context().Process(target=_send, args=(there, work, arguments), daemon=True)
    try:
        process.start()
        there.close()
        while not here.poll():
            await asyncio.sleep(TICK_S)
        made = _received(here)
        process.join()
        if isinstance(made, TOLD):
            raise made
        if made is None:
            raise Died(process.exitcode)
        return made
    finally:
        here.close()
        there.close()
        if process.pid is not None:
            process.kill()
            process.join()
        process.close()


def _received(here: Connection) -> Any:
    """None if the other end was closed without a word."""
    try:
        return here.recv()
    except EOFError:
        return None


def _send(there: Connection, work: Callable[..., Any], arguments: tuple[Any, ...]) -> None:
    """In the process: its result, or what is to be told. Any other exception ends it, with a traceback on stderr."""
    begin_work()
    try:
        made = work(*arguments)
    except TOLD as error:
        made = error
    there.send(made)


@cache
def _context() -> Any:
    """Never a fork of this process, which may be a notebook's kernel with threads that hold locks."""
    if "forkserver" not in multiprocessing.get_all_start_methods():
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(PRELOADED)
    return context
