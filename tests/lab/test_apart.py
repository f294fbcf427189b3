"""Work in processes of its own: what comes back, and what ends with the engine."""

from __future__ import annotations

import os
import signal
import struct
import sys
import time

import pytest

from sim.config.errors import ArgumentError, ConfigError
from sim.lab.apart import Apart, Died


def test_results_and_errors_come_back() -> None:
    """A result, an error of the user's with all that it knows, and the end of a process that was killed."""
    with Apart() as engine:
        assert engine.submit(pow, 2, 10).result() == 1024
        with pytest.raises(ConfigError, match="mornings: too many"):
            engine.submit(refuse).result()
        with pytest.raises(Died) as died:
            engine.submit(killed).result()
    assert died.value.code == -signal.SIGKILL


def test_a_process_that_is_killed_while_it_sends_its_result() -> None:
    """Half of a result is none."""
    with Apart() as engine, pytest.raises(Died) as died:
        engine.submit(sends_half).result()
    assert died.value.code == -signal.SIGKILL


def test_what_still_runs_ends_with_the_engine() -> None:
    """At once, and whatever waits for its turn never begins."""
    begin = time.monotonic()
    with Apart() as engine:
        futures = [engine.submit(time.sleep, 3600) for _ in range(20)]
    assert all(future.cancelled() or isinstance(future.exception(), Died) for future in futures)
    assert time.monotonic() - begin < 60
    with pytest.raises(RuntimeError):
        engine.submit(pow, 2, 10)


def refuse() -> None:
    raise ArgumentError("mornings", "too many")


def sends_half() -> None:
    frame = sys._getframe().f_back
    assert frame is not None
    os.write(frame.f_locals["there"].fileno(), struct.pack("!i", 1000) + b"less than a thousand bytes")
    killed()


def killed() -> None:
    os.kill(os.getpid(), signal.SIGKILL)
