"""Draw a design's component diagram on the grid of its layout, each box shaded by how busy its component was."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Literal

import numpy as np
from markupsafe import Markup
from matplotlib.axes import Axes
from matplotlib.colors import to_hex, to_rgb
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.lines import Line2D
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch, Rectangle
from matplotlib.textpath import TextToPath

from sim import style, words
from sim.architectures.parts import Component, Diagram, parts_of
from sim.diagram.layout import Box, Layout, Wire, laid_out
from sim.diagram.routes import bends, beyond
from sim.diagram.spoken import in_words
from sim.experiment.compare import Comparison, Result
from sim.style import INK, QUIET, figure, styled

CELL_IN = (0.05, 0.15)  # width and height of a cell of the grid
MARGIN = 0.5  # cells
TEXT = 19  # the most cells a line of text: boxes are narrow enough for three diagrams beside each other
SIZES = {"head": 9.5, "note": 8.3, "label": 7.8}  # font sizes in points
TOP_IN = 0.34  # height in inches of the name above the diagram
PALE, FULL = 0.06, 0.6  # share of the design's colour in an idle and a busy box; grows with the root, as most are hardly busy
FOREIGN = "#F1EEEB"
CAPTION = (
    "An arrow points from who acts to who is called; nobody waits for what a dashed one carries. Double frames store things, "
    "the dashed frame is somebody else’s. The darker a box, the busier it was: the share of its capacity, over a whole morning "
    "with its drain. Boxes without a share have no queue of their own."
)


@styled
def draw(layout: Layout, name: str, *, colour: str, busy: Mapping[str, float] | None = None, columns: int = 0) -> Figure:
    """The diagram of a design in its colour, at least `columns` cells wide.

    `busy` is station -> busy share; it shades the boxes of these stations.
    """
    columns = max(columns, layout.width)
    width_in, height_in = (columns + 2 * MARGIN) * CELL_IN[0], layout.height * CELL_IN[1]
    picture = figure(width_in, height_in + TOP_IN)
    picture.set_layout_engine("none")
    picture.text(0.05 / width_in, 1 - 0.05 / (height_in + TOP_IN), name, color=colour, va="top", fontsize=13, fontweight="bold")
    ax = picture.add_axes((0, 0, 1, height_in / (height_in + TOP_IN)))
    ax.set_axis_off()
    spare = (columns - layout.width) / 2
    ax.set_xlim(-MARGIN - spare, layout.width + MARGIN + spare)
    ax.set_ylim(layout.height, 0)
    _draw(ax, layout, colour, busy or {})
    return picture


def arranged(parts: Diagram, busy: Mapping[str, float] | None = None) -> Layout:
    """The layout of a diagram for `draw`, with each station's busy share as the last line of its box."""
    components = tuple(_with_share(part, (busy or {}).get(part.station or "")) for part in parts.components)
    return laid_out(replace(parts, components=components), text=TEXT, measure=_cells)


@cache
def _cells(text: str, kind: Literal["head", "note", "label"]) -> int:
    """How many cells a line of text takes, so that boxes are no wider than necessary."""
    bold = kind == "head" or text.startswith("busy ")
    font = FontProperties(
        family="DejaVu Sans",
        size=SIZES[kind],
        weight="bold" if bold else "normal",
        style="italic" if kind == "label" else "normal",
    )
    width_pt, _, _ = TextToPath().get_text_width_height_descent(text, font, ismath=False)
    return math.ceil(width_pt / 72 / CELL_IN[0])


def _with_share(part: Component, share: float | None) -> Component:
    return part if share is None else replace(part, notes=(*part.notes, f"busy {words.share(share)}"))


def pictures(comparison: Comparison, folder: Path) -> dict[str, Markup]:
    """Write each design's diagram to a folder, and return it as inline SVG for the page. All are equally wide."""
    busy = {name: utilisation(result) for name, result in comparison.results.items()}
    layouts = {name: arranged(parts_of(result.design), busy[name]) for name, result in comparison.results.items()}
    columns = max(layout.width for layout in layouts.values())
    colours, files = style.colours(layouts), file_names(layouts)
    inline = {}
    for name, layout in layouts.items():
        figure = draw(layout, name, colour=colours[name], busy=busy[name], columns=columns)
        svg = style.save(figure, folder / files[name])
        inline[name] = Markup(style.inline(svg, files[name], f"{name}: {in_words(layout)}"))  # noqa: S704  our own drawing
    return inline


def file_names(designs: Iterable[str]) -> dict[str, str]:
    """Design -> the name of its diagram's files without ending: numbered, as names of designs may hold any characters."""
    slugs = {name: re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:40] for name in designs}
    return {name: f"components-{number}{'-' + slug if slug else ''}" for number, (name, slug) in enumerate(slugs.items(), 1)}


def utilisation(result: Result) -> dict[str, float]:
    """Station -> mean over mornings of its busy share, which is of the capacity paid for."""
    shares: dict[str, list[float]] = {}
    for summary in result.summaries:
        for station in summary.stations:
            shares.setdefault(station.name, []).append(station.busy_share)
    return {name: float(np.mean(values)) for name, values in shares.items()}


def _draw(ax: Axes, layout: Layout, colour: str, busy: Mapping[str, float]) -> None:
    for wire in layout.wires:
        _draw_wire(ax, wire)
    for box in layout.boxes:
        _draw_box(ax, box, colour, busy.get(box.component.station or ""))
    for wire in layout.wires:
        _draw_label(ax, wire)


def _draw_box(ax: Axes, box: Box, colour: str, share: float | None) -> None:
    kind = box.component.kind
    x, y, width, height = box.x + 0.5, box.y + 0.5, box.width - 1, box.height - 1
    fill = FOREIGN if kind == "external" else _mixed(colour, PALE + (FULL - PALE) * min(1.0, share or 0.0) ** 0.5)
    if kind in ("person", "app"):
        round_ = f"round,pad=0,rounding_size={0.6}"
        ax.add_patch(FancyBboxPatch((x, y), width, height, boxstyle=round_, mutation_aspect=0.5, fc="white", ec=INK, lw=1.0))
    else:
        dashes = (0, (4, 2.5)) if kind == "external" else "-"
        ax.add_patch(Rectangle((x, y), width, height, fc=fill, ec=INK, lw=1.0, ls=dashes))
    if kind in ("store", "queue"):
        in_x, in_y = 0.5, 0.5 * CELL_IN[0] / CELL_IN[1]
        ax.add_patch(Rectangle((x + in_x, y + in_y), width - 2 * in_x, height - 2 * in_y, fc="none", ec=INK, lw=0.7))
    for number, line in enumerate(box.lines):
        is_head = number < box.heads
        is_share = share is not None and number == len(box.lines) - 1
        ax.text(
            box.x + box.width / 2, box.y + 1.5 + number, line, ha="center", va="center", color=INK,
            fontsize=SIZES["head" if is_head else "note"], fontweight="bold" if is_head or is_share else "normal",
            label=f"in {box.component.name}",
        )  # fmt: skip


def _draw_wire(ax: Axes, wire: Wire) -> None:
    """Draw a line from border to border: a wire's first and last cell are still a cell's width away from the boxes."""
    cells = [beyond(wire.cells[1], wire.cells[0]), *bends(list(wire.cells))[1:-1], beyond(wire.cells[-2], wire.cells[-1])]
    points = [(x + 0.5, y + 0.5) for x, y in cells]
    style = (0, (3.5, 2)) if wire.flow.dashed else "-"
    ax.add_line(Line2D([x for x, _ in points], [y for _, y in points], color=QUIET, lw=1.1, ls=style, solid_capstyle="butt"))
    last = wire.cells[-1][0] + 0.5, wire.cells[-1][1] + 0.5
    ax.add_patch(
        FancyArrowPatch(last, points[-1], arrowstyle="-|>", mutation_scale=11, shrinkA=0, shrinkB=0, color=QUIET, lw=0)
    )


def _draw_label(ax: Axes, wire: Wire) -> None:
    if wire.label is None:
        return
    for row, line in enumerate(wire.label.lines):
        ax.text(
            wire.label.x + wire.label.width / 2, wire.label.y + row + 0.5, line, ha="center", va="center",
            fontsize=SIZES["label"], color=INK, style="italic", bbox={"fc": "white", "ec": "none", "pad": 0.6},
            label="on a flow",
        )  # fmt: skip


def _mixed(colour: str, share: float) -> str:
    """A colour mixed with white; `share` is the colour's part."""
    red, green, blue = (1 - share * (1 - part) for part in to_rgb(colour))
    return to_hex((red, green, blue))
