"""Curves over waiting time: a time axis with decades, shares of those still waiting, and labels that keep their distance."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import FixedLocator, NullLocator

from sim.words import seconds

POINTS = 400  # of a curve; more can't be seen
FLOOR_S = 1e-3  # nothing on a time axis with decades is shorter
TICKS_S = (0.001, 0.01, 0.1, 1, 10, 60, 600, 3600, 36000, 360000)


class Label(NamedTuple):
    """Text that belongs at a height of the right edge."""

    y: float
    text: str
    colour: str


def time_grid(lags: Sequence[np.ndarray], limits_s: Sequence[float] = ()) -> np.ndarray:
    """Times in seconds, evenly spaced on a logarithmic axis, that cover all finite lags and the limits."""
    finite = np.concatenate([*(lag[np.isfinite(lag)] for lag in lags), np.array(limits_s)])
    low = max(float(finite.min()) * 0.8, FLOOR_S) if len(finite) else 0.1
    high = max(float(finite.max()) * 1.5, low * 10) if len(finite) else 10.0
    return np.geomspace(low, high, POINTS)


def widths(n: int) -> list[float]:
    """Line widths of n curves, the first one widest, so that curves on top of each other can all be seen."""
    return [float(width) for width in np.linspace(1.4 + 0.75 * (n - 1), 1.4, n)]


def share_within(lags: np.ndarray, times: np.ndarray) -> np.ndarray:
    """Share of the lags (sorted, inf for never) that are over at each of the times."""
    return np.searchsorted(lags, times, side="right") / max(len(lags), 1)


def time_axis(ax: Axes, times: np.ndarray) -> None:
    """A logarithmic axis of durations, labelled in the units people use."""
    ax.set_xscale("log")
    ax.set_xlim(times[0], times[-1])
    ax.xaxis.set_major_locator(FixedLocator([tick for tick in TICKS_S if times[0] <= tick <= times[-1]]))
    ax.xaxis.set_minor_locator(NullLocator())
    ax.xaxis.set_major_formatter(lambda x, _: seconds(x))


def label_right(ax: Axes, labels: Sequence[Label], *, apart: float = 0.062, ceiling: float = 1.0) -> None:
    """Write the labels outside the right edge, moved apart (as a share of the axis) where they would touch."""
    to_axes = ax.transData + ax.transAxes.inverted()
    wanted = sorted(((float(to_axes.transform((1, label.y))[1]), label) for label in labels), key=lambda pair: pair[0])
    heights = moved_apart([y for y, _ in wanted], apart, ceiling)
    for y, (_, label) in zip(heights, wanted, strict=True):
        ax.text(1.015, y, label.text, transform=ax.transAxes, color=label.colour, fontsize=8.5, va="center")


def moved_apart(heights: Sequence[float], apart: float, ceiling: float) -> list[float]:
    """Ascending heights up to a ceiling, at least so far apart, and as little moved as one pass up and one down allow."""
    result: list[float] = []
    for y in heights:
        result.append(max(y, result[-1] + apart if result else 0.0))
    for i in reversed(range(len(result))):
        result[i] = min(result[i], ceiling)
        ceiling = result[i] - apart
    return result
