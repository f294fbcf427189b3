"""Which inputs move a metric, the largest effect first: a bar to either end of each input, from where the metric is now."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator

from sim import words
from sim.experiment.inputs import called, shown
from sim.experiment.sensitivity import Effect
from sim.experiment.swings import Swing, Swings
from sim.style import INK, QUIET, colours, figure, heading, plain_axis, styled
from sim.vocabulary import METRICS

MOST = 12  # inputs in a panel; a line below it counts the others
LOW = "#8D8580"
PALE = 0.3  # opacity of an effect whose interval holds zero
ROOM = 0.017  # share of the panel's width for each character beside a bar
MOST_ROOM = 0.34


@styled
def draw(swings: Swings, axes: Any = None) -> np.ndarray:
    """One axes a metric; in each a row an input, the low end above the high one."""
    if axes is None:
        axes = _panels(swings)
    for ax, metric in zip(np.asarray(axes).flat, swings.metrics, strict=False):
        _panel(ax, swings, metric)
    return np.asarray(axes)


def drawn(swings: Swings, metric: str) -> list[Swing]:
    """The inputs that get a row."""
    return [swing for swing in swings.ranked(metric) if swing.size(metric)][:MOST]


def _panels(swings: Swings) -> np.ndarray:
    columns = min(len(swings.metrics), 2)
    rows = math.ceil(len(swings.metrics) / columns)
    most = [max(len(drawn(swings, m)) for m in swings.metrics[row * columns :][:columns]) for row in range(rows)]
    heights = [0.36 * max(number, 2) + 1.0 for number in most]
    made = figure(6.6 * columns + (1.4 if columns == 1 else 0), sum(heights) + 0.6, apart=0.04)
    axes = made.subplots(rows, columns, squeeze=False, gridspec_kw={"height_ratios": heights})
    for ax in axes.flat[len(swings.metrics) :]:
        ax.remove()
    title = f"What moves {swings.design.name} in {swings.scenario.name}"
    note = f"one input at a time, {words.mornings(swings.mornings)}; whiskers: 95 % intervals of the paired difference"
    heading(made, title, note)
    ink = colours([swings.design.name])[swings.design.name]
    kinds = ((LOW, 1.0, "low end"), (ink, 1.0, "high end"), (INK, PALE, "pale: no clear effect"))
    handles = [Patch(color=colour, alpha=alpha, lw=0, label=label) for colour, alpha, label in kinds]
    made.legend(handles=handles, loc="upper right", ncols=3, borderaxespad=0.3, handlelength=1.2, columnspacing=1.2)
    return np.asarray(axes.flat[: len(swings.metrics)])


def _panel(ax: Axes, swings: Swings, metric: str) -> None:
    unit, before, rows = METRICS[metric].unit, swings.before(metric), drawn(swings, metric)
    ink = colours([swings.design.name])[swings.design.name]
    base = before if math.isfinite(before) else 0.0
    ax.set_title(f"{metric}, now {words.measured(before, unit)}")
    plain_axis(ax)
    left, right = _span(rows, metric, base)
    for row, swing in enumerate(rows):
        for end, y, colour in ((swing.low, row - 0.2, LOW), (swing.high, row + 0.2, ink)):
            if end is not None:
                _bar(ax, y, end, metric, base, colour, (left, right))
    if rows:
        ax.axvline(base, color=INK, lw=0.9, zorder=3)
    ax.set_xlim(*_with_room(rows, metric, left, right))
    ax.set_ylim(max(len(rows), 1) - 0.4, -0.6)
    ax.set_yticks(range(len(rows)), [called(swing.input) for swing in rows])
    ax.xaxis.set_major_locator(MaxNLocator(5) if rows and math.isfinite(before) else MaxNLocator(1, prune="both"))
    scale = 100 if unit == "share" else 1
    ax.xaxis.set_major_formatter(lambda x, _: f"{x * scale:,g}".replace("-", words.MINUS))
    if not rows:
        ax.set_xticks([])
        says = "nothing moves it" if math.isfinite(before) else "so it is with each of these values"
        ax.text(0.5, 0.5, says, transform=ax.transAxes, ha="center", va="center", color=QUIET)
    ax.set_xlabel("\n".join(part for part in (words.UNITS[unit].strip(), rest(swings, metric)) if part), color=QUIET)


def rest(swings: Swings, metric: str) -> str:
    """`and 47 more, none by more than 0.02 points`: the inputs that have no row."""
    left = [swing for swing in swings.swings if swing not in drawn(swings, metric)]
    largest = max((swing.size(metric) for swing in left), default=0.0)
    if not left:
        return ""
    size = words.quantity(largest, METRICS[metric].unit).replace("%", "points")
    return f"and {len(left)} more, {f'none by more than {size}' if largest else 'without any effect'}"


def _span(rows: list[Swing], metric: str, base: float) -> tuple[float, float]:
    """The lowest and highest value of all bars and whiskers."""
    ends = [base]
    for swing in rows:
        for end in swing.ends:
            value = end.differences[metric]
            ends += [base + one for one in (value.difference, value.low, value.high) if one is not None]
    left, right = min(ends), max(ends)
    return (left, right) if right > left else (base - 1, base + 1)


def _with_room(rows: list[Swing], metric: str, left: float, right: float) -> tuple[float, float]:
    """The limits of the axis, with room on both sides for the values beside the bars."""
    texts: dict[bool, list[str]] = {False: [""], True: [""]}
    for swing in rows:
        for end in swing.ends:
            texts[_to_the_right(end, metric)].append(_says(end, metric))
    before, after = (min(ROOM * (max(map(len, texts[side])) + 2), MOST_ROOM) for side in (False, True))
    width = (right - left) / (1 - before - after)
    return left - before * width, right + after * width


def _to_the_right(end: Effect, metric: str) -> bool:
    return (end.turns[metric] or end.differences[metric].difference or 0) > 0


def _says(end: Effect, metric: str) -> str:
    return f"{shown(end.value)}: {words.effect(end, metric)}" if end.turns[metric] else shown(end.value)


def _bar(ax: Axes, y: float, end: Effect, metric: str, base: float, colour: str, span: tuple[float, float]) -> None:
    value, right = end.differences[metric], _to_the_right(end, metric)
    if end.turns[metric]:
        outer = span[1] if right else span[0]
        ax.barh(y, outer - base, left=base, color=colour, height=0.36, lw=0, hatch="////", edgecolor="white")
    elif value.difference:
        alpha = 1.0 if end.clear(metric) else PALE
        ax.barh(y, value.difference, left=base, color=colour, alpha=alpha, height=0.36, lw=0)
        outer = base + value.difference
        if value.low is not None and value.high is not None:
            ax.plot([base + value.low, base + value.high], [y, y], color=INK, lw=0.8, alpha=max(alpha, 0.5))
            outer = base + (value.high if right else value.low)
    else:
        return
    side = "left" if right else "right"
    ax.text(outer, y, f" {_says(end, metric)} ", va="center", ha=side, fontsize=7, in_layout=False)
