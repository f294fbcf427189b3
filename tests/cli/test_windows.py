from __future__ import annotations

import json
import os
import re
import signal
import time
from pathlib import Path
from typing import Any

import pytest

from sim.architectures import design_names
from sim.cli import windows as command
from sim.failure_windows.matrix import MORNINGS, bundled_windows
from sim.failure_windows.verdicts import STATES, MorningHarm
from tests.cli.coffee import coffee, start


@pytest.fixture
def harmed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> dict[str, int]:
    """Instead of simulating, so many of 600 purchases are harmed by design: 30 by naive, nobody by the others."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")
    numbers = {"naive": 30}

    def harm_of(world: Any, design: Any, prices: Any, seed: int) -> MorningHarm:
        number = numbers.get(design.name, 0)
        return MorningHarm(600, number, {"double_charge": number}, exposed=True)

    monkeypatch.setattr("sim.failure_windows.matrix.harm_of", harm_of)
    return numbers


def test_json_is_all_there_is_on_stdout(harmed: dict[str, int]) -> None:
    result = coffee("windows", "naive", "outbox", "-w", "w1", "--window", "W08", "--json", "--no-report", "--jobs", "1")
    assert result.exit_code == 0
    document = json.loads(result.stdout)
    assert list(document["windows"]) == ["W1", "W8"]
    cell = document["windows"]["W1"]["cells"]["naive"]
    assert (cell["state"], cell["harmed"], cell["purchases"], cell["rate"]["mean"]) == ("open", 120, 2400, 0.05)
    assert cell["kinds"] == {"double_charge": 120}
    assert (cell["published"], cell["differs"], cell["reason"]) == (["open"], False, None)
    assert document["designs"]["outbox"]["sentence"] == "closes 2 of 2"
    assert set(document["states"]) == set(STATES)
    assert not list(Path().iterdir())


def test_the_table_fits_eighty_columns_with_three_designs(harmed: dict[str, int]) -> None:
    """One table with a row a window, a legend, and a sentence a design."""
    number = len(bundled_windows())
    result = coffee("windows", "naive", "idempotent", "outbox", "--no-report", "--jobs", "1")
    lines = result.stdout.splitlines()
    assert max(map(len, lines)) <= 80
    assert sum("window  " in line and "naive" in line and "outbox" in line for line in lines) == 1
    assert sum(bool(re.match(r"W\d+ +[A-Z]", line)) for line in lines) == number
    assert sum("[4.2, 5.9]" in line for line in lines) == number, "each rate has its interval below it"
    assert any(line.startswith("  closed") for line in lines)
    assert any(line.startswith(f"outbox closes {number} of {number}. Of ") for line in lines)
    assert result.stderr.splitlines()[-1].startswith(f"{number} windows × 3 designs: {12 * number} mornings in ")


def test_where_there_is_room_a_cell_says_all_in_one_line(harmed: dict[str, int], monkeypatch: pytest.MonkeyPatch) -> None:
    """A rate with its interval; nobody, out of how many, and the bound."""
    monkeypatch.setenv("COLUMNS", "130")
    lines = coffee("windows", "naive", "idempotent", "-w", "w1", "--no-report", "--jobs", "1").stdout.splitlines()
    (row,) = (" ".join(line.split()) for line in lines if line.startswith("W1 "))
    assert row == "W1 Double tap open 5.0 % [4.2, 5.9] closed 0 of 2,400 <0.12 %"


@pytest.mark.slow
def test_more_designs_than_have_room_stand_in_several_tables(harmed: dict[str, int]) -> None:
    result = coffee("windows", "--variants", "-w", "w1", "--no-report", "--jobs", "1")
    lines = result.stdout.splitlines()
    assert max(map(len, lines)) <= 80
    assert sum(line.startswith("W1 ") for line in lines) == -(-len(design_names()) // 3), "three beside each other"
    assert any(line.startswith("check-then-insert closes 1 of 1. One mishap breaks it: ") for line in lines)


def test_the_report_is_where_it_is_said_to_be(harmed: dict[str, int]) -> None:
    result = coffee("windows", "outbox", "-w", "w1", "--jobs", "1")
    assert result.stdout.splitlines()[-1] == "report: reports/windows/report.html"
    page = Path("reports/windows/report.html").read_text(encoding="utf-8")
    assert "coffee windows outbox --window w1 --mornings 32 --seed 0" in page


def test_a_design_of_ones_own(harmed: dict[str, int]) -> None:
    """A file is a design beside the others; naming one twice is not an error."""
    Path("mine.yaml").write_text("{name: mine, from: outbox}\n", encoding="utf-8")
    harmed["mine"] = 60
    result = coffee("windows", "naive", "-d", "mine.yaml", "-d", "naive", "-w", "w1", "--no-report", "--json", "--jobs", "1")
    cells = json.loads(result.stdout)["windows"]["W1"]["cells"]
    assert {name: cell["state"] for name, cell in cells.items()} == {"naive": "open", "mine": "worse"}
    assert cells["mine"]["reason"].endswith("The commonest harm, 240 of 240: the customer was charged twice.")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("-w", "w99"), 'unknown window "w99"; there are W1 to W34'),
        (("-w", "double-tip"), 'unknown window "double-tip"; did you mean "w01-double-tap"?'),
        (("outbx",), 'unknown design "outbx"; did you mean "outbox"?'),
        (("naive", "W4"), 'unknown design "W4"; that is a window: --window w4'),
        (("w04-crash-before-commit",), 'unknown design "w04-crash-before-commit"; that is a window: --window w4'),
        (("-n", "1"), "--mornings: expected a whole number from 2 to 1,000,000 (got 1)"),
        (("--seed", "-1"), "--seed: expected a whole number of at least 0 (got -1)"),
        (("--jobs", "0"), "--jobs: expected a whole number of at least 1 (got 0)"),
        (
            ("--no-report", "--out", "here"),
            "--out names the folder of the report, but --no-report writes none; leave out one of them",
        ),
    ],
)
def test_wrong_usage_is_told_in_a_line(harmed: dict[str, int], arguments: tuple[str, ...], message: str) -> None:
    result = coffee("windows", *arguments)
    assert (result.exit_code, result.stdout, result.stderr) == (2, "", f"error: {message}\n")


def test_a_foreign_folder_is_refused_before_any_work(harmed: dict[str, int], monkeypatch: pytest.MonkeyPatch) -> None:
    Path("mine").mkdir()
    Path("mine/notes.txt").write_text("mine")
    monkeypatch.setattr("sim.failure_windows.matrix.harm_of", None)
    result = coffee("windows", "--out", "mine")
    assert result.exit_code == 2
    assert "notes.txt" in result.stderr


def test_ctrl_c_prints_the_finished_windows(harmed: dict[str, int], monkeypatch: pytest.MonkeyPatch) -> None:
    """Exit code 130, no report, and a note that says how far it got."""

    def harm_of(world: Any, design: Any, prices: Any, seed: int) -> MorningHarm:
        if world.name.startswith("w03"):
            raise KeyboardInterrupt
        return MorningHarm(600, 30, {"double_charge": 30}, exposed=True)

    monkeypatch.setattr("sim.failure_windows.matrix.harm_of", harm_of)
    result = coffee("windows", "naive", "--json", "--jobs", "1")
    assert result.exit_code == 130
    document = json.loads(result.stdout)
    assert list(document["windows"]) == ["W1", "W2"]
    assert document["interrupted"] == {"asked": 34}
    said = "interrupted after 2 of 34 windows; the numbers are of these; no report was written"
    assert result.stderr.splitlines()[-1] == said
    assert not list(Path().iterdir())


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix", reason="signals as Unix has them")
def test_a_real_ctrl_c_leaves_nothing_half_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """At whatever moment: exit code 130, valid JSON or none, no traceback and no file."""
    monkeypatch.chdir(tmp_path)
    process = start("windows", "naive", "inquiry", "--jobs", "2", "--json")
    time.sleep(2.0)
    os.killpg(process.pid, signal.SIGINT)
    out, err = process.communicate(timeout=30)
    assert process.returncode == 130
    assert "Traceback" not in err
    assert not out or json.loads(out)["interrupted"] == {"asked": 34}
    assert not list(tmp_path.iterdir())


def test_the_default_limit_is_the_same_as_in_python() -> None:
    """It is written twice, as the help must not import the simulation."""
    assert command.windows.__defaults__ is not None
    assert MORNINGS in command.windows.__defaults__
