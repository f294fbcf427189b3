"""Ctrl-C leaves the finished mornings usable, and nothing half-written; a killed parent leaves no workers behind."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.cli.coffee import coffee, start
from tests.processes import ends

pytestmark = pytest.mark.skipif(os.name != "posix", reason="signals as Unix has them")
MANY = ("-n", "5000", "--no-report")


def wait_for_work(process: subprocess.Popen[str]) -> list[int]:
    """The workers of a process, once it has some and they have been at it for a while."""
    assert process.pid
    deadline = time.monotonic() + 120
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
    while time.monotonic() < deadline:
        workers = [int(pid) for pid in children.read_text().split()] if children.exists() else []
        if workers:
            time.sleep(0.7)
            return workers
        time.sleep(0.05)
    raise AssertionError("no workers in two minutes")


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="looks at /proc")
def test_ctrl_c_keeps_what_is_finished(tiny: str) -> None:
    """Exit code 130, the finished mornings as valid JSON on stdout, a note on stderr, and no file left behind."""
    process = start("compare", tiny, *MANY, "--jobs", "2", "--json")
    wait_for_work(process)
    os.killpg(process.pid, signal.SIGINT)
    out, err = process.communicate(timeout=120)
    assert process.returncode == 130
    document = json.loads(out)
    assert 1 <= document["mornings"] < 5000
    assert document["interrupted"] == {"asked": 5000}
    assert err.splitlines()[-1] == f"interrupted after {document['mornings']:,} of 5,000 mornings; the numbers are of these"
    assert sorted(path.name for path in Path().iterdir()) == ["tiny.yaml"]


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="looks at /proc")
def test_ctrl_c_while_the_report_is_drawn(tiny: str) -> None:
    """Exit code 130, the numbers on stdout, a note on stderr, no file of a report, and no worker left."""
    process = start("compare", tiny, "-n", "2", "--jobs", "2", "--json")
    deadline = time.monotonic() + 120
    while not any(Path().glob("reports/.*.new/charts/*.svg")):
        assert time.monotonic() < deadline
        assert process.poll() is None
        time.sleep(0.02)
    workers = [int(pid) for pid in Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()]
    assert workers
    os.killpg(process.pid, signal.SIGINT)
    out, err = process.communicate(timeout=120)
    assert process.returncode == 130
    assert "report" not in json.loads(out)
    assert "interrupted while the report was being written, so there is none\n" in err
    assert not list(Path("reports").iterdir())
    assert ends(*workers)


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="looks at /proc")
def test_a_killed_parent_leaves_no_workers(tiny: str) -> None:
    """Workers end by themselves when the process that they work for is killed."""
    process = start("compare", tiny, *MANY, "--jobs", "2", "--json")
    workers = wait_for_work(process)
    process.kill()
    process.communicate(timeout=120)  # ends when nobody holds the other end of the pipes any more
    assert ends(*workers)


def test_ctrl_c_without_workers(tiny: str) -> None:
    """The same with one process that simulates by itself, at whatever moment."""
    process = start("check", tiny, "naive", "-n", "5000", "--jobs", "1", "--json")
    time.sleep(1.5)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=120)
    assert process.returncode == 130
    assert "Traceback" not in err
    assert not out or json.loads(out)["interrupted"] == {"asked": 5000}


def test_an_interrupt_that_python_drops(tiny: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C in the moment when a generator is closed, whose exceptions Python drops, ends the work all the same."""
    from sim.experiment import mornings

    summarise = mornings.summarise

    def story() -> Iterator[None]:
        try:
            yield
        finally:
            signal.raise_signal(signal.SIGINT)

    def interrupted(*arguments: Any) -> mornings.Summary:
        begun = story()
        next(begun)
        del begun
        return summarise(*arguments)

    monkeypatch.setattr(mornings, "summarise", interrupted)
    done = coffee("run", tiny, "naive", "-n", "5", "-j", "1", "--json")
    assert done.exit_code == 130
    assert json.loads(done.stdout)["mornings"] == 1
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
