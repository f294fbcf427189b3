"""The matrix of failure windows in words: cells, a sentence for each design, and plain data."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from sim import words
from sim.config.design import Design
from sim.config.library import digest
from sim.experiment.export import plain, plain_rows, rounded
from sim.failure_windows.differences import Difference, difference, differences
from sim.failure_windows.matrix import Matrix
from sim.failure_windows.published import MECHANISMS, mechanisms, published
from sim.failure_windows.verdicts import STATES, Verdict
from sim.ledger.violations import VIOLATIONS
from sim.version import VERSION

DIFFERS = "≠"  # marks a cell that is not as published
ORDER = ("worse", "open", "narrowed", "undecided")  # of what a sentence names, the worst first


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


def sentence(matrix: Matrix, design: str) -> str:
    """`closes 13 of 15; open: W7, W11`, the rest of a sentence that begins with the design's name."""
    column = matrix.column(design)
    closed = [cell for cell in column if cell.state == "closed"]
    parts = [f"closes {len(closed)} of {len(column)}"]
    if absent := [cell.window for cell in closed if not cell.exposed]:
        parts[0] += f" ({', '.join(absent)} {'has' if len(absent) == 1 else 'have'} nothing there to strike)"
    others = {state: [cell.window for cell in column if cell.state == state] for state in ORDER}
    return "; ".join([*parts, *(f"{state}: {', '.join(found)}" for state, found in others.items() if found)])


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


def as_json(matrix: Matrix, *, report: str | None = None) -> dict[str, Any]:
    """What `--json` prints. Wall times stand under `timing` and nowhere else."""
    document: dict[str, Any] = {
        "seed": matrix.seed,
        "mornings_at_most": matrix.mornings,
        "version": VERSION,
        "digest": digest(*matrix.windows.values(), *matrix.designs.values()),
        "states": STATES,
        "violations": {kind: violation.clause for kind, violation in VIOLATIONS.items()},
        "designs": {
            name: {"summary": design.summary, "mechanisms": mechanisms(design), "sentence": sentence(matrix, name)}
            for name, design in matrix.designs.items()
        },
        "windows": {
            label: {
                "name": scenario.name,
                "summary": scenario.summary,
                "cells": {cell.design: _plain(cell, matrix.designs[cell.design]) for cell in matrix.row(label)},
            }
            for label, scenario in matrix.windows.items()
        },
    }
    if matrix.interrupted:
        document["interrupted"] = {"asked": matrix.asked}
    if report is not None:
        document["report"] = report
    document["timing"] = {"wall_s": round(matrix.wall_s, 3)}
    return document


def _plain(cell: Verdict, design: Design) -> dict[str, Any]:
    differs = difference(cell, design)
    return {
        "state": cell.state,
        "exposed": cell.exposed,
        "mornings": cell.mornings,
        "purchases": cell.purchases,
        "harmed": cell.harmed,
        "rate": {name: rounded(getattr(cell.rate, name)) for name in ("mean", "low", "high")},
        "from_naive": plain(cell.difference) if cell.difference else None,
        "kinds": cell.kinds,
        "published": published(cell.window, design),
        "differs": differs is not None,
        "reason": differs.reason if differs else None,
    }


def rows(matrix: Matrix) -> list[dict[str, Any]]:
    """One row a cell, for CSV."""
    return plain_rows(matrix.rows())
