"""Lines over peaks or lengths of a brownout: a point for what was simulated, a bar for its interval, a label at the end."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import FixedLocator, NullLocator

from sim import words
from sim.experiment.cost_curve import rate_text_of
from sim.experiment.statistics import Estimate
from sim.report.charts.curves import Label, label_right
from sim.style import plain_axis


def line(ax: Axes, xs: Sequence[float], values: Sequence[Estimate], colour: str, *, missed: Sequence[bool], name: str) -> None:
    """One design's line. Where it missed an objective (`missed`) the point is hollow; without a value there is none."""
    means = np.array([np.nan if value.mean is None else value.mean for value in values])
    ax.plot(xs, means, color=colour, label=name)
    for x, value, hollow in zip(xs, values, missed, strict=True):
        if value.mean is None:
            continue
        if value.low is not None and value.high is not None:
            ax.plot([x, x], [value.low, value.high], color=colour, lw=3, alpha=0.35, solid_capstyle="butt")
        ax.plot([x], [value.mean], "o", color=colour, mfc="white" if hollow else colour, ms=5, zorder=3)


def label_ends(ax: Axes, ends: Sequence[tuple[str, Estimate, str]]) -> None:
    """At the right edge each design's last value, in its colour."""
    labels = [Label(value.mean, f"{name} {words.number(value.mean)}", colour)
              for name, value, colour in ends if value.mean is not None]  # fmt: skip
    label_right(ax, labels, apart=0.085)


def peak_axis(ax: Axes, peaks_per_s: Sequence[float]) -> None:
    """Peaks by their doublings, labelled as rates are written."""
    ax.set_xscale("log", base=2)
    ax.set_xlim(min(peaks_per_s) / 1.15, max(peaks_per_s) * 1.15)
    ax.xaxis.set_major_locator(FixedLocator(list(peaks_per_s)))
    ax.xaxis.set_minor_locator(NullLocator())
    ax.xaxis.set_major_formatter(lambda x, _: rate_text_of(x))
    ax.set_xlabel("purchases at the busiest moment")
    plain_axis(ax, grid="both")
