"""`coffee lint`, and the warnings of `coffee run` and `coffee check`."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import pytest

import sim
from sim.architectures import load_design
from sim.config.library import load_scenario
from tests.cli.coffee import coffee


def test_nothing_to_warn_of() -> None:
    """One line, and exit code 0."""
    done = coffee("lint", "outbox", "morning-rush")
    assert (done.exit_code, done.stdout, done.stderr) == (0, "outbox in morning-rush: nothing to warn of\n", "")


def test_warnings_in_full() -> None:
    """Each with its rule, its knob, its numbers and its reason; then the windows left open, and how to see one. Exit code 1."""
    done = coffee("lint", "naive", "morning-rush")
    text = " ".join(done.stdout.split())
    assert (done.exit_code, done.stderr) == (1, "")
    assert text.startswith("naive in morning-rush: 7 warnings no-key change the architecture (from) the app sends no key")
    assert "after 5s without an answer the app is told 'failed', charged or not; the provider's slow answer takes 18s" in text
    assert "W4 Crash between the charge and its commit no-key, no-provider-key, unknown-left-behind" in text
    assert "coffee windows naive -w w1 -w w2; one customer's story: coffee explain w1 naive" in text


def test_the_story_offered_is_of_the_first_warning() -> None:
    """Its first window, and not the one with the lowest number."""
    text = " ".join(coffee("lint", "dual-write", "morning-rush").stdout.split())
    document = json.loads(coffee("lint", "dual-write", "morning-rush", "--json").stdout)
    first = next(window for warning in document["warnings"] for window in warning["windows"]).casefold()
    assert f"coffee explain {first} dual-write" in text
    assert f"coffee windows dual-write -w {first}" in text


def test_json_is_what_python_says() -> None:
    """With and without a scenario."""
    document = json.loads(coffee("lint", "inquiry", "w13", "--json").stdout)
    hazards = sim.lint(load_design("inquiry"), load_scenario("w13"))
    assert (document["design"], document["scenario"]) == ("inquiry", "w13-slow-charge")
    assert document["warnings"] == [
        {**asdict(hazard), "windows": list(hazard.windows), "enough": [{key: value} for key, value in hazard.enough]}
        for hazard in hazards
    ]
    assert json.loads(coffee("lint", "outbox", "--json").stdout) == {"design": "outbox", "scenario": None, "warnings": []}


def test_a_file_and_set(tmp_path: Path) -> None:
    """A design of one's own; --set changes a knob as its file would say it."""
    mine = tmp_path / "mine.yaml"
    mine.write_text("from: outbox\nloyalty: {inbox: {window: 10s}}\n", encoding="utf-8")
    found = json.loads(coffee("lint", str(mine), "--json").stdout)["warnings"]
    assert [(hazard["rule"], hazard["knob"]) for hazard in found] == [("inbox-forgets", "loyalty.inbox")]
    assert coffee("lint", str(mine), "--set", "loyalty.inbox.window=7d").exit_code == 0
    slow = coffee("lint", "outbox", "morning-rush", "--set", "relay.poll_every=10min")
    assert slow.exit_code == 1
    assert "so confirmation_lag_p99 is at least 9.9min; the objective is 4min" in " ".join(slow.stdout.split())


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["outbx"], 'unknown design "outbx"; did you mean "outbox"?'),
        (["outbox", "morning-rash"], 'unknown scenario "morning-rash"; did you mean "morning-rush"?'),
        (["outbox", "--set", "provider.declined=4%"], "--set names a key of a scenario, and no scenario is given"),
        (["outbox", "--set", "app.timeuot=4s"], 'app.timeuot: unknown key; did you mean "app.timeout"?'),
    ],
)
def test_what_cannot_be_linted(arguments: list[str], message: str) -> None:
    """One line on stderr and exit code 2."""
    done = coffee("lint", *arguments)
    assert (done.exit_code, done.stdout, done.stderr) == (2, "", f"error: {message}\n")


def test_run_and_check_warn_on_stderr(tiny: str) -> None:
    """A line each before the run, and none in the result; what is set counts."""
    for command in (["run", tiny, "idempotent"], ["check", tiny, "idempotent"]):
        done = coffee(*command, "-n", "2", "-j", "1", "--json")
        assert "lint" not in done.stdout
        assert json.loads(done.stdout)
        lines = done.stderr.splitlines()
        rules = [line.split()[1] for line in lines if line.startswith("warning: ")]
        assert rules == ["dual-write", "no-inbox", "answer-waits-for-provider"]
        assert lines[3] == f"why, and what to change: coffee lint {tiny} idempotent"
    quiet = ["--set", "loyalty.inbox={window: 7d}"]
    assert "no-inbox" not in coffee("run", tiny, "idempotent", *quiet, "-n", "1", "-j", "1").stderr
    assert "warning" not in coffee("check", tiny, "outbox", "-n", "1", "-j", "1").stderr


def test_show_says_what_lint_says_of_a_scenario(tiny: str) -> None:
    """How many people come, and which windows can't show; for the designs that are too small there is lint."""
    shown, linted = coffee("show", tiny).stdout, coffee("lint", tiny).stdout
    [people] = [line for line in linted.splitlines() if "purchases a morning" in line]
    assert people in shown
    assert "Failure windows that can't show" in shown
    assert "Too small for this traffic" not in shown
