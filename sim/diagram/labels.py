"""Place the labels of arrows: on their own line or in free cells beside it, and never on anything else."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from textwrap import wrap
from typing import Literal, TypeVar

from sim.diagram.routes import Route, Square, segments

Key = TypeVar("Key")


@dataclass(frozen=True)
class Label:
    """Lines of text centred in a rectangle of cells."""

    x: int
    y: int
    width: int
    lines: tuple[str, ...]

    def cells(self) -> Iterator[Square]:
        return ((x, y) for x in range(self.x, self.x + self.width) for y in range(self.y, self.y + len(self.lines)))


def placed(
    flows: Mapping[Key, tuple[str, Route]], walls: set[Square], size: Square, *, measure: Callable[[str, Literal["label"]], int]
) -> dict[Key, Label] | None:
    """A label for every flow with a text; None if there is no room for one. Flows with the fewest choices are placed first."""
    lines = {key: set(route) for key, (_, route) in flows.items()}
    choices = {
        key: _choices(text, route, walls, [cells for other, cells in lines.items() if other != key], size, measure)
        for key, (text, route) in flows.items()
        if text
    }
    labels: dict[Key, Label] = {}
    for key in sorted(choices, key=lambda key: len(choices[key])):
        free = (label for label in choices[key] if not any(_touch(label, other) for other in labels.values()))
        label = next(free, None)
        if label is None:
            return None
        labels[key] = label
    return labels


def _choices(
    text: str, route: Route, walls: set[Square], others: list[set[Square]], size: Square,
    measure: Callable[[str, Literal["label"]], int],
) -> list[Label]:  # fmt: skip
    """All positions of a label that are clear of boxes and other lines, the best first."""
    others_cells = set().union(*others)
    own = set(route)
    rated: list[tuple[int, Label]] = []
    for lines in _wrapped(text):
        width = max(measure(line, "label") for line in lines)
        for begin, end in segments(route):
            for badness, label in _beside(lines, width, begin, end, route):
                cells = set(label.cells())
                inside = label.x >= 0 and label.y >= 0 and label.x + label.width <= size[0] and label.y + len(lines) <= size[1]
                if not inside or cells & walls or cells & others_cells:
                    continue
                on_line = badness < ASIDE
                if not on_line and cells & own:
                    continue
                crowd = sum((x + dx, y) in others_cells for x, y in cells for dx in (-1, 1))
                crowd += sum((x, y + dy) in others_cells for x, y in cells for dy in (-1, 1))
                crowd += sum((x + dx, y) in walls for x, y in cells for dx in (-1, 1))
                crowd += sum((x, y + dy) in walls for x, y in cells for dy in (-1, 1)) // 3
                rated.append((badness + 12 * crowd + 6 * (len(lines) - 1), label))
    return [label for _, label in sorted(rated, key=lambda choice: choice[0])]


ASIDE = 20  # the badness of a label that stands beside its line and not on it


def _beside(lines: tuple[str, ...], width: int, begin: Square, end: Square, route: Route) -> Iterator[tuple[int, Label]]:
    """Positions along one straight piece of a line, each with its badness: on the line, where some of the line stays visible
    before and behind the label, and on either side.
    """
    height = len(lines)
    (x0, x1), (y0, y1) = sorted((begin[0], end[0])), sorted((begin[1], end[1]))
    spare = 2 if route[-1] in (begin, end) else 1
    if y0 == y1:
        for x in range(x0 - 1, x1 - width + 3):
            off = abs(2 * x + width - 1 - x0 - x1) // 2
            if height == 1 and x0 + spare <= x and x + width <= x1 + 1 - spare:
                yield off, Label(x, y0, width, lines)
            yield ASIDE + off, Label(x, y0 - height, width, lines)
            yield ASIDE + off + 1, Label(x, y0 + 1, width, lines)
    else:
        for y in range(y0, y1 - height + 2):
            off = abs(2 * y + height - 1 - y0 - y1)
            if y0 + 1 <= y and y + height <= y1:
                yield off, Label(x0 - width // 2, y, width, lines)
            yield ASIDE + off, Label(x0 + 2, y, width, lines)
            yield ASIDE + off, Label(x0 - 1 - width, y, width, lines)


def _wrapped(text: str) -> list[tuple[str, ...]]:
    """The text in one line, in two and in three, as evenly as the words allow."""
    ways = {tuple(wrap(text, width, break_long_words=False)) for width in range(3, len(text) + 1)} | {(text,)}
    best: dict[int, tuple[str, ...]] = {}
    for lines in sorted(ways, key=lambda lines: max(map(len, lines))):
        best.setdefault(len(lines), lines)
    return [best[number] for number in sorted(best) if number <= 3]


def _touch(a: Label, b: Label) -> bool:
    """Whether two labels overlap, or are so close that they read as one."""
    return a.x - 1 < b.x + b.width and b.x - 1 < a.x + a.width and a.y - 1 < b.y + len(b.lines) and b.y - 1 < a.y + len(a.lines)
