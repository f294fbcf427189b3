"""`every` prints the verdict with its bound, writes a certificate or a counterexample, and verifies what it has written."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from sim.config.library import parse_scenario
from sim.counterexamples.alphabet import ALPHABET
from tests.cli.coffee import coffee


def test_what_breaks_naive(tiny: str) -> None:
    """The promise, with how many mishaps, and the scenario; the exit code says broken, and nothing is left behind."""
    done = coffee("every", "naive")
    assert done.exit_code == 1
    assert "naive broke “charged at most once” with 1 mishap." in done.stdout
    text = done.stdout[done.stdout.index("name: breaks-naive") :]
    assert len(parse_scenario(text).mishaps) == 1
    assert not Path("reports").exists()


def test_a_counterexample_is_explained(tiny: str) -> None:
    """Its folder has the scenario, the story, the picture; and the same harm is told by `explain`, with what prevents it."""
    done = coffee("every", "no-inbox", "--out", "found")
    assert done.exit_code == 1
    files = {path.name for path in Path("found").iterdir()}
    assert files == {"counterexample.yaml", "story.txt", "sequence.svg", "sequence.png", "sequence.mmd"}
    told = coffee("explain", "found/counterexample.yaml", "no-inbox", "--out", "story")
    for text in (done.stdout, told.stdout):
        assert "got more loyalty points than were earned" in " ".join(text.split())
        assert "loyalty: {inbox: {window: 7d}}" in text


def test_what_holds_says_so_with_its_bound(tiny: str) -> None:
    done = coffee("every", "outbox", "-m", "1")
    text = " ".join(done.stdout.split())
    assert done.exit_code == 0
    for part in (
        "outbox keeps its promises in every world of this kind with at most 1 mishap and 1 customer.",
        "1 with 0, 109 with 1",
        "a process dies after a step",
        "No run came to a moment for: webhook, inquiry, refund.",
        "Not tried: spells that last",
    ):
        assert part in text


def test_a_part_of_the_alphabet(tiny: str) -> None:
    done = coffee("every", "outbox", "-m", "1", "-k", "answer", "-k", "request", "-k", "customer")
    text = " ".join(done.stdout.split())
    assert done.exit_code == 3
    assert "of the kinds that were tried" in text
    assert "Not tried: a call to the provider is refused" in text


def test_undecided_without_a_retry(tiny: str) -> None:
    done = coffee("every", "outbox", "-m", "1", "-k", "message")
    assert done.exit_code == 3
    assert "undecided. In no run there was a request that is sent again and a key that is replayed." in " ".join(
        done.stdout.split()
    )


def test_a_certificate(tiny: str) -> None:
    """It is accepted again; and refused if it was changed, or if a knob of the design was."""
    assert coffee("every", "outbox", "-m", "1", "--out", "cert").exit_code == 0
    file = "cert/certificate.json"
    again = coffee("every", "outbox", "--verify", file)
    assert (again.exit_code, "every number the same" in again.stdout) == (0, True)
    whole = json.loads(Path(file).read_text())
    whole["levels"][1]["runs"] -= 1
    Path("changed.json").write_text(json.dumps(whole))
    changed = coffee("every", "outbox", "--verify", "changed.json")
    assert changed.exit_code == 1
    assert "1 mishaps: runs: the certificate says 108; here it is 109" in changed.stdout
    Path("other.yaml").write_text("from: outbox\nname: outbox\npayment: {timeout: 6s}\n")
    other = coffee("every", "other.yaml", "--verify", file)
    assert (other.exit_code, "digest: the certificate says" in other.stdout) == (1, True)
    whole["version"] = "0.0.1"
    Path("changed.json").write_text(json.dumps(whole))
    assert "version" in coffee("every", "outbox", "--verify", "changed.json").stdout


@pytest.mark.parametrize("text", ["", "{", "[]", '{"levels": []}', '{"mishaps": "2"}'])
def test_no_certificate(tiny: str, text: str) -> None:
    Path("x.json").write_text(text)
    done = coffee("every", "outbox", "--verify", "x.json")
    assert done.exit_code == 2
    assert "x.json" in done.stderr


def test_a_certificate_says_what_to_try(tiny: str) -> None:
    coffee("every", "outbox", "-m", "0", "--out", "cert")
    done = coffee("every", "outbox", "-m", "1", "--verify", "cert/certificate.json")
    assert (done.exit_code, "--mishaps: the certificate says that; leave it out" in done.stderr) == (2, True)


@pytest.mark.slow
def test_the_same_bytes_in_any_process(tiny: str, tmp_path: Path) -> None:
    """Whatever the number of processes, and whatever Python's hashes."""
    arguments = ["every", "idempotent", "-m", "2", "-k", "call", "-k", "crash", "-k", "customer", "--json"]
    found = {
        subprocess.run(
            [sys.executable, "-m", "sim", *arguments, "-j", jobs], env=os.environ | {"PYTHONHASHSEED": seed},
            capture_output=True, check=False,
        ).stdout
        for jobs, seed in (("1", "1"), ("2", "2"))
    }  # fmt: skip
    assert len(found) == 1
    assert json.loads(found.pop())["verdict"] == "not tried"


def test_the_help_names_the_alphabet() -> None:
    """As it is, and in its order: the list stands in the help, since the alphabet takes long to import."""
    text = " ".join(coffee("every", "--help").stdout.split())
    assert f"Only this kind of mishap: {', '.join(ALPHABET)}." in text


@pytest.mark.parametrize("seconds", ["0.5", "0.1"])
def test_time_is_up(tiny: str, seconds: str) -> None:
    """Also if so little was tried that nothing was retried or replayed."""
    done = coffee("every", "outbox", "-m", "3", "-s", seconds, "-j", "1")
    assert done.exit_code == 3
    assert "Time was up" in done.stdout


@pytest.mark.parametrize(("option", "value"), [("--purchases", "0"), ("--purchases", "5"), ("--jobs", "0"), ("--jobs", "-1")])
def test_numbers_that_cannot_be_meant(option: str, value: str) -> None:
    """Whatever else is asked, and however little there is to do."""
    done = coffee("every", "outbox", "-m", "0", option, value)
    assert done.exit_code == 2
    assert f"{option}: expected a whole number" in done.stderr
    assert f"(got {value})" in done.stderr


def test_a_folder_with_something_else(tiny: str) -> None:
    Path("mine").mkdir()
    Path("mine/notes.txt").write_text("keep")
    done = coffee("every", "outbox", "-m", "0", "--out", "mine")
    assert done.exit_code == 2
    assert Path("mine/notes.txt").read_text() == "keep"


def test_check_tries_them_as_well(tiny: str) -> None:
    """A design that meets the objectives and breaks with one mishap is violated."""
    done = coffee("check", tiny, "no-inbox", "-n", "2", "-j", "1", "--every", "1")
    assert done.exit_code == 1
    assert "no-inbox broke “awarded exactly once” with 1 mishap." in " ".join(done.stdout.split())
    document = json.loads(coffee("check", tiny, "outbox", "-n", "2", "-j", "1", "--every", "1", "--json").stdout)
    assert document["every"]["verdict"] == "holds"


def test_an_architecture_of_ones_own(tiny: str) -> None:
    """A story in a user's file is searched like any other, and what it does wrong is a message with its line."""
    assert coffee("new", "mine.py", "--from", "naive").exit_code == 0
    done = coffee("every", "mine.py", "-m", "1", "-j", "1")
    assert done.exit_code == 1
    assert "broke “charged at most once” with 1 mishap." in " ".join(done.stdout.split())
