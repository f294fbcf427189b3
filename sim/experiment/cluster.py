"""A Dask cluster: many machines behind the interface that the processes of one have."""

from __future__ import annotations

import logging
import pkgutil
import socket
import time
import warnings
from collections.abc import Iterable, Iterator
from concurrent.futures import CancelledError, Future
from contextlib import contextmanager
from importlib.util import find_spec
from typing import Any

from sim.config.errors import ConfigError
from sim.experiment.batches import Lost, Pool
from sim.experiment.extras import how_to_install

PATIENCE_S = 2.0  # for a scheduler to answer
WORKERS_S = 5.0  # for its first worker to come: they are often started in the same moment
LOOK_S = 1.0  # how often workers are counted, since they come and go
START = "dask worker {} --nworkers=-1 --nthreads=1"  # a simulation keeps a processor busy: processes, not threads
# Loggers that tell, some with a traceback, what is told here in a sentence.
TALKATIVE = ("distributed", "distributed.client", "distributed.utils", "tornado.application")
SAME = {"coffee-please": ("sim:__version__", 3), "python": ("platform:python_version", 2), "numpy": ("numpy:__version__", 2)}


class Cluster(Pool):
    """The workers of a Dask scheduler, which gives the work of a dead one to another (`allowed-failures` times)."""

    batch_s = 2.0  # a scheduler manages some hundred batches a second

    def __init__(self, client: Any, killed: type[Exception], gone: str) -> None:
        super().__init__(client.get_executor(pure=False), 0)
        self._client = client
        self._gone = gone
        self._counted = -LOOK_S
        self.killed = (killed,)

    def workers(self) -> int:
        if time.monotonic() - self._counted > LOOK_S:
            try:
                self._workers = max(sum(self._client.nthreads().values()), 1)
            except OSError:
                raise Lost(self._gone) from None
            self._counted = time.monotonic()
        return self._workers

    def forget(self, futures: Iterable[Future[Any]]) -> None:
        if any(True for _ in futures):
            self.executor.shutdown(wait=False)  # cancels, and leaves the cluster alive
            self.executor = self._client.get_executor(pure=False)


@contextmanager
def cluster(address: str) -> Iterator[Cluster]:
    """The cluster of the scheduler at `tcp://host:port`. Raises ConfigError if it can't work, Lost if it goes away."""
    if find_spec("distributed") is None:
        raise ConfigError("--engine: a Dask cluster needs one more package: " + how_to_install("distributed"))
    absent = ConfigError(f"--engine: no Dask scheduler answers at {address}; start one with: dask scheduler")
    try:
        _knock(address)
    except (OSError, OverflowError):
        raise absent from None
    import dask
    from distributed import Client, KilledWorker
    from distributed.versions import VersionMismatchWarning

    quiet = {"distributed.admin.large-graph-warning-threshold": "1 GB"}  # a scenario with many arrivals may travel
    gone = f"the Dask scheduler at {address} went away, and with it what was under way"
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
                yield Cluster(client, KilledWorker, gone)
            except CancelledError:
                raise Lost(gone) from None


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
    """There are some, and they have what is needed here. Raises ConfigError."""
    try:
        client.wait_for_workers(1, timeout=WORKERS_S)
    except TimeoutError:
        start = START.format(address)
        raise ConfigError(f"--engine: the Dask scheduler at {address} has no workers; start some with: {start}") from None
    for package, (place, digits) in SAME.items():
        here = _version(pkgutil.resolve_name(place), digits)
        for worker, found in client.run(pkgutil.resolve_name, place, on_error="return").items():
            there = "none" if isinstance(found, Exception) else _version(found, digits)
            if there != here:
                raise ConfigError(
                    f"--engine: {package} is {here} here and {there} at the Dask worker {worker}; install the same there, "
                    "since results could differ"
                )


def _version(found: Any, digits: int) -> str:
    return ".".join((found() if callable(found) else str(found)).split(".")[:digits])
