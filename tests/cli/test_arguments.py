"""Designs are arguments of every command; `--design` still works, with a note; and errors say what the user typed."""

from __future__ import annotations

import ast
import json
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.main import get_command

import sim
from sim.cli.app import COMMANDS, HEADINGS, app
from sim.config.errors import ConfigError
from tests.cli.coffee import coffee

SIM = Path(sim.__file__).parent
NOTE = "--design will be removed in a later version; give designs as arguments: coffee"
ONE = {
    "run": "run tiny.yaml -n 1 -j 1 --json",
    "cells": "cells tiny.yaml --cells 2 -n 1 -j 1 --json",
    "sensitivity": "sensitivity tiny.yaml -i app.timeout -n 2 -j 1 --json",
    "explain": "explain tiny.yaml --json",
}
SEVERAL = {
    "compare": "compare tiny.yaml -n 1 -j 1 --no-report --json",
    "size": "size tiny.yaml -n 2 --fresh 2 -j 1 --json",
    "sweep": "sweep tiny.yaml --vary app.timeout=2s,4s -n 1 -j 1 --no-report --json --results r.sqlite",
    "windows": "windows -w w1 -n 2 -j 1 --no-report --json",
}


def numbers(text: str) -> dict[str, object]:
    """A JSON document without what differs between two runs."""
    document = json.loads(text)
    return {key: value for key, value in document.items() if key != "stored"}


@pytest.mark.parametrize("command", ONE)
def test_a_design_as_argument_or_option(tiny: str, command: str) -> None:
    """Both give the same on stdout; only the option is noted on stderr, once."""
    words = shlex.split(ONE[command])
    argument = coffee(*words[:2], "naive", *words[2:])
    option = coffee(*words, "--design", "naive")
    assert argument.exit_code == option.exit_code == 0
    assert numbers(argument.stdout) == numbers(option.stdout)
    assert option.stderr.count(f"{NOTE} {command} SCENARIO DESIGN\n") == 1
    assert NOTE not in argument.stderr


@pytest.mark.slow
@pytest.mark.parametrize("command", SEVERAL)
def test_designs_as_arguments_and_options(tiny: str, command: str) -> None:
    """With a design as argument, those of the option come on top, as they always did; the note says how to do without."""
    words = shlex.split(SEVERAL[command])
    argument = coffee(*words, "naive", "outbox")
    option = coffee(*words, "naive", "-d", "outbox")
    assert argument.exit_code == option.exit_code
    assert numbers(argument.stdout) == numbers(option.stdout)
    usage = "DESIGNS" if command == "windows" else "SCENARIO DESIGNS"
    assert option.stderr.count(f"{NOTE} {command} {usage}\n") == 1
    assert NOTE not in argument.stderr


def test_options_alone_mean_what_they_meant(tiny: str) -> None:
    """`compare --design` adds to the usual three, `size --design` is instead of them."""
    compared = json.loads(coffee(*shlex.split(SEVERAL["compare"]), "-d", "no-inbox").stdout)
    assert list(compared["designs"]) == ["naive", "idempotent", "outbox", "no-inbox"]
    assert list(json.loads(coffee(*shlex.split(SEVERAL["size"]), "-d", "naive").stdout)["designs"]) == ["naive"]


@pytest.mark.parametrize("command", [*(name for name in ONE if name != "explain"), "check", "hunt", "lint"])
def test_a_missing_design_is_asked_for(tiny: str, command: str) -> None:
    """The error says which argument it is, and where the names are."""
    done = coffee(command, *([tiny] if command not in ("hunt", "lint") else []))
    assert (done.exit_code, done.stdout) == (2, "")
    assert "Missing argument 'DESIGN'. Give a name that `coffee list` shows, such as outbox" in done.stderr


@pytest.mark.parametrize("command", ONE)
def test_a_design_given_twice_is_refused(tiny: str, command: str) -> None:
    """Where there can be one, the error names both, and what to leave out."""
    words = shlex.split(ONE[command])
    done = coffee(*words[:2], "naive", *words[2:], "-d", "outbox")
    assert (done.exit_code, done.stdout) == (2, "")
    assert "two designs, naive and --design outbox, where there can be one; leave out --design" in done.stderr


def test_lint_takes_either_order(tiny: str) -> None:
    """Scenario and design as everywhere, or the design first since the scenario may be left out."""
    usual, other = coffee("lint", tiny, "naive"), coffee("lint", "naive", tiny)
    assert usual.exit_code == other.exit_code == 1
    assert usual.stdout == other.stdout
    assert usual.stdout.startswith("naive in tiny: ")


def test_the_old_option_is_in_no_help() -> None:
    """Neither in the help of commands nor in their examples."""
    for command in COMMANDS:
        assert not re.search(r"--design(?!-space)|-d,|\s-d\s", coffee(command, "--help").stdout), command


def test_scenario_and_design_stand_first_and_in_this_order() -> None:
    """In every command that takes both as arguments; lint's scenario may be left out, so it is last there."""
    for name, command in get_command(app).commands.items():  # type: ignore[attr-defined]
        taken = [
            p.name for p in command.params if p.param_type_name == "argument" and p.name in ("scenario", "design", "designs")
        ]
        assert taken in ([], ["design"], ["designs"], ["scenario"], ["scenario", "design"], ["scenario", "designs"]) or (
            name == "lint"
        )


def test_every_command_stands_under_one_heading() -> None:
    """Once, with its whole first sentence on the line."""
    text = coffee("--help").stdout
    names = [name for commands in HEADINGS.values() for name in commands]
    assert sorted(names) == sorted(get_command(app).commands)  # type: ignore[attr-defined]
    for heading, commands in HEADINGS.items():
        section = text.partition(f"\n{heading}:\n")[2].partition("\n\n")[0]
        assert [line.split()[0] for line in section.splitlines()] == list(commands)
        assert all(line.endswith((".", "?")) and not line.endswith("...") for line in section.splitlines())


def option_strings(path: Path) -> Iterator[str]:
    """Strings of a file that begin like an option."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and re.match(r"--[a-z]", node.value):
            yield f"{path.relative_to(SIM)}:{node.lineno}: {node.value}"


def test_only_the_command_line_knows_options() -> None:
    """No other file of the package holds the name of an option."""
    others = (SIM / "kata" / "box.py", SIM / "page" / "scene.py")  # options of another program; a command that does the same
    below = [path for path in SIM.rglob("*.py") if SIM / "cli" not in path.parents and path not in others]
    assert [found for path in below for found in option_strings(path)] == []
    assert list(option_strings(SIM / "cli" / "options.py"))


@pytest.mark.parametrize(
    ("argument", "value", "option", "message"),
    [
        ("mornings", 0, "--mornings", "expected a whole number from 1 to 1,000,000 (got 0)"),
        ("seed", -1, "--seed", "expected a whole number of at least 0 (got -1)"),
        ("jobs", 0, "--jobs", "expected a whole number of at least 1 (got 0)"),
        ("engine", "lokal", "--engine", 'expected local, serial or dask:tcp://HOST:PORT (got "lokal"); did you mean "local"?'),
        ("cells", 9, "--cells", "naive can be dealt to at most 8 (got 9)"),
    ],
)
def test_an_error_names_what_the_user_gave(tiny: str, argument: str, value: object, option: str, message: str) -> None:
    """In Python the argument, on the command line the option."""
    with pytest.raises(ConfigError) as error:
        sim.compare(tiny, ["naive"], **{argument: value})  # type: ignore[arg-type]
    assert str(error.value).startswith(f"{argument}: {message}")
    done = coffee("compare", tiny, "naive", "--no-report", option, str(value))
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr.startswith(f"error: {option}: {message}")


@pytest.mark.parametrize(
    ("command", "message"),
    [
        (
            "sweep tiny.yaml naive --vary app.timeout=2s,4s --vary checkout.workers=8,9,10 --zip",
            "--zip: takes keys with equally",
        ),
        ("sweep tiny.yaml naive --vary app.timeout", "--vary: expected KEY=VALUES"),
        ("sensitivity tiny.yaml naive --metric speed", '--metric: unknown metric "speed"'),
        ("sensitivity tiny.yaml naive --input app.tmeout", "--input: app.tmeout: unknown key"),
        ("explain tiny.yaml naive --purchase 100000", "--purchase: expected a number from 0 to"),
        ("hunt naive --worlds 0", "--worlds: expected a whole number of at least 1 (got 0)"),
        ("size tiny.yaml naive --objective fast", "--objective: expected METRIC=LIMIT"),
        ("kata check . --seed -1", "--seed: expected a whole number of at least 0 (got -1)"),
    ],
)
def test_an_option_with_another_name_than_its_argument(tiny: str, command: str, message: str) -> None:
    """`zipped` is --zip, `metrics` is --metric, and so on: the option is what the running command calls the argument."""
    done = coffee(*shlex.split(command))
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr.startswith(f"error: {message}")
