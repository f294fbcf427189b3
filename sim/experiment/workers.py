"""Worker processes that end when they should, and Ctrl-C that is never lost."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Executor, Future, ProcessPoolExecutor, wait
from contextlib import AbstractContextManager, contextmanager, nullcontext
from itertools import islice
from typing import Any, TypeVar

from sim.experiment.engines import Engine, check_engine

AHEAD = 4  # tasks handed out for each worker: nobody runs dry, and a million mornings don't wait in memory
Key = TypeVar("Key")
Made = TypeVar("Made")


class Crew:
    """Those who do the work: some processes, or this one."""

    def __init__(self, pool: Executor | None, *, ahead: int, heed: Callable[[], None]) -> None:
        self._pool = pool
        self._ahead = ahead
        self._heed = heed

    def results(self, work: Callable[..., Made], tasks: Iterable[tuple[Key, tuple[Any, ...]]]) -> Iterator[tuple[Key, Made]]:
        """What `work` makes of each task's arguments, as it is finished. Raises KeyboardInterrupt after Ctrl-C."""
        for key, made in self._here(work, tasks) if self._pool is None else self._there(self._pool, work, tasks):
            yield key, made
            self._heed()

    def _here(self, work: Callable[..., Made], tasks: Iterable[tuple[Key, tuple[Any, ...]]]) -> Iterator[tuple[Key, Made]]:
        return ((key, work(*arguments)) for key, arguments in tasks)

    def _there(
        self, pool: Executor, work: Callable[..., Made], tasks: Iterable[tuple[Key, tuple[Any, ...]]]
    ) -> Iterator[tuple[Key, Made]]:
        """With never more than so many tasks handed out."""
        left = iter(tasks)
        running: dict[Future[Made], Key] = {}
        while True:
            for key, arguments in islice(left, self._ahead - len(running)):
                running[pool.submit(work, *arguments)] = key
            if not running:
                return
            for future in wait(running, return_when=FIRST_COMPLETED).done:
                yield running.pop(future), future.result()


@contextmanager
def crew(jobs: int | None, engine: Engine = "local", *, most: int | None = None) -> Iterator[Crew]:
    """Those who work on an engine: so many processes (None: one a processor), `most` if there are no more tasks than that.

    A crew of one is this process, without a pool. Raises ConfigError if there is no such engine.
    """
    check_engine(engine)
    number = min(jobs or processors(), most or sys.maxsize)
    with hearing() as heed, _pool(number, engine) as pool:
        yield Crew(pool, ahead=AHEAD * number, heed=heed)


def _pool(jobs: int, engine: Engine) -> AbstractContextManager[Executor | None]:
    if isinstance(engine, Executor):
        return nullcontext(engine)
    return worker_pool(jobs) if engine == "local" and jobs > 1 else nullcontext()


def processors() -> int:
    """How many this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@contextmanager
def worker_pool(jobs: int) -> Iterator[Executor]:
    """Worker processes. If anything ends the block early (Ctrl-C, a broken law), they are stopped in their work."""
    others = multiprocessing.active_children()
    pool = ProcessPoolExecutor(jobs, initializer=_begin_work)
    try:
        yield pool
    except BaseException:
        with _deaf():
            for worker in multiprocessing.active_children():
                if worker not in others:
                    worker.terminate()
            pool.shutdown(cancel_futures=True)
        raise
    pool.shutdown()


@contextmanager
def hearing() -> Iterator[Callable[[], None]]:
    """A function that raises KeyboardInterrupt if there has been one that nobody heard.

    Python drops an exception that is raised while a generator is closed, and a morning ends with closing thousands.
    """
    heard: list[int] = []
    if (
        threading.current_thread() is not threading.main_thread()
        or signal.getsignal(signal.SIGINT) != signal.default_int_handler
    ):
        yield lambda: None
        return

    def hear(signal_number: int, *_: Any) -> None:
        heard.append(signal_number)
        raise KeyboardInterrupt

    def heed() -> None:
        if heard:
            raise KeyboardInterrupt

    def unraisable(lost: Any) -> None:
        if not issubclass(lost.exc_type, KeyboardInterrupt):
            show_others(lost)

    show_others, sys.unraisablehook = sys.unraisablehook, unraisable
    signal.signal(signal.SIGINT, hear)
    try:
        yield heed
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        sys.unraisablehook = show_others


@contextmanager
def _deaf() -> Iterator[None]:
    """Deaf to more of Ctrl-C, which would leave the pool half closed; only the main thread hears it anyway."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _begin_work() -> None:
    """In a worker: Ctrl-C is for the parent, which cancels what has not begun; without a parent there is nothing to do."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with, args=(os.getppid(),), daemon=True).start()


def _end_with(parent: int) -> None:
    """A worker whose parent was killed would wait for ever, since it holds the other end of its own queue."""
    while os.getppid() == parent:
        time.sleep(0.5)
    os._exit(1)
