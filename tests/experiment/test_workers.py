"""Workers that are killed at the worst of moments, and Ctrl-C at any: what waits for them ends."""

from __future__ import annotations

import concurrent.futures
import errno
import multiprocessing
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

import sim.experiment.workers
from sim.experiment.batches import Handing, Lost, Pool
from sim.experiment.workers import Processes, crew, hearing, worker_pool
from sim.report.drawing import drawing

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


def works_until_ctrl_c() -> None:
    with worker_pool(1) as pool:
        assert pool.submit(same, 1).result() == 1
        raise KeyboardInterrupt


def works_on_after(number: signal.Signals) -> None:
    with hearing() as heed, heed.between_results():
        os.kill(os.getpid(), number)
        time.sleep(0.01)  # not at once


def draws_half() -> None:
    half_sent()
    os.kill(os.getpid(), signal.SIGKILL)


def drawn() -> str:
    try:
        with drawing({"whole": same_picture, "half": draws_half}, 2) as all_drawn:
            all_drawn()
    except BrokenExecutor:
        return "killed"
    return "drawn"


def same_picture() -> str:
    return "picture"


def same(number: int) -> int:
    return number


def all_in_one(number: int) -> tuple[list[int], str]:
    """What a worker of somebody else's pool may do: its own work, without workers."""
    with crew(2) as workers:
        done = sorted(made for _, made in workers.results(same, ((other, (other,)) for other in range(number))))
    with drawing({"whole": same_picture}, 2) as all_drawn:
        return done, all_drawn()["whole"]


def in_a_pool_of_their_own() -> list[tuple[list[int], str]]:
    with multiprocessing.Pool(1) as pool:
        return pool.map(all_in_one, [3])


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


def test_a_worker_that_is_killed_while_it_sends_a_picture() -> None:
    assert said("drawn()") == "killed"


def test_a_second_signal_while_workers_are_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C, and then the SIGTERM of somebody who can't wait: the pool is closed all the same."""

    def heard(*_: Any) -> None:
        raise AssertionError

    def impatient(pool: Any) -> None:
        os.kill(os.getpid(), signal.SIGTERM)
        stop(pool)

    stop = sim.experiment.workers._stop
    monkeypatch.setattr(sim.experiment.workers, "_stop", impatient)
    before = signal.signal(signal.SIGTERM, heard)
    try:
        with pytest.raises(KeyboardInterrupt):
            works_until_ctrl_c()
        assert signal.getsignal(signal.SIGTERM) == heard
    finally:
        signal.signal(signal.SIGTERM, before)


def test_whoever_is_deaf_to_ctrl_c_hears_sigterm_between_results() -> None:
    """A shell's command in the background; how it is told otherwise is the command line's handler, which comes back."""
    calls: list[int] = []
    interrupt, end = signal.signal(signal.SIGINT, signal.SIG_IGN), signal.signal(signal.SIGTERM, lambda *_: calls.append(1))
    try:
        with pytest.raises(KeyboardInterrupt):
            works_on_after(signal.SIGTERM)
        assert calls == []
        os.kill(os.getpid(), signal.SIGTERM)
        assert calls == [1]
    finally:
        signal.signal(signal.SIGINT, interrupt)
        signal.signal(signal.SIGTERM, end)


def test_a_worker_of_another_pool_may_have_no_workers() -> None:
    assert said("in_a_pool_of_their_own()") == "[([0, 1, 2], 'picture')]"


@pytest.mark.slow
def test_a_script_that_simulates_as_it_is_imported(tmp_path: Path) -> None:
    """Where a worker doesn't inherit the script and imports it, as on macOS and Windows: it is told what to do, at once."""
    script = tmp_path / "script.py"
    script.write_text(
        'import multiprocessing\nmultiprocessing.set_start_method("spawn", force=True)\n'
        'import sim\nsim.compare("calm-tuesday", mornings=4, jobs=2)\n'
    )
    done = subprocess.run([sys.executable, str(script)], capture_output=True, text=True, timeout=ENDS_S, check=False)
    assert done.returncode == 1
    assert done.stderr.rstrip().endswith('so let it simulate only below if __name__ == "__main__":')


def test_an_executor_that_has_been_shut_down() -> None:
    executor = ThreadPoolExecutor(1)
    executor.shutdown()
    with (
        pytest.raises(Lost, match="the work cannot be handed out: cannot schedule new futures after shutdown"),
        crew(1, executor) as workers,
    ):
        list(workers.results(same, [(0, (0,))]))


def test_no_more_processes() -> None:
    """The system refuses to start one: it is said, and is no matter of any file."""

    class Refused(ThreadPoolExecutor):
        def submit(self, *_: Any, **__: Any) -> Any:
            raise BlockingIOError(errno.EAGAIN, "Resource temporarily unavailable")

    handing: Handing[int, int] = Handing(Pool(Refused(1), 1), same, [(0, (0,))])
    with pytest.raises(Lost, match=r"no more processes can be started \(Resource temporarily unavailable\); fewer --jobs"):
        list(handing.results())


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
