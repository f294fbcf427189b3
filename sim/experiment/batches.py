"""Tasks handed out in batches: never too many at a time, and once more if whoever had them was killed."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, Executor, Future, wait
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

AHEAD = 4  # batches handed out for each worker, so that nobody runs dry; what is handed out can be lost
LARGEST = 50  # tasks of a batch
SUSPECT = 2  # times that workers were killed with a task under way before it is tried alone: the next time it is to blame
Key = TypeVar("Key")
Made = TypeVar("Made")
Task = tuple[Key, tuple[Any, ...]]  # the arguments of the work


class Lost(BrokenExecutor):
    """Work that nobody will finish, and why."""


class Pool:
    """Any executor, and what there is to know about it."""

    batch_s = 0.5  # how long a batch should take at least, so that handing it out is a small part of that
    killed: tuple[type[Exception], ...] = ()  # raised for a batch that has killed one worker after the other, and by no other
    look_s: float | None = None  # how long to wait for a result before `look`; None: as long as it takes

    def __init__(self, executor: Executor, workers: int) -> None:
        self.executor = executor
        self._workers = workers

    def workers(self) -> int:
        """How many work at the same time."""
        return self._workers

    def look(self) -> None:
        """Nothing has come back for a while: raise Lost if nothing will."""

    def renew(self) -> bool:
        """Put another executor in the place of a broken one, if that can be done."""
        return False

    def forget(self, futures: Iterable[Future[Any]]) -> None:
        """Nobody wants these results any more."""
        for future in futures:
            future.cancel()


@dataclass
class Batch(Generic[Key]):
    """Tasks that are handed out together, so that what they have in common travels once."""

    tasks: list[Task[Key]]
    losses: int = 0  # times that it was under way when workers were killed

    def singly(self) -> list[Batch[Key]]:
        """One of each task, suspected: the one that is to blame will be found."""
        return [Batch([task], SUSPECT) for task in self.tasks]


class Handing(Generic[Key, Made]):
    """Tasks on their way through a pool."""

    def __init__(self, pool: Pool, work: Callable[..., Made], tasks: Iterable[Task[Key]]) -> None:
        self.pool = pool
        self.work = work
        self.left = deque(tasks)
        self.again: deque[Batch[Key]] = deque()  # what has to be done once more
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
                done = wait(self.running, self.pool.look_s, return_when=FIRST_COMPLETED).done
                for future in done:
                    yield from self._taken(future)
                if not done:
                    self.pool.look()
        finally:
            self.pool.forget(self.running)

    def _hand_out(self) -> None:
        while (self.left or self.again) and len(self.running) < self._room():
            batch = self.again.popleft() if self.again else self._next()
            try:
                future = self.pool.executor.submit(_each, self.work, [arguments for _, arguments in batch.tasks])
            except BrokenExecutor as error:
                self.broken = error
                self._lost(batch)
                return
            self.running[future] = batch

    def _room(self) -> int:
        """How many batches may be under way: nothing else while one is suspected of killing its worker."""
        suspected = any(batch.losses >= SUSPECT for batch in (*self.again, *self.running.values()))
        return 1 if suspected else AHEAD * self.pool.workers()

    def _next(self) -> Batch[Key]:
        """So many that they take a while; fewer at the end, so that all workers are ready at about the same time."""
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
        """To be done once more. Raises Lost if it was alone and so is to blame."""
        if batch.losses >= SUSPECT:
            [(_, arguments)] = batch.tasks
            told = ", ".join(_name(part) for part in arguments if part is not None)
            raise Lost(
                f"every process that simulates this is killed, probably out of memory: {told}; a smaller scenario may help"
            )
        batch.losses += times
        self.again.extend(batch.singly() if batch.losses >= SUSPECT else [batch])

    def _begin_again(self, error: BrokenExecutor) -> None:
        if not self.pool.renew():
            raise error
        self.broken = None


def _each(work: Callable[..., Made], tasks: list[tuple[Any, ...]]) -> tuple[list[Made], float]:
    """In a worker: what work makes of each task's arguments, and how long it took."""
    begin = time.perf_counter()
    return [work(*arguments) for arguments in tasks], time.perf_counter() - begin


def _name(part: Any) -> str:
    return f"seed {part}" if type(part) is int else str(getattr(part, "name", part))
