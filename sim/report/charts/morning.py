"""The morning over time, one column a design: who came, how long they waited, what piled up, who was charged twice."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, MaxNLocator, NullLocator

from sim.experiment.compare import Comparison, Result
from sim.ledger.steps import STEP_S
from sim.report.charts.clock import LANE_IN, Name, clock_axis, in_every_morning, lanes, name_faults, shade
from sim.report.spread import Spread, band_text, spread
from sim.style import QUIET, colours, figure, heading, plain_axis, size_in, styled
from sim.words import limit, seconds, share, zero_of

LABELS = (
    "purchases\na minute",
    "95 % are told\n“we have it” within",
    "orders accepted,\nnot settled",
    "purchases charged\ntwice, so far",
)
HEIGHTS = (0.75, 1.25, 1, 1.25)
GAP = 0.06  # between columns, in widths of a column
FLOOR_S = 1e-3  # nothing on a time axis with decades is shorter


@styled
def draw(comparison: Comparison, axes: Any = None) -> np.ndarray:
    """Axes of shape (4, designs). Times in seconds after midnight; every row has one scale."""
    results = comparison.results
    if axes is None:
        axes = _panels(comparison)
    names = {name: _fault_names(result, size_in(axes[0, 0])[0]) for name, result in results.items()}
    ink = colours(results)
    rail_s = _rail_s(results)
    for column, (name, result) in zip(axes.T, results.items(), strict=True):
        for ax in column:
            shade(ax, comparison.scenario, result.summaries)
            clock_axis(ax, comparison.scenario, ticks=ax is column[-1])
            plain_axis(ax, grid="y")
        _arrivals(column[0], result)
        _ack(column[1], result, ink[name], rail_s)
        _band(column[2], result, "backlog", ink[name])
        _band(column[3], result, "double_charges", ink[name])
        _name(column[0], result, names[name], ink[name])
    _share_scales(axes, rail_s)
    for ax, (name, result) in zip(axes[3], results.items(), strict=True):
        _conclude(ax, result, ink[name])
    return np.asarray(axes)


def _panels(comparison: Comparison) -> np.ndarray:
    """Up to four columns side by side, else blocks of three. Margins are in inches, as the lanes for fault names take room."""
    results = list(comparison.results.values())
    side_by_side = len(results) if len(results) <= 4 else 3
    width, left, right = max(3.1 * side_by_side + 1.3, 7.4), 1.12, 0.1
    panel_in = (width - left - right) / (side_by_side + GAP * (side_by_side - 1))
    deep = max(_lanes_used(_fault_names(result, panel_in)) for result in results)
    above, panels, below, top = 0.62 + deep * LANE_IN, 5.7, 0.3, 0.5
    block = above + panels + below
    height = top + block * -(-len(results) // side_by_side)
    made: Figure = figure(width, height)
    made.set_layout_engine("none")
    axes = np.empty((4, len(results)), dtype=object)
    for number in range(len(results)):
        under = top + block * (number // side_by_side)
        grid = made.add_gridspec(
            4, side_by_side, height_ratios=HEIGHTS, left=left / width, right=1 - right / width, wspace=GAP, hspace=0.16,
            top=1 - (under + above) / height, bottom=1 - (under + above + panels) / height,
        )  # fmt: skip
        for row in range(4):
            shared = axes[row, 0] if number else None
            axes[row, number] = made.add_subplot(grid[row, number % side_by_side], sharey=shared)
    scenario = comparison.scenario
    struck = any(summary.faults for result in results for summary in result.summaries)
    note = band_text(comparison.mornings) + ("; shaded: what goes wrong" if struck else "")
    heading(made, f"{scenario.name}: {scenario.summary}" if scenario.summary else scenario.name, note)
    return axes


def _fault_names(result: Result, width_in: float) -> list[Name]:
    return lanes(in_every_morning(result.scenario, result.summaries), result.scenario, width_in)


def _lanes_used(names: list[Name]) -> int:
    return max((name.lane + 1 for name in names), default=0)


def _times(result: Result, values: np.ndarray, *, at: float) -> np.ndarray:
    """Seconds after midnight of each step's start (0), middle (0.5) or end (1)."""
    times: np.ndarray = result.scenario.clock.start + (np.arange(len(values)) + at) * STEP_S
    return times


def _spread(result: Result, field: str) -> Spread:
    return spread([getattr(summary.series, field) for summary in result.summaries])


def _arrivals(ax: Axes, result: Result) -> None:
    """The same people come to every design, so they have no design's colour."""
    low, median, high = (np.append(values, values[-1]) * 60 / STEP_S for values in _spread(result, "arrivals"))
    edges = _times(result, median, at=0)
    ax.fill_between(edges, median, step="post", color="#B9AEA6", lw=0, zorder=2)
    ax.fill_between(edges, low, high, step="post", color="#8C817A", alpha=0.3, lw=0, zorder=2)


def _ack(ax: Axes, result: Result, colour: str, rail_s: float | None) -> None:
    """The line runs along the rail "never" where the median morning's 95th percentile was never acknowledged."""
    low, median, high = (np.maximum(values, FLOOR_S) for values in _spread(result, "ack_p95_s"))
    top = np.inf if rail_s is None else rail_s
    x = _times(result, median, at=0.5)
    ax.set_yscale("log")
    ax.fill_between(x, np.minimum(low, top), np.minimum(high, top), color=colour, alpha=0.22, lw=0, zorder=2)
    ax.plot(x, np.minimum(median, top), color=colour, lw=1.2, zorder=3, label="ack")
    never = np.isinf(median)
    if rail_s is not None and never.any():
        ax.plot(
            x[never], np.full(never.sum(), rail_s), "s", color=colour, ms=3.4, mew=0, zorder=4, label="never", clip_on=False
        )
    limit_s = result.scenario.objectives.get("ack_latency_p95")
    if limit_s:
        ax.axhline(limit_s, color=QUIET, lw=0.9, ls=(0, (4, 3)), zorder=1.5)
        ax.annotate(
            limit("ack_latency_p95", limit_s), (1, limit_s), xycoords=("axes fraction", "data"), xytext=(0, 2),
            textcoords="offset points", fontsize=7, color=QUIET, ha="right", va="bottom",
        )  # fmt: skip


def _band(ax: Axes, result: Result, field: str, colour: str) -> None:
    low, median, high = _spread(result, field)
    x = _times(result, median, at=1)
    ax.fill_between(x, low, high, color=colour, alpha=0.22, lw=0, zorder=2, clip_on=False)
    ax.plot(x, median, color=colour, zorder=3, clip_on=False)


def _conclude(ax: Axes, result: Result, colour: str) -> None:
    """How it ended, in numbers, above the end of the curve: a sum never falls, so nothing is in the way there."""
    low, median, high = (values[-1] for values in _spread(result, "double_charges"))
    text = f"{median:,.0f}" if low == high else f"{median:,.0f} ({low:,.0f} to {high:,.0f})"
    ax.annotate(
        text if high else "nobody", (1, high), (-2, 4), ("axes fraction", "data"), "offset points", ha="right", va="bottom",
        fontsize=9, color=colour, fontweight="bold",
    )  # fmt: skip


def _name(ax: Axes, result: Result, names: list[Name], colour: str) -> None:
    """The design and its double charges, above the names of the faults."""
    deep = _lanes_used(names)
    points = (deep * LANE_IN + (0.12 if deep else 0.06)) * 72
    double = result.metrics["double_charge_rate"]
    if double.mean:
        finding = f"{share(double.mean)} charged twice"
    else:
        finding = f"charged twice: {zero_of(int(result.values('purchases').sum()), double)}"
    size = min(13, 72 * size_in(ax)[0] / (0.72 * len(result.design.name)))
    for text, up, look in (
        (finding, 0, {"fontsize": 8.5}),
        (result.design.name, 14, {"fontsize": size, "fontweight": "bold", "color": colour}),
    ):
        ax.annotate(text, (0, 1), (0, points + up), "axes fraction", "offset points", va="bottom", **look)
    name_faults(ax, names)


def _rail_s(results: dict[str, Result]) -> float | None:
    """Where "never" is drawn: above everything that did end. None if everything did."""
    values = np.concatenate([np.concatenate(_spread(result, "ack_p95_s")) for result in results.values()])
    if not np.isinf(values).any():
        return None
    finite = values[np.isfinite(values)]
    return float(max(finite.max() if len(finite) else 1.0, 10.0) * 2.5)


def _share_scales(axes: np.ndarray, rail_s: float | None) -> None:
    for row, label in zip(axes, LABELS, strict=True):
        for ax in row:
            place = ax.get_subplotspec()
            if place is None or place.is_first_col():
                ax.set_ylabel(label)
            else:
                ax.tick_params(labelleft=False)
    for row, room in zip(axes[[0, 2, 3]], (1, 1, 1.12), strict=True):  # the last one for a number above the curve
        row[0].set_ylim(0, max(row[0].get_ylim()[1] * room, 4))
        row[0].yaxis.set_major_locator(MaxNLocator(4, integer=True))
    ack = axes[1, 0]
    low, high = ack.get_ylim()
    high = rail_s if rail_s is not None else high
    ack.set_ylim(low, high)
    ticks = [tick for tick in _round_times(low, high) if rail_s is None or tick <= rail_s / 3]
    ack.yaxis.set_major_locator(FixedLocator([*ticks, *([rail_s] if rail_s is not None else [])]))
    ack.yaxis.set_minor_locator(NullLocator())
    ack.yaxis.set_major_formatter(lambda y, _: "never" if y == rail_s else seconds(y))
    ack.get_figure().align_ylabels([ax for ax in axes.flat if ax.get_ylabel()])


def _round_times(low: float, high: float) -> list[float]:
    """Powers of ten between two times, with 2 and 5 between them where there is but one."""
    decades = [10.0**power for power in range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)]
    for steps in ((1,), (1, 2, 5)):
        times = [decade * step for decade in decades for step in steps if low <= decade * step <= high]
        if len(times) > 1:
            break
    return times
