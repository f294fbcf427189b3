"""`new` writes a file that loads as it stands, or says why it can't."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from sim.architectures import ARCHITECTURES, load_design
from sim.config.library import load_scenario, names
from tests.cli.coffee import SCENARIO, coffee

pytestmark = pytest.mark.usefixtures("tiny")


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_a_new_design(name: str) -> None:
    """A new design loads, is called as its file, and has the knobs of the one that it starts from."""
    done = coffee("new", "mine.yaml", "--from", name)
    assert done.exit_code == 0
    assert f"coffee compare morning-rush {name} mine.yaml" in done.stdout
    same = {"name": "", "summary": ""}
    assert load_design("mine.yaml").name == "mine"
    assert load_design("mine.yaml").model_copy(update=same) == load_design(name).model_copy(update=same)


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_a_new_architecture(name: str) -> None:
    """A Python file with the story of a built-in architecture loads, and gives the same numbers."""
    done = coffee("new", "my_checkout.py", "--from", name)
    assert (done.exit_code, done.stdout.splitlines()[0]) == (0, f"my_checkout.py: an architecture that starts from {name}")
    assert load_design("my_checkout.py:MyCheckout").name == "MyCheckout"
    runs = [coffee("run", "w4", each, "-n", "1", "-j", "1", "--json") for each in (name, "my_checkout.py")]
    [built_in], [mine] = (json.loads(run.stdout)["designs"].values() for run in runs)
    assert mine["metrics"] == built_in["metrics"]


def test_a_new_scenario() -> None:
    """A new scenario is the text of the old one under a new name, and loads; a new one can be made from a file too."""
    assert coffee("new", "rush.yaml", "--from", "morning-rush").exit_code == 0
    assert load_scenario("rush.yaml") == load_scenario("morning-rush").model_copy(update={"name": "rush"})
    assert coffee("new", "again.yaml", "--from", "tiny.yaml").exit_code == 0
    assert Path("again.yaml").read_text(encoding="utf-8").startswith(SCENARIO.replace("name: tiny", "name: again"))


@pytest.mark.parametrize("name", [name for name in names() if load_scenario(name).reported is not None])
def test_a_copy_of_an_incident_is_no_report(name: str) -> None:
    """The world is the same; who reported what, and the story of it, stay with the incident."""
    assert coffee("new", "mine.yaml", "--from", name).exit_code == 0
    mine, told = load_scenario("mine.yaml"), load_scenario(name)
    text = Path("mine.yaml").read_text(encoding="utf-8")
    assert told.reported is not None
    assert (mine.reported, mine.story) == (None, "")
    assert not [word for word in ("http", "reported:", "story:", "What was reported") if word in text]
    same = {"name": "", "summary": "", "story": "", "reported": None}
    assert mine.model_copy(update=same) == told.model_copy(update=same)


def test_as_json() -> None:
    """For scripts: where it is, what it is, and what to do with it."""
    document = json.loads(coffee("new", "mine.yaml", "--from", "w4", "--json").stdout)
    assert document == {"file": "mine.yaml", "kind": "scenario", "from": "w4", "then": "coffee compare mine.yaml"}
    assert load_scenario("mine.yaml").name == "mine"


def test_files_that_are_there() -> None:
    """A file is not overwritten unless that is asked for."""
    before = Path("tiny.yaml").read_text(encoding="utf-8")
    done = coffee("new", "tiny.yaml", "--from", "outbox")
    assert done.exit_code == 2
    assert done.stderr == "error: tiny.yaml: there is a file of this name; --force overwrites it\n"
    assert Path("tiny.yaml").read_text(encoding="utf-8") == before
    assert coffee("new", "tiny.yaml", "--from", "outbox", "--force").exit_code == 0
    assert load_design("tiny.yaml").name == "tiny"


@pytest.mark.parametrize(
    ("file", "base", "message"),
    [
        (
            "mine.txt",
            "outbox",
            "mine.txt: the name of a scenario's or design's file must end in .yaml, an architecture's in .py",
        ),
        (
            "my.py",
            "w4",
            "--from w4: an architecture of your own starts from a built-in one; known: naive, idempotent, outbox, inquiry, "
            "webhooks-first",
        ),
        ("none/mine.yaml", "outbox", "none/mine.yaml: there is no folder none"),
        ("folder.yaml", "outbox", "folder.yaml: a folder, not a file"),
        ("mine.yaml", "outbx", 'unknown scenario or design "outbx"; did you mean "outbox"?'),
        ("mine.yaml", "tiny", 'unknown scenario or design "tiny"; did you mean the file "tiny.yaml"?'),
        ("mine.yaml", "none.yaml", "none.yaml: no such file"),
        (
            "mine.yaml",
            "tied.yaml",
            "tied.yaml: cannot be copied under another name, because of its anchors; copy the file itself",
        ),
    ],
)
def test_what_cannot_be_done(file: str, base: str, message: str) -> None:
    """A wrong name, a missing folder, an unknown base: one message, and nothing is written."""
    Path("folder.yaml").mkdir()
    Path("tied.yaml").write_text("name: &n tied\nsummary: *n\n", encoding="utf-8")
    before = sorted(Path().rglob("*"))
    done = coffee("new", file, "--from", base)
    assert (done.exit_code, done.stderr) == (2, f"error: {message}\n")
    assert sorted(Path().rglob("*")) == before
