"""`coffee` as a person runs it, and a tiny scenario to run it on."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import pytest
import typer.main
import typer.testing
from typer.testing import CliRunner, Result

from sim.cli.app import app
from sim.cli.messages import DONE, FAILED, INTERRUPTED, UNDECIDED
from tests.documents.held import check_printed

typer.testing._get_command = cache(typer.main.get_command)  # all options anew would take longer than most commands
ANSWERED = (DONE, FAILED, UNDECIDED, INTERRUPTED)

SCENARIO = """name: tiny
summary: five minutes of a slow and flaky provider
clock: {start: "07:00", duration: 5min, drain: 5min}
traffic: {rate: 20/min}
customers: {double_tap: {p: 20%}}
provider: {latency: {exponential: 1s}, ambiguous: 10%}
objectives: {double_charge_rate: 0, ack_latency_p95: 1s, confirmed_share: 50%}
"""


def coffee(*arguments: str) -> Result:
    """Run a command in this process; what it prints with --json is held to its schema."""
    result = CliRunner().invoke(app, list(arguments))
    _hold(arguments, result.exit_code, result.stdout)
    return result


def start(*arguments: str, environment: Mapping[str, str] | None = None) -> subprocess.Popen[str]:
    """Start a command as a process of its own (and its own group, as a shell would)."""
    program = [sys.executable, "-c", "from sim.cli import main; main()", *arguments]
    pipe = subprocess.PIPE
    environ = {**os.environ, **(environment or {})}
    return subprocess.Popen(program, stdout=pipe, stderr=pipe, text=True, env=environ, start_new_session=True)


def ran(*arguments: str, environment: Mapping[str, str] | None = None) -> tuple[int, str, str]:
    """Exit code, stdout and stderr of a command that has run in a process of its own; likewise held to its schema."""
    process = start(*arguments, environment=environment)
    out, err = process.communicate(timeout=60)
    _hold(arguments, process.returncode, out)
    return process.returncode, out, err


def _hold(arguments: tuple[str, ...], code: int, out: str) -> None:
    if "--json" in arguments and out and code in ANSWERED and arguments[0] != "schema":
        check_printed(arguments, out)


@pytest.fixture
def tiny(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A tiny scenario's file, in a folder that is the current one."""
    monkeypatch.chdir(tmp_path)
    Path("tiny.yaml").write_text(SCENARIO, encoding="utf-8")
    return "tiny.yaml"
