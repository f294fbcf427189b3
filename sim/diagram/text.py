"""A component diagram as text: boxes, arrows and labels made of characters."""

from __future__ import annotations

from sim.architectures.parts import Diagram, Kind
from sim.diagram.layout import Box, Layout, Wire, laid_out
from sim.diagram.routes import DOWN, LEFT, RIGHT, UP, Square

PLAIN, ROUND, DOUBLE, DASHED = "┌─┐│└┘", "╭─╮│╰╯", "╔═╗║╚╝", "┌╌┐╎└┘"
BORDERS: dict[Kind, str] = {"person": ROUND, "app": ROUND, "store": DOUBLE, "queue": DOUBLE, "external": DASHED}
HEADS = {RIGHT: "▶", DOWN: "▼", LEFT: "◀", UP: "▲"}
STRAIGHT = {False: ("─", "│"), True: ("╌", "╎")}
CORNERS = {
    frozenset({LEFT, UP}): "┘", frozenset({LEFT, DOWN}): "┐", frozenset({RIGHT, UP}): "└", frozenset({RIGHT, DOWN}): "┌",
}  # fmt: skip
LEGEND = """An arrow points at who is called, and is dashed where nobody waits.
Double frames store things; the dashed frame is not ours."""


def text_picture(parts: Diagram) -> str:
    """A diagram as text, at most 80 columns wide for the built-in designs. Lines have no trailing spaces."""
    return drawn(laid_out(parts))


def drawn(layout: Layout) -> str:
    grid = [[" "] * layout.width for _ in range(layout.height)]
    for wire in layout.wires:
        _draw_wire(grid, wire)
    for wire in layout.wires:
        if wire.label is not None:
            for row, line in enumerate(wire.label.lines):
                _write(grid, wire.label.x, wire.label.y + row, line.center(wire.label.width))
    for box in layout.boxes:
        _draw_box(grid, box)
    return "\n".join("".join(row).rstrip() for row in grid)


def _draw_box(grid: list[list[str]], box: Box) -> None:
    left, line, right, side, low_left, low_right = list(BORDERS.get(box.component.kind, PLAIN))
    inner = box.width - 2
    _write(grid, box.x, box.y, left + line * inner + right)
    for row, text in enumerate(box.lines, start=1):
        _write(grid, box.x, box.y + row, side + text.center(inner) + side)
    _write(grid, box.x, box.y + box.height - 1, low_left + line * inner + low_right)


def _draw_wire(grid: list[list[str]], wire: Wire) -> None:
    cells = wire.cells
    for number, (x, y) in enumerate(cells):
        steps = {_step(cells[number], cells[beside]) for beside in (number - 1, number + 1) if 0 <= beside < len(cells)}
        before = grid[y][x]
        if number == len(cells) - 1:
            grid[y][x] = HEADS[_step(cells[-2], cells[-1])]
        elif len(steps) == 2 and frozenset(steps) in CORNERS:
            grid[y][x] = CORNERS[frozenset(steps)]
        elif before != " ":
            grid[y][x] = "┼"
        else:
            grid[y][x] = STRAIGHT[wire.flow.dashed][UP in steps or DOWN in steps]


def _step(here: Square, there: Square) -> Square:
    return there[0] - here[0], there[1] - here[1]


def _write(grid: list[list[str]], x: int, y: int, text: str) -> None:
    grid[y][x : x + len(text)] = text
