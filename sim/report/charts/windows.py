"""The heat map: which failure windows a design closes, at a glance."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from textwrap import fill
from typing import Any, NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from sim.failure_windows.differences import differences
from sim.failure_windows.matrix import Matrix, title
from sim.failure_windows.published import by_place
from sim.failure_windows.verdicts import STATES, Verdict
from sim.report.matrix import DIFFERS, brackets, rate
from sim.style import INK, QUIET, figure, heading, styled


class Look(NamedTuple):
    """How a state is drawn: from light to dark, so that readers can distinguish states without colours."""

    fill: str
    ink: str
    hatch: str = ""


LOOKS: dict[str, Look] = {
    "closed": Look("#E4F1F7", INK),
    "narrowed": Look("#F8E08E", INK),
    "open": Look("#EE9A55", INK),
    "worse": Look("#9C3206", "#FFFFFF"),
    "undecided": Look("#FFFFFF", QUIET, "////"),
}
NOTHING_THERE = Look("#F3F1EE", QUIET)  # closed, because nothing could fail there
MOST = 7  # designs beside each other
ONE_LINE = 34  # letters of a window's title
TITLE_IN, CELL_IN, ROW_IN = 2.9, 1.12, 0.42
PLACE_ROWS = 0.55  # of a row, for the name of a place above its windows
TOP_IN, LEGEND_IN, HEAD_IN = 0.5, 0.45, 0.5


def in_blocks(designs: list[str]) -> list[list[str]]:
    """Designs that have room beside each other, in blocks of about the same size."""
    number = -(-len(designs) // MOST)
    size = -(-len(designs) // number)
    return [designs[begin : begin + size] for begin in range(0, len(designs), size)]


def draw_matrix(matrix: Matrix, axes: Any = None) -> np.ndarray:
    """Draw a whole matrix, and mark the cells that differ from what is published."""
    titles = {label: title(scenario) for label, scenario in matrix.windows.items()}
    differ = frozenset((d.cell.window, d.cell.design) for d in differences(matrix))
    return draw(matrix.cells, titles, list(matrix.designs), axes, differ=differ)


@styled
def draw(
    cells: Mapping[tuple[str, str], Verdict],
    titles: Mapping[str, str],
    designs: list[str],
    axes: Any = None,
    *,
    differ: frozenset[tuple[str, str]] = frozenset(),
) -> np.ndarray:
    """Windows (label -> title) down, designs across, in blocks of at most seven; axes of shape (blocks,).

    `differ`: the cells that get the mark of a difference from what is published.
    """
    blocks = in_blocks(designs)
    if axes is None:
        axes = _panels(blocks, _rows(titles)[1], any_differ=bool(differ))
    for ax, block in zip(axes, blocks, strict=True):
        _block(ax, cells, titles, block, differ)
    return np.asarray(axes)


def _panels(blocks: list[list[str]], rows: float, *, any_differ: bool) -> np.ndarray:
    columns = max(len(block) for block in blocks)
    width = max(TITLE_IN + columns * CELL_IN + 0.15, 7.2)
    body = rows * ROW_IN
    height = TOP_IN + len(blocks) * (HEAD_IN + body) + LEGEND_IN
    made = figure(width, height)
    made.set_layout_engine("none")
    heading(
        made,
        "Which failure windows does a design close?",
        "share of the purchases harmed in any way [95 % interval]; closed: nobody was; grey: nothing there to strike",
    )
    axes = np.empty(len(blocks), dtype=object)
    for number, block in enumerate(blocks):
        bottom = height - TOP_IN - (number + 1) * (HEAD_IN + body)
        place = (TITLE_IN / width, bottom / height, len(block) * CELL_IN / width, body / height)
        axes[number] = made.add_axes(place)
    _legend(made.add_axes((0.01, 0.0, 0.98, LEGEND_IN / height)), width, any_differ=any_differ)
    return axes


def _block(
    ax: Axes,
    cells: Mapping[tuple[str, str], Verdict],
    titles: Mapping[str, str],
    designs: list[str],
    differ: frozenset[tuple[str, str]],
) -> None:
    rows, height = _rows(titles)
    for label in titles:
        for column, design in enumerate(designs):
            _cell(ax, column, rows[label], cells[label, design], differs=(label, design) in differ)
    ax.set_xlim(0, len(designs))
    ax.set_ylim(height, 0)
    ax.set_xticks(np.arange(len(designs)) + 0.5, [fill(name.replace("-", "-\u200b"), 15) for name in designs])
    ax.set_yticks([])
    left_in = TITLE_IN - 0.08
    left = -left_in / (len(designs) * CELL_IN)
    for place, labels in by_place(titles):
        if place:
            above = rows[labels[0]] - PLACE_ROWS / 2
            ax.text(left, above, place, transform=ax.get_yaxis_transform(), va="center", fontsize=8, color=QUIET)
    for label, text in titles.items():
        for inches, words, weight in ((0.0, label, "bold"), (0.4, _in_two_lines(text), "normal")):
            x = left + inches / (len(designs) * CELL_IN)
            y = rows[label] + 0.5
            ax.text(x, y, words, transform=ax.get_yaxis_transform(), va="center", fontsize=8.5, fontweight=weight)
    ax.xaxis.tick_top()
    ax.tick_params(length=0, pad=4)
    for spine in ax.spines.values():
        spine.set_visible(False)


def _rows(windows: Iterable[str]) -> tuple[dict[str, float], float]:
    """Where each window's row begins, and where the last one ends: above the windows of a place is room for its name."""
    rows, below = {}, 0.0
    for place, labels in by_place(windows):
        below += PLACE_ROWS if place else 0.0
        for label in labels:
            rows[label] = below
            below += 1.0
    return rows, below


def _cell(ax: Axes, column: int, row: float, cell: Verdict, *, differs: bool) -> None:
    look = LOOKS[cell.state] if cell.exposed else NOTHING_THERE
    box = Rectangle(
        (column + 0.02, row + 0.035), 0.96, 0.93, fc=look.fill, ec=QUIET if look.hatch else look.fill, lw=0.5, hatch=look.hatch
    )
    box.set_label(f"{cell.window} {cell.design} {cell.state}")
    if look.hatch:
        box.set_edgecolor("#CFC8C2")
    ax.add_patch(box)
    back: dict[str, Any] = {"ha": "center", "va": "center", "color": look.ink}
    if look.hatch:
        back["bbox"] = {"fc": "white", "ec": "none", "pad": 0.6}
    text = f"{rate(cell)} {brackets(cell)}".rstrip()
    if cell.exposed:
        weight = "bold" if cell.state != "closed" else "normal"
        ax.text(column + 0.5, row + 0.32, cell.state, fontsize=8.5, fontweight=weight, **back)
    ax.text(column + 0.5, row + (0.70 if cell.exposed else 0.5), text, fontsize=8 if len(text) < 15 else 6.8, **back)
    if differs:
        ax.text(column + 0.94, row + 0.33, DIFFERS, ha="right", va="center", fontsize=9, fontweight="bold", color=look.ink)


def _in_two_lines(text: str) -> str:
    """The text, split into two lines of similar length if it is too long for one."""
    return text if len(text) <= ONE_LINE else fill(text, max(len(text) // 2 + 4, 12))


def _legend(ax: Axes, width_in: float, *, any_differ: bool) -> None:
    ax.set_xlim(0, width_in * 0.98)
    ax.set_ylim(0, 1)
    ax.axis("off")
    x = 0.02
    for state in STATES:
        look = LOOKS[state]
        ax.add_patch(Rectangle((x, 0.36), 0.2, 0.36, fc=look.fill, ec="#CFC8C2", lw=0.5, hatch=look.hatch))
        ax.text(x + 0.27, 0.54, state, va="center", fontsize=8.5, color=INK)
        x += 1.12
    if any_differ:
        ax.text(x, 0.54, f"{DIFFERS} not as published", va="center", fontsize=8.5, color=INK)
