"""How many workers each design needs as the chain grows, beside how many its customers alone would keep busy."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from sim.experiment.cost_curve import CostCurve
from sim.experiment.estimates import holds
from sim.experiment.statistics import Estimate
from sim.report.charts.growth import label_ends, line, peak_axis
from sim.style import QUIET, colours, figure, heading, styled

KINDS = ("checkout workers", "payment workers")


@styled
def draw(curve: CostCurve, axes: Any = None) -> np.ndarray:
    """Two axes over the peak: checkout workers and payment workers, with Little's law as a dotted line."""
    if axes is None:
        made = figure(10.4, 4.1, apart=0.04)
        axes = made.subplots(1, 2)
        note = "the fewest that meet the objectives; dotted: Little’s law for people who tap once, in the worst weather"
        heading(made, "How many workers it takes as the chain grows", note)
    for ax, kind in zip(axes, KINDS, strict=True):
        _workers(ax, curve, kind)
    return np.asarray(axes)


def _workers(ax: Axes, curve: CostCurve, kind: str) -> None:
    ink = colours(curve.points)
    ends = []
    for name, points in curve.points.items():
        having = [point for point in points if kind in point.sizing.capacity]
        if not having:
            continue
        peaks = [point.peak_per_s for point in having]
        numbers = [_exactly(point.sizing.capacity[kind]) for point in having]
        missed = [not holds(point.sizing.result.verdict) for point in having]
        line(ax, peaks, numbers, ink[name], missed=missed, name=name)
        ax.plot(peaks, [point.sizing.load[kind] for point in having], color=QUIET, lw=1, ls=":", zorder=0)
        ends.append((name, numbers[-1], ink[name]))
    peak_axis(ax, curve.peaks_per_s)
    ax.set_ylim(0, 1.12 * max(ax.dataLim.y1, 1))
    ax.yaxis.set_major_locator(MaxNLocator(6, integer=True))
    ax.set_title(kind)
    if not ends:
        ax.text(0.5, 0.5, "not in these designs", transform=ax.transAxes, ha="center", color=QUIET, style="italic")
    label_ends(ax, ends)


def _exactly(number: int) -> Estimate:
    return Estimate(float(number), None, None, 1, 0.0)
