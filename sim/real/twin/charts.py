"""The charts of a twin: how far its rates are apart, and how long things took in both worlds."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from matplotlib.axes import Axes

from sim.real.twin.comparison import PERCENTS, Twin
from sim.real.twin.sentences import points
from sim.report.charts.curves import time_axis, time_grid
from sim.style import COLOURS, FAULT, INK, QUIET, figure, heading, plain_axis, styled

WIDTH_IN = 5.6  # so that a telephone shows it whole
ROW_IN = 0.27
MODEL, REAL = COLOURS["idempotent"], COLOURS["naive"]  # of the worlds; a page has a chart of one design only
APART = {"equivalent": COLOURS["outbox"], "different": COLOURS["naive"], "undecided": QUIET}


@styled
def draw_rates(twin: Twin, ax: Any = None) -> Axes:
    """A row a kind of harm that happened in either world: the difference of its rates with its interval, in points."""
    shown = [rate for rate in twin.rates.values() if rate.model or rate.real]
    if ax is None:
        made = figure(WIDTH_IN, 1.25 + ROW_IN * max(len(shown), 1))
        ax = made.subplots()
        note = f"points of all purchases, 90 % intervals; shaded: within {points(twin.margin)}"
        heading(made, "Harm on real parts, less harm in the model", note)
    axes: Axes = ax
    margin = twin.margin * 100
    axes.axvspan(-margin, margin, color=FAULT, alpha=0.7, lw=0)
    axes.axvline(0, color=QUIET, lw=0.8)
    for row, rate in enumerate(shown):
        low, high = rate.interval
        colour = APART[rate.verdict]
        axes.plot([low * 100, high * 100], [row, row], color=colour, lw=2.2, solid_capstyle="butt")
        axes.plot(rate.pairs.difference * 100, row, "o", color=colour, ms=6)
    ends = [abs(end) * 100 for rate in shown for end in rate.interval]
    reach = 1.08 * max([margin, *ends])
    axes.set(xlim=(-reach, reach), ylim=(max(len(shown), 1) - 0.5, -0.5), xlabel="percentage points")
    axes.set_yticks(range(len(shown)), [rate.clause for rate in shown])
    if not shown:
        axes.text(0, 0, "nobody was harmed in either world", ha="center", va="center", color=QUIET)
    plain_axis(axes)
    return axes


@styled
def draw_lags(twin: Twin, ax: Any = None) -> Axes:
    """A row a quantile: a ring where the model has it and a dot where real parts do. Beyond the right edge: never."""
    rows = [(name, percent, lag.model[percent], lag.real[percent]) for name, lag in twin.lags.items() for percent in PERCENTS]
    if ax is None:
        made = figure(WIDTH_IN, 1.3 + ROW_IN * max(len(rows), 1))
        ax = made.subplots()
        heading(made, "How long it took", "a ring: in the model; a dot: on real parts; at the right edge: never")
    axes: Axes = ax
    finite = np.array([value for *_, model, real in rows for value in (model, real) if math.isfinite(value) and value > 0])
    times = time_grid([finite])
    time_axis(axes, times)
    never = float(times[-1])
    for row, (_, _, model, real) in enumerate(rows):
        both = [min(max(value, float(times[0])), never) for value in (model, real) if not math.isnan(value)]
        if len(both) == 2:
            axes.plot(both, [row, row], color=INK, lw=0.9, zorder=2)
        for value, colour, face, size in ((model, MODEL, "white", 9.0), (real, REAL, REAL, 5.0)):
            if not math.isnan(value):
                at = min(max(value, float(times[0])), never)
                axes.plot(at, row, "o", mec=colour, mfc=face, mew=1.8, ms=size, zorder=3, clip_on=False)
    axes.set(ylim=(max(len(rows), 1) - 0.5, -0.5), xlabel="time of the scenario")
    axes.set_yticks(range(len(rows)), [f"{name}, {_quantile(percent)}" for name, percent, *_ in rows])
    for row in range(len(PERCENTS), len(rows), len(PERCENTS)):
        axes.axhline(row - 0.5, color=QUIET, lw=0.5)
    plain_axis(axes)
    return axes


def _quantile(percent: int) -> str:
    return "median" if percent == 50 else f"p{percent}"
