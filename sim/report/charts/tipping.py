"""How many mornings ended with which share of people answered. Some collapsed, others did not: a mean would hide that."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.ticker import MaxNLocator, PercentFormatter

from sim.experiment.compare import Comparison
from sim.style import colours, figure, heading, plain_axis, styled

TITLE = "Two kinds of mornings"
CAPTION = (
    "How many mornings ended with so many of the people acknowledged. Two heaps mean a tipping point: a morning recovers or it "
    "doesn’t, chance decides which, and the mean of both is a morning that never happens."
)
BINS = np.linspace(0.0, 1.0, 21)


def has_two_kinds(comparison: Comparison) -> bool:
    """Whether in any design some mornings collapsed and others didn't."""
    means = [result.metrics["collapsed_share"].mean for result in comparison.results.values()]
    return any(mean is not None and 0 < mean < 1 for mean in means)


@styled
def draw(comparison: Comparison, axes: Any = None) -> np.ndarray:
    """One axes for each design, stacked: a histogram of mornings by the share of people who were acknowledged."""
    results = comparison.results
    if axes is None:
        made = figure(10.4, 1.1 + 1.15 * len(results))
        axes = np.atleast_1d(made.subplots(len(results), 1, sharex=True, sharey=True))
        heading(made, TITLE, f"{comparison.mornings:,} mornings by the share of people with a good card who were acknowledged")
    ink = colours(results)
    for ax, (name, result) in zip(axes, results.items(), strict=True):
        shares = result.values("acknowledged_share")
        ax.hist(shares[~np.isnan(shares)], bins=BINS, color=ink[name], rwidth=0.92)
        ax.set_title(name, color=ink[name])
        ax.set_ylabel("mornings")
        ax.yaxis.set_major_locator(MaxNLocator(3, integer=True))
        plain_axis(ax, grid="y")
    last = axes[len(results) - 1]
    last.set_xlim(0, 1)
    last.xaxis.set_major_formatter(PercentFormatter(1.0, decimals=0, symbol=" %"))
    last.set_xlabel("share of the people who were told “we have your order”")
    return np.asarray(axes)
