"""The debrief tells what was done, from what was kept."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from sim import words
from sim.config.errors import ConfigError
from sim.kata.attempt import attempt, begin
from sim.kata.checking import checked
from sim.kata.debrief import write_debrief
from sim.kata.exercises import FIRST
from sim.kata.progress import Check, load
from tests.kata.designs import PASSES


@pytest.mark.slow
def test_the_path_and_what_was_learned(tmp_path: Path) -> None:
    """Runs, predictions, words and prices are on the page; what is not passed is an open question."""
    folder = tmp_path / "mine"
    progress = begin(folder, FIRST, now=0.0)
    with pytest.raises(ConfigError, match="nothing to tell yet"):
        write_debrief(folder, progress, now=1.0)
    attempt(folder, progress, predicted={}, now=60.0, clock=lambda: 62.0)
    files = progress.runs[0].written
    progress.checks.append(Check(at=63.0, **files._asdict(), score=0, passed=[False] * 5, reasons=[["missed, of course"]] * 5))
    (folder / "design.yaml").write_text("name: outbox\nfrom: outbox\ncheckout: {workers: 64}\n")
    attempt(folder, progress, predicted={"double_charge_rate": "worse"}, now=120.0, clock=lambda: 122.0)
    progress.runs[-1].note = "keys & <one> transaction"
    page = write_debrief(folder, progress, now=180.0).read_text(encoding="utf-8")
    assert "<h1>my outbox</h1>" in page
    assert "4 of 5 stages passed after 2 runs and 2 minutes" in page
    assert "0 of 1 predictions were right" in page
    assert "keys &amp; &lt;one&gt; transaction" in page
    assert "The question is open: How much idle capacity" in page
    assert "has not been checked" in page
    assert page.count("Shown by run 2") == 4
    retracted = sum(morning["retracted_rate"] for morning in progress.runs[-1].mornings) / 5
    assert 0.02 < retracted < 0.06, "about the share of declined cards"
    assert f"<code>retracted_rate</code> is {words.share(retracted)} with your design" in page
    assert any("retracted_rate" in line for line in progress.runs[-1].worse)
    assert "A check on others missed it" not in page, "that check was of a design whose own run had missed it"
    document = json.loads((folder / "debrief" / "debrief.json").read_text(encoding="utf-8"))
    assert [run["passed"] for run in document["runs"]] == [[False] * 5, [True] * 4 + [False]]
    assert set(document["results"]) == {"naive", "idempotent", "outbox", "my outbox"}
    assert sorted(path.suffix for path in (folder / "debrief" / "charts").iterdir()) == [".png", ".svg"]
    assert load(folder).steps[-1] == 180.0
    (folder / "debrief" / "mine.txt").write_text("own")
    with pytest.raises(ConfigError, match=r"holds mine\.txt"):
        write_debrief(folder, progress, now=181.0)


@pytest.mark.slow
def test_what_a_check_caught_is_the_lesson(tmp_path: Path) -> None:
    """An inbox that forgets too soon passes the runs and not the check: the run that mended it is shown, and both checks."""
    folder = tmp_path / "mine"
    progress = begin(folder, FIRST, now=0.0)
    for at, window in ((60.0, "60s"), (120.0, "7d")):
        (folder / "design.yaml").write_text(f"{PASSES}loyalty: {{inbox: {{window: {window}}}}}\n")
        attempt(folder, progress, predicted={}, now=at, clock=lambda at=at: at + 2)
        checked(folder, progress, FIRST, seed=None, now=at + 10)
        page = write_debrief(folder, progress, now=at + 20).read_text(encoding="utf-8")
        if window == "60s":
            assert "Passed on the mornings of the runs. A check on others missed it: loyalty_over_award_rate violated" in page
            assert "✗ not passed yet" in page
    assert "Shown by run 2: <code>loyalty.inbox: {window: 60s} → {window: 7d}</code>, after a check on other mornings" in page
    assert "80 of 100 points" in page
    assert "100 of 100 points" in page
    assert "✗ not passed yet" not in page
