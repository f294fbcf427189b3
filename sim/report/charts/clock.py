"""A morning's time axis: clock times, and the faults that struck, shaded and named."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from matplotlib.axes import Axes

from sim.config.scenario import Scenario
from sim.config.units import DAY_S, clock_text
from sim.experiment.mornings import Summary
from sim.style import FAULT, QUIET, size_in

STEPS_MIN = (1, 2, 5, 10, 15, 30, 60, 120, 180, 360, 720, 1440)
MOST_SHADES = 400  # more than that are narrower than a line
COLUMNS = 200
LANES = 3  # of fault names above a panel
LANE_IN = 0.135
POINTS = 7.5

Fault = tuple[str, float, float]  # what, from, to: in seconds after midnight


class Name(NamedTuple):
    """A fault's name in its lane, lowest first: where the line to it stands, and from where to where the text runs."""

    what: str
    x: float
    lane: int
    begin: float
    end: float

    def touches(self, other: Name) -> bool:
        if self.lane == other.lane:
            return self.begin < other.end and other.begin < self.end
        low, high = (self, other) if self.lane < other.lane else (other, self)
        return low.begin < high.x < low.end


def clock_axis(ax: Axes, scenario: Scenario, *, ticks: bool = True, most: int = 6) -> None:
    """The morning from start to horizon, in seconds after midnight, labelled as clock times if there are to be ticks."""
    begin, end = scenario.clock.start, scenario.clock.start + scenario.clock.horizon_s
    span_min = scenario.clock.horizon_s / 60
    step = 60 * next((step for step in STEPS_MIN if span_min / step < most), 1440 * -(-span_min // (1440 * most)))
    times = [step * i for i in range(int(-(-begin // step)), int(end // step) + 1)] if ticks else []
    ax.set_xlim(begin, end)
    ax.set_xticks(times, [_tick(time, span_min) for time in times])
    for time, label in zip(times, ax.get_xticklabels(), strict=True):
        if time in (begin, end):
            label.set_horizontalalignment("left" if time == begin else "right")


def _tick(time: float, span_min: float) -> str:
    """`07:30`; where there are several midnights, `day 2` instead."""
    if span_min > 1440 and time % DAY_S == 0:
        return f"day {time / DAY_S + 1:.0f}"
    return clock_text(time)


def shade(ax: Axes, scenario: Scenario, summaries: Sequence[Summary]) -> None:
    """Shade every fault of every morning; faintly what struck in a few of the mornings only.

    Faults that are too many to be told apart are shaded by the share of the time that they last.
    """
    start = scenario.clock.start
    times_struck = Counter((begin, end) for summary in summaries for _, begin, end in summary.faults)
    if len(times_struck) > MOST_SHADES:
        for begin, end, share in _by_share(times_struck, scenario.clock.horizon_s):
            ax.axvspan(start + begin, start + end, color=FAULT, alpha=min(share / len(summaries), 1), lw=0, zorder=0)
        return
    for (begin, end), times in times_struck.items():
        ax.axvspan(start + begin, start + end, color=FAULT, alpha=min(times / len(summaries), 1), lw=0.8, zorder=0)


def _by_share(times_struck: Mapping[tuple[float, float], int], horizon_s: float) -> Iterator[tuple[float, float, float]]:
    """From when to when, and which share of that time faults lasted, in all mornings together; for equal parts of the axis."""
    edges = np.linspace(0.0, horizon_s, COLUMNS + 1)
    lasted_s = np.zeros(COLUMNS + 1)  # until each edge
    for (begin, end), times in times_struck.items():
        lasted_s += times * np.clip(edges - begin, 0.0, end - begin)
    for column, (begin, end) in enumerate(pairwise(edges)):
        if share := (lasted_s[column + 1] - lasted_s[column]) / (end - begin):
            yield begin, end, share


def in_every_morning(scenario: Scenario, summaries: Sequence[Summary]) -> list[Fault]:
    """The faults that were scheduled: those that struck at the same time in all mornings, in order."""
    common = set(summaries[0].faults).intersection(*(summary.faults for summary in summaries))
    start = scenario.clock.start
    named = [(_spoken(what), start + begin, start + end) for what, begin, end in common]
    return sorted(named, key=lambda fault: (fault[1], fault[2], fault[0]))


def lanes(faults: Sequence[Fault], scenario: Scenario, width_in: float) -> list[Name]:
    """Where the names go above a panel, so that no name touches another one or the line that leads to it.

    What finds no place stays unnamed. `width_in`: of the panel, in inches.
    """
    right = scenario.clock.start + scenario.clock.horizon_s
    letter = POINTS / 72 * 0.6 * scenario.clock.horizon_s / width_in
    placed: list[Name] = []
    for what, begin, end in reversed(faults):
        width = letter * (len(what) + 1)
        fits = begin + width <= right
        x, text = (begin, (begin, begin + width)) if fits else (end, (end - width, end))
        names = (Name(what, x, lane, *text) for lane in range(LANES))
        free = next((name for name in names if not any(name.touches(other) for other in placed)), None)
        placed += [free] if free else []
    return placed


def name_faults(ax: Axes, names: Sequence[Name]) -> None:
    """Write the names above the panel, each over the shade that it belongs to."""
    height_in = size_in(ax)[1]
    above = ax.get_xaxis_transform()
    for name in names:
        y = 1 + (0.04 + name.lane * LANE_IN) / height_in
        ax.plot([name.x] * 2, [1, y + LANE_IN / height_in], color="#D9B45B", lw=0.8, transform=above, clip_on=False)
        rightwards = name.x == name.begin
        text, side = (f" {name.what}", "left") if rightwards else (f"{name.what} ", "right")
        ax.text(name.x, y, text, transform=above, fontsize=POINTS, color=QUIET, ha=side, va="bottom")


def _spoken(what: str) -> str:
    """`provider brownout` for the world's `brownout provider`."""
    kind, _, component = what.partition(" ")
    return f"{component} {kind}".replace("_", " ").strip()
