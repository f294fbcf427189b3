"""`sensitivity` ranks inputs, says what is not clear, and writes a chart and the numbers."""

from __future__ import annotations

import csv
import json
import sys
from pathlib import Path

import pytest

from sim.vocabulary import METRICS
from tests.cli.coffee import coffee

MOVED = ("--input", "provider.ambiguous=1%..40%", "--input", "loyalty.award", "--metric", "double_charge_rate")
QUICK = ("--mornings", "3", "--jobs", "1")


EMPTY = {
    "nobody": "{name: nobody, clock: {duration: 1min, drain: 1min}, traffic: {rate: 1/d}}",
    "refused": "{name: refused, clock: {duration: 1min, drain: 1min}, traffic: {rate: 5/min}, provider: {failed: 100%}}",
    "declined": "{name: declined, clock: {duration: 1min, drain: 1min}, traffic: {rate: 5/min}, provider: {declined: 100%}}",
}


def test_a_table_a_metric(tiny: str) -> None:
    """The clear effects with both ends and intervals; of the others, how many are not clear and how many are none at all."""
    done = coffee("sensitivity", tiny, "naive", *MOVED, *QUICK)
    assert done.exit_code == 0, done.stderr
    said = " ".join(done.stdout.split())
    assert "double_charge_rate, now " in said
    assert "provider.ambiguous 10%" in said
    assert "40%: +" in said
    assert "loyalty.award" not in said
    assert "2 inputs, 3 mornings: clear effect: 1; no effect: 1." in said


@pytest.mark.slow
def test_the_folder_and_the_json_say_the_same(tiny: str) -> None:
    """Chart, table and numbers; with the command that makes them again."""
    command = ("sensitivity", tiny, "naive", *MOVED, *QUICK)
    done = coffee(*command, "--json", "--out", "moved")
    document = json.loads(done.stdout)
    assert {path.name for path in Path("moved").iterdir()} == {
        "report.html",
        "sensitivity.json", "sensitivity.csv", "tornado.png", "tornado.svg",
    }  # fmt: skip
    written = json.loads(Path("moved/sensitivity.json").read_text())
    assert written.pop("command").startswith("coffee sensitivity tiny.yaml naive --input provider.ambiguous=1%..")
    assert written == document
    ranked = document["metrics"]["double_charge_rate"]["inputs"]
    assert list(ranked) == ["provider.ambiguous", "loyalty.award"]
    assert ranked["loyalty.award"]["high"] == {
        "value": "{exponential: 20ms}", "difference": 0, "low": 0, "high": 0, "clear": False,
    }  # fmt: skip
    rows = list(csv.DictReader(Path("moved/sensitivity.csv").read_text().splitlines()))
    assert [row["altered"] for row in rows] == ["1%", "40%", "{exponential: 5ms}", "{exponential: 20ms}"]
    assert float(rows[1]["difference"]) == ranked["provider.ambiguous"]["high"]["difference"]
    assert coffee(*command, "--out", "moved").exit_code == 0  # replaces what is its own
    Path("moved/mine.txt").write_text("x")
    assert "holds mine.txt" in coffee(*command, "--out", "moved").stderr


@pytest.mark.slow
def test_all_inputs_by_default(tiny: str) -> None:
    """Of the scenario, of its traffic, and of the design."""
    done = coffee("sensitivity", tiny, "naive", "-m", "cost_per_1000", "-n", "2", "-j", "1", "--json")
    inputs = json.loads(done.stdout)["metrics"]["cost_per_1000"]["inputs"]
    assert {"traffic.rate", "provider.ambiguous", "app.timeout", "checkout.workers"} < set(inputs)
    assert not {"clock.duration", "relay.poll_every"} & set(inputs)


@pytest.mark.slow
@pytest.mark.parametrize(("method", "columns"), [("morris", ("mu*", "sigma")), ("sobol", ("first", "total"))])
def test_all_at_once(tiny: str, method: str, columns: tuple[str, str]) -> None:
    """How many runs it takes is said before; the one that matters comes first, what can't matter has nothing."""
    samples = ("--method", method, "--samples", "4", "-n", "1", "-j", "1")
    done = coffee("sensitivity", tiny, "naive", *MOVED, *samples)
    assert done.exit_code == 0, done.stderr
    assert f"{4 * (3 if method == 'morris' else 4)} points × 1 morning = " in done.stderr
    for column in columns:
        assert column in done.stdout
    found = json.loads(coffee("sensitivity", tiny, "naive", *MOVED, *samples, "--json", "-o", "all").stdout)
    inputs = found["metrics"]["double_charge_rate"]["inputs"]
    assert list(inputs) == ["provider.ambiguous", "loyalty.award"]
    assert set(inputs["loyalty.award"].values()) == {0}
    assert found["ends"]["provider.ambiguous"] == ["1%", "40%"]
    assert {path.name for path in Path("all").iterdir()} == {"report.html", "sensitivity.json", "sensitivity.csv"}


def test_without_the_extra(tiny: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """What to install."""
    monkeypatch.setitem(sys.modules, "SALib.sample", None)
    done = coffee("sensitivity", tiny, "naive", *MOVED, "--method", "morris", "-j", "1")
    assert done.exit_code == 2
    assert "--method: morris needs SALib, which is not installed: `make extras`" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("naive", "-i", "relay.poll_every"), "--input: relay.poll_every: unknown key"),
        (("nave",), 'unknown design "nave"; did you mean "naive"?'),
        (("naive", "--samples", "4"), "--samples: is for --method morris or sobol"),
        (("naive", "-n", "1"), "--mornings: expected a whole number from 2"),
        (("naive", "--out", "tiny.yaml"), "this is a file"),
        (("naive", "--method", "sobol", "--samples", "5000"), "--samples: expected a power of two"),
        (("naive", "--method", "morris", "--samples", "5000"), "runs (at most 20,000); choose a few inputs"),
    ],
)
def test_wrong_usage(tiny: str, arguments: tuple[str, ...], message: str) -> None:
    """Said before anything is simulated, with exit code 2."""
    done = coffee("sensitivity", tiny, *arguments)
    assert done.exit_code == 2
    assert message in " ".join(done.stderr.split())


@pytest.mark.slow
@pytest.mark.parametrize("world", ["nobody", "refused", "declined"])
def test_every_metric_of_a_morning_with_nothing_to_count(world: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody comes, every call is refused, every card is bad: each metric has its table and its chart all the same."""
    monkeypatch.chdir(tmp_path)
    Path("empty.yaml").write_text(EMPTY[world])
    metrics = [part for metric in METRICS for part in ("--metric", metric)]
    done = coffee("sensitivity", "empty.yaml", "outbox", "--input", "provider.latency", *metrics, *QUICK, "--out", "moved")
    assert done.exit_code == 0, done.stderr
    assert "convergence_time, now nothing to count\n1 input, 3 mornings: clear effect: 0; no effect: 1." in done.stdout
    assert "nan" not in done.stdout.split()
    titles = Path("moved/tornado.svg").read_text()
    assert "nan" not in titles.split()
