"""A playback is one file: its counts are the report's, its policy allows what is in it, and it holds stories."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from pathlib import Path
from typing import Any

import pytest

from sim.experiment.compare import Comparison, compare
from sim.experiment.effort import Effort
from sim.vocabulary import HARMS
from tests.cli.coffee import coffee
from tests.page.test_tape import read


@pytest.fixture
def played(folder: Path) -> str:
    done = coffee("play", "storm.yaml", "naive", "outbox", "-n", "2", "-j", "1", "--seed", "3", "--out", "storm.html")
    assert done.exit_code == 0, done.stderr
    return (folder / "storm.html").read_text(encoding="utf-8")


def held(text: str) -> Any:
    [data] = re.findall(r'<script type="application/json" id="tape">(.*?)</script>', text, re.DOTALL)
    return json.loads(data)


def same_as() -> Comparison:
    return compare("storm.yaml", ["naive", "outbox"], Effort(1, 3, jobs=1))


def test_it_holds_all_that_is_played(played: str) -> None:
    """Counts equal those of a comparison of that morning; every story is of somebody who was harmed, and told of both sides."""
    content = held(played)
    tapes = [line for line in content["lines"] if line["line"] == "tape"]
    assert [tape["side"] for tape in tapes] == [0, 1]
    for tape, result in zip(tapes, same_as().results.values(), strict=True):
        head, columns = read(base64.b64decode(tape["tape"]))
        for number, kind in enumerate(head["names"]["harms"]):
            counted = result.metrics[HARMS[kind]].mean
            found = int((columns["harms"]["kind"] == number).sum())
            if HARMS[kind].endswith("rate"):
                assert found == round((counted or 0.0) * result.purchases), kind
    [numbers] = [line for line in content["lines"] if line["line"] == "numbers"]
    assert (numbers["mornings"], numbers["seeds"]) == (2, [3, 4])
    people = {(story["purchase"], story["side"]) for story in content["stories"]}
    assert people == {(purchase, side) for purchase, _ in people for side in (0, 1)}
    assert any("double_charge" in story["violations"] for story in content["stories"])


def test_its_policy_allows_what_is_in_it_and_nothing_else(played: str) -> None:
    """The script and the style by their hashes; no request, and no markup out of a name."""
    policy = re.findall(r'Content-Security-Policy" content="([^"]+)"', played)[0]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    for kind, pattern in (("script", r'<script type="module">(.*?)</script>'), ("style", r"<style>(.*?)</style>")):
        [inside] = re.findall(pattern, played, re.DOTALL)
        assert f"{kind}-src 'sha256-{base64.b64encode(hashlib.sha256(inside.encode()).digest()).decode()}'" in policy
    assert not re.findall(r'(?:src|href)="(?!data:)', played.partition("<style>")[0])


def test_a_hostile_name_stays_a_text(folder: Path) -> None:
    """Whatever a scenario is called, it ends no script."""
    storm = (folder / "storm.yaml").read_text(encoding="utf-8")
    hostile = storm.replace("summary: Six", 'story: "</script><script>alert(1)</script><!--"\nsummary: Six')
    (folder / "hostile.yaml").write_text(hostile, encoding="utf-8")
    assert coffee("play", "hostile.yaml", "naive", "-n", "1", "-j", "1", "--out", "x.html").exit_code == 0
    text = (folder / "x.html").read_text(encoding="utf-8")
    assert "alert(1)" in text
    assert "<script>alert" not in text
    assert held(text)["lines"][0]["scenario"]["story"] == "</script><script>alert(1)</script><!--"


@pytest.mark.usefixtures("folder")
def test_a_file_that_is_there_stays() -> None:
    """It is overwritten only with --force; a name that is no page's is refused before any work."""
    Path("there.html").write_text("mine", encoding="utf-8")
    assert "--force" in coffee("play", "storm.yaml", "--out", "there.html").stderr
    assert "must end in .html" in coffee("play", "storm.yaml", "--out", "there.txt").stderr
    assert Path("there.html").read_text(encoding="utf-8") == "mine"
    assert coffee("play", "storm.yaml", "naive", "-n", "1", "-j", "1", "--force", "--out", "there.html").exit_code == 0
    assert "<!DOCTYPE html>" in Path("there.html").read_text(encoding="utf-8")


@pytest.mark.slow
@pytest.mark.usefixtures("folder")
def test_the_morning_rush_is_below_500_kb() -> None:
    """With two designs, stories included."""
    assert coffee("play", "morning-rush", "naive", "outbox", "-n", "1", "--out", "rush.html").exit_code == 0
    assert Path("rush.html").stat().st_size < 500_000
