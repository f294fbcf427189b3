"""`coffee show DESIGN` draws the components."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from sim.architectures import load_design
from sim.architectures.parts import parts_of
from tests.cli.coffee import coffee


def test_the_picture_stands_between_promises_and_source() -> None:
    """Boxes, then their legend, then the code that they are made from."""
    text = coffee("show", "outbox").stdout
    assert (
        text.index("promises, whatever") < text.index("outbox relay") < text.index("nobody waits") < text.index("class Outbox")
    )
    assert "outbox relay" not in coffee("show", "naive").stdout


@pytest.mark.slow
def test_a_story_is_one_page() -> None:
    """The picture and what it does; no knobs, and nothing of the class that only prepares. A preset has no story."""
    story = coffee("show", "outbox", "--story").stdout
    for part in ("outbox relay", "class Outbox", "def handle", "def pay"):
        assert part in story
    for part in ("def parts", "def set_up", "promises: ClassVar", "the ordering app on the customer"):
        assert part not in story
        assert part in coffee("show", "outbox").stdout.replace("The ordering", "the ordering")
    assert len(story.split()) < 0.5 * len(coffee("show", "outbox").stdout.split())
    assert "knobs" not in json.loads(coffee("show", "outbox", "--story", "--json").stdout)
    assert "some 1,600 order-ahead purchases" in coffee("show", "kata", "--story").stdout
    assert "--story: stripe-v1 is a provider preset" in coffee("show", "stripe-v1", "--story").output


def test_a_promise_of_one_charge_has_its_condition() -> None:
    """W11 opens when the provider has forgotten a key; what promises no single charge needs no keys."""
    condition = "as long as the provider remembers its keys"
    shown = {name: " ".join(coffee("show", name).stdout.split()) for name in ("naive", "idempotent", "outbox", "inquiry")}
    assert [name for name, text in shown.items() if condition in text] == ["idempotent", "outbox"]


@pytest.mark.parametrize("columns", ["80", "100"])
@pytest.mark.parametrize("name", ["naive", "idempotent", "outbox", "inquiry", "trusted-webhooks", "last-seen-id"])
def test_the_picture_fits(name: str, columns: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """On 80 columns and more no line is cut or broken."""
    monkeypatch.setenv("COLUMNS", columns)
    text = coffee("show", name).stdout
    picture = [line for line in text.splitlines() if set(line) & set("│║╎═─")]
    assert max(map(len, picture)) <= int(columns)
    assert sum(map(text.count, "▶◀▲▼")) == len(parts_of(load_design(name)).flows)


def test_a_knob_shows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A design of one's own is drawn with its own knobs."""
    monkeypatch.chdir(tmp_path)
    Path("mine.yaml").write_text("from: naive\nread_model: {cache: 7s}\n")
    assert "cached for 7s" in coffee("show", "mine.yaml").stdout


def test_json_has_it_as_data() -> None:
    """Components and flows are plain data, and the Mermaid text is there too."""
    document = json.loads(coffee("show", "outbox", "--json").stdout)
    parts = {component["name"]: component for component in document["components"]}
    assert parts["payment"]["notes"] == ["24 workers", "breaker at 50%"]
    assert parts["payment"]["station"] == "payment"
    assert {"source": "relay", "target": "broker", "label": "events", "dashed": False} in document["flows"]
    assert document["mermaid"] == coffee("show", "outbox", "--mermaid").stdout
    assert document["mermaid"].startswith("flowchart ")


def test_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """SVG and PNG are written, over an earlier picture too, and nothing else is left in the folder."""
    monkeypatch.chdir(tmp_path)
    Path("a.svg").write_text("an earlier one")
    result = coffee("show", "idempotent", "--svg", "a.svg", "--png", "a.png")
    assert result.exit_code == 0
    assert result.stdout.splitlines() == ["a.svg: the components of idempotent", "a.png: the components of idempotent"]
    assert Path("a.svg").read_text().startswith("<?xml")
    assert Path("a.png").read_bytes().startswith(b"\x89PNG")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.png", "a.svg"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["morning-rush", "--svg", "a.svg"], "--svg: morning-rush is a scenario, and only designs have components"),
        (["stripe-v1", "--mermaid"], "--mermaid: stripe-v1 is a provider preset"),
        (["outbox", "--svg", "outbox.yaml"], "--svg outbox.yaml: the name of the file must end in .svg"),
        (["outbox", "--png", "no/a.png"], "no/a.png: there is no folder no"),
        (["outbox", "--mermaid", "--json"], "--json: prints the whole design"),
        (["outbx", "--png", "a.png"], 'did you mean "outbox"?'),
    ],
)
def test_errors(arguments: list[str], message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What can't be drawn is said with its remedy, the exit code is 2, and no file appears."""
    monkeypatch.chdir(tmp_path)
    result = coffee("show", *arguments)
    assert result.exit_code == 2
    assert message in result.stderr
    assert result.stdout == ""
    assert list(tmp_path.iterdir()) == []
