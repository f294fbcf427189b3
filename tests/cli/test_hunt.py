"""`hunt` prints the smallest world that breaks a promise, as a file that other commands replay."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from sim.config.library import parse_scenario
from tests.cli.coffee import coffee


def test_a_world_that_breaks_naive(tiny: str) -> None:
    """The promise, the size of it, and a scenario; the exit code says broken. No folder is left behind."""
    done = coffee("hunt", "naive")
    assert done.exit_code == 1
    assert "naive broke “charged at most once” for the only customer." in done.stdout
    text = done.stdout[done.stdout.index("# Found by") :]
    assert parse_scenario(text).name == "breaks-naive"
    assert not Path(".hypothesis").exists()


@pytest.mark.slow
def test_the_file_is_replayed_and_explained(tiny: str) -> None:
    """What the hunt has written, `explain` tells, with the knob that closes it."""
    assert coffee("hunt", "no-inbox", "--out", "caught.yaml").exit_code == 1
    told = coffee("explain", "caught.yaml", "no-inbox", "--out", "story")
    assert "got more loyalty points than were earned" in " ".join(told.stdout.split())
    assert "loyalty: {inbox: {window: 7d}}" in told.stdout


def test_a_survivor(tiny: str) -> None:
    """How many worlds were tried, what was kept, what was drawn, what was reached and what never was; exit code 0."""
    done = coffee("hunt", "outbox", "--worlds", "20")
    assert done.exit_code == 0
    for part in (
        "outbox survived 20 worlds",
        "awarded exactly once",
        "crashes after a step",
        "Not tried: keys that",
        "Reached: ",
        "Never reached, so of this nothing is known: ",
    ):
        assert part in " ".join(done.stdout.split())


def test_as_json(tiny: str) -> None:
    """Only the result; the wall time stands apart, and all the rest is the same again."""
    one, two = (json.loads(coffee("hunt", "no-provider-key", "--json").stdout) for _ in range(2))
    assert one == two
    assert list(one["broken"]) == ["charged_at_most_once"]
    assert one["reached"]["unanswered_calls"] > 0
    assert parse_scenario(one["scenario"])


@pytest.mark.parametrize(
    ("command", "message"),
    [
        (("hunt", "outbx"), 'unknown design "outbx"; did you mean "outbox"?'),
        (("hunt", "outbox", "--promise", "orderd_at_most_once"), 'did you mean "ordered_at_most_once"?'),
        (("hunt", "outbox", "--worlds", "0"), "--worlds: expected a whole number of at least 1 (got 0)"),
        (("hunt", "outbox", "--seconds", "0"), "--seconds"),
        (("hunt", "naive", "--out", "tiny.yaml"), "tiny.yaml: there is a file of this name"),
        (("hunt", "naive", "--out", "caught.txt"), "must end in .yaml"),
        (("hunt", "naive", "--out", "nowhere/caught.yaml"), "there is no folder nowhere"),
        (("hunt", "naive", "--seed", "x"), "expected a whole number"),
        (("hunt", "naive", "--seed", "-1"), "--seed: expected a whole number of at least 0 (got -1)"),
    ],
)
def test_wrong_usage(tiny: str, command: tuple[str, ...], message: str) -> None:
    """What can't be done is said before any world is tried, with exit code 2."""
    done = coffee(*command)
    assert done.exit_code == 2
    assert message in " ".join(done.stderr.split())


def test_without_the_extra(tiny: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """What to install."""
    monkeypatch.setitem(sys.modules, "hypothesis", None)
    done = coffee("hunt", "naive")
    assert done.exit_code == 2
    assert "to hunt needs Hypothesis, which is not installed: `make extras` in the folder of coffee-please" in done.stderr
