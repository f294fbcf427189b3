"""`coffee --help` answers at once: nothing heavy is imported before a command needs it."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
import time
from pathlib import Path
from statistics import median

import pytest

import sim
from sim.version import VERSION
from tests.cli.coffee import coffee

DECLARING = sorted((Path(sim.__file__).parent / "cli").glob("*.py"))
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


def test_help_of_a_command_needs_no_library() -> None:
    """Nor does the help of any command, but for pydantic, with which typer reads options: they are declared in light files."""
    show = "from typer.main import get_command; from sim.cli.app import app; group = get_command(app)"
    each = "[one.make_context(one.name, [], resilient_parsing=True).get_help() for one in (*group.commands.values(), *kata)]"
    found = imported(f"{show}; kata = group.commands['kata'].commands.values(); print(len({each}))")
    assert not found & (HEAVY - {"pydantic"} | {"rich"})


@pytest.mark.parametrize("path", DECLARING, ids=lambda path: path.name)
def test_a_file_that_declares_leaves_the_work_to_another(path: Path) -> None:
    """Inside its functions it imports only what works for it, and the work imports at its top."""
    functions = [node for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(node, ast.FunctionDef)]
    found = {node.module for one in functions for node in ast.walk(one) if isinstance(node, ast.ImportFrom)}
    allowed = {"options.py": {"sim.config.units"}, "__init__.py": {"sim.cli.app"}}.get(path.name, set())
    assert {module for module in found if module and not module.startswith("sim.cli.work")} == allowed


def took_s(*arguments: str) -> float:
    """Of a processor: what else the machine does at the time makes little difference. Where that isn't told, of the clock."""
    begin = _spent_s()
    subprocess.run([sys.executable, *arguments], capture_output=True, check=True)
    return _spent_s() - begin


def _spent_s() -> float:
    """By the processes that this one has waited for."""
    spent = os.times()
    return spent.children_user + spent.children_system if os.name == "posix" else time.perf_counter()


@pytest.mark.parametrize("command", [(), ("compare",), ("sensitivity",), ("kata", "run")], ids=" ".join)
def test_help_is_quick(command: tuple[str, ...]) -> None:
    """At its best, `coffee --help` or that of a command takes less than 0.3 s; or, on a slow machine, 2.5 times as long as typer.

    In the middle between what two dozen commands take, 1.7 times, and what pydantic, yaml, numpy and simpy would, 3.3 times.
    """
    took, typer_alone = [], []
    for _ in range(TRIES):
        took.append(took_s("-m", "sim", *command, "--help"))
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
