"""What a correct purchase costs as the chain grows, at the same objectives for every design, and what the sum is made of."""

from __future__ import annotations

from typing import Any

import numpy as np

from sim.experiment.cost_curve import CostCurve
from sim.experiment.estimates import holds
from sim.report.charts.growth import label_ends, line, peak_axis
from sim.style import colours, figure, heading, styled
from sim.vocabulary import PARTS_OF_COST

PANELS = {"in all": "cost_per_1000", **PARTS_OF_COST}


@styled
def draw(curve: CostCurve, axes: Any = None) -> np.ndarray:
    """Four axes in USD per 1,000 correct purchases over the peak: the sum and its three parts, each on its own scale."""
    if axes is None:
        made = figure(10.4, 6.6, apart=0.04)
        axes = made.subplots(2, 2)
        note = (
            "USD per 1,000 correct purchases; bars: 95 % intervals; hollow: an objective was missed; each panel has its scale"
        )
        heading(made, "What it costs as the chain grows", note)
    ink = colours(curve.points)
    for ax, (title, metric) in zip(np.ravel(axes), PANELS.items(), strict=True):
        ends = []
        for name, points in curve.points.items():
            values = [point.sizing.result.metrics[metric] for point in points]
            missed = [not holds(point.sizing.result.verdict) for point in points]
            line(ax, [point.peak_per_s for point in points], values, ink[name], missed=missed, name=name)
            ends += [(name, values[-1], ink[name])] if values else []
        peak_axis(ax, curve.peaks_per_s)
        ax.set_ylim(0, 1.12 * max(ax.dataLim.y1, 1e-3))
        ax.yaxis.set_major_formatter("{x:,g}")
        ax.set_title(title)
        label_ends(ax, ends)
    return np.asarray(axes)
