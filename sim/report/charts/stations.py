"""How full the stations were in their busiest minutes: how busy each was, and how long somebody had to queue there."""

from __future__ import annotations

from collections.abc import Callable
from textwrap import wrap
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator

from sim import words
from sim.experiment.compare import Comparison, Result
from sim.ledger.records import StationRecord
from sim.style import INK, QUIET, colours, figure, heading, plain_axis, styled

BESIDE, NAMES_PT = 7, 15  # names of designs in a row, and its height
LEAST = 1e-6  # smaller shares are not worth their digits


@styled
def draw(comparison: Comparison, axes: Any = None) -> np.ndarray:
    """Three axes, a row for each station and design: shares busy and with a queue in the busiest minutes; longest queue."""
    names = station_names(comparison)
    if axes is None:
        axes = _panels(comparison, len(names))
    busy, queued, longest = axes
    _bars(busy, comparison, names, lambda station: station.busiest_share)
    _bars(queued, comparison, names, lambda station: station.busiest_queueing_share)
    _bars(longest, comparison, names, lambda station: float(station.queue_max), share=False)
    above = 6 + NAMES_PT * -(-len(comparison.results) // BESIDE)
    busy.set_title("busy, in its busiest 5 minutes", pad=above)
    queued.set_title("share of these with a queue", pad=above)
    longest.set_title("longest queue (waiting)", pad=above)
    for ax in axes[1:]:
        ax.set_yticklabels([])
    _name_colours(busy, comparison)
    _say_first(queued, comparison)
    return np.asarray(axes)


def station_names(comparison: Comparison) -> list[str]:
    """All stations of all designs, each design's in its own order."""
    stations = (station for result in comparison.results.values() for station in result.summaries[0].stations)
    return list(dict.fromkeys(station.name for station in stations))


def over_mornings(result: Result, name: str, value: Callable[[StationRecord], float]) -> np.ndarray:
    """A value of one station, a morning each; empty if the design has no such station."""
    return np.array([value(s) for summary in result.summaries for s in summary.stations if s.name == name])


def saturates_first(comparison: Comparison) -> dict[str, str | None]:
    """Design -> the station that had a queue for most of its busiest minutes; None if nobody queued in them."""
    return {name: _longest_waited_for(result) for name, result in comparison.results.items()}


def _longest_waited_for(result: Result) -> str | None:
    waits = {
        s.name: float(over_mornings(result, s.name, lambda s: s.busiest_queueing_share).mean())
        for s in result.summaries[0].stations
    }
    worst = max(waits, key=lambda name: waits[name], default=None)
    return worst if worst is not None and waits[worst] > 0 else None


def _panels(comparison: Comparison, stations: int) -> np.ndarray:
    made = figure(10.4, 1.6 + stations * (0.15 * len(comparison.results) + 0.14))
    mornings = words.mornings(comparison.mornings)
    spread = "; thin lines: from the lowest to the highest" if comparison.mornings > 1 else ""
    heading(made, "How full the stations were", f"mean of {mornings}{spread}; in the five busiest minutes of each station")
    return np.asarray(made.subplots(1, 3))


def _name_colours(ax: Axes, comparison: Comparison) -> None:
    """Which colour is which design: nothing else in this chart says so. Between titles and panels, across all of them."""
    handles = [Patch(color=colour, label=name) for name, colour in colours(comparison.results).items()]
    legend = ax.legend(handles=handles, loc="lower left", bbox_to_anchor=(0, 1), ncols=BESIDE, borderpad=0.2, borderaxespad=0.2)
    legend.set_in_layout(False)  # else the panel would grow as wide as it


def _bars(
    ax: Axes, comparison: Comparison, names: list[str], value: Callable[[StationRecord], float], *, share: bool = True
) -> None:
    ink = colours(comparison.results)
    n = len(ink)
    for row, station in enumerate(names):
        for number, (name, result) in enumerate(comparison.results.items()):
            _bar(ax, row * (n + 0.8) + number, over_mornings(result, station, value), ink[name], share=share)
    ax.set_yticks([row * (n + 0.8) + (n - 1) / 2 for row in range(len(names))], [name.replace("_", " ") for name in names])
    ax.set_ylim(len(names) * (n + 0.8) - 1.0, -0.8)
    end = max(ax.dataLim.x1 * 1.28, 0.001 if share else 1)
    ax.set_xlim(0, end)
    plain_axis(ax)
    ticks = MaxNLocator(4, integer=not share)
    ax.xaxis.set_major_locator(ticks)
    if share:
        ax.set_xticks([tick for tick in ticks.tick_values(0, min(end, 1)) if tick <= min(end, 1)])
        ax.xaxis.set_major_formatter(lambda x, _: f"{x * 100:g} %")


def _bar(ax: Axes, y: float, values: np.ndarray, colour: str, *, share: bool) -> None:
    if not len(values):
        ax.text(0, y, " not in this design", va="center", fontsize=7, color=QUIET, style="italic", in_layout=False)
        return
    mean, low, high = float(values.mean()), float(values.min()), float(values.max())
    ax.barh(y, mean, color=colour, height=0.82, lw=0)
    ax.plot([low, high], [y, y], color=INK, lw=0.8)
    text = _share(mean) if share else words.number(mean)
    ax.text(high, y, f" {text}", va="center", fontsize=7.5, in_layout=False)


def _share(mean: float) -> str:
    return "0" if not mean else words.share(mean) if mean >= LEAST else f"<{words.share(LEAST)}"


def _say_first(ax: Axes, comparison: Comparison) -> None:
    """Name, under the panel, the station with the longest queueing time of each design."""
    firsts = saturates_first(comparison).items()
    said = "; ".join(f"{name}: {first.replace('_', ' ') if first else 'nobody queues'}" for name, first in firsts)
    ax.set_xlabel("\n".join(wrap(f"most often with a queue in them: {said}", 120)))
