"""The debrief tells what was done, from what was kept."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from sim.config.errors import ConfigError
from sim.kata.attempt import attempt, begin
from sim.kata.debrief import write_debrief
from sim.kata.progress import load


def test_the_path_and_what_was_learned(tmp_path: Path) -> None:
    """Runs, predictions, words and prices are on the page; what is not passed is an open question."""
    folder = tmp_path / "mine"
    progress = begin(folder, now=0.0)
    with pytest.raises(ConfigError, match="nothing to tell yet"):
        write_debrief(folder, progress, now=1.0)
    attempt(folder, progress, predicted={}, now=60.0, clock=lambda: 62.0)
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
    document = json.loads((folder / "debrief" / "debrief.json").read_text(encoding="utf-8"))
    assert [run["passed"] for run in document["runs"]] == [[False] * 5, [True] * 4 + [False]]
    assert set(document["results"]) == {"naive", "idempotent", "outbox", "my outbox"}
    assert sorted(path.suffix for path in (folder / "debrief" / "charts").iterdir()) == [".png", ".svg"]
    assert load(folder).steps[-1] == 180.0
    (folder / "debrief" / "mine.txt").write_text("own")
    with pytest.raises(ConfigError, match=r"holds mine\.txt"):
        write_debrief(folder, progress, now=181.0)
