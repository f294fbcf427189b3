"""`coffee --help` answers at once: nothing heavy is imported before a command needs it."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from statistics import median

from sim.version import VERSION
from tests.cli.coffee import coffee

HEAVY = {"numpy", "pandas", "matplotlib", "simpy", "pydantic", "yaml", "jinja2"}
PATIENCE_S = 0.3  # on a quiet machine
TRIES = 8


def imported(code: str) -> set[str]:
    """Top-level modules that are there after `code`, in a fresh interpreter."""
    program = f"import sys\ntry:\n    {code}\nfinally:\n    print('|', *{{name.split('.')[0] for name in sys.modules}})"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    return set(done.stdout.rpartition("|")[2].split())


def test_importing_the_command_line_imports_nothing() -> None:
    """`import sim.cli` brings neither the libraries nor typer and rich."""
    assert not imported("import sim.cli") & (HEAVY | {"typer", "rich"})


def test_help_needs_no_library() -> None:
    """`coffee --help` brings typer, and none of the libraries that simulate, read files or draw."""
    found = imported("sys.argv = ['coffee', '--help']; from sim.cli import main; main()")
    assert "typer" in found
    assert not found & (HEAVY | {"rich"})


def took_s(*arguments: str) -> float:
    """Of a processor: what else the machine does at the time makes little difference. Where that isn't told, of the clock."""
    begin = _spent_s()
    subprocess.run([sys.executable, *arguments], capture_output=True, check=True)
    return _spent_s() - begin


def _spent_s() -> float:
    """By the processes that this one has waited for."""
    spent = os.times()
    return spent.children_user + spent.children_system if os.name == "posix" else time.perf_counter()


def test_help_is_quick() -> None:
    """At its best, `coffee --help` takes less than 0.3 s; or, on a slow machine, less than 2.5 times as long as typer alone.

    In the middle between what two dozen commands take, 1.7 times, and what pydantic, yaml, numpy and simpy would, 3.3 times.
    """
    took, typer_alone = [], []
    for _ in range(TRIES):
        took.append(took_s("-m", "sim", "--help"))
        if took[-1] < PATIENCE_S:
            return
        typer_alone.append(took_s("-c", "import typer"))
    assert median(took) < 2.5 * median(typer_alone)


def test_version_and_help() -> None:
    """The version is printed; help names every command and exit code; no command at all is help and a usage error."""
    assert coffee("--version").stdout == f"coffee {VERSION}\n"
    text = coffee("--help").stdout
    for word in (
        "list",
        "show",
        "new",
        "run",
        "compare",
        "check",
        "size",
        "schema",
        "Exit codes",
        "130",
        "coffee compare morning-rush",
    ):
        assert word in text
    assert coffee().exit_code == 2


def test_every_command_has_examples() -> None:
    """Each command's help shows how it is used."""
    for command in ("show", "new", "run", "compare", "check", "size", "schema"):
        assert f"Examples:\n    coffee {command}" in coffee(command, "--help").stdout
