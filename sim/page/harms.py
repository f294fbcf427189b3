"""When each harm of a morning came to be, so that the page can show it at that moment."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from sim.explanation.onset import violated_s
from sim.ledger.metrics import Evidence
from sim.ledger.records import Tables
from sim.ledger.violations import VIOLATIONS

DATED = ("double_charge", "duplicate_order", "over_award", "orphan_charge", "unpaid_order", "blocked", "wrong_amount")
"""Kinds whose moment the tables hold. The others need the whole story, or are something that never came."""


class Harm(NamedTuple):
    """One kind of harm (a place in VIOLATIONS) that was done to one purchase, from when on."""

    at_s: float
    purchase: int
    kind: int


def harms(tables: Tables, evidence: Evidence) -> list[Harm]:
    """All harms of a morning in order of time.

    A harm without a moment of its own, such as points that never came, counts from the last thing that happened to the
    purchase.
    """
    last_s = _last_s(tables)
    return sorted(
        Harm(_at_s(tables, kind, purchase) if kind in DATED else float(last_s[purchase]), purchase, number)
        for number, (kind, violation) in enumerate(VIOLATIONS.items())
        for purchase in np.flatnonzero(violation.flags(evidence)).tolist()
    )


def _at_s(tables: Tables, kind: str, purchase: int) -> float:
    found = violated_s(tables, [], kind, purchase)
    assert found is not None
    return found


def _last_s(tables: Tables) -> np.ndarray:
    """When the last thing happened to each purchase that the tables know: shape (purchases,)."""
    last_s = tables.purchases["submitted_s"].copy()
    for column in ("acknowledged_s", "told_confirmed_s", "left_s"):
        last_s = np.fmax(last_s, tables.purchases[column])
    for table, columns in (
        (tables.requests, ("sent_s", "answered_s")),
        (tables.charges, ("answered_s", "captured_s", "refunded_s")),
        (tables.orders, ("created_s", "changed_s")),
    ):
        for name in columns:
            happened = ~np.isnan(table[name])
            np.maximum.at(last_s, table["purchase"][happened], table[name][happened])
    return last_s
