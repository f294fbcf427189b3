"""Ctrl-C and SIGTERM at any moment."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import time
from pathlib import Path

import pytest

from sim.cli.messages import DONE, FAILED, INTERRUPTED, UNDECIDED
from tests.attack.harness import SEED, chosen, faults, told
from tests.attack.wholeness import half_written, of_session
from tests.cli.coffee import SCENARIO, start
from tests.processes import ends

pytestmark = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="looks at /proc")
COMMANDS: dict[str, tuple[str, ...]] = {
    "compare": ("compare", "tiny.yaml", "naive", "outbox", "-n", "20", "-j", "2", "--out", "made/report"),
    "sweep": ("sweep", "tiny.yaml", "naive", "-v", "app.timeout=1s,2s,3s", "-n", "40", "-j", "2", "--results",
              "made/kept.sqlite", "-o", "made/sweep"),
    "explain": ("explain", "tiny.yaml", "naive", "--purchase", "1", "-o", "made/story"),
    "export": ("results", "kept.sqlite", "--csv", "made/mornings.csv"),
    "grade": ("kata", "grade", "class", "--csv", "-j", "2"),
    "check": ("check", "tiny.yaml", "outbox", "-n", "300", "-j", "2", "--json"),
}  # fmt: skip
MOMENTS = 24  # of each command


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("tiny.yaml").write_text(SCENARIO)
    Path("class").mkdir()
    for name in ("ada", "ben"):
        Path("class", f"{name}.yaml").write_text("from: outbox\n")
    kept = start(
        "sweep", "tiny.yaml", "naive", "-v", "app.timeout=1s", "-n", "40", "-j", "1", "--results", "kept.sqlite", "--no-report"
    )
    kept.communicate(timeout=240)


def begin(name: str) -> subprocess.Popen[str]:
    shutil.rmtree("made", ignore_errors=True)
    Path("made").mkdir()
    return start(*COMMANDS[name])


def takes_s(name: str) -> float:
    """How long a command takes that nobody interrupts (s)."""
    began = time.monotonic()
    begin(name).communicate(timeout=240)
    return time.monotonic() - began


def running(name: str, after_s: float) -> subprocess.Popen[str]:
    """A command that has run for so many seconds; for fewer, should it end before (a busy machine has become an idle one)."""
    process = begin(name)
    time.sleep(after_s)
    if process.poll() is None:
        return process
    process.communicate()
    return running(name, after_s / 2)


def struck(name: str, sign: signal.Signals, after_s: float) -> str:
    """Strike a command after so many seconds; what is wrong with how it ends, and with what it leaves behind."""
    process = running(name, after_s)
    begun = is_handled(process)
    if name == "grade" or sign == signal.SIGTERM:
        process.send_signal(sign)
    else:
        os.killpg(process.pid, sign) if process.poll() is None else None
    try:
        _, err = process.communicate(timeout=120)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        return "hang: it did not end"
    if not ends(*of_session(process.pid), within_s=60):
        return "lost: a process that nobody waits for"
    if begun and process.returncode not in (DONE, FAILED, UNDECIDED, INTERRUPTED):
        return f"exit code: {process.returncode}, {err[-300:]!r}"
    if begun and "Traceback" in err:
        return f"traceback: {err[-300:]!r}"
    return half_written(Path("made"))


def is_handled(process: subprocess.Popen[str]) -> bool:
    """Whether the command has come so far that SIGTERM is like Ctrl-C; before that, Python itself is starting."""
    try:
        lines = Path(f"/proc/{process.pid}/status").read_text().splitlines()
    except (FileNotFoundError, ProcessLookupError):
        return True
    caught = next((int(line.split()[1], 16) for line in lines if line.startswith("SigCgt")), 0)
    return process.poll() is not None or bool(caught >> (signal.SIGTERM - 1) & 1)


@pytest.mark.parametrize(
    "most", [pytest.param(6, marks=pytest.mark.slow), pytest.param(None, marks=pytest.mark.deep, id="all")]
)
def test_signals_at_any_moment(most: int | None, here: None) -> None:
    """No file is half-written, no process stays behind, and the exit code is that of an interruption or of what was done."""
    draw = random.Random(SEED)
    signs = (signal.SIGINT, signal.SIGTERM)
    inputs = [(name, signs[number % 2], draw.uniform(0.05, 0.95)) for name in COMMANDS for number in range(MOMENTS)]
    assert len(inputs) >= 140
    some = chosen(inputs, most)
    lasts_s = {name: takes_s(name) for name in sorted({name for name, _, _ in some})}
    found = faults(some, lambda one: struck(one[0], one[1], one[2] * lasts_s[one[0]]))
    assert not found, told(found)
