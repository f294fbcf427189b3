"""Every design that was tried, by two metrics; and beside it only the front, the designs that none beats in both."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from matplotlib.axes import Axes

from sim import words
from sim.experiment.estimates import mean_of
from sim.experiment.optimise import Optimum
from sim.experiment.search import Finalist, Tried
from sim.experiment.statistics import Difference, Estimate
from sim.style import INK, QUIET, colours, figure, heading, plain_axis, styled
from sim.vocabulary import METRICS

PALE = 0.35
WIDE = 20  # an axis is logarithmic if its largest value is more than so many times the smallest
APART_IN = (0.75, 0.14)  # inches between the names of two designs, along and across


@styled
def draw(found: Optimum, axes: Any = None) -> np.ndarray:
    """Two axes. All: dots and crosses are means on the first mornings. The front: means on fresh ones, and paired intervals."""
    if axes is None:
        axes = _panels(found)
    _all(axes[0], found)
    _front(axes[1], found)
    return np.asarray(axes)


def _panels(found: Optimum) -> np.ndarray:
    made = figure(10.6, 5.2, apart=0.05)
    never = sum(not _finite(one, found) for one in found.tried)
    left_out = f"; not drawn: {never} of which a metric is infinite" if never else ""
    note = (
        f"{len(found.tried)} designs on up to {words.mornings(found.mornings)}, the best again on as many fresh ones{left_out}"
    )
    heading(made, f"The front in {found.scenario.name}", note)
    axes = made.subplots(1, 2)
    handles = [axes[0].plot([], [], "o", color=colour, label=base)[0] for base, colour in _ink(found).items()]
    drawn = [one for one in found.tried if _finite(one, found)]
    if any(found.violates(one) for one in drawn):
        handles += [axes[0].plot([], [], "x", color=QUIET, label="violates a constraint")[0]]
    if any(not found.violates(one) and found.place(one) != "front" for one in drawn):
        handles += [axes[0].plot([], [], "o", color=QUIET, alpha=PALE, ms=5, label="not on the front")[0]]
    made.legend(handles=handles, loc="outside lower center", ncols=6)
    return np.asarray(axes)


def _ink(found: Optimum) -> dict[str, str]:
    return colours([base.name for base in found.space.bases])


def _all(ax: Axes, found: Optimum) -> None:
    ax.set_title("all that were tried")
    shown = {one.candidate.number for one in _shown(found)}
    for base, colour in _ink(found).items():
        those = [one for one in found.tried if one.candidate.base == base and _finite(one, found)]
        _dots(ax, found, [one for one in those if found.violates(one)], "x", colour)
        good = [one for one in those if not found.violates(one) and one.candidate.number not in shown]
        _dots(ax, found, good, "o", colour)
    for one in _shown(found):
        x, y = (one.estimates[metric] for metric in found.minimised)
        _point(ax, found, one, (_half(x), _half(y)))
    _line(ax, found)
    _scales(ax, found)


def _front(ax: Axes, found: Optimum) -> None:
    ax.set_title("the front")
    _scales(ax, found, may_be_wide=False)
    front = [one for one in found.front if _is_there(one, found)]
    if not front:
        ax.text(0.5, 0.5, "no design holds every constraint", transform=ax.transAxes, ha="center", color=QUIET)
        ax.set_xticks([])
        ax.set_yticks([])
        return
    for one in [*front, *(one for one in found.perhaps() if _is_there(one, found))]:
        x, y = (_around(found.difference(one, front[0], metric)) for metric in found.minimised)
        _point(ax, found, one, (x, y) if one is not front[0] else (None, None))
    _line(ax, found)
    ax.margins(x=0.2, y=0.12)
    note = f"whiskers: 95 % of the paired difference from {front[0].candidate.name}"
    ax.text(1, 1.01, note if len(front) + len(found.perhaps()) > 1 else "", transform=ax.transAxes, ha="right", va="bottom",
            fontsize=8, color=QUIET)  # fmt: skip
    _names(ax, found, front)


def _shown(found: Optimum) -> list[Finalist]:
    return [one for one in found.finalists if one.holds and _is_there(one, found)]


def _line(ax: Axes, found: Optimum) -> None:
    front = [one for one in found.front if _is_there(one, found)]
    x, y = (np.array([one.estimates[metric].mean for one in front], dtype=float) for metric in found.minimised)
    ax.plot(x, y, color=INK, lw=1, drawstyle="steps-post", zorder=1, label="_front")


def _dots(ax: Axes, found: Optimum, those: list[Tried], marker: str, colour: str) -> None:
    points = np.array([[mean_of(metric, one.values) for metric in found.minimised] for one in those])
    if len(points):
        ax.plot(points[:, 0], points[:, 1], marker, color=colour, alpha=PALE, ms=5, mew=1.1, zorder=2)


def _point(ax: Axes, found: Optimum, one: Finalist, half: tuple[Any, Any]) -> None:
    on_front = one in found.front
    x, y = (one.estimates[metric].mean or 0.0 for metric in found.minimised)
    ax.errorbar(
        [x], [y], xerr=half[0], yerr=half[1], fmt="o", color=_ink(found)[one.candidate.base], ms=7 if on_front else 5,
        elinewidth=0.9, alpha=1.0 if on_front else PALE, zorder=4 if on_front else 3,
    )  # fmt: skip


def _half(value: Estimate) -> list[list[float]] | None:
    if value.mean is None or value.low is None or value.high is None:
        return None
    return [[max(value.mean - value.low, 0)], [max(value.high - value.mean, 0)]]


def _around(value: Difference) -> list[list[float]] | None:
    if value.difference is None or value.low is None or value.high is None:
        return None
    return [[value.difference - value.low], [value.high - value.difference]]


def _scales(ax: Axes, found: Optimum, *, may_be_wide: bool = True) -> None:
    plain_axis(ax, grid="both")
    for axis, scale, metric in ((ax.xaxis, ax.set_xscale, found.minimised[0]), (ax.yaxis, ax.set_yscale, found.minimised[1])):
        unit = METRICS[metric].unit
        if may_be_wide and _is_wide(found, metric):
            scale("log")
            ax.minorticks_off()
        axis.set_major_formatter(_percent if unit == "share" else "{x:,g}")
        axis.set_label_text(", ".join(part for part in (metric, words.UNITS[unit].strip()) if part))


def _percent(value: float, _: Any) -> str:
    return f"{value * 100:,g}"


def _names(ax: Axes, found: Optimum, front: list[Finalist]) -> None:
    """Beside each point, but where another name would be under it."""
    made = ax.get_figure(root=True)
    assert made is not None
    made.draw_without_rendering()  # so that places are known
    taken: list[np.ndarray] = []
    for one in front:
        x, y = (one.estimates[metric].mean or 0.0 for metric in found.minimised)
        here = ax.transData.transform((x, y)) / made.dpi
        if all((np.abs(here - other) > APART_IN).any() for other in taken):
            taken.append(here)
            ink = _ink(found)[one.candidate.base]
            ax.annotate(
                one.candidate.name, (x, y), (6, 5), textcoords="offset points", fontsize=7.5, color=ink, in_layout=False
            )


def _is_wide(found: Optimum, metric: str) -> bool:
    means = [mean_of(metric, one.values) for one in found.tried if _finite(one, found)]
    return bool(means) and min(means) > 0 and max(means) > WIDE * min(means)


def _finite(one: Tried, found: Optimum) -> bool:
    return all(math.isfinite(mean_of(metric, one.values)) for metric in found.minimised)


def _is_there(one: Finalist, found: Optimum) -> bool:
    return all(one.estimates[metric].mean is not None for metric in found.minimised)
