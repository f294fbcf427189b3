"""`run`, `compare` and `check`: the same numbers as text, as JSON and as an exit code."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from sim.architectures import COMPARED
from sim.experiment.batches import Lost
from sim.ledger.laws import BrokenLaw
from sim.vocabulary import METRICS
from tests.cli.coffee import coffee, ran, start


def replace_report(monkeypatch: pytest.MonkeyPatch, write_report: Callable[..., Any]) -> None:
    """Another `write_report`, in a module of its own, so that nothing is drawn or even imported for it."""
    monkeypatch.setitem(sys.modules, "sim.report.page", SimpleNamespace(write_report=write_report))


def test_compare(tiny: str) -> None:
    """Designs stand side by side with values and intervals, objectives and verdicts, and a sentence each."""
    done = coffee("compare", tiny, "--mornings", "3", "--jobs", "1", "--no-report")
    assert done.exit_code == 0
    for part in (
        "tiny  five minutes",
        "naive",
        "idempotent",
        "outbox",
        "mean of 3 mornings (seeds 0 to 2)",
        "ack_latency_p95",
        "verdict",
    ):
        assert part in done.stdout
    assert "naive charged " in done.stdout
    assert "outbox charged nobody twice in " in done.stdout
    assert re.search(r"0 \(< [0-9.]+.%\)", done.stdout)
    assert "3 designs × 3 mornings in " in done.stderr
    assert "purchases per second and core" in done.stderr
    assert not Path("reports").exists()


def test_compare_writes_the_report(tiny: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The report goes to a folder called as the scenario, or as one says, with the command that makes the same again."""
    calls = []

    def write_report(comparison: Any, folder: Path, *, command: str, **_: Any) -> Path:
        calls.append((comparison.scenario.name, folder, command))
        return folder / "report.html"

    replace_report(monkeypatch, write_report)
    options = ("--mornings", "1", "--jobs", "1")
    assert "report: reports/tiny/report.html" in coffee("compare", tiny, *options).stdout
    document = json.loads(coffee("compare", tiny, "naive", "--out", "here/it is", "--seed", "7", "--json", *options).stdout)
    assert document["report"] == "here/it is/report.html"
    assert calls == [
        ("tiny", Path("reports/tiny"), "coffee compare tiny.yaml naive idempotent outbox --mornings 1 --seed 0"),
        ("tiny", Path("here/it is"), "coffee compare tiny.yaml naive --mornings 1 --seed 7"),
    ]


def test_a_scenario_cannot_write_elsewhere(tiny: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A scenario's name becomes one folder's name, whatever is in it."""
    folders = []
    replace_report(monkeypatch, lambda comparison, folder, **_: folders.append(folder) or folder)
    for name in ("../../etc", "a/b", "/", "..", "a b"):
        Path("x.yaml").write_text(f"name: '{name}'\nclock: {{duration: 1min}}\ntraffic: {{rate: 1/s}}\n", encoding="utf-8")
        assert coffee("compare", "x.yaml", "naive", "-n", "1", "-j", "1").exit_code == 0
    assert [str(folder) for folder in folders] == [f"reports/{name}" for name in ("etc", "a-b", "scenario", "scenario", "a-b")]


def test_designs_of_ones_own(tiny: str) -> None:
    """--design adds to the three; designs given without it are instead of them."""
    Path("mine.yaml").write_text("from: outbox\nname: mine\nrelay: {batch: 1}\n", encoding="utf-8")
    options = ("-n", "1", "-j", "1", "--no-report", "--json")
    assert list(json.loads(coffee("compare", tiny, "-d", "mine.yaml", *options).stdout)["designs"]) == [*COMPARED, "mine"]
    assert list(json.loads(coffee("compare", tiny, "outbox", "mine.yaml", *options).stdout)["designs"]) == ["outbox", "mine"]


def test_all_metrics(tiny: str) -> None:
    """--all shows every metric."""
    for command in (("compare", tiny, "naive", "--no-report"), ("run", tiny, "naive")):
        text = coffee(*command, "-n", "1", "-j", "1", "--all").stdout
        assert all(f"\n{metric} " in text for metric in METRICS)


def test_never_is_said(tiny: str) -> None:
    """A value that is infinite in some mornings is shown as never, with the share of the mornings."""
    Path("x.yaml").write_text(
        f"{Path(tiny).read_text()}faults: [{{outage: provider, at: '07:00', for: 1h}}]\n", encoding="utf-8"
    )
    text = coffee("run", "x.yaml", "naive", "-n", "2", "-j", "1").stdout
    assert "never (100 % of mornings)" in text.replace("\u00a0", " ")
    assert "left more than one in twenty without an answer and 100 % of those with a good card without an order" in " ".join(
        text.replace("\u00a0", " ").split()
    )


def test_run(tiny: str) -> None:
    """One design's metrics, stations and the fullest of them, what to change first, objectives, and a sentence."""
    done = coffee("run", tiny, "outbox", "-n", "2", "-j", "1")
    assert done.exit_code == 0
    for part in (
        "confirmation_lag_p99",
        "servers",
        "checkout",
        "longest queue",
        "objective",
        "at most 1",
        "outbox charged nobody",
    ):
        assert part in done.stdout
    assert "Fullest in its busiest" in done.stdout or "No station had a queue worth naming" in done.stdout
    assert "What to change first: coffee run " in done.stdout


def test_json_of_run_is_that_of_compare(tiny: str) -> None:
    """The JSON of one design is the same alone as in company, but for what compares it."""
    options = ("-n", "2", "-j", "1", "--json")
    alone = json.loads(coffee("run", tiny, "naive", *options).stdout)
    both = json.loads(coffee("compare", tiny, "naive", "outbox", "--no-report", *options).stdout)
    company = both["designs"]["naive"]
    assert list(company) == ["metrics", "objectives", "verdict", "causes", "right", "paired", "variance_shares"]
    del company["paired"], company["variance_shares"]
    assert alone["designs"] == {"naive": company}
    assert list(alone) == ["scenario", "seed", "mornings", "cells", "version", "digest", "designs"]
    assert set(company["metrics"]) == set(METRICS)


@pytest.mark.parametrize(
    ("objectives", "code", "verdict"),
    [
        ("{ack_latency_p95: 1s}", 0, "met"),
        ("{double_charge_rate: 0, ack_latency_p95: 1s}", 3, "so far"),
        ("{double_charge_rate: 0, ack_latency_p95: 1ms}", 1, "violated"),
        ("{purchases: 100}", 3, "undecided"),
    ],
)
def test_check(tiny: str, objectives: str, code: int, verdict: str) -> None:
    """The verdict is the exit code: 0 met, 1 violated, 3 undecided; as text and as JSON."""
    text = Path(tiny).read_text(encoding="utf-8")
    Path(tiny).write_text(text.partition("objectives")[0] + f"objectives: {objectives}\n", encoding="utf-8")
    done = coffee("check", tiny, "outbox", "-n", "5", "-j", "1")
    assert done.exit_code == code
    assert done.stdout.splitlines()[-1].endswith(f": {verdict}")
    again = coffee("check", tiny, "outbox", "-n", "5", "-j", "1", "--json")
    assert again.exit_code == code
    assert json.loads(again.stdout)["designs"]["outbox"]["verdict"] == verdict


def test_check_wants_objectives(tiny: str) -> None:
    """A scenario without objectives can't be checked, which is said before any work."""
    Path("x.yaml").write_text("name: x\n", encoding="utf-8")
    done = coffee("check", "x.yaml", "outbox")
    assert done.exit_code == 2
    assert done.stderr.startswith("error: x.yaml: no objectives, so there is nothing to check")


@pytest.mark.slow
def test_the_same_json_whatever_runs_it(tiny: str) -> None:
    """Fresh processes, other hash seeds and other numbers of workers print the same bytes."""
    documents = []
    for jobs, hashing in (("1", "0"), ("2", "4242")):
        code, out, err = ran(
            "compare", tiny, "-n", "3", "--no-report", "--json", "--jobs", jobs, environment={"PYTHONHASHSEED": hashing}
        )
        assert (code, err.count("\n")) == (0, 1)
        documents.append(out)
    assert documents[0] == documents[1]


def test_another_seed_is_another_morning(tiny: str) -> None:
    """Seeds begin where one says: morning 1 of seed 0 is morning 0 of seed 1."""
    options = ("naive", "-n", "1", "-j", "1", "--json")
    first, second = (json.loads(coffee("run", tiny, "--seed", seed, *options).stdout) for seed in ("0", "1"))
    assert first["designs"] != second["designs"]
    both = json.loads(coffee("run", tiny, "naive", "-n", "2", "-j", "1", "--json").stdout)["designs"]["naive"]["metrics"]
    mean = sum(d["designs"]["naive"]["metrics"]["purchases"]["mean"] for d in (first, second)) / 2
    assert both["purchases"]["mean"] == mean


def test_real_arrivals(tiny: str) -> None:
    """A CSV of sales of a whole day, with comments and other columns, runs through all designs."""
    rows = [f"{6 * 3600 + i * 97.5},2025-01-01,{i % 7}.5" for i in range(600)]
    Path("sales.csv").write_text("# from a machine\ntime_of_day_s,date,price\n" + "\n".join(rows), encoding="utf-8")
    Path("lat.csv").write_text("seconds\n0.2\n0.4\n1.5\n", encoding="utf-8")
    Path("day.yaml").write_text(
        'name: day\nclock: {start: "06:00", duration: 17h}\nprovider: {latency: {empirical: lat.csv}}\n'
        "traffic: {arrivals: {file: sales.csv, column: time_of_day_s}}\n",
        encoding="utf-8",
    )
    document = json.loads(coffee("compare", "day.yaml", "-n", "2", "-j", "1", "--no-report", "--json").stdout)
    assert {design["metrics"]["purchases"]["mean"] for design in document["designs"].values()} == {600}


USAGE = [
    (("run", "tiny.yaml", "outbox", "-n", "0"), "--mornings: expected a whole number from 1 to 1,000,000 (got 0)"),
    (("run", "tiny.yaml", "outbox", "--seed", "-1"), "--seed: expected a whole number of at least 0 (got -1)"),
    (("run", "tiny.yaml", "outbox", "-j", "0"), "--jobs: expected a whole number of at least 1 (got 0)"),
    (("run", "tiny.yaml", "outbx"), 'unknown design "outbx"; did you mean "outbox"?'),
    (("run", "tiny.yaml", "morning-rush"), 'unknown design "morning-rush"; that is a scenario'),
    (("compare", "mornin-rush"), 'unknown scenario "mornin-rush"; did you mean "morning-rush"?'),
    (("compare", "tiny.yaml", "naive", "naive"), "two designs with the same name: naive, naive; give each its own `name:`"),
    (("check", "tiny.yaml", "tiny.yaml"), "tiny.yaml:3:1: this is a scenario (it has `clock`); expected a design"),
    (("compare", "idempotent"), 'unknown scenario "idempotent"; that is a design'),
    (("run", "no-inbox", "naive"), 'unknown scenario "no-inbox"; that is a design'),
    (("check", "outbox", "outbox"), 'unknown scenario "outbox"; that is a design'),
    (("explain", "naive"), 'unknown scenario "naive"; that is a design'),
    (
        ("compare", "tiny.yaml", "--no-report", "--out", "here"),
        "--out names the folder of the report, but --no-report writes none; leave out one of them",
    ),
    (("show", "zebra.yaml"), "zebra.yaml: no such file"),
]


@pytest.mark.parametrize(("command", "message"), USAGE)
def test_wrong_usage(command: tuple[str, ...], message: str, tiny: str) -> None:
    """What can't be done is said in one line on stderr, before any work, with exit code 2."""
    done = coffee(*command)
    assert (done.exit_code, done.stdout, done.stderr) == (2, "", f"error: {message}\n")


def test_errors_of_a_file_one_a_line(tiny: str) -> None:
    """All errors of a file are told, each on its line."""
    Path("x.yaml").write_text("name: x\nzebra: 1\nclock: {duration: 3}\n", encoding="utf-8")
    done = coffee("compare", "x.yaml", "--json")
    assert done.exit_code == 2
    assert [line.partition(": ")[0] for line in done.stderr.splitlines()] == ["error", "error"]
    assert done.stdout == ""


@pytest.mark.parametrize(
    "command", [("run", "tiny.yaml"), ("run", "tiny.yaml", "naive", "-n", "x"), ("zebra",), ("run", "--zebra")]
)
def test_usage_errors_of_the_parser(command: tuple[str, ...], tiny: str) -> None:
    """Missing and unknown options, unknown commands and text for a number are usage errors too: exit code 2."""
    done = coffee(*command)
    assert (done.exit_code, done.stdout) == (2, "")
    assert "Usage: " in done.stderr


def test_the_report_folder_is_looked_at_first(tiny: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder that is a file, or that holds other things, is refused before any work."""
    replace_report(monkeypatch, coffee)
    Path("notes").mkdir()
    Path("notes/diary.txt").touch()
    for folder in ("tiny.yaml", "notes"):
        done = coffee("compare", tiny, "-n", "1000000", "--out", folder)
        assert done.exit_code == 2
        assert "error: " in done.stderr


def test_a_report_that_cannot_be_written(tiny: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Numbers are printed even if the report can't be written, which is said, with exit code 74."""
    from sim.config.errors import ConfigError

    def write_report(comparison: Any, folder: Path, *, command: str, **_: Any) -> Path:
        raise ConfigError(f"{folder}: cannot be written: No space left on device")

    replace_report(monkeypatch, write_report)
    done = coffee("compare", tiny, "naive", "-n", "1", "-j", "1", "--json")
    assert done.exit_code == 74
    assert "report" not in json.loads(done.stdout)
    assert "error: reports/tiny: cannot be written: No space left on device\n" in done.stderr


def test_a_process_that_draws_is_killed(tiny: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Numbers are printed, and why there is no report is said, with exit code 71."""

    def write_report(comparison: Any, folder: Path, *, command: str, **_: Any) -> Path:
        raise BrokenProcessPool

    replace_report(monkeypatch, write_report)
    done = coffee("compare", tiny, "naive", "-n", "1", "-j", "1", "--json")
    assert done.exit_code == 71
    assert "report" not in json.loads(done.stdout)
    assert "error: a process that drew the report was killed, so there is none; probably out of memory" in done.stderr


@pytest.mark.parametrize(
    ("error", "code", "words"),
    [
        (
            BrokenLaw("captured charges: 3 is not 4"),
            70,
            ("captured charges: 3 is not 4", "please report it with this command: coffee run tiny.yaml naive"),
        ),
        (BrokenProcessPool(), 71, ("a worker process was killed", "--jobs")),
        (Lost("whoever works on this is killed: tiny, seed 7"), 71, ("error: whoever works on this is killed: tiny, seed 7",)),
    ],
)  # fmt: skip
def test_bugs_and_accidents(
    error: Exception, code: int, words: tuple[str, ...], tiny: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A broken law asks to be reported with the command; a killed worker says what may help."""

    def fail(*arguments: Any, **options: Any) -> None:
        raise error

    monkeypatch.setattr("sim.cli.work.simulation.compare", fail)
    done = coffee("run", tiny, "naive")
    assert (done.exit_code, done.stdout) == (code, "")
    assert all(word in done.stderr for word in words)
    assert "Traceback" not in done.stderr


def test_a_reader_that_goes_away(tiny: str) -> None:
    """`coffee … | head -1`: no traceback, the work goes on, and a verdict stays a verdict."""
    check = ("check", tiny, "naive", "-n", "1", "-j", "1")
    process = start(*check)
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.close()
    err = process.stderr.read()
    process.stderr.close()
    assert process.wait(timeout=240) == coffee(*check).exit_code
    assert "Traceback" not in err
    assert "Exception ignored" not in err


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="only Linux has a disk that is always full")
def test_a_full_disk() -> None:
    """Output that can't be written is an error in one line, exit code 74."""
    with open("/dev/full", "w") as full:
        program = [sys.executable, "-m", "sim", "schema"]
        done = subprocess.run(program, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert (done.returncode, done.stderr) == (74, "error: stdout: No space left on device\n")


@pytest.mark.slow
def test_the_command_to_go_on_with_runs(tiny: str) -> None:
    """What `run` names to find out what to change first, followed literally: each change is tried, what helps comes first."""
    told = coffee("run", tiny, "naive", "-n", "5", "-j", "1", "--set", "app.timeout=4s").stdout.splitlines()[-1]
    command = shlex.split(told.partition("What to change first: coffee ")[2])
    assert command == ["run", tiny, "naive", "--set=app.timeout=4s", "--what-if"]
    done = coffee(*command, "-n", "5", "-j", "1", "--json")
    assert done.exit_code == 0, done.stderr
    tried = json.loads(done.stdout)["what_if"]
    assert ("payment.timeout", "10s", "5s") in [(one["key"], one["value"], one["was"]) for one in tried]
    assert ("app.timeout", "8s", "4s") in [(one["key"], one["value"], one["was"]) for one in tried]
    assert [list(one["differences"]) for one in tried] == [list(METRICS)] * len(tried)


def test_changes_are_tried_on_whole_mornings(tiny: str) -> None:
    done = coffee("run", tiny, "naive", "--what-if", "--cells", "2")
    assert (done.exit_code, done.stdout) == (2, "")
    assert "--what-if: is for whole mornings" in done.stderr
