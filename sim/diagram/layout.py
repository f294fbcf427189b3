"""Where the boxes, arrows and labels of a component diagram go, on a grid of characters.

A terminal draws the grid as it is; a chart draws the same grid with lines. Boxes stand in rows and columns; arrows run between
them, cross each other at right angles and touch nothing else; labels stand on their own arrow or in free cells beside it. If
there is no room for all of that, the boxes move apart.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Literal

from sim.architectures.parts import Component, Diagram, Flow, Kind
from sim.diagram.labels import Label, placed
from sim.diagram.routes import Route, Square, routed

COLUMNS = 3  # of the grid on which components without a place are put
ROWS: dict[Kind, int] = {"person": 0, "app": 0, "service": 1, "queue": 1, "worker": 2, "store": 2, "external": 3}
SHORT = 8  # labels of up to this many characters count as one word
TRIES = 9  # attempts to find room for all arrows and labels, each with wider gaps

Measure = Callable[[str, Literal["head", "note", "label"]], int]  # cells that a line of text takes


def characters(text: str, _: str) -> int:
    return len(text)


@dataclass(frozen=True)
class Box:
    """A component as a rectangle of cells, border included, with lines of text; the first `heads` of them are its label."""

    component: Component
    x: int
    y: int
    width: int
    height: int
    lines: tuple[str, ...]
    heads: int

    def cells(self) -> Iterator[Square]:
        return ((x, y) for x in range(self.x, self.x + self.width) for y in range(self.y, self.y + self.height))


@dataclass(frozen=True)
class Wire:
    """A flow as the cells of its line, from beside one box to its head beside the other, and where its label is written."""

    flow: Flow
    cells: tuple[Square, ...]
    label: Label | None


@dataclass(frozen=True)
class Layout:
    width: int
    height: int
    boxes: tuple[Box, ...]
    wires: tuple[Wire, ...]


def laid_out(parts: Diagram, *, text: int = 15, measure: Measure = characters) -> Layout:
    """Lay out a diagram. Lines in boxes have at most `text` cells, except where a single word is longer.

    Raises ValueError if there is no room for all arrows and labels, even after TRIES attempts with wider gaps.
    """
    places = _places(parts.components)
    gap_x, gap_y = _longest_word(parts.flows, places, measure) + 3, 3
    for attempt in range(TRIES):
        boxes, width, height = _boxes(parts.components, places, text=text, gap_x=gap_x, gap_y=gap_y, measure=measure)
        wires = _wires(parts.flows, boxes, width, height, measure=measure)
        if wires is not None:
            return _cropped(tuple(boxes.values()), wires)
        gap_x, gap_y = (gap_x, gap_y + 1) if attempt % 3 < 2 else (gap_x + 2, gap_y - 1)
    raise ValueError("no room for so many arrows; declare other places, fewer flows or shorter labels")


def _places(components: tuple[Component, ...]) -> dict[str, Square]:
    """Name -> (row, column). A component without a place, or whose place is taken, gets the next free one."""
    taken: dict[Square, str] = {}
    for component in sorted(components, key=lambda component: component.place is None):
        row, column = component.place or (ROWS[component.kind], 0)
        while (row, column) in taken:
            row, column = (row, column + 1) if column + 1 < COLUMNS else (row + 1, 0)
        taken[row, column] = component.name
    rows, columns = sorted({row for row, _ in taken}), sorted({column for _, column in taken})
    return {name: (rows.index(row), columns.index(column)) for (row, column), name in taken.items()}


def _boxes(
    components: tuple[Component, ...], places: dict[str, Square], *, text: int, gap_x: int, gap_y: int, measure: Measure
) -> tuple[dict[str, Box], int, int]:
    """Boxes by name, and the width and height of the whole grid, with a margin for arrows that go around the boxes."""

    def head_cells(line: str) -> int:
        return measure(line, "head")

    def note_cells(line: str) -> int:
        return measure(line, "note")

    heads = {c.name: _wrapped(c.label, text, head_cells) for c in components}
    notes = {c.name: [line for note in c.notes for line in _wrapped(note, text, note_cells)] for c in components}
    widths, heights = [0] * (1 + max(c for _, c in places.values())), [0] * (1 + max(r for r, _ in places.values()))
    for name, (row, column) in places.items():
        inner = max(*map(head_cells, heads[name]), *map(note_cells, notes[name]), 0)
        widths[column] = max(widths[column], inner + 4)
        heights[row] = max(heights[row], len(heads[name]) + len(notes[name]) + 2)
    lefts = [3 + sum(widths[:column]) + gap_x * column for column in range(len(widths))]
    tops = [1 + sum(heights[:row]) + gap_y * row for row in range(len(heights))]
    boxes = {}
    for component in components:
        row, column = places[component.name]
        own = (*heads[component.name], *notes[component.name])
        top = tops[row] + (heights[row] - len(own) - 2) // 2
        boxes[component.name] = Box(
            component, lefts[column], top, widths[column], len(own) + 2, own, len(heads[component.name])
        )
    return boxes, lefts[-1] + widths[-1] + 3, tops[-1] + heights[-1] + 1


def _wrapped(text: str, most: int, cells: Callable[[str], int]) -> list[str]:
    """Wrap a text into lines of at most `most` cells; a line has at least one word."""
    lines: list[str] = []
    for word in text.split(" "):
        if lines and cells(f"{lines[-1]} {word}") <= most:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return lines or [""]


def _wires(
    flows: tuple[Flow, ...], boxes: dict[str, Box], width: int, height: int, *, measure: Measure
) -> tuple[Wire, ...] | None:
    """All arrows with their labels, in the order of the flows; None if there is no room."""
    walls = {cell for box in boxes.values() for cell in box.cells()}
    routes: dict[Flow, Route] = {}
    for flow in sorted(flows, key=lambda flow: _apart(boxes[flow.source], boxes[flow.target])):
        route = routed(boxes[flow.source], boxes[flow.target], width, height, walls=walls, others=list(routes.values()))
        if route is None:
            return None
        routes[flow] = route
    labels = placed({flow: (flow.label, route) for flow, route in routes.items()}, walls, (width, height), measure=measure)
    if labels is None:
        return None
    return tuple(Wire(flow, tuple(routes[flow]), labels.get(flow)) for flow in flows)


def _cropped(boxes: tuple[Box, ...], wires: tuple[Wire, ...]) -> Layout:
    """The layout without the margins that no arrow uses."""
    cells = [cell for box in boxes for cell in box.cells()]
    cells += [cell for wire in wires for cell in wire.cells]
    cells += [cell for wire in wires if wire.label is not None for cell in wire.label.cells()]
    left, top = min(x for x, _ in cells), min(y for _, y in cells)
    return Layout(
        max(x for x, _ in cells) - left + 1,
        max(y for _, y in cells) - top + 1,
        tuple(replace(box, x=box.x - left, y=box.y - top) for box in boxes),
        tuple(
            Wire(
                wire.flow,
                tuple((x - left, y - top) for x, y in wire.cells),
                wire.label and replace(wire.label, x=wire.label.x - left, y=wire.label.y - top),
            )
            for wire in wires
        ),
    )


def _apart(a: Box, b: Box) -> int:
    """The distance of two boxes. Arrows between near boxes are routed first, so that these get straight lines."""
    across = max(a.x, b.x) - min(a.x + a.width, b.x + b.width)
    down = max(a.y, b.y) - min(a.y + a.height, b.y + b.height)
    return max(across, 0) + 2 * max(down, 0)


def _longest_word(flows: tuple[Flow, ...], places: dict[str, Square], measure: Measure) -> int:
    """The width of the longest word in labels of arrows between two boxes of the same row, where the gap must hold it."""
    level = [flow for flow in flows if places[flow.source][0] == places[flow.target][0]]
    words = [word for flow in level for word in ([flow.label] if len(flow.label) <= SHORT else flow.label.split())]
    return max((measure(word, "label") for word in words), default=4)
