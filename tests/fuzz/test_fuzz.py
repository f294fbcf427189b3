"""A fuzzer that is guided by coverage finds no file that breaks a loader; and it would find one."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("atheris", reason="the fuzzer is for Linux")

from tests.fuzz.__main__ import LOADERS

pytestmark = pytest.mark.deep
ROOT = Path(__file__).parents[2]
SECONDS = "60"
BROKEN = """
from tests.fuzz import __main__ as fuzz
from sim.config import columns
columns._seconds = float
fuzz.main("column", "60")
"""


def fuzzed(*program: str, folder: Path) -> subprocess.CompletedProcess[bytes]:
    environment = {"PYTHONPATH": str(ROOT), "PATH": ""}
    return subprocess.run(
        [sys.executable, *program], capture_output=True, timeout=600, check=False, cwd=folder, env=environment
    )


@pytest.mark.parametrize("loader", LOADERS)
def test_no_file_breaks_a_loader(loader: str, tmp_path: Path) -> None:
    """For a minute of files that grow from the bundled ones: each gets a value or an error of ours, within 10 s and 2 GB."""
    done = fuzzed("-m", "tests.fuzz", loader, SECONDS, folder=tmp_path)
    said = done.stderr.decode(errors="replace")
    assert done.returncode == 0, said[-3000:]
    assert "Done " in said
    assert list(tmp_path.iterdir()) == []


def test_a_loader_that_breaks_is_found(tmp_path: Path) -> None:
    """The fuzzer ends with a code that isn't 0, the traceback, and the file that did it."""
    done = fuzzed("-c", BROKEN, folder=tmp_path)
    assert done.returncode != 0
    assert b"ValueError: could not convert string to float" in done.stdout + done.stderr
    assert [file.name.split("-")[0] for file in tmp_path.iterdir()] == ["crash"]
