"""The kata on the page is the kata of the terminal: the same files, steps and words."""

from __future__ import annotations

from pathlib import Path

import pytest

from sim.config.errors import ConfigError
from sim.kata.progress import load
from sim.page.exercise import standing, started, stepped, wish
from sim.page.running import Runs
from sim.page.server import application
from sim.page.shelf import Shelf
from tests.cli.coffee import coffee
from tests.page.asking import ask

START = {"scenario": "kata", "sides": [{"design": "design.yaml"}]}


@pytest.fixture
def mine(folder: Path) -> Path:
    started(folder / "kata")
    return folder / "kata"


def test_it_begins_where_the_terminal_begins(mine: Path) -> None:
    """The brief, the design as it stands, stage 1 open; a folder in which a kata is under way goes on."""
    now = standing(mine)
    assert (now["runs"], now["stage"], now["asks"]) == (0, 1, "double_charge_rate")
    assert "my-checkout" in now["design"]
    assert {"the customer", "the barista", "finance", "operations"} == set(now["brief"]["people"])
    started(mine)
    assert standing(mine) == now
    assert coffee("kata", "status", str(mine)).exit_code == 0


def test_the_second_exercise_is_the_second_on_the_page_too(folder: Path) -> None:
    """Its title, stages and world; and a folder in which another one is under way is refused."""
    second = started(folder / "second", "second")
    now = standing(folder / "second")
    assert (now["title"], len(now["stages"]), now["asks"]) == ("The kata's second morning", 3, "oversold_rate")
    assert now["command"] == "coffee kata --exercise second"
    assert now["then"] is None
    assert wish(second)["scenario"] == "kata-second-morning"
    assert started(folder / "second") == second
    with pytest.raises(ConfigError, match="the second exercise is under way in this folder"):
        started(folder / "second", "first")


def test_what_is_turned_is_written_and_keeps_its_comments(mine: Path) -> None:
    """What can't be is refused, and changes nothing; what is typed in an editor shows."""
    before = (mine / "design.yaml").read_text(encoding="utf-8")
    stepped(mine, "edit", {"key": "app.key", "value": "purchase"})
    text = (mine / "design.yaml").read_text(encoding="utf-8")
    assert "key: purchase" in text
    assert text.count("#") == before.count("#")
    for key, value in (("app.timeuot", "3s"), ("app.timeout", "3"), ("from", "zebra"), ("", "x"), ("app", "{")):
        with pytest.raises(ConfigError):
            stepped(mine, "edit", {"key": key, "value": value})
        assert (mine / "design.yaml").read_text(encoding="utf-8") == text
    (mine / "design.yaml").write_text("from: outbox\n", encoding="utf-8")
    assert standing(mine)["design"] == "from: outbox\n"


@pytest.mark.slow
def test_either_goes_on_where_the_other_stopped(mine: Path) -> None:
    """A run of the terminal, an edit and a run of the page with a prediction and a reason, an undo."""
    assert coffee("kata", "run", str(mine), "--json").exit_code == 0
    assert standing(mine)["is_run"]
    stepped(mine, "edit", {"key": "from", "value": "outbox"})
    assert not standing(mine)["is_run"]
    made = stepped(mine, "run", {"predict": ["better"], "why": "naive takes each request for a new order"})["run"]
    assert made["predicted"] == {"double_charge_rate": {"said": "better", "went": "better"}}
    now = standing(mine)
    assert now["last"]["changes"] == ["from: naive → outbox"]
    assert now["last"]["predicted"] == [["double_charge_rate", "better", "better"]]
    assert load(mine).runs[0].note == "naive takes each request for a new order"
    assert "2 runs" in coffee("kata", "status", str(mine)).stdout
    assert stepped(mine, "undo", {})["undone"]
    assert "from: naive" in standing(mine)["design"]


@pytest.mark.slow
def test_hints_stories_and_refusals(mine: Path) -> None:
    """A hint is noted as a hint of the terminal is; somebody harmed is told of; a step that there is not is refused."""
    stepped(mine, "run", {})
    assert stepped(mine, "hint", {})["hint"]["strength"] == 1
    assert standing(mine)["hints"] == 1
    story = stepped(mine, "why", {})["story"]
    assert story["violations"]
    assert story["moments"]
    for name, given in (("run", {"predict": ["faster"]}), ("zebra", {})):
        with pytest.raises(ConfigError):
            stepped(mine, name, given)


def test_steps_are_asked_for_with_token_and_origin(mine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As everything else; what is wrong is said in the answer."""
    monkeypatch.chdir(mine)
    app = application(Runs(Shelf()), token="secret-token", port=4711, start=START, kata=Path())
    [answer] = ask(app, "POST", "/secret-token/kata/edit", body={"key": "app.key", "value": "request"}).lines
    assert answer["standing"]["design"].count("key: request") == 1
    [answer] = ask(app, "POST", "/secret-token/kata/edit", body={"key": "app.key", "value": "zebra"}).lines
    assert "zebra" in answer["messages"][0]
    assert ask(app, "POST", "/secret-token/kata/edit", body={}, headers={"host": "127.0.0.1:4711"}).status == 403
    [now] = ask(app, "GET", "/secret-token/kata").lines
    assert now["stage"] == 1
    assert ask(app, "GET", "/secret-token/kata/debrief").status == 404
    without = application(Runs(Shelf()), token="secret-token", port=4711, start=START)
    assert ask(without, "GET", "/secret-token/kata").status == 404
