"""Route arrows on a grid of characters: around boxes, with few bends, and never along each other (A* search)."""

from __future__ import annotations

from collections.abc import Iterator
from heapq import heappop, heappush
from itertools import pairwise
from typing import Protocol

Square = tuple[int, int]  # x, y; y grows downwards
Route = list[Square]
RIGHT, DOWN, LEFT, UP = STEPS = ((1, 0), (0, 1), (-1, 0), (0, -1))

DOWN_COSTS = 2  # the cost of a step up or down: a character is twice as high as wide
BEND, CROSSING, BESIDE, AT_A_WALL, OFF_CENTRE = 14, 16, 5, 6, 2  # costs; a step to the side costs 1


class Rectangle(Protocol):
    """A rectangle of cells, border included."""

    @property
    def x(self) -> int: ...
    @property
    def y(self) -> int: ...
    @property
    def width(self) -> int: ...
    @property
    def height(self) -> int: ...


def routed(
    source: Rectangle, target: Rectangle, width: int, height: int, *, walls: set[Square], others: list[Route]
) -> Route | None:
    """The cheapest route from beside one rectangle to beside another; None if there is none.

    A route may cross `others` at right angles where both go straight, and begins and ends at least a cell away from them.
    """
    lines, knots = _occupied(others)
    ends = dict(_gates(target, outwards=False))
    begins = {gate: cost for gate, cost in _gates(source, outwards=True) if _free(gate[0], walls, lines, knots)}
    goals = {gate: cost for gate, cost in ends.items() if _free(gate[0], walls, lines, knots)}
    centre = target.x + target.width // 2, target.y + target.height // 2
    reach = target.width // 2 + 2 * (target.height // 2) + 3  # from the centre to any gate, at least

    def guess(cell: Square) -> int:
        return max(0, abs(cell[0] - centre[0]) + DOWN_COSTS * abs(cell[1] - centre[1]) - reach)

    queue: list[tuple[int, int, Square, Square]] = []
    best: dict[tuple[Square, Square], int] = {}
    came: dict[tuple[Square, Square], tuple[Square, Square]] = {}
    for (cell, step), cost in begins.items():
        best[cell, step] = cost
        heappush(queue, (cost + guess(cell), cost, cell, step))
    while queue:
        _, cost, cell, step = heappop(queue)
        if cost > best[cell, step]:
            continue
        if step == (0, 0):
            return _walked(came, (cell, step))
        turns = [turn for turn in STEPS if turn != (-step[0], -step[1])] if (cell, step) in came else [step]
        states = [((cell[0] + turn[0], cell[1] + turn[1]), turn) for turn in turns]
        moves = [(place, turn, _cost(cell, step, place, turn, walls, lines, knots)) for place, turn in states]
        if (cell, step) in goals:
            moves.append((cell, (0, 0), goals[cell, step]))
        for place, turn, more in moves:
            if more is None or not (0 <= place[0] < width and 0 <= place[1] < height):
                continue
            if cost + more < best.get((place, turn), 1 << 30):
                best[place, turn] = cost + more
                came[place, turn] = cell, step
                heappush(queue, (cost + more + guess(place), cost + more, place, turn))
    return None


def _occupied(others: list[Route]) -> tuple[dict[Square, bool], set[Square]]:
    """Cells where a line goes straight (True: horizontally), and cells where one bends, begins, ends or crosses another."""
    lines: dict[Square, bool] = {}
    knots: set[Square] = set()
    for route in others:
        knots.update((route[0], route[-1]))
        for before, cell, after in zip(route, route[1:], route[2:], strict=False):
            if (before[0] != after[0] and before[1] != after[1]) or cell in lines:
                knots.add(cell)
            else:
                lines[cell] = before[1] == after[1]
    return lines, knots


def _gates(box: Rectangle, *, outwards: bool) -> Iterator[tuple[tuple[Square, Square], int]]:
    """Where lines can leave or enter a box: the cell beside the border and the step there, with the cost of this gate."""
    for x in range(box.x + 1, box.x + box.width - 1):
        off = abs(2 * (x - box.x) - box.width + 1) // 2 * OFF_CENTRE
        yield ((x, box.y - 1), UP if outwards else DOWN), off
        yield ((x, box.y + box.height), DOWN if outwards else UP), off
    for y in range(box.y + 1, box.y + box.height - 1):
        off = abs(2 * (y - box.y) - box.height + 1) // 2 * DOWN_COSTS * OFF_CENTRE
        yield ((box.x - 1, y), LEFT if outwards else RIGHT), off
        yield ((box.x + box.width, y), RIGHT if outwards else LEFT), off


def _free(cell: Square, walls: set[Square], lines: dict[Square, bool], knots: set[Square]) -> bool:
    """Whether no other line is in the cell or next to it, so that the heads of two arrows can be told apart."""
    around = [cell, *((cell[0] + x, cell[1] + y) for x, y in STEPS)]
    return cell not in walls and not any(place in lines or place in knots for place in around)


def _cost(
    cell: Square, step: Square, place: Square, turn: Square, walls: set[Square], lines: dict[Square, bool], knots: set[Square]
) -> int | None:
    """The cost of going on from `cell`, which was entered by `step`, to `place` by the step `turn`; None if not allowed."""
    if place in walls or place in knots:
        return None
    across = turn[1] == 0
    cost = 1 if across else DOWN_COSTS
    if turn != step:
        if cell in lines:  # no bend on another line: cross it first
            return None
        cost += BEND
    if place in lines:
        return None if lines[place] == across else cost + CROSSING
    for x, y in (DOWN, UP) if across else (RIGHT, LEFT):
        beside = place[0] + x, place[1] + y
        if lines.get(beside) == across or beside in knots:
            cost += BESIDE
        elif beside in walls:
            cost += AT_A_WALL
    return cost


def _walked(came: dict[tuple[Square, Square], tuple[Square, Square]], state: tuple[Square, Square]) -> Route:
    route = []
    while state in came:
        state = came[state]
        route.append(state[0])
    return route[::-1]


def bends(route: Route) -> list[Square]:
    """The cells at which a route begins, bends and ends."""
    inner = [b for a, b, c in zip(route, route[1:], route[2:], strict=False) if a[0] != c[0] and a[1] != c[1]]
    return [route[0], *inner, route[-1]]


def segments(route: Route) -> list[tuple[Square, Square]]:
    """The straight pieces of a route, each from one bend to the next."""
    return list(pairwise(bends(route)))


def beyond(before: Square, last: Square) -> Square:
    """The cell one step beyond `last`: on the border of the box at which the line begins or ends."""
    return 2 * last[0] - before[0], 2 * last[1] - before[1]
