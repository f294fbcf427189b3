"""However a twin ends, nobody is left who works on, and no file."""

from __future__ import annotations

import multiprocessing
import os
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

from sim.real.twin.supervisor import Failed, Supervisor
from tests.processes import ends, is_running

PROGRAM = """
from sim.architectures import load_design
from sim.config.library import parse_scenario
from sim.real.twin.supervisor import live

def say(done, of):
    print("lives", flush=True)

if True:
    scenario = parse_scenario('name: w\\nclock: {start: "07:00", duration: 10min, drain: 0s}\\ntraffic: {rate: 60/min}')
    design = load_design("naive").model_copy(update={"name": "n"})
    live(scenario, design, 0, progress=say)
"""
MARK = "COFFEE_TWIN_OF_A_TEST"


def marked(mark: str) -> list[int]:
    """All processes that have inherited the mark."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            if f"{MARK}={mark}".encode() in (entry / "environ").read_bytes() and is_running(int(entry.name)):
                found.append(int(entry.name))
        except OSError:  # it has ended, or is not ours
            continue
    return found


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT])
def test_when_the_supervisor_ends_all_others_do_and_the_folder_is_gone(how: signal.Signals, tmp_path: Path) -> None:
    program = tmp_path / "program.py"
    program.write_text(PROGRAM)
    # A short path: the address of a Unix socket, by which processes are started, has 107 characters at most.
    folder, mark = Path(tempfile.mkdtemp(prefix="t")), f"{os.getpid()}-{how}"
    env = {**os.environ, MARK: mark, "TMPDIR": str(folder)}
    with subprocess.Popen([sys.executable, str(program)], env=env, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as twin:
        assert twin.stdout is not None
        assert twin.stdout.readline() == b"lives\n"
        there = marked(mark)
        assert len(there) > 16  # the workers
        twin.send_signal(how)
    assert ends(*there)
    until = time.monotonic() + 60.0
    while list(folder.glob("coffee-twin-*")):  # a shell removes it
        assert time.monotonic() < until
        time.sleep(0.05)
    assert marked(mark) == []
    shutil.rmtree(folder)


def test_a_process_that_dies_in_the_middle_of_a_message_has_died() -> None:
    """As one that dies between two: the supervisor says so, and trips over no half of a message."""
    here, there = multiprocessing.Pipe(duplex=False)
    os.write(there.fileno(), struct.pack("!i", 1000) + b"less than a thousand bytes")
    there.close()
    dead = SimpleNamespace(join=lambda: None, exitcode=-signal.SIGKILL)
    child = SimpleNamespace(says=here, process=dead, killed=False, role=SimpleNamespace(name="payment"))
    with pytest.raises(Failed, match="payment of the twin has ended by itself, with -9"):
        Supervisor._hear(object.__new__(Supervisor), child)  # type: ignore[arg-type]
