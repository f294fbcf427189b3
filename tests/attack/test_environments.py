"""Environments, encodings and streams: wherever a result is shown, it has the same bytes and the same exit code."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from sim.cli.messages import BUG, UNWRITTEN
from tests.attack.harness import chosen, faults, told
from tests.cli.coffee import SCENARIO

TOLD = ("run", "tiny.yaml", "outbox", "-n", "2", "-j", "1")
ENVIRONMENTS: dict[str, dict[str, str | None]] = {  # None: missing
    "no HOME": {"HOME": None},
    "HOME nowhere": {"HOME": "/proc/nowhere"},
    "HOME is a file": {"HOME": "/etc/passwd"},
    "no PATH": {"PATH": None},
    "no TERM": {"TERM": None},
    "dumb": {"TERM": "dumb"},
    "an unknown terminal": {"TERM": "zebra-256"},
    "no colour": {"NO_COLOR": "1"},
    "colour": {"FORCE_COLOR": None, "CLICOLOR": "1"},
    "C": {"LC_ALL": "C"},
    "POSIX": {"LANG": "POSIX", "LC_ALL": None},
    "a locale that is nowhere": {"LC_ALL": "zz_ZZ.UTF-8"},
    "Turkish": {"LC_ALL": "tr_TR.UTF-8"},
    "UTF-8": {"PYTHONUTF8": "1"},
    "hashes": {"PYTHONHASHSEED": "1"},
    "other hashes": {"PYTHONHASHSEED": "4294967295"},
    "optimised": {"PYTHONOPTIMIZE": "1"},
    "without docstrings": {"PYTHONOPTIMIZE": "2"},
    "no byte code": {"PYTHONDONTWRITEBYTECODE": "1"},
    "unbuffered": {"PYTHONUNBUFFERED": "1"},
    "no TMPDIR": {"TMPDIR": "/proc/nowhere"},
    "another time zone": {"TZ": "Pacific/Kiritimati"},
    "a time zone that is nowhere": {"TZ": "Nowhere/At_All"},
    "a drawing back end": {"MPLBACKEND": "zebra"},
    "settings of drawings": {"MATPLOTLIBRC": "/proc/nowhere"},
    "a date": {"SOURCE_DATE_EPOCH": "1"},
    "threads": {"OMP_NUM_THREADS": "7"},
    "strict warnings": {"PYTHONWARNINGS": "error"},
    "COLUMNS of text": {"COLUMNS": "x"},
    "COLUMNS of nothing": {"COLUMNS": "0"},
}
ENCODINGS = ("cp1252", "latin-1", "ascii", "cp437")
COMMANDS = (
    ("list",), ("show", "outbox"), ("show", "tiny.yaml"), ("show", "outbox", "--mermaid"), ("show", "outbox", "--json"),
    ("lint", "tiny.yaml", "naive"), ("lint", "outbox"), TOLD, (*TOLD, "--json"), (*TOLD, "--all"), ("check", *TOLD[1:]),
    ("compare", "tiny.yaml", "naive", "outbox", "-n", "2", "-j", "1", "--no-report"),
    ("windows", "naive", "-w", "w1", "--no-report"),
    ("explain", "tiny.yaml", "naive", "--purchase", "1", "--mermaid"), ("schema", "design"), ("--help",),
    ("run", "zebra", "naive"), ("run", "tiny.yaml", "z\u00e9bra\u2615"),
)  # fmt: skip
STREAMS = {  # how a shell connects the streams, and the exit code if stdout can't be written
    ">&-": None, "2>&-": None, "<&-": None, ">&- 2>&-": None, "<&- >&- 2>&-": None, ">/dev/full": UNWRITTEN,
    "2>/dev/full": None, "</dev/zero": None,
}  # fmt: skip


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("tiny.yaml").write_text(
        SCENARIO.replace("summary: ", "summary: Za\u017c\u00f3\u0142\u0107 \u2615, "), encoding="utf-8"
    )


def ran(*arguments: str, shell: str = "", **changes: str | None) -> subprocess.CompletedProcess[bytes]:
    """In a process and an environment of its own, perhaps with its streams connected in another way."""
    changed = {"COLUMNS": "100", **changes}
    environment = {name: value for name, value in {**os.environ, **changed}.items() if value is not None}
    command = [sys.executable, "-m", "sim", *arguments]
    command = ["/bin/sh", "-c", f'"$@" {shell}', "sh", *command] if shell else command
    return subprocess.run(command, capture_output=True, env=environment, timeout=240, check=False)


FEW = [pytest.param(3, marks=pytest.mark.slow), pytest.param(None, marks=pytest.mark.deep, id="all")]


@pytest.mark.parametrize("most", FEW)
def test_environments_change_no_byte(most: int | None) -> None:
    """The same JSON and the same exit code, whatever the variables of the environment say."""
    wanted = ran(*TOLD, "--json")

    def other(name: str) -> str:
        done = ran(*TOLD, "--json", **ENVIRONMENTS[name])
        if b"Traceback" in done.stderr or done.returncode == BUG:
            return f"traceback: {done.stderr[-300:]!r}"
        same = (done.returncode, done.stdout) == (wanted.returncode, wanted.stdout)
        return "" if same else f"exit code: {done.returncode}, or other bytes; {done.stderr[-300:]!r}"

    assert wanted.stdout
    assert len(ENVIRONMENTS) >= 26
    assert not (found := faults(chosen(list(ENVIRONMENTS), most), other)), told(found)


@pytest.mark.parametrize("most", FEW)
def test_encodings_change_no_exit_code(most: int | None) -> None:
    """Whatever the encoding of the terminal has no character for, exit code and number of lines are those of UTF-8."""
    wanted = {}

    def encoded(tried: tuple[str, tuple[str, ...]]) -> str:
        encoding, command = tried
        if command not in wanted:
            wanted[command] = ran(*command, PYTHONIOENCODING="utf-8")
        done = ran(*command, PYTHONIOENCODING=encoding)
        if b"Traceback" in done.stderr:
            return f"traceback: {done.stderr[-300:]!r}"
        same = done.returncode == wanted[command].returncode and done.stdout.count(b"\n") == wanted[command].stdout.count(b"\n")
        return "" if same else f"exit code: {done.returncode}, or other lines; {done.stderr[-300:]!r}"

    inputs = [(encoding, command) for encoding in ENCODINGS for command in COMMANDS]
    assert len(inputs) >= 72
    assert not (found := faults(chosen(inputs, most), encoded)), told(found)


@pytest.mark.skipif(os.name != "posix", reason="streams as Unix has them")
@pytest.mark.parametrize("most", FEW)
def test_closed_and_full_streams(most: int | None) -> None:
    """A stream that is closed changes no exit code; a full stdout has one of its own, and a full stderr is nobody's verdict."""
    wanted = {command: ran(*command).returncode for command in (("list",), ("check", *TOLD[1:]), ("lint", "outbox"))}

    def connected(tried: tuple[tuple[str, ...], str]) -> str:
        command, shell = tried
        done = ran(*command, shell=shell)
        if b"Traceback" in done.stderr:
            return f"traceback: {done.stderr[-300:]!r}"
        code = STREAMS[shell] or wanted[command]
        allowed = {code, UNWRITTEN} if "2>/dev/full" in shell else {code}
        return "" if done.returncode in allowed else f"exit code: {done.returncode} and not {code}; {done.stderr[-300:]!r}"

    inputs = [(command, shell) for command in wanted for shell in STREAMS]
    assert len(inputs) >= 24
    assert not (found := faults(chosen(inputs, most), connected)), told(found)
