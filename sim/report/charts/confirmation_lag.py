"""How long people wait, and how many wait for ever: the share still waiting after a time."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from matplotlib.axes import Axes

from sim import words
from sim.experiment.compare import Comparison
from sim.report.charts.curves import Label, label_right, share_within, time_axis, time_grid, widths
from sim.style import FAULT, QUIET, colours, figure, heading, plain_axis, styled

PANELS: dict[Literal["ack", "confirmation"], tuple[str, str]] = {  # lag: title, stem of its metrics
    "ack": ("no “we have your order” yet", "ack_latency"),
    "confirmation": ("no confirmed order yet", "confirmation_lag"),
}


@styled
def draw(comparison: Comparison, axes: Any = None) -> np.ndarray:
    """Two axes, waiting for the acknowledgement and for the confirmed order, both logarithmic.

    A curve that ends level ends at the share of those who wait for ever.
    """
    if axes is None:
        made = figure(10.4, 4.3, apart=0.06)
        axes = made.subplots(1, 2)
        pooled = "1 morning" if comparison.mornings == 1 else f"{comparison.mornings:,} mornings together"
        heading(
            made, "How long people wait", f"{pooled}; only people with a good card; shaded: the objective forbids curves here"
        )
    for ax, lag in zip(axes, PANELS, strict=True):
        _panel(ax, comparison, lag)
    return np.asarray(axes)


def _panel(ax: Axes, comparison: Comparison, lag: Literal["ack", "confirmation"]) -> None:
    title, metric = PANELS[lag]
    limits = _limits(comparison, metric)
    lags = {name: result.lags(lag) for name, result in comparison.results.items()}
    times = time_grid(list(lags.values()), list(limits.values()))
    ink = colours(lags)
    floor = 0.4 / max(len(values) for values in lags.values()) if any(map(len, lags.values())) else 0.01
    labels = []
    for (name, values), width in zip(lags.items(), widths(len(lags)), strict=True):
        if not len(values):
            labels.append(Label(floor, f"{name}: nobody came", ink[name]))
            continue
        waiting = 1 - share_within(values, times)
        over = np.cumsum(waiting == 0)
        ax.plot(times, np.where(over > 1, np.nan, np.maximum(waiting, floor)), color=ink[name], lw=width, label=name)
        never = float(np.isinf(values).mean())
        labels.append(Label(never or floor, f"{name}: {words.share(never)} never" if never else f"{name}: all did", ink[name]))
    ax.set_yscale("log")
    ax.set_ylim(floor, 1.15)
    time_axis(ax, times)
    ax.minorticks_off()
    ax.yaxis.set_major_formatter(lambda y, _: f"{y * 100:g} %")
    ax.set_title(title)
    ax.set_xlabel("time since the first tap")
    ax.set_ylabel("share still waiting")
    plain_axis(ax, grid="both")
    _shade_objectives(ax, limits)
    label_right(ax, labels, ceiling=0.95 - 0.045 * (len(limits) + 1) if limits else 1.0)


def _limits(comparison: Comparison, metric: str) -> dict[int, float]:
    """Percentile -> limit in seconds, for the objectives of one lag."""
    objectives = comparison.scenario.objectives
    return {p: objectives[f"{metric}_p{p}"] for p in (50, 95, 99) if objectives.get(f"{metric}_p{p}")}


def _shade_objectives(ax: Axes, limits: dict[int, float]) -> None:
    """The corner that a curve must stay out of: say, more than 1 % (for a 99th percentile) still waiting after the limit."""
    for percent, limit_s in limits.items():
        ax.fill_between([limit_s, ax.get_xlim()[1]], 1 - percent / 100, 1.15, color=FAULT, alpha=0.6, lw=0, zorder=0.5)
    wanted = "\n".join(f"{percent} % within {words.seconds(limit_s)}" for percent, limit_s in limits.items())
    if wanted:
        ax.text(1.015, 0.99, f"objective:\n{wanted}", transform=ax.transAxes, va="top", fontsize=8, color=QUIET)
