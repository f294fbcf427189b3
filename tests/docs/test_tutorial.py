"""The tutorial can be followed: its commands run, in its order, and print the lines that it shows."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from tests.cli.coffee import coffee

ROOT = Path(__file__).parents[2]
BLOCK = re.compile(r"^```(sh|text|yaml)\n(.*?)^```$", flags=re.M | re.S)


def commands_of(block: str) -> list[list[str]]:
    """`make demo` stands for what the Makefile does for it; without the report, which takes longer than the mornings."""
    demo = re.search(r"^demo:.*\n\t\$\(BIN\)/(.*)$", (ROOT / "Makefile").read_text(encoding="utf-8"), flags=re.M)
    assert demo is not None
    return [shlex.split(f"{demo[1]} --no-report" if line == "make demo" else line) for line in block.splitlines()]


@pytest.mark.slow
def test_the_tutorial_prints_what_it_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every line shown after a command is in what that command printed."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")
    printed, runs = "", 0
    for kind, block in BLOCK.findall((ROOT / "docs/tutorial.md").read_text(encoding="utf-8")):
        match kind:
            case "yaml":
                Path("mine.yaml").write_text(block, encoding="utf-8")
            case "sh":
                printed = ""
                for program, *arguments in commands_of(block):
                    assert program == "coffee"
                    result = coffee(*arguments)
                    assert result.exit_code in (0, 1, 3), result.output
                    printed, runs = printed + result.output, runs + 1
            case "text":
                assert [line for line in block.splitlines() if " ".join(line.split()) not in " ".join(printed.split())] == []
    assert runs == 6
