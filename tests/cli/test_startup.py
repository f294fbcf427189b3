"""`coffee --help` answers at once: nothing heavy is imported before a command needs it."""

from __future__ import annotations

import ast
import inspect
import os
import pkgutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from sim.cli import kata, work
from sim.cli.app import COMMANDS
from sim.version import VERSION
from tests.cli.coffee import coffee

HEAVY = {"numpy", "pandas", "matplotlib", "simpy", "pydantic", "yaml", "jinja2"}
PATIENCE_S = 0.3  # on a quiet machine
TRIES = 8


def imported(code: str, *, exits: bool = False) -> set[str]:
    """Top-level modules that are there after `code`, in a fresh interpreter; it `exits` with whatever code."""
    program = f"import sys\ntry:\n    {code}\nfinally:\n    print('|', *{{name.split('.')[0] for name in sys.modules}})"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=not exits)
    return set(done.stdout.rpartition("|")[2].split())


def test_importing_the_command_line_imports_nothing() -> None:
    """`import sim.cli` brings neither the libraries nor typer and rich."""
    assert not imported("import sim.cli") & (HEAVY | {"typer", "rich"})


def test_help_needs_no_library() -> None:
    """`coffee --help` brings typer, and none of the libraries that simulate, read files or draw."""
    found = imported("sys.argv = ['coffee', '--help']; from sim.cli import main; main()")
    assert "typer" in found
    assert not found & (HEAVY | {"rich"})


@pytest.mark.slow
@pytest.mark.parametrize("command", sorted(COMMANDS))
def test_help_of_a_command_needs_no_library(command: str) -> None:
    """`coffee COMMAND --help` neither: options are declared where no work is imported. (Typer reads values with pydantic.)"""
    found = imported(f"sys.argv = ['coffee', '{command}', '--help']; from sim.cli import main; main()")
    assert "typer" in found
    assert not found & ((HEAVY | {"rich"}) - {"pydantic"})


@pytest.mark.slow
@pytest.mark.parametrize(
    "line",
    ["compare kata naive -n 1 --no-report", "run kata naive", "check kata outbox -n 2", "every naive --mishaps 1"],
)
def test_what_draws_nothing_needs_no_matplotlib(line: str) -> None:
    """Which takes half a second to import. (A comparison with a report imports it while its workers simulate.)"""
    found = imported(f"sys.argv = ['coffee', *{line.split()}]; from sim.cli import main; main()", exits=True)
    assert "numpy" in found
    assert "matplotlib" not in found


def test_work_begins_without_matplotlib() -> None:
    """Whatever a command draws, it does so after its work."""
    modules = [f"sim.cli.work.{found.name}" for found in pkgutil.iter_modules(work.__path__)]
    assert "sim.cli.work.sweep" in modules
    found = imported(f"import {', '.join(modules)}")
    assert "pydantic" in found
    assert "matplotlib" not in found


def imports(tree: ast.AST) -> set[str]:
    """The modules of the package that are imported in a part of a file."""
    found = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    return {str(node.module) for node in found if str(node.module).startswith("sim")}


@pytest.mark.parametrize("command", sorted(COMMANDS))
def test_a_command_declares_and_its_work_is_elsewhere(command: str) -> None:
    """Its file imports what declares options, and within its one function its work, which imports at the top of its file."""
    file = Path(str(inspect.getsourcefile(COMMANDS[command])))
    tree = ast.parse(file.read_text(encoding="utf-8"))
    functions = [node for node in tree.body if isinstance(node, ast.FunctionDef)]
    assert [imports(function) for function in functions] == [{"sim.cli.work"}]
    light = {"sim.cli.options", "sim.cli.sweep", "sim.config.errors", "sim.experiment.effort", "sim.vocabulary"}
    assert imports(tree) <= light | {"sim.cli.work"}
    assert (file.parent / "work" / file.name).is_file()


def test_the_kata_declares_and_its_work_is_elsewhere() -> None:
    """So do the commands of `coffee kata`, which share a file."""
    tree = ast.parse(Path(kata.__file__).read_text(encoding="utf-8"))
    within = [imports(node) for node in tree.body if isinstance(node, ast.FunctionDef)]
    assert len(within) == 1 + len(kata.app.registered_commands)
    assert set().union(*within) == {"sim.cli.work", "sim.cli.work.kata_loop"}
    assert imports(tree) - set().union(*within) == {"sim.cli.options"}


def took_s(compiled: Path, *arguments: str) -> float:
    """Of a processor: what else the machine does at the time makes little difference. Where that isn't told, of the clock.

    Modules are compiled once, into a folder of the test: a machine that keeps no compiled modules would measure the compiler.
    """
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    begin = _spent_s()
    subprocess.run(
        [sys.executable, *arguments],
        capture_output=True,
        check=True,
        env={**environment, "PYTHONPYCACHEPREFIX": str(compiled)},
    )
    return _spent_s() - begin


def _spent_s() -> float:
    """By the processes that this one has waited for."""
    spent = os.times()
    return spent.children_user + spent.children_system if os.name == "posix" else time.perf_counter()


@pytest.mark.slow
@pytest.mark.parametrize(("arguments", "most"), [(("--help",), 3.4), (("compare", "--help"), 9.0)])
def test_help_is_quick(tmp_path: Path, arguments: tuple[str, ...], most: float) -> None:
    """At its best, help takes less than 0.3 s; or, on a slow machine, so many times what typer alone takes at its best.

    Between what two dozen commands take, 1.7 to 2.5 times, and what they would with pydantic, yaml, numpy and simpy, 4.6 to 5.5
    times. A command's help takes 3.8 to 4.8 times as long, as typer reads values with pydantic; with its work, 15 to 20 times.
    """
    programs = (("-m", "sim", *arguments), ("-c", "import typer"))
    for program in programs:
        took_s(tmp_path, *program)  # compiles
    took, typer_alone = [], []
    for _ in range(TRIES):
        took.append(took_s(tmp_path, *programs[0]))
        if took[-1] < PATIENCE_S:
            return
        typer_alone.append(took_s(tmp_path, *programs[1]))
    assert min(took) < most * min(typer_alone)


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
