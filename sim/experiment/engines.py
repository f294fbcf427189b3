"""Where work is done: here, in processes of this machine, or by any executor of Python's standard library."""

from __future__ import annotations

from concurrent.futures import Executor

from sim.config.errors import ConfigError, closest

Engine = str | Executor  # a name of those below, or an executor that is somebody else's to close

ENGINES = ("local", "serial")


def check_engine(engine: Engine) -> None:
    """Whether there is such an engine. Raises ConfigError."""
    if isinstance(engine, Executor) or engine in ENGINES:
        return
    hint = closest(str(engine), ENGINES)
    raise ConfigError(f'--engine: expected {", ".join(ENGINES)} (got "{engine}"){hint}')
