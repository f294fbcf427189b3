"""What the audit found: how many of the purchases each kind of harm befell, with its interval."""

from __future__ import annotations

from textwrap import fill
from typing import Any

import numpy as np
from matplotlib.axes import Axes

from sim import words
from sim.experiment.compare import Comparison, Result
from sim.experiment.statistics import Estimate
from sim.style import INK, QUIET, colours, figure, heading, plain_axis, styled
from sim.vocabulary import METRICS

HARMS = {metric: fill(known.label, 20) for metric, known in METRICS.items() if known.label}
FLOOR = 1e-6  # a share below one in a million can't be told from zero here
GAP = 0.9  # between two kinds of harm, in rows


@styled
def draw(comparison: Comparison, axes: Any = None) -> Axes:
    """One axes of shares (logarithmic), a row for each harm and design. A hollow triangle: none seen, and it is below this."""
    results = comparison.results
    ax: Axes = axes if axes is not None else _panel(comparison)
    ink = colours(results)
    group = len(results) + GAP
    estimates = [result.metrics[metric] for metric in HARMS for result in results.values()]
    low = _decade_below(estimates)
    for number, (metric, harm) in enumerate(HARMS.items()):
        for row, (name, result) in enumerate(results.items()):
            _row(ax, number * group + row, result, metric, ink[name], low)
        ax.text(
            -0.015, number * group + (len(results) - 1) / 2, harm, transform=ax.get_yaxis_transform(), ha="right", va="center"
        )
        if number:
            ax.axhline(number * group - (1 + GAP) / 2, color="#F0EBE6", lw=0.8, zorder=0)
    ax.set_xscale("log")
    ax.set_xlim(low, 1)
    ax.set_ylim(len(HARMS) * group - GAP - 0.4, -0.7)
    ax.set_yticks([])
    plain_axis(ax, grid="x")
    ax.minorticks_off()
    ax.xaxis.set_major_formatter(lambda x, _: f"{x * 100:g} %")
    ax.set_xlabel("share of purchases (each grid line is ten times the one before)")
    ax.spines["left"].set_visible(False)
    handles = [ax.plot([], [], "o", color=ink[name], label=name)[0] for name in results]
    ax.legend(
        handles=handles, loc="lower left", bbox_to_anchor=(0, 1), ncols=max(len(results), 1), borderaxespad=0.2, handletextpad=0
    )
    return ax


def _panel(comparison: Comparison) -> Axes:
    rows = len(HARMS) * (len(comparison.results) + GAP)
    width, height = 10.4, 0.175 * rows + 1.5
    made = figure(width, height)
    made.set_layout_engine("none")
    bars = "bars: 95 % intervals over the mornings; " if comparison.mornings > 1 else ""
    heading(
        made,
        "What the audit found",
        f"{words.mornings(comparison.mornings)}; {bars}hollow: not seen once, and so rarer than this if each fails by itself",
    )
    return made.add_axes((1.6 / width, 0.5 / height, (width - 1.6 - 2.3) / width, 1 - 1.4 / height))


def _row(ax: Axes, y: float, result: Result, metric: str, colour: str, low: float) -> None:
    value = result.metrics[metric]
    n = int(result.values("purchases").sum())
    beside = ax.get_yaxis_transform()
    zero = value.mean == 0
    if value.mean:
        ax.plot([value.mean], [y], "o", color=colour, ms=6.5, zorder=3, label=metric)
        if value.low is not None and value.high is not None:
            ax.plot(
                [max(value.low, low), value.high], [y, y], color=colour, lw=2.2, alpha=0.75, solid_capstyle="butt", zorder=2
            )
    elif zero and value.high:
        ax.plot([value.high], [y], "<", color=colour, mfc="white", ms=6, zorder=3, label=f"{metric} none")
        ax.plot([low, value.high], [y, y], color=colour, lw=0.9, ls=(0, (1, 2)), zorder=2)
    text = words.zero_of(n, value) if zero else words.estimate(value, "share")
    ax.text(1.02, y, text, transform=beside, va="center", fontsize=8, color=QUIET if zero else INK)


def _decade_below(estimates: list[Estimate]) -> float:
    """Where the axis begins: a power of ten with room left of everything that is drawn."""
    drawn = [end for e in estimates for end in ((e.mean or e.high), e.low or e.mean) if end]
    return float(max(10.0 ** np.floor(np.log10(min(drawn, default=1e-3) * 0.6)), FLOOR))
