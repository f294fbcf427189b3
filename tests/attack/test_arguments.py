"""Command lines that nobody can mean."""

from __future__ import annotations

from pathlib import Path

import pytest
import typer

from sim.cli.app import app
from sim.cli.messages import UNWRITTEN, USAGE
from tests.attack.arguments import COMMANDS, OPTIONS, command_lines
from tests.attack.harness import attempt, chosen, fault_of, faults, some_and_all, told
from tests.cli.coffee import SCENARIO, coffee

WRITE = ("-o", "--out")  # of reports, for which there may be no room


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("tiny.yaml").write_text(SCENARIO)
    Path("shop.yaml").write_text("service: {url: 'http://127.0.0.1:9'}\norder: {request: POST /orders}\n")
    Path("space.yaml").write_text("from: naive\nvary: {checkout.workers: [8, 16]}\n")
    Path("calls.csv").write_text("kind,start,duration,outcome\ncall,25200,1,ok\n")
    Path("class").mkdir()
    Path("class", "ada.yaml").write_text("from: outbox\n")


@some_and_all(8)
def test_command_lines(most: int | None) -> None:
    """Every option of every command, with values that can't be meant, is refused, and no file is written."""
    assert coffee("kata", "start", "mine").exit_code == 0
    assert coffee("sweep", "tiny.yaml", "naive", "-v", "app.timeout=1s", "-n", "1", "-j", "1", "--results", "kept.sqlite",
                  "--no-report").exit_code == 0  # fmt: skip
    before = listing()

    def refused(line: tuple[tuple[str, ...], str]) -> str:
        arguments, option = line
        return fault_of(attempt(*arguments, codes=(USAGE, UNWRITTEN) if option in WRITE else (USAGE,)))

    inputs = command_lines()
    assert len(inputs) >= 178
    assert not (found := faults(chosen(inputs, most), refused)), told(found)
    assert listing() == before


def listing() -> list[str]:
    return sorted(str(path) for path in Path().rglob("*"))


def test_no_option_is_forgotten() -> None:
    """Each option that takes a value has values that can't be meant, but for those that are hidden or take any text."""
    commands = typer.main.get_command(app).commands  # type: ignore[attr-defined]
    every = {**commands, **{f"kata {name}": command for name, command in commands["kata"].commands.items()}}
    missing = [
        f"{name} {option.opts}"
        for name, command in every.items()
        for option in command.params
        if option.param_type_name == "option" and not option.is_flag and not option.hidden
        if not set(option.opts) & set(OPTIONS.get(name, ()))
    ]
    assert missing == []
    assert set(OPTIONS) <= set(COMMANDS)
