"""What 1,000 correct purchases cost, and what the sum is made of: parts of very different sizes, each on its own scale."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import FixedLocator, MaxNLocator

from sim import words
from sim.experiment.compare import Comparison, Result
from sim.ledger.costs import PARTS
from sim.style import colours, figure, heading, plain_axis, styled
from sim.vocabulary import PARTS_OF_COST

TINT = {"infrastructure": 1.0, "provider fees": 0.35, "failures": 0.75}  # of the design's colour, in the stacked bar


@styled
def draw(comparison: Comparison, axes: Any = None) -> np.ndarray:
    """Four axes in USD: the sum, then infrastructure, provider fees and failures by part, a bar a design."""
    if axes is None:
        axes = _panels(comparison)
    _total(axes[0], comparison)
    for ax, group in zip(axes[1:], PARTS, strict=True):
        _parts(ax, comparison, group)
    return np.asarray(axes)


def per_1000(result: Result, part: str) -> float:
    """USD per 1,000 correct purchases of one part of the bill, of all mornings together; NaN if nobody was served right."""
    spent = sum(summary.costs[part] for summary in result.summaries)
    correct = sum(summary.counted["correct"] for summary in result.summaries)
    return 1000 * spent / correct if correct else float("nan")


def _panels(comparison: Comparison) -> np.ndarray:
    n = len(comparison.results)
    bar = 0.15 * n + 0.12  # height of one group of bars, in inches
    made = figure(10.4, 0.5 + 0.19 * n + 0.8 + 6 * bar + 1.1)
    grid = made.add_gridspec(3, 2, height_ratios=(0.2 * n, 3 * bar, bar), width_ratios=(1, 1.15))
    panels = [made.add_subplot(cell) for cell in (grid[0, :], grid[1, 0], grid[2, 0], grid[1:, 1])]
    note = f"USD, {words.mornings(comparison.mornings)} together; pale: fees, dark: failures; every panel has its own scale"
    heading(made, "What 1,000 correct purchases cost", note)
    return np.asarray(panels)


def _total(ax: Axes, comparison: Comparison) -> None:
    ink = colours(comparison.results)
    longest = 0.0
    for row, (name, result) in enumerate(comparison.results.items()):
        left = 0.0
        for group, tint in TINT.items():
            width = result.metrics[PARTS_OF_COST[group]].mean or 0.0
            ax.barh(row, width, left=left, color=ink[name], alpha=tint, height=0.66, lw=0)
            left += width
        total = result.metrics["cost_per_1000"]
        ax.text(left, row, f"  {words.estimate(total, 'USD')}", va="center", fontsize=8.5, in_layout=False)
        longest = max(longest, left)
    ax.set_yticks(range(len(ink)), list(ink))
    ax.set_ylim(len(ink) - 0.5, -0.5)
    _usd_axis(ax, longest * 1.25)
    ax.set_title("in all")
    for label, colour in zip(ax.get_yticklabels(), ink.values(), strict=True):
        label.set_color(colour)
        label.set_fontweight("bold")


def _parts(ax: Axes, comparison: Comparison, group: str) -> None:
    ink = colours(comparison.results)
    n, parts = len(ink), PARTS[group]
    values = {name: [per_1000(result, part) for part in parts] for name, result in comparison.results.items()}
    for number, (name, column) in enumerate(values.items()):
        for row, value in enumerate(column):
            y = row * (n + 0.8) + number
            length = value if math.isfinite(value) else 0.0
            if length:
                ax.barh(y, length, color=ink[name], height=0.82, lw=0)
            text = words.number(value) if math.isfinite(value) else "nothing was right"
            ax.text(length, y, f" {text}", va="center", fontsize=7.5, in_layout=False)
    ax.set_yticks([row * (n + 0.8) + (n - 1) / 2 for row in range(len(parts))], parts)
    ax.set_ylim(len(parts) * (n + 0.8) - 1.0, -0.8)
    _usd_axis(ax, 1.18 * max((value for column in values.values() for value in column if math.isfinite(value)), default=0))
    ax.set_title(group)


def _usd_axis(ax: Axes, longest: float) -> None:
    """From zero to the longest bar; no scale if there are none."""
    plain_axis(ax)
    ax.set_xlim(0, longest or 1)
    ax.xaxis.set_major_locator(MaxNLocator(5) if longest else FixedLocator([0]))
    ax.xaxis.set_major_formatter("{x:,g}")
