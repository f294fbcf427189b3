"""What had happened by the end of each minute, counted from the tables: sums that can be added over parts of a morning."""

from __future__ import annotations

import numpy as np

from sim.ledger.records import Tables
from sim.vocabulary import SETTLED

STEP_S = 60.0


def minutes(tables: Tables) -> np.ndarray:
    """The step within which each purchase was submitted, shape (purchases,)."""
    return np.minimum((tables.purchases["submitted_s"] / STEP_S).astype(np.int32), len(_ends(tables)) - 1)


def steps(tables: Tables) -> dict[str, np.ndarray]:
    """The series that can be added up over parts of the purchases: all but the percentile.

    An order that never settles stays in the backlog, one never shown stays behind.
    """
    ends = _ends(tables)
    orders, charges = tables.orders, tables.charges
    settled_s = np.where(np.isin(orders["status"], SETTLED), orders["changed_s"], np.inf)
    confirmed_s = orders["confirmed_s"][~np.isnan(orders["confirmed_s"])]
    visible_s = orders["visible_s"][~np.isnan(orders["visible_s"])]
    return {
        "arrivals": np.bincount(minutes(tables), minlength=len(ends)),
        "backlog": _until(orders["created_s"], ends) - _until(settled_s, ends),
        "behind": _until(confirmed_s, ends) - _until(visible_s, ends),
        "double_charges": _until(_second_charge_s(charges["purchase"], charges["captured_s"]), ends),
    }


def _ends(tables: Tables) -> np.ndarray:
    return np.arange(0.0, tables.horizon_s + STEP_S, STEP_S)[1:]


def _until(times_s: np.ndarray, ends: np.ndarray) -> np.ndarray:
    return np.searchsorted(np.sort(times_s), ends, side="right")


def _second_charge_s(purchase: np.ndarray, captured_s: np.ndarray) -> np.ndarray:
    """When each purchase that was charged more than once was charged for the second time."""
    captured = ~np.isnan(captured_s)
    order = np.lexsort((captured_s[captured], purchase[captured]))
    owner, when_s = purchase[captured][order], captured_s[captured][order]
    first = np.ones(len(owner), dtype=bool)
    first[1:] = owner[1:] != owner[:-1]
    second = np.zeros(len(owner), dtype=bool)
    second[1:] = first[:-1] & ~first[1:]
    result: np.ndarray = when_s[second]
    return result
