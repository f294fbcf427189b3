"""Where work is done: in processes of this machine, in this one, on a cluster, or by any executor of the standard library."""

from __future__ import annotations

import re
from concurrent.futures import Executor

from sim.config.errors import ArgumentError, closest

Engine = str | Executor  # "local", "serial", "dask:tcp://HOST:PORT", or an executor that is somebody else's to close

ADDRESS = re.compile(r"(tcp|tls)://[^/:\s]+:\d{1,5}")


def check_engine(engine: Engine) -> None:
    """Whether that names an engine; not whether it answers. Raises ArgumentError."""
    if isinstance(engine, Executor) or engine in ("local", "serial") or scheduler(engine) is not None:
        return
    name = engine.partition(":")[0]
    if name == "dask":
        raise ArgumentError("engine", f'expected the address of a Dask scheduler, dask:tcp://HOST:PORT (got "{engine}")')
    hint = closest(name, ("local", "serial", "dask"))
    raise ArgumentError("engine", f'expected local, serial or dask:tcp://HOST:PORT (got "{engine}"){hint}')


def scheduler(engine: str) -> str | None:
    """The address of a Dask scheduler, if that is where work is done."""
    name, _, address = engine.partition(":")
    return address if name == "dask" and ADDRESS.fullmatch(address) else None
