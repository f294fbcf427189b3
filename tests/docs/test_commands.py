"""Commands in the documentation and in `--help` are commands that there are."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.main import get_command

from sim.cli.app import app

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
BLOCK = re.compile(r"^```(?:sh|console|yaml)\n(.*?)^```", re.MULTILINE | re.DOTALL)
UsageError: Any = typer.BadParameter.__base__
ENDS = {"|", "||", "&&", ";", ">", ">>", "2>", "&"}


def commands(lines: str) -> Iterator[str]:
    """What follows `coffee` in lines of a shell, up to a column of explanations."""
    for line in lines.replace("\\\n", " ").splitlines():
        found = re.match(r"\s*(?:\$ |run: |- run: |! )?coffee (.*)", line)
        if found:
            yield found[1].partition("   ")[0]


@cache
def coffee() -> Any:
    """The whole command line."""
    return get_command(app)


def refused(line: str) -> str:
    """Why `coffee` would not take a line: no such command, option or argument; "" if it would."""
    words = shlex.split(line, comments=True)
    words = words[: next((place for place, word in enumerate(words) if word in ENDS), len(words))]
    command = coffee()
    while words and words[0] in getattr(command, "commands", {}):
        command, words = command.commands[words[0]], words[1:]
    if hasattr(command, "commands") and words and not words[0].startswith("-"):
        return f"coffee {line}: no such command: {words[0]}"
    if words == ["--help"]:
        return ""
    try:
        command.make_context(command.name, words)
    except UsageError as error:
        return f"coffee {line}: {error.format_message()}"
    return ""


def in_help() -> Iterator[tuple[str, str]]:
    """(command, example) of every help text."""
    waiting = [coffee()]
    while waiting:
        command = waiting.pop()
        waiting.extend(getattr(command, "commands", {}).values())
        for line in commands(command.help or ""):
            yield command.name, line


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_command_of_a_page_is_one(page: Path) -> None:
    """Its name, its options, and as many arguments as it takes; whether files are there is not looked at."""
    blocks = BLOCK.findall(page.read_text(encoding="utf-8"))
    assert [said for block in blocks for line in commands(block) if (said := refused(line))] == []


def test_every_example_of_help_is_one() -> None:
    """Likewise; and all that has examples was seen."""
    examples = list(in_help())
    assert len({name for name, _ in examples}) > 15
    assert [(name, said) for name, line in examples if (said := refused(line))] == []


@pytest.mark.parametrize("line", ["runs morning-rush", "run morning-rush --designs naive", "kata begin", "explain w1 w2 w3"])
def test_what_is_no_command_is_noticed(line: str) -> None:
    assert refused(line)
