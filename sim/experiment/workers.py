"""Worker processes that end when they should, and Ctrl-C that is never lost."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Callable, Collection, Iterable, Iterator
from concurrent.futures import Executor, Future, ProcessPoolExecutor, wait
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from dataclasses import dataclass
from multiprocessing.process import BaseProcess
from typing import Any, cast

from sim.experiment.batches import HEED_S, Handing, Key, Lost, Made, Pool, Task
from sim.experiment.engines import Engine, scheduler

FAILED = 1  # how a process ends that could not import the script
NOT_BEGUN = (
    "the worker processes ended as they began, and said why above; each imports your script, so let it simulate only below "
    'if __name__ == "__main__":'
)


class Crew:
    """Those who do the work: a pool, or this process."""

    def __init__(self, pool: Pool | None, heed: Heed) -> None:
        self._pool = pool
        self._heed = heed

    @property
    def at_a_time(self) -> int:
        """How many tasks are worked on at the same time, on whichever machines."""
        return 1 if self._pool is None else self._pool.workers()

    def results(self, work: Callable[..., Made], tasks: Iterable[Task[Key]]) -> Iterator[tuple[Key, Made]]:
        """What `work` makes of each task's arguments, as it is finished. Raises Lost, and KeyboardInterrupt after Ctrl-C."""
        here = ((key, work(*arguments)) for key, arguments in tasks)
        for key, made in here if self._pool is None else Handing(self._pool, work, tasks, self._heed).results():
            yield key, made
            self._heed()


@contextmanager
def crew(jobs: int | None, engine: Engine = "local", *, most: int | None = None) -> Iterator[Crew]:
    """Those who work on an engine: so many processes (None: one a processor), `most` if there are no more tasks than that.

    A crew of one is this process, without a pool; for an executor `jobs` tells how many work there at the same time. Raises
    ArgumentError if the engine doesn't answer.
    """
    with (
        hearing() as heed,
        _pool(min(jobs or processors(), most or sys.maxsize), engine) as pool,
        nullcontext() if pool is None else heed.between_results(),
    ):
        yield Crew(pool, heed)


def _pool(jobs: int, engine: Engine) -> AbstractContextManager[Pool | None]:
    if isinstance(engine, Executor):
        return nullcontext(Pool(engine, jobs))
    if (address := scheduler(engine)) is not None:
        from sim.experiment.cluster import cluster

        return cluster(address)
    return Processes.started(jobs) if engine == "local" and jobs > 1 and may_start_workers() else nullcontext()


class Processes(Pool):
    """Processes of this machine. One that is killed takes the others along, so all are started anew."""

    batch_s = 0.1
    look_s = 5.0
    executor: ProcessPoolExecutor

    def __init__(self, jobs: int, pools: ExitStack) -> None:
        super().__init__(pools.enter_context(worker_pool(jobs)), jobs)
        self._pools = pools

    @classmethod
    @contextmanager
    def started(cls, jobs: int) -> Iterator[Pool]:
        with ExitStack() as pools:
            yield cls(jobs, pools)

    def forget(self, futures: Iterable[Future[Any]]) -> None:
        """They end with the pool. Python's own thread trips over a future that was cancelled before its worker is stopped."""

    def look(self) -> None:
        """See to it that a killed worker is noticed: nothing else comes after the half of a result that it may have left."""
        _stop_if_one_is_lost(self.executor)

    def renew(self) -> bool:
        lost = _workers(self.executor)
        self.executor.shutdown()
        if multiprocessing.get_start_method() != "fork" and any(worker.exitcode == FAILED for worker in lost):
            raise Lost(NOT_BEGUN)
        self.executor = self._pools.enter_context(worker_pool(self.workers()))
        return True


def may_start_workers() -> bool:
    """Whether this process may have children: a worker of `multiprocessing.Pool` may not, and does all itself."""
    return not multiprocessing.current_process().daemon


def processors() -> int:
    """How many this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@contextmanager
def worker_pool(jobs: int, begin: Callable[[], None] | None = None) -> Iterator[ProcessPoolExecutor]:
    """Worker processes. If anything ends the block early (Ctrl-C, a broken law), they are stopped in their work.

    Each calls `begin` once, before its first task.
    """
    pool = ProcessPoolExecutor(jobs, initializer=begin_work, initargs=(begin,))
    try:
        yield pool
    except BaseException:
        with _deaf():
            _stop(pool)
            pool.shutdown(cancel_futures=True)
        raise
    pool.shutdown()


def wait_for(futures: Collection[Future[Any]], pool: ProcessPoolExecutor, heed: Heed) -> None:
    """Until all are finished, or Ctrl-C is pressed, or a worker is killed, whatever it has left of its result."""
    while wait(futures, HEED_S).not_done:
        heed()
        _stop_if_one_is_lost(pool)


def _stop_if_one_is_lost(pool: ProcessPoolExecutor) -> None:
    if any(worker.exitcode is not None for worker in _workers(pool)):
        _stop(pool)


def _workers(pool: ProcessPoolExecutor) -> list[BaseProcess]:
    return list((pool._processes or {}).values())


def _stop(pool: ProcessPoolExecutor) -> None:
    """Kill the workers of a pool in their work, if it has not been shut down.

    One that is killed while it sends a result leaves half of it. Python's own thread waits for the rest as long as the pipe
    can still be written to: so its last writer, which is this process, closes it.
    """
    for worker in _workers(pool):
        worker.kill()
        worker.join()
    if (results := cast("Any", pool._result_queue)) is not None:
        results._writer.close()


@dataclass
class Heed:
    """Raises KeyboardInterrupt, when called, if Ctrl-C was pressed; also `at_once`, in whatever is being done then.

    Not at once is for whoever works with a pool. An exception between two instructions of Python's own locks leaves them
    locked for ever, and its other threads wait for them.
    """

    at_once: bool = True
    heard: bool = False

    def __call__(self) -> None:
        if self.heard:
            raise KeyboardInterrupt

    @contextmanager
    def between_results(self) -> Iterator[None]:
        """Not at once, until the block ends."""
        self.at_once = False
        try:
            yield
            self()
        finally:
            self.at_once = True

    def hear(self, *_: Any) -> None:
        self.heard = True
        if self.at_once:
            raise KeyboardInterrupt


@contextmanager
def hearing() -> Iterator[Heed]:
    """Whoever has to know of Ctrl-C calls what this gives: it raises KeyboardInterrupt if there was one that nobody heard.

    Python drops an exception that is raised while a generator is closed, and a morning ends with closing thousands. In a
    thread, and where somebody else handles the signal, there is nothing to hear. A command that a shell has started in the
    background is deaf to Ctrl-C, and hears SIGTERM instead.
    """
    heed, number = Heed(), _to_hear()
    if number is None:
        yield heed
        return

    def unraisable(lost: Any) -> None:
        if not issubclass(lost.exc_type, KeyboardInterrupt):
            show_others(lost)

    show_others, sys.unraisablehook = sys.unraisablehook, unraisable
    before = signal.signal(number, heed.hear)
    try:
        yield heed
    finally:
        signal.signal(number, before)
        sys.unraisablehook = show_others


def _to_hear() -> signal.Signals | None:
    """The signal that interrupts this command, if it is ours to hear."""
    if threading.current_thread() is not threading.main_thread():
        return None
    interrupted = signal.getsignal(signal.SIGINT)
    if interrupted == signal.default_int_handler:
        return signal.SIGINT
    return signal.SIGTERM if interrupted == signal.SIG_IGN and callable(signal.getsignal(signal.SIGTERM)) else None


@contextmanager
def _deaf() -> Iterator[None]:
    """Deaf to more of Ctrl-C and SIGTERM, which would leave the pool half closed; only the main thread hears them anyway."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.signal(number, signal.SIG_IGN) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, signal.SIG_DFL if handler is None else handler)


def begin_work(begin: Callable[[], None] | None = None) -> None:
    """In a worker: Ctrl-C is for the parent, which cancels what has not begun; without a parent there is nothing to do."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    if begin is not None:
        begin()


def _end_with_parent() -> None:
    """A worker whose parent was killed would wait for ever, since it holds the other end of its own queue.

    Not `getppid`: another process than the parent may have forked it, and a parent may be dead before it is asked for.
    """
    if (parent := multiprocessing.parent_process()) is not None:
        parent.join()
        os._exit(1)
