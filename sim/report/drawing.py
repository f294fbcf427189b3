"""Pictures that several processes draw at the same time."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future
from contextlib import contextmanager
from functools import partial
from typing import Any

from sim.experiment.workers import processors, worker_pool

Picture = Callable[[], Any]  # draws something, writes its files, and returns what the page needs of it
_known: dict[str, Picture] = {}  # in a worker: the pictures it may be asked for


@contextmanager
def drawing(pictures: Mapping[str, Picture], jobs: int | None) -> Iterator[dict[str, Future[Any]]]:
    """What becomes of each picture, while so many worker processes (None: one a processor) draw them in their order.

    All pictures show the same comparison, which may be large, so it doesn't travel with every task: a worker begins with all
    pictures (a forked one shares the memory), and each task is only a name.
    """
    with worker_pool(min(jobs or processors(), len(pictures)), partial(_begin, pictures)) as workers:
        yield {name: workers.submit(_drawn, name) for name in pictures}


def _begin(pictures: Mapping[str, Picture]) -> None:
    _known.update(pictures)


def _drawn(name: str) -> Any:
    return _known[name]()
