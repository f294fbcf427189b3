"""Pictures that several processes draw at the same time."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from typing import Any

from sim.experiment.batches import not_started
from sim.experiment.workers import hearing, may_start_workers, processors, wait_for, worker_pool

Picture = Callable[[], Any]  # draws something, writes its files, and returns what the page needs of it
_known: dict[str, Picture] = {}  # in a worker: all pictures, by name


@contextmanager
def drawing(pictures: Mapping[str, Picture], jobs: int | None) -> Iterator[Callable[[], dict[str, Any]]]:
    """Draw pictures in `jobs` worker processes (None: one a processor), in their order. Yields what waits for all of them.

    All pictures show the same comparison, which may be large. So a worker gets all pictures once, when it begins (a forked
    one shares the memory), and a task is only the name of a picture. Raises BrokenExecutor if one is killed, and
    Lost if none can be started. A process that may have no workers draws them itself.
    """
    if not may_start_workers():
        yield lambda: {name: draw() for name, draw in pictures.items()}
        return
    jobs = min(jobs or processors(), len(pictures))
    with hearing() as heed, worker_pool(jobs, partial(_begin, pictures)) as workers, heed.between_results():
        try:
            futures = {name: workers.submit(_drawn, name) for name in pictures}
        except OSError as error:
            raise not_started(error) from None

        def drawn() -> dict[str, Any]:
            wait_for(futures.values(), workers, heed)
            return {name: future.result() for name, future in futures.items()}

        yield drawn


def _begin(pictures: Mapping[str, Picture]) -> None:
    gc.freeze()  # what was there before stays; to search it for garbage again and again takes a tenth of the time
    _known.update(pictures)


def _drawn(name: str) -> Any:
    return _known[name]()
