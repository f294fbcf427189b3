"""Whether the provider was the same all the time: a scenario's latency and shares hold all morning, a brownout is a fault."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from statistics import NormalDist

import numpy as np

from sim.config.units import clock_text
from sim.measured.intervals import gamma_quantile
from sim.measured.line import End, Line, Log

FEWEST = 50  # calls of a part
PARTS = 12
CHANCE = NormalDist().inv_cdf(0.999)
REMEDY = "cut the log to one kind of weather and fit that, and write the other as a fault: {brownout: provider, …}"


def notes(log: Log) -> Iterator[str]:
    """A sentence for each thing that differs between parts of the morning by more than chance, by a chi-square test."""
    calls = [line for line in log.calls if line.end is not End.CONFLICT]
    parts = min(PARTS, len(calls) // FEWEST)
    if parts < 2:
        return
    groups = [[calls[i] for i in each] for each in np.array_split(np.arange(len(calls)), parts)]
    middle_s = float(np.median([line.duration_s for line in calls]))
    slow = [sum(line.duration_s > middle_s for line in group) for group in groups]
    if _differ(slow, groups):
        worst = max(groups, key=lambda group: np.median([line.duration_s for line in group]))
        here_s = np.median([line.duration_s for line in worst])
        yield f"half of the calls from {_from_to(worst)} took over {here_s:.2g} s, half of all {middle_s:.2g} s: {REMEDY}"
    wrong = [sum(line.end not in (End.OK, End.DECLINED) for line in group) for group in groups]
    if _differ(wrong, groups):
        worst = groups[int(np.argmax(wrong))]
        here, all_day = max(wrong) / len(worst), sum(wrong) / len(calls)
        yield f"{here:.1%} of the calls from {_from_to(worst)} went wrong, {all_day:.1%} of all: {REMEDY}"


def _differ(events: Sequence[int], groups: Sequence[Sequence[Line]]) -> bool:
    """Whether shares of groups differ by more than chance does in 999 of 1,000 logs (Pearson)."""
    sizes, seen = np.array([len(group) for group in groups]), np.array(events)
    share = seen.sum() / sizes.sum()
    if not 0 < share < 1:
        return False
    statistic = float(((seen - share * sizes) ** 2 / (sizes * share * (1 - share))).sum())
    return statistic > 2 * gamma_quantile(CHANCE, (len(groups) - 1) / 2)


def _from_to(lines: Sequence[Line]) -> str:
    return f"{clock_text(lines[0].start_s)} to {clock_text(lines[-1].start_s)}"
