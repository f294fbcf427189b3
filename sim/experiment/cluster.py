"""A Dask cluster: many machines behind the interface that the processes of one have."""

from __future__ import annotations

import asyncio
import logging
import pkgutil
import socket
import time
import warnings
from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError, Executor, Future
from contextlib import contextmanager
from importlib.util import find_spec
from typing import Any

from sim.config.errors import ArgumentError
from sim.experiment.batches import Lost, Pool
from sim.experiment.extras import how_to_install

PATIENCE_S = 2.0  # for a scheduler to answer
WORKERS_S = 5.0  # for its first worker to come: they are often started in the same moment
LOOK_S = 1.0  # how often workers are counted, since they come and go
ALONE_S = 60.0  # without any worker, until nobody waits for one any more: a dead one is started anew in some seconds
START = "dask worker {} --nworkers=-1 --nthreads=1"  # a simulation keeps a processor busy: processes, not threads
# Loggers that tell, some with a traceback, what is told here in a sentence.
TALKATIVE = ("distributed", "distributed.client", "distributed.utils", "tornado.application")
SAME = {
    "coffee-please": ("sim.version:VERSION", 3),
    "python": ("platform:python_version", 2),
    "numpy": ("numpy:__version__", 2),
}


class Submitting(Executor):
    """What a client submits, as futures of the standard library; one that is cancelled is forgotten by the scheduler too.

    Not `client.get_executor()`, which fails (ValueError) where a worker goes away while its result is on the way.
    """

    def __init__(self, client: Any) -> None:
        self._client = client

    def submit(self, work: Callable[..., Any], /, *about: Any, **how: Any) -> Future[Any]:
        theirs = self._client.submit(work, *about, **how, pure=False)
        return asyncio.run_coroutine_threadsafe(_result(theirs), self._client.loop.asyncio_loop)


async def _result(theirs: Any) -> Any:
    return await theirs


class Cluster(Pool):
    """The workers of a Dask scheduler, which gives the work of a dead one to another (`allowed-failures` times)."""

    batch_s = 2.0  # a scheduler manages some hundred batches a second
    look_s = LOOK_S

    def __init__(self, client: Any, killed: type[Exception], address: str) -> None:
        super().__init__(Submitting(client), 0)
        self._client = client
        self._address = address
        self._counted = -LOOK_S
        self._alone_since: float | None = None
        self.killed = (killed,)

    def workers(self) -> int:
        now = time.monotonic()
        if now - self._counted > LOOK_S:
            try:
                self._workers = sum(self._client.nthreads().values())
            except OSError:
                raise Lost(_gone(self._address)) from None
            self._counted = now
            self._alone_since = None if self._workers else self._alone_since or now
        return max(self._workers, 1)

    def look(self) -> None:
        self.workers()
        if self._alone_since is not None and time.monotonic() - self._alone_since > ALONE_S:
            raise Lost(
                f"the Dask scheduler at {self._address} has had no workers for {ALONE_S:.0f} s, perhaps because the work has "
                f"killed them; a smaller scenario may help, and new workers are started with: {START.format(self._address)}"
            )


@contextmanager
def cluster(address: str) -> Iterator[Cluster]:
    """The cluster of the scheduler at `tcp://host:port`. Raises ArgumentError if it can't work, Lost if it goes away."""
    if find_spec("distributed") is None:
        raise ArgumentError("engine", "a Dask cluster needs one more package: " + how_to_install("distributed"))
    absent = ArgumentError("engine", f"no Dask scheduler answers at {address}; start one with: dask scheduler")
    try:
        _knock(address)
    except (OSError, OverflowError):
        raise absent from None
    import dask
    from distributed import Client, KilledWorker
    from distributed.comm.core import CommClosedError
    from distributed.versions import VersionMismatchWarning

    quiet = {"distributed.admin.large-graph-warning-threshold": "1 GB"}  # a scenario with many arrivals may travel
    with dask.config.set(quiet), _silent(*TALKATIVE):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", VersionMismatchWarning)  # what matters is told as an error
            try:
                client = Client(address, timeout=PATIENCE_S, set_as_default=False)  # type: ignore[no-untyped-call]
            except (OSError, ValueError, MemoryError):  # the latter if something else answers there
                raise absent from None
        with client:
            _check_workers(client, address)
            try:
                yield Cluster(client, KilledWorker, address)
            except (CancelledError, CommClosedError):  # before a result, or while one was on its way
                raise Lost(_gone(address)) from None


def _gone(address: str) -> str:
    return f"the Dask scheduler at {address} went away, and with it what was under way"


@contextmanager
def _silent(*names: str) -> Iterator[None]:
    loggers = [logging.getLogger(name) for name in names]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.CRITICAL + 1)
    try:
        yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)


def _knock(address: str) -> None:
    """Find out at once whether anybody answers, since a client tries again and again. Raises OSError."""
    host, _, port = address.partition("://")[2].rpartition(":")
    with socket.create_connection((host, int(port)), PATIENCE_S) as line:
        if address.startswith("tcp") and not line.recv(1):  # Dask's servers speak first, Web servers don't
            raise OSError


def _check_workers(client: Any, address: str) -> None:
    """There are some, and they have what is needed here. Raises ArgumentError."""
    try:
        client.wait_for_workers(1, timeout=WORKERS_S)
    except TimeoutError:
        start = START.format(address)
        raise ArgumentError("engine", f"the Dask scheduler at {address} has no workers; start some with: {start}") from None
    for package, (place, digits) in SAME.items():
        here = _version(pkgutil.resolve_name(place), digits)
        for worker, found in client.run(pkgutil.resolve_name, place, on_error="return").items():
            there = "none" if isinstance(found, Exception) else _version(found, digits)
            if there != here:
                raise ArgumentError(
                    "engine",
                    f"{package} is {here} here and {there} at the Dask worker {worker}; install the same there, "
                    "since results could differ",
                )


def _version(found: Any, digits: int) -> str:
    return ".".join((found() if callable(found) else str(found)).split(".")[:digits])
