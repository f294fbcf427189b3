"""The status view against the truth: how many orders it is behind, and how soon it shows a confirmed order."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from sim import words
from sim.experiment.compare import Comparison, Result
from sim.ledger.steps import STEP_S
from sim.report.charts.clock import clock_axis, shade
from sim.report.charts.curves import Label, label_right, share_within, time_axis, time_grid, widths
from sim.report.spread import band_text, spread
from sim.style import colours, figure, heading, plain_axis, styled


@styled
def draw(comparison: Comparison, axes: Any = None) -> np.ndarray:
    """An axes a design with the orders behind over the morning, and last one with the share visible after a time."""
    if axes is None:
        axes = _panels(comparison)
    ink = colours(comparison.results)
    for ax, (name, result) in zip(axes[:-1], comparison.results.items(), strict=True):
        _behind(ax, result, ink[name])
        clock_axis(ax, result.scenario, ticks=ax is axes[-2])
        ax.text(0.01, 0.96, name, transform=ax.transAxes, color=ink[name], fontweight="bold", va="top")
    top = max(4.0, *(ax.get_ylim()[1] for ax in axes[:-1]))
    for ax in axes[:-1]:
        ax.set_ylim(0, top)
        ax.yaxis.set_major_locator(MaxNLocator(3, integer=True))
    axes[0].set_title("orders confirmed, but not shown as confirmed")
    struck = any(summary.faults for result in comparison.results.values() for summary in result.summaries)
    axes[-2].set_xlabel("time of day (shaded: what goes wrong)" if struck else "time of day")
    _visible(axes[-1], comparison)
    return np.asarray(axes)


def _panels(comparison: Comparison) -> np.ndarray:
    n = len(comparison.results)
    made = figure(10.4, max(1.5 + 0.9 * n, 3.4), apart=0.06)
    grid = made.add_gridspec(n, 2)
    heading(made, "How long the status view is wrong", f"left: {band_text(comparison.mornings)}; right: all orders together")
    return np.asarray([*(made.add_subplot(grid[row, 0]) for row in range(n)), made.add_subplot(grid[:, 1])])


def _behind(ax: Axes, result: Result, colour: str) -> None:
    low, median, high = spread([summary.series.behind for summary in result.summaries])
    times = result.scenario.clock.start + (np.arange(len(median)) + 1) * STEP_S
    shade(ax, result.scenario, result.summaries)
    ax.fill_between(times, low, high, color=colour, alpha=0.25, lw=0)
    ax.plot(times, median, color=colour, label="behind", clip_on=False)
    plain_axis(ax, grid="y")


def _visible(ax: Axes, comparison: Comparison) -> None:
    lags = {name: result.lags("read_model") for name, result in comparison.results.items()}
    times = time_grid(list(lags.values()))
    ink = colours(lags)
    labels = []
    for (name, values), width in zip(lags.items(), widths(len(lags)), strict=True):
        if not len(values):
            labels.append(Label(0.0, f"{name}: no orders", ink[name]))
            continue
        within = share_within(values, times)
        ax.plot(times, within, color=ink[name], lw=width, label=name)
        never = float(np.isinf(values).mean())
        text = f"{words.share(never)} never" if never else "all shown"
        labels.append(Label(float(within[-1]), f"{name}: {text}", ink[name]))
    time_axis(ax, times)
    ax.set_ylim(0, 1.03)
    ax.yaxis.set_major_formatter(lambda y, _: f"{y * 100:.0f} %")
    ax.set_title("shown as confirmed")
    ax.set_xlabel("time since the order was confirmed")
    ax.set_ylabel("share of confirmed orders")
    plain_axis(ax, grid="both")
    label_right(ax, labels)
