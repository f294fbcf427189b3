"""A metric over the values of two knobs: a panel a design, one colour scale for all of them."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Colormap, LinearSegmentedColormap, LogNorm, Normalize
from matplotlib.patches import Rectangle

from sim import words
from sim.experiment.estimates import holds
from sim.experiment.sweep import Axis, Point, Sweep
from sim.report.charts.sweep_lines import CHARACTER_IN, DECADES, constant, level_note, limit_of
from sim.style import INK, QUIET, colours, figure, heading, styled
from sim.vocabulary import METRICS

SIDE_BY_SIDE = 3  # panels
MOST_NUMBERS = 9  # columns of a panel in which a cell has room for its number
LABELS = 10  # of an axis at most
WORSE = LinearSegmentedColormap.from_list("worse", ["#FFF8F0", "#F3C58F", "#D9772B", "#8C2D04"])  # darker is worse


@styled
def draw(swept: Sweep, metric: str, axes: Any = None) -> np.ndarray:
    """A panel a design: the second knob across, the first downwards. Hatched: never; a dash: nothing to count."""
    down, across = (swept.axes[number] for number in swept.drawn)
    panels = np.ravel(axes) if axes is not None else _panels(swept, metric, down, across)
    norm, scale = _norm(swept, metric), _colours(metric)
    ink = colours(swept.designs)
    for number, (ax, name) in enumerate(zip(panels, swept.designs, strict=True)):
        _panel(ax, swept, metric, name, norm, scale)
        ax.set_title(name, color=ink[name])
        _labels(ax, down, across, is_left=number % SIDE_BY_SIDE == 0)
    made: Any = panels[0].get_figure()
    bar = made.colorbar(ScalarMappable(norm, scale), ax=list(panels), shrink=0.8, pad=0.02, aspect=28)
    unit = METRICS[metric].unit
    bar.ax.yaxis.set_major_formatter(lambda y, _: words.seconds(y) if unit == "s" else words.quantity(y, unit))
    bar.outline.set_visible(False)
    bar.ax.tick_params(which="both", length=0)
    return np.asarray(panels)


def _panels(swept: Sweep, metric: str, down: Axis, across: Axis) -> list[Axes]:
    n = len(swept.designs)
    columns = min(n, SIDE_BY_SIDE)
    rows = -(-n // columns)
    wide = _width(across)
    high = min(max(0.34 * len(down), 1.5), 4.0)
    named = 0.08 * max(map(len, down.texts))
    made = figure(max(columns * (wide + 0.25) + named + 1.5, 6.4), rows * (high + 0.85) + 0.75)
    parts = [METRICS[metric].summary, f"mean of {words.mornings(swept.mornings)}"]
    limit = limit_of(swept, metric)
    if limit is not None:
        parts.append(f"framed: meets the objective ({words.limit(metric, limit)})")
    heading(made, f"{swept.scenario.name}: {metric}", "; ".join(parts) + constant(swept) + level_note(swept))
    return [made.add_subplot(rows, columns, number + 1) for number in range(n)]


def _width(across: Axis) -> float:
    """Of a panel, in inches."""
    return min(max(0.62 * len(across), 2.4), 4.4)


def _norm(swept: Sweep, metric: str) -> Normalize:
    """One scale for all panels, up to the objective's limit at least: from zero, or logarithmic for very different times."""
    means = [mean for point in swept.points.values() if (mean := point.metrics[metric].mean) is not None]
    limit = limit_of(swept, metric)
    ends = [*means, *([limit] if limit else [])]
    if METRICS[metric].more_is_better and ends:
        return Normalize(min(*ends, 0.99 * max(ends)), max(ends))
    if METRICS[metric].unit == "s" and means and min(means) > 0 and max(means) > DECADES * min(means):
        return LogNorm(min(ends), max(ends))
    return Normalize(0, max(ends, default=0) or 1)


def _colours(metric: str) -> Colormap:
    return WORSE.reversed() if METRICS[metric].more_is_better else WORSE


def _panel(ax: Axes, swept: Sweep, metric: str, design: str, norm: Normalize, scale: Colormap) -> None:
    down, across = swept.drawn
    size = len(swept.axes[down]), len(swept.axes[across])
    for cell in swept.cells:
        place = cell[across] - 0.5, cell[down] - 0.5
        if (point := swept.points.get((cell, design))) is not None:
            _tile(ax, place, point, metric, norm, scale, numbers=size[1] <= MOST_NUMBERS)
    ax.set_xlim(-0.5, size[1] - 0.5)
    ax.set_ylim(size[0] - 0.5, -0.5)
    ax.spines[:].set_visible(False)


def _tile(
    ax: Axes, place: tuple[float, float], point: Point, metric: str, norm: Normalize, scale: Colormap, *, numbers: bool
) -> None:
    value = point.metrics[metric]
    colour = "white" if value.mean is None else scale(norm(value.mean))
    ax.add_patch(Rectangle(place, 1, 1, facecolor=colour, edgecolor="white", lw=0.8))
    if value.never:
        ax.add_patch(Rectangle(place, 1, 1, facecolor="#3D3431", edgecolor="#8C817A", hatch="////", lw=0))
    if holds(point.status(metric) or "undecided"):
        ax.add_patch(Rectangle((place[0] + 0.05, place[1] + 0.06), 0.9, 0.88, fill=False, edgecolor=INK, lw=1.1, zorder=3))
    text = _short(point, metric) if numbers else "–" if value.mean is None and not value.never else ""
    dark = value.never or (value.mean is not None and _is_dark(colour))
    box = {"facecolor": "#3D3431", "edgecolor": "none", "pad": 0.8} if value.never else None
    ax.text(
        place[0] + 0.5, place[1] + 0.5, text, ha="center", va="center", fontsize=7.2, color="white" if dark else INK, bbox=box
    )


def _short(point: Point, metric: str) -> str:
    value = point.metrics[metric]
    if value.never:
        return "never" if value.never == 1 else f"never\n{round(value.never * value.n)}/{value.n}"
    if value.mean is None:
        return "–"
    unit = METRICS[metric].unit
    return (
        words.seconds(value.mean) if unit == "s" else words.share(value.mean) if unit == "share" else words.number(value.mean)
    )


def _is_dark(colour: Any) -> bool:
    """Whether white is easier to read on it (relative luminance, as in WCAG, by the usual approximation)."""
    red, green, blue = colour[:3]
    return bool(0.2126 * red + 0.7152 * green + 0.0722 * blue < 0.5)


def _labels(ax: Axes, down: Axis, across: Axis, *, is_left: bool) -> None:
    rows = range(0, len(down), -(-len(down) // LABELS))
    columns = range(0, len(across), -(-len(across) // LABELS))
    ax.set_yticks(list(rows), [down.texts[i] for i in rows] if is_left else [""] * len(rows))
    slanted = max(len(across.texts[i]) for i in columns) * CHARACTER_IN > _width(across) / len(columns)
    turned: dict[str, Any] = {"rotation": 35, "ha": "right"} if slanted else {}
    ax.set_xticks(list(columns), [across.texts[i] for i in columns], **turned)
    ax.tick_params(length=0)
    ax.set_xlabel(across.name)
    if is_left:
        ax.set_ylabel(down.name)
    ax.xaxis.label.set_color(QUIET)
    ax.yaxis.label.set_color(QUIET)
