"""What a longer brownout does to the bill of designs that were provisioned for the scenario's own."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import FixedLocator

from sim import words
from sim.experiment.cost_curve import CostCurve
from sim.experiment.estimates import holds
from sim.experiment.statistics import Estimate, paired
from sim.report.charts.growth import label_ends, line
from sim.style import QUIET, colours, figure, heading, plain_axis, styled

FLOOR = 1e-5  # USD per 1,000: less is nothing


@styled
def draw(curve: CostCurve, axes: Any = None) -> np.ndarray:
    """Two axes over minutes of brownout: USD per 1,000 correct purchases, and how much of it the brownout added."""
    if axes is None:
        made = figure(10.4, 4.1, apart=0.04)
        axes = made.subplots(1, 2)
        note = "USD per 1,000 correct purchases; every design keeps its capacity; hollow: an objective was missed"
        heading(made, "What a longer brownout does to the bill", note)
    ink = colours(curve.spells)
    ends: list[list[tuple[str, Estimate, str]]] = [[], []]
    for name, spells in curve.spells.items():
        minutes = [spell.length_s / 60 for spell in spells]
        missed = [not holds(spell.result.verdict) for spell in spells]
        in_all = [spell.result.metrics["cost_per_1000"] for spell in spells]
        added = added_by_brownout(curve, name)
        line(axes[0], minutes, in_all, ink[name], missed=missed, name=name)
        line(axes[1], minutes[1:], added, ink[name], missed=missed[1:], name=name)
        ends[0] += [(name, in_all[-1], ink[name])] if in_all else []
        ends[1] += [(name, added[-1], ink[name])] if added else []
    _minutes(axes[0], curve)
    _minutes(axes[1], curve)
    axes[0].set_ylim(0, 1.12 * max(axes[0].dataLim.y1, 1e-3))
    axes[0].yaxis.set_major_formatter("{x:,g}")
    axes[0].set_title("in all")
    axes[1].set_yscale("log")
    axes[1].set_ylim(FLOOR, max(axes[1].dataLim.y1, 1) * 3)
    axes[1].yaxis.set_major_formatter(lambda x, _: words.number(x))
    axes[1].minorticks_off()
    axes[1].set_title("more than without a brownout")
    for ax, labels in zip(axes, ends, strict=True):
        label_ends(ax, labels)
    return np.asarray(axes)


def added_by_brownout(curve: CostCurve, name: str) -> list[Estimate]:
    """USD per 1,000 correct purchases more than on the same mornings without a brownout, by length."""
    without, *longer = curve.spells[name]
    before = without.result.each("cost_per_1000")
    apart = [paired(spell.result.each("cost_per_1000"), before) for spell in longer]
    return [Estimate(one.difference, one.low, one.high, len(before), 0.0) for one in apart]


def _minutes(ax: Axes, curve: CostCurve) -> None:
    own = curve.own_length_s
    ticks = [0.0, *(length / 60 for length in curve.lengths_s)]
    ax.set_xlim(-0.02 * ticks[-1], ticks[-1] * 1.02)
    ax.xaxis.set_major_locator(FixedLocator(ticks))
    ax.xaxis.set_major_formatter("{x:g}")
    ax.set_xlabel("minutes of brownout" + ("" if own is None else f" (the scenario’s own: {own / 60:g})"))
    if own is not None and own <= curve.lengths_s[-1]:
        ax.axvline(own / 60, color=QUIET, lw=0.8, ls=":")
    plain_axis(ax, grid="both")
