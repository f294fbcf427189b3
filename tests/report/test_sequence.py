"""The sequence diagram, as data: everything is inside the figure, nothing lies on anything else."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import cache

import pytest
from matplotlib.text import Text

from sim.architectures import load_design
from sim.config.library import load_scenario
from sim.explanation.mermaid import sequence as as_mermaid
from sim.explanation.moments import StoryLine
from sim.explanation.story import Explanation, tell
from sim.explanation.witness import Witness, find
from sim.report.sequence import MOST_ROWS, draw, shown
from sim.style import figure_of

CASES = [
    ("windows/w01-double-tap", "naive"),
    ("windows/w04-crash-before-commit", "no-provider-key"),
    ("windows/w07-crash-before-publish", "idempotent"),
    ("windows/w13-slow-charge", "inquiry"),
    ("windows/w15-other-amount", "no-fingerprint"),
    ("windows/w10-webhook-reordered", "trusted-webhooks"),
    ("windows/w11-expired-key", "outbox"),
]


@cache
def explained(scenario: str, name: str) -> Explanation:
    world, chosen = load_scenario(scenario), load_design(name)
    witness = find(world, chosen)
    assert isinstance(witness, Witness)
    return Explanation(world, chosen, witness, tell(world, chosen, witness), [])


@pytest.mark.parametrize(("scenario", "name"), CASES)
def test_every_text_is_inside_and_none_covers_another(scenario: str, name: str) -> None:
    """By the renderer's own boxes."""
    made = figure_of(draw(explained(scenario, name)))
    renderer = made.canvas.get_renderer()  # type: ignore[attr-defined]
    width, height = made.bbox.width, made.bbox.height
    boxes = [(text.get_text(), text.get_window_extent(renderer)) for text in made.axes[0].texts if text.get_text()]
    assert len(boxes) > 20
    for text, box in boxes:
        assert box.x0 >= 0, text
        assert box.y0 >= 0, text
        assert box.x1 <= width, text
        assert box.y1 <= height, text
    for i, (text, box) in enumerate(boxes):
        for other, another in boxes[i + 1 :]:
            shared = (min(box.x1, another.x1) - max(box.x0, another.x0), min(box.y1, another.y1) - max(box.y0, another.y0))
            assert min(shared) <= 1.0, f"{text!r} lies on {other!r}"


def test_times_after_midnight_have_room() -> None:
    """The lanes begin farther to the right, and nothing lies on anything else."""
    told = explained("windows/w01-double-tap", "naive")
    late = replace(told, moments=[replace(m, at_s=m.at_s + 86_400, until_s=m.until_s + 86_400) for m in told.moments])
    texts = [text for text in draw(late).texts if text.get_text()]
    boxes = [(text.get_text(), text.get_window_extent()) for text in texts]
    times = [(text, box) for text, box in boxes if text.startswith("next day 07:00")]
    assert len(times) == len(told.moments)
    assert max(box.x1 for _, box in times) < min(box.x0 for text, box in boxes if text == "customer")


@pytest.mark.parametrize(("scenario", "name"), CASES)
def test_no_text_covers_its_mark(scenario: str, name: str) -> None:
    """On the last lanes there is no room to the right of a mark, so the words stand to its left."""
    ax = draw(explained(scenario, name))
    marks = [line.get_transform().transform(line.get_xydata())[0] for line in ax.lines if line.get_marker() in ("o", "s")]
    assert marks
    for x, y in marks:
        for text in ax.texts:
            box = text.get_window_extent()
            assert not (box.x0 < x < box.x1 and box.y0 < y < box.y1), text.get_text()


def test_the_violation_is_marked_in_red() -> None:
    """Its sentence stands on the lane of the party whose books show it."""
    texts = [text for text in draw(explained(*CASES[0])).texts if isinstance(text, Text)]
    [marked] = [text for text in texts if text.get_text() == "this customer was charged twice"]
    assert marked.get_color() == "#B3261E"


def test_a_long_story_is_cut_around_its_violation() -> None:
    """The beginning, the violation and what led to it stay; how many are left out is said."""
    moments = [StoryLine(float(i), "app", f"moment {i}", kind="violation" if i == 150 else "act") for i in range(200)]
    kept, left_out = shown(moments)
    assert (len(kept), left_out) == (MOST_ROWS, 200 - MOST_ROWS)
    assert [moment.text for moment in kept[:3]] == ["moment 0", "moment 1", "moment 2"]
    assert any(moment.kind == "violation" for moment in kept)
    assert [moment.at_s for moment in kept] == sorted(moment.at_s for moment in kept)


LINE = re.compile(
    r"sequenceDiagram|    participant \w+ as [\w ]+|    \w+(->>|-->>|-x)\w+: [^;#]+|"
    r"    Note over \w+: [^;#]+|    rect rgb\([\d, ]+\)|    end"
)


@pytest.mark.parametrize(("scenario", "name"), CASES)
def test_the_same_as_mermaid(scenario: str, name: str) -> None:
    """Every line is one of Mermaid's, every party is declared, and there is one line for each moment."""
    explanation = explained(scenario, name)
    lines = as_mermaid(explanation.moments).splitlines()
    assert [line for line in lines if not LINE.fullmatch(line)] == []
    declared = {line.split()[1] for line in lines if line.startswith("    participant")}
    told = [line for line in lines if "->>" in line or "-x" in line or "Note over" in line]
    assert len(told) == len(explanation.moments)
    assert {re.split(r"->>|-->>|-x|:", line.strip())[0].removeprefix("Note over ") for line in told} <= declared
