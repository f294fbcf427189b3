"""How every chart looks: one colour a design, one set of sizes, and files that are the same on every machine."""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from pathlib import Path
from textwrap import shorten, wrap
from typing import Any, ParamSpec, TypeVar

import matplotlib.style
import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine

from sim.colours import COLOURS as COLOURS
from sim.colours import VARIANTS as VARIANTS
from sim.colours import colours as colours

INK, QUIET, GRID, FAULT = "#2B2320", "#6E6460", "#E7E1DB", "#FBEBC8"
DPI = 120

RC = {
    "axes.axisbelow": True,
    "axes.edgecolor": QUIET,
    "axes.labelcolor": INK,
    "axes.labelsize": 9,
    "axes.linewidth": 0.7,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlelocation": "left",
    "axes.titlepad": 8,
    "axes.titlesize": 10,
    "axes.titleweight": "bold",
    "axes.titlecolor": INK,
    "figure.facecolor": "white",
    "font.family": "DejaVu Sans",  # comes with matplotlib
    "font.size": 9,
    "grid.color": GRID,
    "grid.linewidth": 0.7,
    "hatch.linewidth": 0.6,
    "legend.fontsize": 8.5,
    "legend.frameon": False,
    "lines.linewidth": 1.6,
    "svg.fonttype": "path",  # drawn, so that no font needs to be there
    "svg.hashsalt": "coffee",
    "text.color": INK,
    "text.parse_math": False,  # a dollar in a name is a dollar
    "xtick.color": QUIET,
    "xtick.labelcolor": INK,
    "xtick.labelsize": 8.5,
    "ytick.color": QUIET,
    "ytick.labelcolor": INK,
    "ytick.labelsize": 8.5,
}

P = ParamSpec("P")
T = TypeVar("T")


@contextmanager
def applied() -> Iterator[None]:
    """Use our settings, and no matplotlibrc, within the block. A letter that the font doesn't have is drawn as a box, and no
    warning tells it to people who can't help it.
    """
    with warnings.catch_warnings(), matplotlib.style.context(["default", RC]):  # type: ignore[arg-type, unused-ignore]
        warnings.filterwarnings("ignore", "Glyph .* missing from", UserWarning)
        yield


def styled(draw: Callable[P, T]) -> Callable[P, T]:
    """Draws with our settings."""

    @wraps(draw)
    def drawn(*args: P.args, **kwargs: P.kwargs) -> T:
        with applied():
            return draw(*args, **kwargs)

    return drawn


class Styled(Figure):
    """A figure that always draws with our settings: matplotlib makes ticks late, perhaps when a notebook shows the figure."""

    def draw(self, renderer: Any) -> None:
        with applied():
            super().draw(renderer)


def figure(width_in: float, height_in: float, *, apart: float = 0.02) -> Figure:
    """An empty figure without a window. `apart` is the space between its panels, in panel widths."""
    made = Styled(figsize=(width_in, height_in), dpi=DPI, layout=ConstrainedLayoutEngine(wspace=apart))
    FigureCanvasAgg(made)
    return made


def figure_of(axes: Any) -> Figure:
    """The whole figure that one axes, or an array of them, is on."""
    made: Figure | None = np.asarray(axes, dtype=object).flat[0].get_figure(root=True)
    assert made is not None
    return made


def size_in(ax: Axes) -> tuple[float, float]:
    """Width and height of a panel, in inches."""
    made = ax.get_figure()
    assert made is not None
    return ax.bbox.width / made.dpi, ax.bbox.height / made.dpi


def heading(figure: Figure, title: str, note: str) -> None:
    """Write a title and, in smaller print, a note at the top left, and keep the panels below them."""
    width_in, height_in = figure.get_size_inches()
    title = shorten(title, int(width_in * 9), placeholder=" …")
    note = "\n".join(wrap(note, int(width_in * 12.5)))
    figure.text(0.008, 1 - 0.06 / height_in, title, ha="left", va="top", fontsize=11.5, fontweight="bold")
    figure.text(0.008, 1 - 0.285 / height_in, note, ha="left", va="top", fontsize=8.5, color=QUIET)
    engine = figure.get_layout_engine()
    if isinstance(engine, ConstrainedLayoutEngine):
        engine.set(rect=(0, 0, 1, 1 - (0.5 + 0.14 * note.count("\n")) / height_in))


def plain_axis(ax: Axes, *, grid: str = "x") -> None:
    """Grid lines along one axis ("both" for two), and no tick marks."""
    ax.grid(visible=True, axis=grid)  # type: ignore[arg-type]
    ax.tick_params(length=0)


def save(figure: Figure, stem: Path) -> str:
    """Write `stem`.png and `stem`.svg, byte-identical for the same chart. Returns the SVG's text.

    Draws on the canvases directly, because `savefig` would draw everything twice.
    """
    text = io.StringIO()
    with applied():
        png: Any = FigureCanvasAgg(figure)
        png.print_png(stem.with_suffix(".png"), metadata={"Software": None}, pil_kwargs={"compress_level": 3})
        figure.set_layout_engine("none")  # laid out by now
        svg: Any = FigureCanvasSVG(figure)
        svg.print_svg(text, metadata=dict.fromkeys(("Creator", "Date", "Format", "Type")))
    stem.with_suffix(".svg").write_text(text.getvalue(), encoding="utf-8", newline="\n")
    return text.getvalue()


def svg(figure: Figure) -> str:
    """A chart as the text of an SVG, byte-identical for the same chart."""
    text = io.StringIO()
    with applied():
        canvas: Any = FigureCanvasSVG(figure)
        canvas.print_svg(text, metadata=dict.fromkeys(("Creator", "Date", "Format", "Type")))
    return text.getvalue()


def inline(svg: str, name: str, label: str) -> str:
    """Turn an SVG file's text into an element of an HTML page that fills its width, with ids that no other chart has.

    `label` is what a screen reader says.
    """
    body = svg[svg.index("<svg") :]
    body = re.sub(r'\b(id=")', rf"\g<1>{name}-", body)
    body = re.sub(r'((?:xlink:)?href="#|url\(#)', rf"\g<1>{name}-", body)
    body = re.sub(r'<svg([^>]*?) width="[^"]*"', r"<svg\1", body, count=1)
    body = re.sub(r'<svg([^>]*?) height="[^"]*"', r"<svg\1", body, count=1)
    return body.replace("<svg", f'<svg role="img" aria-label="{_attribute(label)}"', 1)


def _attribute(text: str) -> str:
    return text.replace("&", "&amp;").replace('"', "&quot;").replace("<", "&lt;")
