"""A metric over the values of one knob: a line a design, with the band of its 95 % interval."""

from __future__ import annotations

from textwrap import wrap
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import FixedLocator, MaxNLocator, NullLocator

from sim import words
from sim.experiment.statistics import Estimate
from sim.experiment.sweep import Axis, Sweep, level_words
from sim.report.charts.curves import Label, label_right, widths
from sim.style import QUIET, colours, figure, heading, plain_axis, styled
from sim.vocabulary import METRICS

DECADES = 50.0  # times larger: times that differ by more are drawn on a logarithmic axis
NEVER, NOTHING = "never", "nothing to count"
CHARACTER_IN = 0.075  # width of a character of an axis label, in inches


@styled
def draw(swept: Sweep, metric: str, axes: Any = None) -> Axes:
    """One axes: the knob across, the metric upwards; squares on the line "never", crosses where there is nothing to count."""
    [number] = swept.drawn
    axis = swept.axes[number]
    ax: Axes = axes if axes is not None else _panel(swept, metric, axis)
    where = positions(axis)
    lines = {name: _line(swept, metric, number, name) for name in swept.designs}
    values = [value for line in lines.values() for value in line if value is not None]
    limit = limit_of(swept, metric)
    is_log = _vertical(ax, metric, values, limit)
    bottom, top = ax.get_ylim()
    rail = _rail(ax, values, is_log=is_log)
    ink = colours(swept.designs)
    ends: list[Label] = []
    for (name, line), width in zip(lines.items(), widths(len(lines)), strict=True):
        ends += _draw_line(ax, where, line, name, ink[name], width, (bottom, rail))
    _horizontal(ax, axis, where)
    if limit is not None and bottom <= limit <= top:
        ax.axhline(limit, color=QUIET, lw=0.9, ls=(0, (4, 3)), zorder=1.5)
        ends.append(Label(limit, words.limit(metric, limit), QUIET))
    plain_axis(ax, grid="y")
    label_right(ax, ends, apart=0.055)
    return ax


def positions(axis: Axis) -> np.ndarray:
    """Where the values are: at their numbers, or side by side if they have none (or several knobs change together)."""
    numbers = axis.knobs[0].numbers if len(axis.knobs) == 1 else None
    return np.array(numbers) if numbers else np.arange(len(axis), dtype=float)


def limit_of(swept: Sweep, metric: str) -> float | None:
    """The limit of the scenario's objective for a metric, unless it is varied."""
    varied = any(key == f"objectives.{metric}" for key in swept.keys)
    return None if varied else swept.scenario.objectives.get(metric)


def constant(swept: Sweep) -> str:
    """The keys that have one value only, for the note above a chart."""
    return "".join(
        f"; {knob.key} {knob.texts[0]}"
        for number, axis in enumerate(swept.axes) if number not in swept.drawn for knob in axis.knobs
    )  # fmt: skip


def level_note(swept: Sweep) -> str:
    """Which designs don't have a key that is varied, so that one value stands for all of its values."""
    return "".join(f"; {level}" for level in level_words(swept))


def _panel(swept: Sweep, metric: str, axis: Axis) -> Axes:
    made = figure(8.6, 4.4)
    bands = "bands: 95 % intervals" if swept.mornings > 1 else "no intervals from one morning"
    note = f"{METRICS[metric].summary}; {words.mornings(swept.mornings)}, {bands}{constant(swept)}{level_note(swept)}"
    heading(made, f"{swept.scenario.name}: {metric} by {axis.name}", note)
    return made.add_subplot()


def _line(swept: Sweep, metric: str, number: int, design: str) -> list[Estimate | None]:
    """The design's estimates along the axis; None where Ctrl-C left none."""
    by_step = {cell[number]: point for (cell, name), point in swept.points.items() if name == design}
    return [by_step[step].metrics[metric] if step in by_step else None for step in range(len(swept.axes[number]))]


def _vertical(ax: Axes, metric: str, values: list[Estimate], limit: float | None) -> bool:
    """Scale and labels of the values; times of very different lengths stand on a logarithmic axis. Whether this one is."""
    unit = METRICS[metric].unit
    means = [value.mean for value in values if value.mean is not None]
    ends = [end for value in values for end in (value.low, value.high) if end is not None]
    shown = [*means, *([limit] if limit else [])]
    is_log = unit == "s" and bool(means) and min(means) > 0 and max(means) > DECADES * min(means)
    if is_log:
        ax.set_yscale("log")
        ax.set_ylim(min(shown) / 1.6, max(shown) * 1.6)
    else:
        highest = max([*shown, *ends], default=0.0)
        if unit == "share":
            highest = min(highest, 1 / 1.06)
        ax.set_ylim(0, highest * 1.06 or (0.01 if unit == "share" else 1.0))
        ax.yaxis.set_major_locator(MaxNLocator(6))
    ax.yaxis.set_minor_locator(NullLocator())
    ax.yaxis.set_major_formatter(lambda y, _: words.seconds(y) if unit == "s" else words.quantity(y, unit))
    return is_log


def _rail(ax: Axes, values: list[Estimate], *, is_log: bool) -> float:
    """Where "never" is drawn: above everything that did come. The axis reaches to it, if there is any never."""
    bottom, top = ax.get_ylim()
    if not any(value.never for value in values):
        return top
    rail = top * (top / bottom) ** 0.12 if is_log else top * 1.14
    ax.set_ylim(bottom, rail * (1.02 if not is_log else (top / bottom) ** 0.02))
    ax.axhline(rail, color=QUIET, lw=0.6, ls=":", zorder=1)
    ax.text(-0.012, rail, NEVER, transform=ax.get_yaxis_transform(), ha="right", va="center", fontsize=8.5)
    ticks = [tick for tick in ax.get_yticks() if bottom <= tick <= top]
    ax.yaxis.set_major_locator(FixedLocator(ticks))
    return rail


def _draw_line(
    ax: Axes, where: np.ndarray, line: list[Estimate | None], name: str, colour: str, width: float, span: tuple[float, float]
) -> list[Label]:
    """A design's line and band, with its marks; returns its label, at the height where the line ends."""
    bottom, rail = span
    order = np.argsort(where)
    points = [(where[i], value) for i in order if (value := line[i]) is not None]
    x = [place for place, _ in points]
    means = [np.nan if value.mean is None else value.mean for _, value in points]
    low = [mean if value.low is None else value.low for mean, (_, value) in zip(means, points, strict=True)]
    high = [mean if value.high is None else value.high for mean, (_, value) in zip(means, points, strict=True)]
    ax.fill_between(x, np.maximum(low, bottom), high, color=colour, alpha=0.18, lw=0, zorder=2)
    ax.plot(x, means, "o-", color=colour, lw=width, ms=width + 2.2, mew=0, zorder=3, label=name, clip_on=False)
    for all_never, face in ((True, colour), (False, "white")):
        there = [place for place, value in points if value.never and (value.never == 1) is all_never]
        ax.plot(
            there, [rail] * len(there), "s", color=colour, mfc=face, ms=2.6 * width + 2, zorder=4, label=NEVER, clip_on=False
        )
    empty = [place for place, value in points if not value.n]
    ax.plot(empty, [bottom] * len(empty), "x", color=colour, ms=2.6 * width + 2, zorder=4, label=NOTHING, clip_on=False)
    if not points:
        return []
    last = points[-1][1]
    text = f"{name}, {never_words(last)}" if last.never else f"{name}, {NOTHING}" if not last.n else name
    return [Label(rail if last.never else bottom if last.mean is None else last.mean, text, colour)]


def never_words(value: Estimate) -> str:
    return "never" if value.never == 1 else f"never in {words.never_in(value)}"


def _horizontal(ax: Axes, axis: Axis, where: np.ndarray) -> None:
    """The values in the user's own words at their places, as many as there is room for."""
    if axis.knobs[0].logarithmic and len(axis.knobs) == 1:
        ax.set_xscale("log")
        ax.set_xlim(where.min() / (where.max() / where.min()) ** 0.03, where.max() * (where.max() / where.min()) ** 0.03)
    else:
        room = (np.ptp(where) or 1.0) * 0.04
        ax.set_xlim(where.min() - room, where.max() + room)
    figure_in = ax.get_figure().get_size_inches()[0] * 0.72  # type: ignore[union-attr]
    categorical = axis.knobs[0].numbers is None or len(axis.knobs) > 1
    texts = [_folded(text, int(figure_in / CHARACTER_IN / len(axis))) if categorical else text for text in axis.texts]
    kept = _apart(ax, where, texts, figure_in)
    ax.xaxis.set_minor_locator(NullLocator())
    ax.set_xticks([where[i] for i in kept], [texts[i] for i in kept])
    ax.set_xlabel(axis.name)


def _folded(text: str, width: int) -> str:
    """Words on several lines, as wide as there is room for one value."""
    return "\n".join(wrap(text, max(width, 6)))


def _apart(ax: Axes, where: np.ndarray, texts: list[str], width_in: float) -> list[int]:
    """Which labels can stand without touching: both ends first, then from the left."""
    low, high = (float(ax.transScale.transform((edge, 1))[0]) for edge in ax.get_xlim())
    places = [(float(ax.transScale.transform((x, 1))[0]) - low) / (high - low) * width_in for x in where]
    halves = [(max(map(len, text.split("\n"))) + 1) * CHARACTER_IN / 2 for text in texts]
    kept: list[int] = []
    order = sorted(range(len(places)), key=lambda i: places[i])
    for i in dict.fromkeys([order[0], order[-1], *order]):
        if all(abs(places[i] - places[j]) >= halves[i] + halves[j] for j in kept):
            kept.append(i)
    return sorted(kept, key=lambda i: places[i])
