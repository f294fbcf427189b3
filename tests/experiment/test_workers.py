"""Workers that are killed at the worst of moments, and Ctrl-C at any: what waits for them ends."""

from __future__ import annotations

import concurrent.futures
import os
import signal
import struct
import subprocess
import sys
import threading
import time
from concurrent.futures import BrokenExecutor, ThreadPoolExecutor
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

from sim.experiment.batches import Handing, Pool
from sim.experiment.workers import Processes, crew, worker_pool

pytestmark = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="a forked worker's frames have its pipe")
ENDS_S = 60.0  # what takes longer on whatever machine hangs: each of these takes a second or two
POOLS = {concurrent.futures.process.__file__, concurrent.futures._base.__file__, threading.__file__}
STEP = 211  # instructions of Python's own pools between two moments: some seventy of fifteen thousand


def half_sent() -> None:
    """In a worker: send less of a result than it says that there will be."""
    frame: FrameType | None = sys._getframe()
    while frame is not None and "result_queue" not in frame.f_locals:
        frame = frame.f_back
    assert frame is not None
    os.write(frame.f_locals["result_queue"]._writer.fileno(), struct.pack("!i", 100_000_000) + b"much less")


def sends_half(begun: str) -> None:
    half_sent()
    Path(begun).touch()
    time.sleep(ENDS_S)


def dies_once(number: int, begun: str) -> int:
    if number == 2 and not Path(begun).exists():
        Path(begun).touch()
        half_sent()
        os.kill(os.getpid(), signal.SIGKILL)
    return number


def same(number: int) -> int:
    return number


def stopped(begun: str) -> str:
    try:
        with worker_pool(2) as pool:
            pool.submit(sends_half, begun)
            while not Path(begun).exists():
                time.sleep(0.01)
            time.sleep(0.5)  # until Python's thread waits for the other half
            raise KeyboardInterrupt
    except KeyboardInterrupt:
        return "ended"


def killed(begun: str) -> list[int]:
    Processes.look_s = 0.5
    with crew(2) as workers:
        return sorted(made for _, made in workers.results(dies_once, ((number, (number, begun)) for number in range(6))))


def struck(moment: int) -> tuple[int, bool]:
    """Press Ctrl-C when the main thread is at this instruction of Python's own pools, counted from one.

    Returns how many there were, and whether KeyboardInterrupt came of it.
    """
    passed = 0

    def trace(frame: FrameType, event: str, _: Any) -> Any:
        nonlocal passed
        if frame.f_code.co_filename in POOLS:
            frame.f_trace_opcodes = True
            passed += event == "opcode"
            if event == "opcode" and passed == moment:
                os.kill(os.getpid(), signal.SIGINT)
        return trace

    sys.settrace(trace)
    try:
        with crew(2) as workers:
            for _ in workers.results(same, ((number, (number,)) for number in range(40))):
                pass
    except KeyboardInterrupt:
        return passed, True
    finally:
        sys.settrace(None)
    return passed, False


def moments_that_hang() -> list[int]:
    """Each moment in a process of its own; those at which Ctrl-C is lost count as well."""
    hung = []
    for moment in range(1, struck(0)[0], STEP):
        child = os.fork()
        if not child:
            passed, heard = struck(moment)
            os._exit(0 if heard or passed < moment else 1)
        until = time.monotonic() + ENDS_S
        while not (ended := os.waitpid(child, os.WNOHANG))[0]:
            if time.monotonic() > until:
                os.kill(child, signal.SIGKILL)
            time.sleep(0.01)
        if ended[1]:
            hung.append(moment)
    return hung


def said(call: str, within_s: float = ENDS_S) -> str:
    """What a call of this module prints, in a process of its own."""
    program = f"import tests.experiment.test_workers as it; print(it.{call})"
    made = subprocess.run([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True, timeout=within_s, check=True)
    return made.stdout.strip()


def test_a_worker_that_is_stopped_while_it_sends_its_result(tmp_path: Path) -> None:
    """Ctrl-C kills it with half of the result in the pipe, and nobody waits for the other half."""
    assert said(f"stopped({str(tmp_path / 'begun')!r})") == "ended"


def test_a_worker_that_is_killed_while_it_sends_its_result(tmp_path: Path) -> None:
    """For want of memory, say: it is noticed, and what it had is done once more."""
    assert said(f"killed({str(tmp_path / 'begun')!r})") == "[0, 1, 2, 3, 4, 5]"


def test_nobody_waits_when_nothing_runs() -> None:
    """An executor that is found broken by the first task that it gets is replaced, and the work begins at once."""

    class Renewed(Pool):
        look_s = ENDS_S

        def renew(self) -> bool:
            self.executor = ThreadPoolExecutor(1)
            return True

    class Broken(ThreadPoolExecutor):
        def submit(self, *_: Any, **__: Any) -> Any:
            raise BrokenExecutor

    begin = time.monotonic()
    handing: Handing[int, int] = Handing(Renewed(Broken(1), 1), same, ((number, (number,)) for number in range(5)))
    assert sorted(handing.results()) == [(number, number) for number in range(5)]
    assert time.monotonic() - begin < ENDS_S / 2


@pytest.mark.slow
def test_ctrl_c_at_any_moment_of_handing_out_work() -> None:
    """Also between two instructions of a lock that is Python's own, which an exception there would leave locked."""
    assert said("moments_that_hang()", 5 * ENDS_S) == "[]"
