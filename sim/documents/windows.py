"""Designs in failure windows: the JSON of `windows`, windows.json and windows.csv."""

from __future__ import annotations

from typing import Annotated, NotRequired, cast

from pydantic import Field
from typing_extensions import TypedDict

from sim.config.design import Design
from sim.config.library import digest
from sim.documents import fields, numbers
from sim.failure_windows.differences import difference
from sim.failure_windows.matrix import Matrix, sentence
from sim.failure_windows.published import mechanisms, published
from sim.failure_windows.verdicts import STATES, State, Verdict
from sim.ledger.violations import FAILURES
from sim.version import VERSION

WindowState = Annotated[State, Field(description="what the design makes of the window; `states` says what each means")]
Exposed = Annotated[bool, Field(description="whether what goes wrong met anything in this design that it could strike")]
Purchases = Annotated[int, Field(description="number of purchases simulated")]
Harmed = Annotated[int, Field(description="number of them that were harmed")]
Differs = Annotated[bool, Field(description="whether the state is another than published")]


class WindowsInterrupted(TypedDict):
    """There only if Ctrl-C came before all windows were done."""

    asked: int
    """number of windows asked for"""


class WindowsDesign(TypedDict):
    """A design of the matrix."""

    summary: str
    """what it is, in a line"""
    mechanisms: list[str]
    """its mechanisms, of those that are published to close or narrow windows"""
    sentence: str
    """what it closes and what not, in words that follow the design's name"""


class HarmRate(TypedDict):
    """Share of purchases that were harmed, 0 to 1."""

    mean: Annotated[numbers.Number, Field(description="mean over mornings; null: no purchases")]
    low: Annotated[numbers.Number, Field(description="lower end of its 95 % interval; null: there is none")]
    high: Annotated[numbers.Number, Field(description="upper end of its 95 % interval; null: there is none")]


class WindowCell(TypedDict):
    """One design in one window."""

    state: WindowState
    exposed: Exposed
    mornings: fields.Mornings
    purchases: Purchases
    harmed: Harmed
    rate: HarmRate
    from_naive: numbers.Difference | None
    """difference of that share from naive's, on the same mornings; null: this is naive"""
    kinds: dict[str, int]
    """kind of harm -> number of purchases, the commonest first"""
    published: list[State]
    """the states that publications lead to expect; empty if they do not know the window"""
    differs: Differs
    reason: str | None
    """why it is another than published; null if it is not"""


class Window(TypedDict):
    """One failure window."""

    name: str
    """name of its scenario"""
    summary: str
    """what goes wrong, in a line"""
    cells: dict[str, WindowCell]
    """by the design's name"""


class Windows(TypedDict):
    """Which designs close which failure windows."""

    seed: fields.Seed
    mornings_at_most: int
    """number of mornings after which a cell is left undecided"""
    version: fields.Version
    digest: fields.Digest
    states: dict[State, str]
    """state -> what it means"""
    violations: dict[str, str]
    """kind of harm -> what happened to a purchase"""
    designs: dict[str, WindowsDesign]
    """by the design's name"""
    windows: dict[str, Window]
    """by the window's label: W1, W2, …"""
    interrupted: NotRequired[WindowsInterrupted]
    report: NotRequired[fields.Report]


class _Cell(TypedDict):
    window: Annotated[str, Field(description="label of the window: W1, W2, …")]
    name: Annotated[str, Field(description="name of its scenario")]
    design: fields.DesignName
    state: WindowState
    exposed: Exposed
    mornings: fields.Mornings
    purchases: Purchases
    harmed: Harmed


class WindowRow(_Cell, HarmRate):
    """One design in one window: a line of windows.csv; what is null in JSON is empty there."""

    commonest: str | None
    """the commonest kind of harm; empty if nobody was harmed"""
    published: str
    """the states that publications lead to expect, joined by ` or `; empty if they do not know the window"""
    differs: Differs


def document(matrix: Matrix, *, report: str | None = None) -> Windows:
    """The matrix."""
    document: Windows = {
        "seed": matrix.seed,
        "mornings_at_most": matrix.mornings,
        "version": VERSION,
        "digest": digest(*matrix.windows.values(), *matrix.designs.values()),
        "states": STATES,
        "violations": {kind: violation.clause for kind, violation in FAILURES.items()},
        "designs": {
            name: {"summary": design.summary, "mechanisms": mechanisms(design), "sentence": sentence(matrix, name)}
            for name, design in matrix.designs.items()
        },
        "windows": {
            label: {
                "name": scenario.name,
                "summary": scenario.summary,
                "cells": {cell.design: _cell(cell, matrix.designs[cell.design]) for cell in matrix.row(label)},
            }
            for label, scenario in matrix.windows.items()
        },
    }
    if matrix.interrupted:
        document["interrupted"] = {"asked": matrix.asked}
    if report is not None:
        document["report"] = report
    return document


def rows(matrix: Matrix) -> list[WindowRow]:
    """One row for each window and design."""
    return [cast(WindowRow, numbers.plain(row)) for row in matrix.rows()]


def _cell(cell: Verdict, design: Design) -> WindowCell:
    differs = difference(cell, design)
    return {
        "state": cell.state,
        "exposed": cell.exposed,
        "mornings": cell.mornings,
        "purchases": cell.purchases,
        "harmed": cell.harmed,
        "rate": _rate(cell),
        "from_naive": numbers.difference(cell.difference) if cell.difference else None,
        "kinds": cell.kinds,
        "published": published(cell.window, design),
        "differs": differs is not None,
        "reason": differs.reason if differs else None,
    }


def _rate(cell: Verdict) -> HarmRate:
    rate = cell.rate
    return {"mean": numbers.rounded(rate.mean), "low": numbers.rounded(rate.low), "high": numbers.rounded(rate.high)}
