"""`coffee sweep` and `coffee results`: what they print and keep, and that interruptions leave no trace."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.cli.coffee import coffee, start

MINI = """name: mini
clock: {start: "07:00", duration: 1min, drain: 1min}
traffic: {rate: 10/min}
provider: {latency: {exponential: 1s}, ambiguous: 10%}
"""
FEW = ("naive", "--vary", "checkout.workers=2,4", "-n", "2", "-j", "1")


@pytest.fixture
def mini(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.chdir(tmp_path)
    Path("mini.yaml").write_text(MINI, encoding="utf-8")
    return "mini.yaml"


def listed(file: str) -> dict[str, Any]:
    done = coffee("results", file, "--json")
    assert done.exit_code == 0, done.stderr
    return json.loads(done.stdout)


def test_a_sweep_is_printed_drawn_and_kept(mini: str) -> None:
    """The table, a folder with charts and numbers, and a file from which the same command takes every morning."""
    done = coffee("sweep", mini, *FEW, "--metric", "cost_per_1000")
    assert done.exit_code == 0, done.stderr
    assert "checkout.workers  design  cost_per_1000" in done.stdout
    assert done.stdout.endswith("report: reports/sweep-mini/report.html\n")
    names = {"report.html", "sweep.csv", "sweep.json", "cost_per_1000.png", "cost_per_1000.svg"}
    assert {path.name for path in Path("reports/sweep-mini").iterdir()} == names
    again = coffee("sweep", mini, *FEW, "--json")
    document = json.loads(again.stdout)
    assert [cell["values"] for cell in document["cells"]] == [{"checkout.workers": 2}, {"checkout.workers": 4}]
    assert "4 of them taken from reports/results.sqlite" in again.stderr
    written = json.loads(Path("reports/sweep-mini/sweep.json").read_text(encoding="utf-8"))
    assert written == {key: value for key, value in document.items() if key not in ("report", "results")}


@pytest.mark.slow
def test_two_sweeps_at_once_into_one_file(mini: str) -> None:
    """Neither loses nor spoils anything of the other's, also where both make the same mornings."""
    ranges = ("checkout.workers=2..9:8", "checkout.workers=5..12:8")
    both = [start("sweep", mini, "naive", "--vary", vary, "-n", "4", "-j", "1", "--no-report", "--results", "both.sqlite")
            for vary in ranges]  # fmt: skip
    for process in both:
        _, err = process.communicate(timeout=240)
        assert process.returncode == 0, err
    alone = ("naive", "--vary", "checkout.workers=2..12:11", "-n", "4", "-j", "1", "--no-report", "--results", "alone.sqlite")
    assert coffee("sweep", mini, *alone).exit_code == 0
    assert listed("both.sqlite") == listed("alone.sqlite")


@pytest.mark.slow
def test_a_full_disk_loses_nothing_finished(mini: str) -> None:
    """A file that can't grow is named, and holds what was finished before."""
    limited = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (60 * 4096, 60 * 4096)); "
    program = f"{limited}from sim.cli import main; main()"
    sweep = ("sweep", mini, "naive", "--vary", "checkout.workers=2..101:100", "-n", "4", "-j", "1", "--no-report")
    done = subprocess.run(
        [sys.executable, "-c", program, *sweep, "--results", "full.sqlite"], capture_output=True, text=True, timeout=240
    )
    assert done.returncode == 2
    assert "full.sqlite: cannot be written or read (the disk may be full)" in done.stderr
    assert 0 < sum(row["mornings"] for row in listed("full.sqlite")["results"]) < 400


def test_what_is_kept_is_told_exported_and_removed(mini: str) -> None:
    """`coffee results` lists mornings by what was varied, writes CSV, and says what it removed."""
    coffee("sweep", mini, *FEW, "--no-report", "--results", "r.sqlite")
    found = [(row["design"], row["varied"], row["mornings"]) for row in listed("r.sqlite")["results"]]
    assert found == [("naive", {"checkout.workers": 2}, 2), ("naive", {"checkout.workers": 4}, 2)]
    assert "r.csv: 4 rows" in coffee("results", "r.sqlite", "--csv", "r.csv").stderr
    assert len(Path("r.csv").read_text(encoding="utf-8").splitlines()) == 5
    assert coffee("results", "r.sqlite", "--csv", "-").stdout == Path("r.csv").read_text(encoding="utf-8")
    assert "only one can be on stdout" in coffee("results", "r.sqlite", "--csv", "-", "--json").stderr
    done = coffee("results", "r.sqlite", "--prune", "design=naive")
    assert "removed design=naive: 4 mornings" in done.stderr
    assert "r.sqlite holds no results" in done.stdout


def test_designs_without_the_key_are_named(mini: str) -> None:
    """A note says which design stands level, and why."""
    done = coffee("sweep", mini, "naive", "outbox", "--vary", "relay.poll_every=1s,2s", "-n", "1", "-j", "1", "--no-report")
    assert "naive has no relay.poll_every: run once, and drawn as a level line" in done.stderr


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--vary", "checkout.wokers=1"), 'checkout.wokers: unknown key; did you mean "checkout.workers"?'),
        (("--vary", "checkout.workers=2", "--metric", "cost"), '--metric: unknown metric "cost"'),
        (("--vary", "checkout.workers=2", "--results", "mini.yaml"), "mini.yaml: not a file of results"),
        ((), "--vary: expected at least one KEY=VALUES"),
    ],
)
def test_errors_are_sentences(mini: str, options: tuple[str, ...], message: str) -> None:
    """Exit code 2 and one line on stderr."""
    done = coffee("sweep", mini, *options)
    assert done.exit_code == 2
    assert done.stderr.startswith(f"error: {message}")


@pytest.mark.deep
@pytest.mark.skipif(os.name != "posix", reason="signals as Unix has them")
def test_interruptions_leave_no_trace(mini: str) -> None:
    """A sweep stopped by Ctrl-C and by SIGKILL in turn, and started anew, gives the content of one left alone."""
    command = ("sweep", mini, "naive", "--vary", "checkout.workers=2..40:20", "--vary", "app.timeout=1s..10s:10",
               "-n", "5", "-j", "2", "--no-report", "--results")  # fmt: skip
    alone = start(*command, "alone.sqlite")
    alone.communicate(timeout=300)
    assert alone.returncode == 0
    cut_short = []
    for attempt in range(30):
        process = start(*command, "broken.sqlite")
        try:
            process.communicate(timeout=2.5 + 0.4 * attempt)
        except subprocess.TimeoutExpired:
            if attempt % 2:
                process.kill()
            else:
                os.killpg(process.pid, signal.SIGINT)
            process.communicate(timeout=240)
        cut_short.append(process.returncode)
        if process.returncode == 0:
            break
    assert {130, 0} <= set(cut_short) <= {130, 0, -signal.SIGKILL}
    assert listed("broken.sqlite") == listed("alone.sqlite")
    for name in ("alone", "broken"):
        coffee("results", f"{name}.sqlite", "--csv", f"{name}.csv")
    assert Path("alone.csv").read_bytes() == Path("broken.csv").read_bytes()
