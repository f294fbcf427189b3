"""Diagrams that a stranger can read: nothing lies on anything else."""

from __future__ import annotations

from collections import Counter
from itertools import combinations, pairwise

import pytest

from sim.architectures import design_names, load_design
from sim.architectures.parts import Component, Diagram, Flow, parts_of
from sim.config.design import Design
from sim.diagram.layout import Layout, laid_out
from tests.worlds import design

EVERYTHING = design(
    "outbox",
    {
        "app": {"retry_budget": "10%"},
        "checkout": {"deadline_drop": True, "autoscale": {"min": 2, "max": 100}},
        "payment": {
            "autoscale": {"min": 2, "max": 100, "measures": "cpu"},
            "webhooks": "checked",
            "news": "direct",
            "key": "attempt",
            "breaker": None,
        },
        "relay": {"marks": "before", "finds": "by_id"},
        "read_model": {"inline": True, "cache": "5s"},
        "loyalty": {"inline": True},
    },
)
DIRECT = design(
    "idempotent",
    {"payment": {"webhooks": "trusted"}, "read_model": {"inline": True, "cache": "5s"}, "loyalty": {"inline": True}},
)
DESIGNS = {**{name: load_design(name) for name in design_names()}, "everything": EVERYTHING, "direct": DIRECT}


def check(layout: Layout) -> None:
    """Boxes, arrows and labels keep clear of each other, and arrows join the boxes that their flows name."""
    boxes = {box.component.name: set(box.cells()) for box in layout.boxes}
    walls = set().union(*boxes.values())
    assert len(walls) == sum(map(len, boxes.values())), "two boxes overlap"
    grid = {(x, y) for x in range(layout.width) for y in range(layout.height)}
    assert walls <= grid
    straight: Counter[tuple[tuple[int, int], bool]] = Counter()
    for wire in layout.wires:
        assert set(wire.cells) <= grid - walls
        assert all(abs(a[0] - b[0]) + abs(a[1] - b[1]) == 1 for a, b in pairwise(wire.cells))
        for end, name in ((wire.cells[0], wire.flow.source), (wire.cells[-1], wire.flow.target)):
            assert any((end[0] + dx, end[1] + dy) in boxes[name] for dx, dy in ((1, 0), (-1, 0), (0, 1), (0, -1)))
        straight.update(
            {(a, a[0] != b[0]) for a, b in pairwise(wire.cells)} | {(b, a[0] != b[0]) for a, b in pairwise(wire.cells)}
        )
    assert max(straight.values(), default=1) == 1, "two arrows run along each other"
    for wire in layout.wires:
        assert (wire.label is not None) == bool(wire.flow.label)
        if wire.label is not None:
            assert " ".join(wire.label.lines) == wire.flow.label
            others = {cell for other in layout.wires if other is not wire for cell in other.cells}
            assert set(wire.label.cells()) <= grid - walls - others
    labels = [set(wire.label.cells()) for wire in layout.wires if wire.label is not None]
    assert all(not a & b for a, b in combinations(labels, 2))


@pytest.mark.parametrize("name", DESIGNS)
def test_nothing_lies_on_anything(name: str) -> None:
    """Every built-in design, every variant, and designs with all knobs turned have clean diagrams of at most 84 columns."""
    layout = laid_out(parts_of(DESIGNS[name]))
    check(layout)
    assert layout.width <= 84
    for box in layout.boxes:
        assert all(len(line) <= box.width - 4 for line in box.lines)
        assert len(box.lines) == box.height - 2


@pytest.mark.parametrize("chosen", [EVERYTHING, DIRECT, load_design("outbox")], ids=["everything", "direct", "outbox"])
def test_narrow_ones_fit_a_small_terminal(chosen: Design) -> None:
    """With shorter lines the same diagram fits 80 columns, and is as clean."""
    layout = laid_out(parts_of(chosen), text=11)
    check(layout)
    assert layout.width <= 80


def test_parts_without_places_find_theirs() -> None:
    """Who declares no place, or one that is taken, is put where there is room, and all arrows find a way."""
    names = "abcdefgh"
    parts = Diagram(
        tuple(Component(name, "worker", f"part {name}", place=(0, 0) if name < "d" else None) for name in names),
        (*(Flow(a, b, f"{a} to {b}") for a, b in pairwise(names)), Flow("h", "a", "back", dashed=True), Flow("a", "h")),
    )
    check(laid_out(parts))


def test_the_same_parts_give_the_same_diagram() -> None:
    """Nothing depends on the order of sets."""
    assert laid_out(parts_of(EVERYTHING)) == laid_out(parts_of(EVERYTHING))


def test_too_much_is_said() -> None:
    """Arrows that find no room are an error, not a picture without them."""
    pair = (Component("a", "service", "a"), Component("b", "service", "b"))
    with pytest.raises(ValueError, match="no room"):
        laid_out(Diagram(pair, tuple(Flow("a", "b", f"flow {number}") for number in range(40))))
