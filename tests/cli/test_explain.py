"""`explain` tells one story, as a table, as files, as JSON and as Mermaid text."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

import pytest

from tests.cli.coffee import coffee

W1 = "windows/w01-double-tap"


@cache
def printed(form: str) -> str:
    """What the story of W1 is as JSON or as Mermaid text."""
    return coffee("explain", W1, form).stdout


def test_the_story_the_remedy_and_the_files(tiny: str) -> None:
    """A numbered timeline with the violation marked, the change that closes it, and four files that say the same."""
    done = coffee("explain", W1, "naive", "--out", "story")
    assert done.exit_code == 0
    for part in ("was charged twice.", "VIOLATION: this customer", "provider: charged 2×", "from: idempotent", "0 with it"):
        assert part in done.stdout
    assert sorted(path.name for path in Path("story").iterdir()) == [
        "sequence.mmd",
        "sequence.png",
        "sequence.svg",
        "story.txt",
    ]
    text = Path("story/story.txt").read_text(encoding="utf-8")
    assert "coffee explain windows/w01-double-tap naive --seed 0" in text
    assert "VIOLATION: this customer was charged twice" in text


def test_as_json_and_as_mermaid(tiny: str) -> None:
    """Only the result on stdout, and no files."""
    document = json.loads(coffee("explain", W1, "--json").stdout)
    assert (document["design"], document["violations"][0], document["remedies"][0]["from"]) == (
        "naive", "double_charge", "idempotent",
    )  # fmt: skip
    assert [moment["what"] for moment in document["moments"]].count("takes 6.50 USD from the card") == 2
    mermaid = coffee("explain", W1, "--mermaid").stdout
    assert mermaid == document["mermaid"]
    assert mermaid.startswith("sequenceDiagram\n")
    assert not Path("reports").exists()


@pytest.mark.slow
@pytest.mark.parametrize("form", ["--json", "--mermaid"])
def test_a_folder_that_is_named_is_written_whatever_is_printed(tiny: str, form: str) -> None:
    """`--out` is never passed over in silence; stdout still holds only the result."""
    done = coffee("explain", W1, form, "--out", "story")
    assert done.stdout == printed(form)
    assert "diagram: story/sequence.svg" in done.stderr
    assert "from: idempotent" in Path("story/story.txt").read_text(encoding="utf-8")


def test_a_purchase_in_the_light_of_one_kind_of_harm(tiny: str) -> None:
    """With both given, the story is that of this purchase, and the kind comes first."""
    harmed = json.loads(printed("--json"))
    second = harmed["violations"][1]
    told = json.loads(coffee("explain", W1, "--purchase", str(harmed["purchase"]), "--violation", second, "--json").stdout)
    assert told["violations"][0] == second
    assert sorted(told["violations"]) == sorted(harmed["violations"])


@pytest.mark.slow
def test_the_same_command_tells_the_same_story(tiny: str) -> None:
    """To the last byte of every file."""
    for folder in ("one", "two"):
        coffee("explain", W1, "--out", folder)
    for name in ("sequence.mmd", "sequence.png", "sequence.svg", "story.txt"):
        assert Path("one", name).read_bytes() == Path("two", name).read_bytes()


@pytest.mark.slow
def test_when_nothing_went_wrong(tiny: str) -> None:
    """It says how many purchases it has looked at; any of them can be told of by its number."""
    done = coffee("explain", W1, "outbox")
    assert done.exit_code == 0
    assert "no violation in" in done.stdout
    told = coffee("explain", W1, "outbox", "--purchase", "3", "--out", "story")
    assert "Customer 3 was served as it should be." in told.stdout
    assert "What would have prevented it" not in told.stdout


@pytest.mark.parametrize(
    ("command", "message"),
    [
        (("explain", W1, "--violation", "double-charge"), 'unknown violation "double-charge"; did you mean "double_charge"?'),
        (
            ("explain", W1, "naiv"),
            'unknown design "naiv"; did you mean "naive"?',
        ),
        (("explain", W1, "--purchase", "1000000"), "--purchase: expected a number from 0 to 630 in the morning of seed 0"),
        (("explain", W1, "--purchase", "-1"), "--purchase: expected a number from 0 to 630 in the morning of seed 0"),
        (("explain", W1, "--seed", "-1"), "--seed: expected a whole number of at least 0"),
        (
            ("explain", W1, "--purchase", "0", "--violation", "under_award"),
            "--violation: purchase 0 of the morning of seed 0 suffered no harm at all, and not under_award; leave out the kind",
        ),
        (("explain", W1, "--json", "--mermaid"), "--json and --mermaid: choose one"),
        (
            ("explain", "windows/w01-double-tp"),
            'unknown scenario "windows/w01-double-tp"; did you mean "windows/w01-double-tap"?',
        ),
    ],
)
def test_wrong_usage(tiny: str, command: tuple[str, ...], message: str) -> None:
    """What can't be done is said in one line, with the nearest valid name, before any work."""
    done = coffee(*command)
    assert done.exit_code == 2
    assert message in done.stderr
    assert not Path("reports").exists()


def test_a_folder_with_something_else_in_it_is_left_alone(tiny: str) -> None:
    """Nothing is written, nothing is lost."""
    Path("mine").mkdir()
    Path("mine/letter.txt").write_text("dear")
    done = coffee("explain", W1, "--out", "mine")
    assert done.exit_code == 2
    assert "letter.txt" in done.stderr
    assert [path.name for path in Path("mine").iterdir()] == ["letter.txt"]
