"""What went wrong and why: how many purchases by each cause, and what they cost afterwards."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from matplotlib.axes import Axes

from sim import words
from sim.experiment.compare import Comparison, Result
from sim.ledger.causes import NAMES
from sim.style import INK, QUIET, colours, figure, heading, plain_axis, styled

ROW_IN = 0.135  # the height of one design's bar
GAP = 0.7  # between two causes, in bars
ROOM = 8.0  # to the right of the longest bar, for its number, on a logarithmic axis: so many times as much


@styled
def draw(comparison: Comparison, axes: Any = None) -> np.ndarray:
    """Two axes, a row for each cause and a bar for each design: share of all purchases; USD per 1,000 correct ones. Both
    logarithmic. A design without a bar had none of it.
    """
    names = causes_of(comparison)
    if axes is None:
        axes = _panels(comparison, len(names))
    purchases, money = axes
    ink, group = colours(comparison.results), len(comparison.results) + GAP
    _bars(purchases, comparison, names, _share, lambda share: words.share(share))
    _bars(money, comparison, names, _usd, lambda usd: words.quantity(usd, "USD") if np.isfinite(usd) else "nothing was right")
    purchases.set_title("share of all purchases", pad=22)
    money.set_title("cost of what failed, per 1,000 correct purchases", pad=22)
    purchases.xaxis.set_major_formatter(lambda x, _: f"{x * 100:g} %")
    money.xaxis.set_major_formatter(lambda x, _: f"{x:g} USD")
    middles = [row * group + (len(ink) - 1) / 2 for row in range(len(names))]
    purchases.set_yticks(middles, [f"{kind}: {cause}" for kind, cause in names])
    money.set_yticks([])
    for number, (kind, _) in enumerate(names):
        if number and kind != names[number - 1][0]:
            for ax in axes:
                ax.axhline(number * group - (1 + GAP) / 2, color=QUIET, lw=0.7)
    late = [middle for middle, (kind, _) in zip(middles, names, strict=True) if kind == "late"]
    if late:
        money.text(0.02, np.mean(late), "an answer that comes late has no price in this bill", va="center",
                   transform=money.get_yaxis_transform(), fontsize=8, color=QUIET, style="italic", in_layout=False)  # fmt: skip
    handles = [purchases.barh([np.nan], [np.nan], color=ink[name], label=name) for name in ink]
    legend = purchases.legend(handles=handles, loc="lower left", bbox_to_anchor=(0, 1), ncols=len(ink), borderaxespad=0.2)
    legend.set_in_layout(False)
    return np.asarray(axes)


def causes_of(comparison: Comparison) -> list[tuple[str, str]]:
    """Those that any design met with, in their order."""
    return [name for name in NAMES if any(name in result.causes for result in comparison.results.values())]


def _panels(comparison: Comparison, causes: int) -> np.ndarray:
    made = figure(10.4, 1.6 + max(causes, 2) * (len(comparison.results) + GAP) * ROW_IN)
    heading(
        made,
        "What went wrong, and why",
        f"{words.mornings(comparison.mornings)} together; one cause a purchase; each grid line is ten times the one before",
    )
    return np.asarray(made.subplots(1, 2))


def _bars(
    ax: Axes, comparison: Comparison, names: list[tuple[str, str]],
    value: Callable[[Result, tuple[str, str]], float], text: Callable[[float], str],
) -> None:  # fmt: skip
    ink, group = colours(comparison.results), len(comparison.results) + GAP
    ax.set_xscale("log")
    found = [value(result, name) for result in comparison.results.values() for name in names]
    seen = [one for one in found if 0 < one < np.inf]
    low = 10.0 ** np.floor(np.log10(min(seen, default=1e-3) * 0.6))
    high = max(seen, default=1.0)
    for row, name in enumerate(names):
        for place, (design, result) in enumerate(comparison.results.items()):
            size = value(result, name)
            if not size:
                continue
            end = min(size, high)
            ax.barh(row * group + place, end - low, left=low, color=ink[design], height=0.86, lw=0)
            ax.text(end, row * group + place, f" {text(size)}", va="center", fontsize=7, color=INK, in_layout=False)
    ax.set_xlim(low, high * ROOM)
    ax.set_ylim(len(names) * group - GAP - 0.4, -0.7)
    plain_axis(ax)
    ax.minorticks_off()
    if not names:
        ax.text(0.5, 0.5, "nothing", transform=ax.transAxes, ha="center", va="center", color=QUIET, style="italic")


def _share(result: Result, name: tuple[str, str]) -> float:
    return result.wrong(*name).purchases / result.purchases


def _usd(result: Result, name: tuple[str, str]) -> float:
    usd = result.wrong(*name).usd
    return result.per_1000(usd) if usd else 0.0
