"""A knob that is flipped at the prompt changes its own place in the file and nothing else."""

from __future__ import annotations

import pytest

from sim.architectures import parse_design
from sim.config.errors import ConfigError
from sim.kata.editing import edited
from sim.kata.exercises import FIRST

START = FIRST.start

FLIPS = [
    ("app.key", "purchase"),
    ("from", "outbox"),
    ("loyalty.inbox", "{window: 7d}"),
    ("app.retry", "{never: true}"),
    ("checkout.queue_limit", "50"),
    ("database.connections", "32"),
    ("payment.timeout", "3s"),
    ("recovery.reconcile_every", "60s"),
]


@pytest.mark.parametrize(("key", "value"), FLIPS)
def test_one_flip_changes_one_line(key: str, value: str) -> None:
    """One line differs or is added, comments stay, and the file says what was wanted."""
    text = edited(START, key, value)
    before, after = START.splitlines(), text.splitlines()
    assert len([line for line in after if line not in before and line.strip()]) == 1
    comments = [line.partition("#")[2] for line in before if "#" in line]
    assert [line.partition("#")[2] for line in after if "#" in line] == comments
    assert parse_design(text) != parse_design(START)


def test_flips_follow_each_other() -> None:
    """Each of them on what the others have left."""
    text = START
    for key, value in FLIPS:
        text = edited(text, key, value)
    design = parse_design(text)
    assert (design.app.key, design.app.retry.never, design.checkout.queue_limit) == ("purchase", True, 50)
    assert edited(text, "payment.timeout", "4s").count("payment") == text.count("payment")


@pytest.mark.parametrize(
    ("text", "key", "value", "expected"),
    [
        ("app: {key: none}\n", "app.timeout", "4s", "app: {key: none, timeout: 4s}\n"),
        ("app:\n  key: none\n", "app.timeout", "4s", "app:\n  timeout: 4s\n  key: none\n"),
        ("loyalty:\n  inbox: none  # short\n", "loyalty.inbox.window", "7d", "loyalty:\n  inbox: {window: 7d}  # short\n"),
        ("loyalty:\n  inbox:\n", "loyalty.inbox", "none", "loyalty:\n  inbox: none\n"),
        ("from: naive\n", "relay.poll_every", "1s", "from: naive\n\nrelay: {poll_every: 1s}\n"),
    ],
)
def test_wherever_the_value_stands(text: str, key: str, value: str, expected: str) -> None:
    """In a mapping on one line, in a section, below a word, where nothing stands, or nowhere yet."""
    assert edited(text, key, value) == expected


@pytest.mark.parametrize(
    ("key", "value", "says"),
    [
        ("app", "{}", "a whole section"),
        ("", "1", "not the name"),
        ("app.", "1", "not the name"),
        ("app.key", "{", "not valid YAML"),
    ],
)
def test_what_cannot_be_flipped_is_said(key: str, value: str, says: str) -> None:
    """A section as a whole, no name, no value."""
    with pytest.raises(ConfigError, match=says):
        edited(START, key, value)
