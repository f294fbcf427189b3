"""The matrix of failure windows in words: its cells, and where it is not as published."""

from __future__ import annotations

from collections import defaultdict

from sim import words
from sim.failure_windows.differences import Difference, differences
from sim.failure_windows.matrix import Matrix
from sim.failure_windows.published import MECHANISMS
from sim.failure_windows.verdicts import Verdict

DIFFERS = "≠"  # marks a cell that is not as published


def rate(cell: Verdict) -> str:
    """`4.6 %`, `<0.12 %`, or `nothing there`."""
    if not cell.exposed:
        return "nothing there"
    if cell.rate.mean is None:
        return "nobody came"
    if cell.rate.mean == 0:
        return f"<{words.share(cell.rate.high)}" if cell.rate.high else words.share(0)
    return words.share(cell.rate.mean)


def brackets(cell: Verdict) -> str:
    """`[3.1, 6.2]`, the interval of a rate; nothing if nobody was harmed."""
    return interval(cell).partition(f"{words.NBSP}%")[2].strip() if cell.harmed else ""


def interval(cell: Verdict) -> str:
    """`4.6 % [3.1, 6.2]`, or `below 0.12 %` if nobody was harmed."""
    if not cell.harmed and cell.rate.high is not None:
        return f"below {words.share(cell.rate.high)}"
    return words.estimate(cell.rate, "share")


def counted(cell: Verdict) -> str:
    """`0 of 2,413`, `113 of 2,413, mostly double charge`: how many, and the commonest kind of harm."""
    text = f"{cell.harmed:,} of {cell.purchases:,}"
    kind = next(iter(cell.kinds), None)
    if kind is None:
        return text
    return f"{text}, {'all' if cell.kinds[kind] == cell.harmed else 'mostly'} {kind.replace('_', ' ')}"


def published_for(found: Difference) -> str:
    """`closed, for unique insert ✓`: what is published, and for which mechanism."""
    expectation = found.expectation
    states = " or ".join(expectation.states)
    if expectation.nothing_to_strike:
        return f"{states}, for want of {expectation.nothing_to_strike}"
    decisive = {"✓"} if "✓" in expectation.marks.values() else {"◐", "!"}
    marks = [f"{MECHANISMS[name].title}{words.NBSP}{mark}" for name, mark in expectation.marks.items() if mark in decisive]
    return f"{states}, for {', '.join(marks)}" if marks else f"{states}: none of its mechanisms has an effect"


def grouped(matrix: Matrix) -> list[tuple[list[Difference], str]]:
    """The differences of a window that have the same reason and the same state together, in order."""
    groups: defaultdict[tuple[str, str, str], list[Difference]] = defaultdict(list)
    for found in differences(matrix):
        groups[found.cell.window, found.cell.state, found.reason].append(found)
    return [(members, reason) for (_, _, reason), members in groups.items()]
