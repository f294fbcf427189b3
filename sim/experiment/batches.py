"""Tasks are handed out in batches: never too many at a time, and once more if the worker that had them was killed."""

from __future__ import annotations

import errno
import math
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, Executor, Future, wait
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

AHEAD = 4  # batches for each worker, so that none waits for work; more could be lost with a worker
LARGEST = 50  # tasks of a batch
HEED_S = 0.2  # how often whoever waits for a result looks whether Ctrl-C was pressed
REFUSED = (errno.EAGAIN, errno.ENOMEM)  # by the system, to start a process
SUSPECT = 2  # times that workers were killed with a task under way before it is tried alone; killed again, the task is to blame
Key = TypeVar("Key")
Made = TypeVar("Made")
Task = tuple[Key, tuple[Any, ...]]  # the arguments of the work


class Lost(BrokenExecutor):
    """Work cannot be finished. The message says why."""


def not_started(error: OSError) -> Lost:
    """What to say of a process that the system refuses to start."""
    return Lost(f"no more processes can be started ({error.strerror}); fewer --jobs may help")


class Pool:
    """Any executor, with what `Handing` has to know about it."""

    batch_s = 0.5  # how long a batch should take at least, so that handing it out is a small part of that
    killed: tuple[type[Exception], ...] = ()  # raised only when the same batch has killed several workers
    look_s = math.inf  # seconds to wait for a result before `look` is called

    def __init__(self, executor: Executor, workers: int) -> None:
        self.executor = executor
        self._workers = workers

    def workers(self) -> int:
        """How many work at the same time."""
        return self._workers

    def look(self) -> None:
        """Called when no result has come for a while. Raises Lost if none can come any more."""

    def renew(self) -> bool:
        """Replace a broken executor. Returns False if that cannot be done."""
        return False

    def forget(self, futures: Iterable[Future[Any]]) -> None:
        """Cancel work whose results are no longer needed."""
        for future in futures:
            future.cancel()


@dataclass
class Batch(Generic[Key]):
    """Tasks that are handed out together: what they have in common is sent only once."""

    tasks: list[Task[Key]]
    losses: int = 0  # times that it was under way when workers were killed

    def singly(self) -> list[Batch[Key]]:
        """A batch for each task, to find the one that kills its worker."""
        return [Batch([task], SUSPECT) for task in self.tasks]


class Handing(Generic[Key, Made]):
    """The tasks of one piece of work, and where they are: waiting, running, or to be run again."""

    def __init__(
        self, pool: Pool, work: Callable[..., Made], tasks: Iterable[Task[Key]], heed: Callable[[], None] = lambda: None
    ) -> None:
        self.pool = pool
        self.work = work
        self.heed = heed  # raises KeyboardInterrupt if Ctrl-C was pressed
        self.left = deque(tasks)
        self.again: deque[Batch[Key]] = deque()  # batches to run once more
        self.running: dict[Future[tuple[list[Made], float]], Batch[Key]] = {}
        self.broken: BrokenExecutor | None = None
        self.done, self.seconds = 0, 0.0

    def results(self) -> Iterator[tuple[Key, Made]]:
        """Key and result of each task, as batches are finished. Raises Lost."""
        try:
            while self.left or self.again or self.running:
                if self.broken is None:
                    self._hand_out()
                elif not self.running:
                    self._begin_again(self.broken)
                for future in self._finished():
                    yield from self._taken(future)
        finally:
            self.pool.forget(self.running)

    def _finished(self) -> set[Future[tuple[list[Made], float]]]:
        """Wait for the next batches that are finished. None if that takes so long that the pool had to look what is wrong."""
        look_s = time.monotonic() + self.pool.look_s
        while self.running:
            if done := wait(self.running, HEED_S, return_when=FIRST_COMPLETED).done:
                return done
            self.heed()
            if time.monotonic() >= look_s:
                self.pool.look()
                break
        return set()

    def _hand_out(self) -> None:
        while (self.left or self.again) and len(self.running) < self._room():
            batch = self.again.popleft() if self.again else self._next()
            try:
                future = self.pool.executor.submit(_each, self.work, [arguments for _, arguments in batch.tasks])
            except BrokenExecutor as error:
                self.broken = error
                self._lost(batch)
                return
            except OSError as error:
                if error.errno not in REFUSED:
                    raise
                raise not_started(error) from None
            except RuntimeError as error:  # it has been shut down
                raise Lost(f"the work cannot be handed out: {error}") from None
            self.running[future] = batch

    def _room(self) -> int:
        """How many batches may run at the same time: one alone while it is suspected of killing its worker."""
        suspected = any(batch.losses >= SUSPECT for batch in (*self.again, *self.running.values()))
        return 1 if suspected else AHEAD * self.pool.workers()

    def _next(self) -> Batch[Key]:
        """Enough tasks to take `batch_s`; fewer at the end, so that all workers finish at about the same time."""
        share = len(self.left) // (2 * self.pool.workers())
        while_ = int(self.pool.batch_s * self.done / self.seconds) if self.seconds else 1
        return Batch([self.left.popleft() for _ in range(max(1, min(share, while_, LARGEST)))])

    def _taken(self, future: Future[tuple[list[Made], float]]) -> Iterator[tuple[Key, Made]]:
        batch = self.running.pop(future)
        try:
            made, seconds = future.result()
        except BrokenExecutor as error:
            self.broken = error
            self._lost(batch)
        except self.pool.killed:
            self._lost(batch, times=SUSPECT)
        else:
            self.done += len(made)
            self.seconds += seconds
            for (key, _), one in zip(batch.tasks, made, strict=True):
                yield key, one

    def _lost(self, batch: Batch[Key], *, times: int = 1) -> None:
        """Run the batch once more. Raises Lost if it was running alone, because then it is to blame."""
        if batch.losses >= SUSPECT:
            [(_, arguments)] = batch.tasks
            task = ", ".join(_name(part) for part in arguments if part is not None)
            raise Lost(
                f"every worker that gets this task is killed, probably out of memory: {task}; a smaller scenario may help"
            )
        batch.losses += times
        self.again.extend(batch.singly() if batch.losses >= SUSPECT else [batch])

    def _begin_again(self, error: BrokenExecutor) -> None:
        if not self.pool.renew():
            raise error
        self.broken = None


def _each(work: Callable[..., Made], tasks: list[tuple[Any, ...]]) -> tuple[list[Made], float]:
    """In a worker: the result of the work for each task, and how many seconds all took."""
    begin = time.perf_counter()
    return [work(*arguments) for arguments in tasks], time.perf_counter() - begin


def _name(part: Any) -> str:
    return f"seed {part}" if type(part) is int else str(getattr(part, "name", part))
