"""`coffee kata`, step by step, as somebody with an editor and a shell uses it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.coffee import coffee
from tests.kata.designs import PASSES


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, remembered: None) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def edit(folder: str, old: str, new: str) -> None:
    path = Path(folder) / "design.yaml"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def test_from_start_to_a_first_change() -> None:
    """Start, run, change one thing, predict, run: the change, the prediction and what got worse are told."""
    begun = coffee("kata", "start", "mine")
    assert begun.exit_code == 0, begun.output
    assert "1. no duplicate orders" in begun.output
    assert "finance" in Path("mine/brief.md").read_text(encoding="utf-8").casefold()
    assert sorted(path.name for path in Path("mine").iterdir()) == [".kata.json", "brief.md", "design.yaml"]
    first = coffee("kata", "run", "mine")
    assert first.exit_code == 0, first.output
    assert "finding  Customer " in first.output
    assert "stage 1  What makes a second request recognisable" in first.output
    assert "coffee kata run mine --predict double_charge_rate=WORD --why" in first.output
    edit("mine", "from: naive", "from: idempotent")
    second = coffee("kata", "run", "mine", "--predict", "better", "--predict", "cost_per_1000=worse", "--why", "no key at all")
    assert "changed  from: naive → idempotent" in second.output
    assert "stage 1  What makes" not in second.output, "only when it opens"
    assert "predicted  double_charge_rate better: right" in second.output
    assert "predicted  cost_per_1000 worse: it is better" in second.output
    told = coffee("kata", "status", "mine", "--json")
    assert json.loads(told.output) | {"spent_s": 0} == {
        "spent_s": 0, "runs": 2, "passed": [False] * 5, "stage": 1, "hints": 0, "score": None,
    }  # fmt: skip
    assert json.loads(Path("mine/.kata.json").read_text(encoding="utf-8"))["runs"][0]["note"] == "no key at all"
    assert "predictions: 1 of 2 right" in coffee("kata", "status", "mine").output


@pytest.mark.parametrize("spoilt", [None, "from: naïve".encode("latin-1"), "from: naive".encode("utf-16")])
def test_a_design_that_is_lost_or_cannot_be_read_comes_back(spoilt: bytes | None) -> None:
    """Without a run it is the starting one; until then every command says how, in words that can be typed."""
    coffee("kata", "start", "sp ace")
    design = Path("sp ace/design.yaml")
    start = design.read_text(encoding="utf-8")
    design.unlink()
    if spoilt is None:
        for step in ("run", "check", "hint"):
            said = coffee("kata", step, "sp ace").stderr
            assert said == "error: sp ace/design.yaml: no such file; coffee kata undo 'sp ace' puts the last one back\n"
        assert "coffee kata undo 'sp ace'" in coffee("kata", "status", "sp ace").output
    else:
        design.write_bytes(spoilt)
    assert coffee("kata", "undo", "sp ace").exit_code == 0
    assert design.read_text(encoding="utf-8") == start


def test_nothing_to_tell_yet_is_wrong_usage() -> None:
    coffee("kata", "start", "mine")
    result = coffee("kata", "debrief", "mine")
    assert (result.exit_code, result.stderr) == (2, "error: mine: nothing to tell yet; coffee kata run mine\n")


@pytest.mark.slow
def test_hints_grow_stronger_and_are_of_the_design_as_it_stands() -> None:
    """A question, where to look, what to write; another obstacle begins again with a question."""
    coffee("kata", "start", "mine")
    said = [json.loads(coffee("kata", "hint", "mine", "--json").output) for _ in range(4)]
    assert [hint["strength"] for hint in said] == [1, 2, 3, 3]
    assert said[2]["hint"] == "In design.yaml: `from: idempotent`"
    edit("mine", "from: naive", "from: idempotent")
    assert "stage 1, hint 1 of 3 (a question)" in coffee("kata", "hint", "mine").output
    assert "below app: `key: purchase`" in coffee("kata", "hint", "mine", "--strength", "3").output
    assert coffee("kata", "hint", "mine", "--strength", "4").exit_code == 2


@pytest.mark.slow
def test_the_story_of_one_purchase() -> None:
    """`why` tells it step by step; for a design that harms nobody there is none."""
    coffee("kata", "start", "mine")
    assert "VIOLATION: this customer was charged twice" in coffee("kata", "why", "mine").output
    Path("mine/design.yaml").write_text("from: outbox\n", encoding="utf-8")
    assert "so there is no story" in coffee("kata", "why", "mine").output


def test_undo() -> None:
    """Back to the last run's design, then to the one before; and no further."""
    coffee("kata", "start", "mine")
    before = Path("mine/design.yaml").read_text(encoding="utf-8")
    assert "There is no earlier design" in coffee("kata", "undo", "mine").output
    coffee("kata", "run", "mine")
    Path("mine/design.yaml").unlink()
    assert "mine/design.yaml is as it was" in coffee("kata", "undo", "mine").output
    assert Path("mine/design.yaml").read_text(encoding="utf-8") == before


@pytest.mark.slow
def test_after_a_failed_check_there_is_something_to_do() -> None:
    """The status says so, and the check itself."""
    coffee("kata", "start", "mine")
    Path("mine/design.yaml").write_text(f"{PASSES}loyalty: {{inbox: {{window: 60s}}}}\n", encoding="utf-8")
    coffee("kata", "run", "mine")
    said = coffee("kata", "check", "mine")
    assert said.exit_code == 1
    assert "What happened on those mornings: coffee kata hint mine, coffee kata why mine" in said.output
    assert "did not pass stage 4" in " ".join(coffee("kata", "status", "mine").output.split())


@pytest.mark.slow
def test_check_by_folder_and_by_file() -> None:
    """Exit 0 and 100 points for a sized outbox, also without a kata; the kata's last check is told by its status."""
    coffee("kata", "start", "mine")
    Path("mine/design.yaml").write_text(PASSES, encoding="utf-8")
    passed = coffee("kata", "check", "mine")
    assert passed.exit_code == 0, passed.output
    assert "100 of 100 points" in passed.output
    assert "last check: 100 of 100 points" in coffee("kata", "status", "mine").output
    again = coffee("kata", "check", "mine/design.yaml", "--json")
    assert json.loads(again.output)["score"] == 100
    Path("slow.yaml").write_text("from: idempotent\n", encoding="utf-8")
    slow = coffee("kata", "check", "slow.yaml")
    assert slow.exit_code == 1
    assert "ack_latency_p95 violated" in slow.output


@pytest.mark.parametrize(
    ("command", "says"),
    [
        (["run"], "kata: no kata has been started here; coffee kata start kata"),
        (["status", "nowhere"], "nowhere: no kata has been started here"),
        (["check", "nowhere"], "nowhere: no such file"),
        (["check", "mine", "--seed", "-1"], "--seed: expected a whole number"),
        (["start", "mine"], "mine: a kata is under way here; coffee kata status mine"),
        (["run", "mine", "--predict", "faster"], "expected better, worse or same"),
    ],
)
def test_mistakes_are_told_in_a_sentence(command: list[str], says: str) -> None:
    """Exit code 2, and how to go on."""
    coffee("kata", "start", "mine")
    result = coffee("kata", *command)
    assert result.exit_code == 2
    assert says in result.output


@pytest.mark.slow
def test_the_second_exercise_by_its_name(here: Path) -> None:
    """Begun in a folder of its own; later commands know it by the folder, and refuse the other one."""
    begun = coffee("kata", "start", "--exercise", "second")
    assert begun.exit_code == 0, begun.output
    assert "The kata's second morning" in begun.output
    assert "3. a batch that comes again" in begun.output
    assert "coffee kata run kata-second-morning" in begun.output
    first = coffee("kata", "run", "kata-second-morning")
    assert "stage 1  The same gift card" in first.output
    assert "--predict oversold_rate=WORD" in first.output
    assert "coffee lint kata-second-morning kata-second-morning/design.yaml" in first.output
    assert json.loads(coffee("kata", "status", "kata-second-morning", "--json").output)["passed"] == [False] * 3
    assert "nothing was left for it" in coffee("kata", "why", "kata-second-morning").output
    checked = coffee("kata", "check", "kata-second-morning", "--exercise", "first")
    assert checked.exit_code == 2
    assert "the second exercise is under way in this folder" in checked.output
    alone = coffee("kata", "check", "kata-second-morning/design.yaml", "--exercise", "second", "--json")
    assert (alone.exit_code, json.loads(alone.stdout)["of"], json.loads(alone.stdout)["score"]) == (1, 100, 0)


def test_an_exercise_that_there_is_not() -> None:
    """Names those that there are; an option before a command that would not hear of it is refused."""
    wrong = coffee("kata", "start", "mine", "--exercise", "third")
    assert wrong.exit_code == 2
    assert "--exercise: expected first or second" in wrong.output
    lost = coffee("kata", "--exercise", "second", "status")
    assert lost.exit_code == 2
    assert "--exercise stands alone" in " ".join(lost.output.split())


def test_help_after_a_check_is_about_the_mornings_that_are_looked_at() -> None:
    """Of a design that fails on those that the learner sees, hints tell these, not the check's."""
    coffee("kata", "start", "mine")
    assert coffee("kata", "check", "mine").output.endswith("First pass the mornings that you see: coffee kata run mine\n")
