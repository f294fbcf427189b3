"""The small pictures of the designs: they are committed, clean, and told in words."""

from __future__ import annotations

import pytest

from docs.filled.pictures import STORIES, pictures, sketch
from sim.architectures import ARCHITECTURES
from sim.diagram.components import arranged
from tests.diagram.test_layout import check
from tests.docs.test_filled import DOCS, page


def test_the_committed_pictures_are_those_that_would_be_drawn() -> None:
    """Each has the same bytes."""
    old = [name for name, svg in pictures().items() if (DOCS / "_static" / name).read_text(encoding="utf-8") != svg]
    assert old == [], "run `make reference`, and commit what it writes"


@pytest.mark.parametrize("name", STORIES)
def test_nothing_lies_on_anything(name: str) -> None:
    """Boxes, arrows and labels keep clear of each other."""
    check(arranged(sketch(name)))


def test_a_picture_shows_what_the_design_has() -> None:
    """Every built-in design has a picture and a section on the home page, and each arrow its label."""
    assert set(STORIES) == set(ARCHITECTURES)
    assert all(f"### {name}\n\n![{name}: " in page("index") for name in ARCHITECTURES)
    assert {flow.label for flow in sketch("outbox").flows} == set(STORIES["outbox"].values())
