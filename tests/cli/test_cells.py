"""Mornings in cells on the command line: the option, what it says of itself, and `cells`, which measures what it changes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.coffee import coffee


def test_the_number_of_cells_identifies_a_result(tiny: str) -> None:
    """It stands in the JSON and above the table; on stderr is how to see what it changes."""
    options = (tiny, "naive", "--mornings", "2", "--jobs", "1")
    dealt = coffee("run", *options, "--cells", "4")
    assert "mean of 2 mornings in 4 cells (seeds 0 to 1)" in dealt.stdout
    assert "coffee cells tiny.yaml naive --cells 4\n" in dealt.stderr
    documents = [json.loads(coffee("run", *options, "--json", *more).stdout) for more in ((), ("--cells", "4"))]
    assert [document["cells"] for document in documents] == [1, 4]
    values = [document["designs"]["naive"]["metrics"]["ack_latency_p50"]["mean"] for document in documents]
    assert values[0] != values[1]


def test_a_report_of_cells(tiny: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The report says how many cells there were, how to get the same again, and tells no story of a morning that wasn't one."""
    monkeypatch.setattr("sim.report.page.CHARTS", {})
    done = coffee("compare", tiny, "naive", "--mornings", "1", "--jobs", "1", "--cells", "2", "--out", "report")
    assert done.exit_code == 0
    page = Path("report/report.html").read_text(encoding="utf-8")
    assert "coffee compare tiny.yaml naive --mornings 1 --cells 2 --seed 0" in page
    assert "Each morning was dealt to 2 cells" in page
    assert 'id="anatomy"' not in page
    assert json.loads(Path("report/summary.json").read_text(encoding="utf-8"))["cells"] == 2


@pytest.mark.parametrize(
    ("command", "cells", "said"),
    [
        ("run", "0", "error: --cells: expected a whole number from 1 to 10,000 (got 0)"),
        ("run", "9", "error: --cells: naive can be dealt to at most 8 (got 9): it has 16 checkout.workers, and a cell needs 2"),
        ("run", "1e9", 'expected a whole number (got "1e9")'),
        ("cells", "2,17", "error: --cells: naive can be dealt to at most 8 (got 17)"),
        ("cells", "1", "error: --cells: expected different whole numbers of at least 2, like 2,4,8"),
        ("cells", "2;4", 'expected a whole number (got "2;4")'),
    ],
)
def test_bad_numbers_of_cells(tiny: str, command: str, cells: str, said: str) -> None:
    """Refused before any work, with what would do."""
    done = coffee(command, tiny, "naive", "--cells", cells)
    assert (done.exit_code, done.stdout) == (2, "")
    assert said in done.stderr


def test_cells_tells_differences(tiny: str) -> None:
    """The whole's metrics beside what each number of cells adds or takes away; as JSON the same."""
    options = (tiny, "naive", "--cells", "2,4", "--mornings", "2", "--jobs", "1")
    told = coffee("cells", *options).stdout
    for part in ("naive as a whole", "differences are paired by morning", "2 cells", "4 cells", "points"):
        assert part in told
    document = json.loads(coffee("cells", *options, "--json").stdout)
    assert list(document["cells"]) == ["2", "4"]
    whole, dealt = document["whole"], document["cells"]["4"]
    p50 = "ack_latency_p50"
    assert dealt["differences"][p50]["difference"] == pytest.approx(dealt["metrics"][p50]["mean"] - whole[p50]["mean"])
