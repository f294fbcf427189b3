"""When a harm came to be: from which moment on what was done to a purchase was wrong, and stayed so."""

from __future__ import annotations

from math import inf

import numpy as np

from sim.explanation.moments import StoryLine
from sim.explanation.trace import FAILED, USED_UP
from sim.ledger.records import Tables
from sim.vocabulary import Status


def violated_s(tables: Tables, moments: list[StoryLine], kind: str, purchase: int) -> float | None:
    """The time (s) at which a harm of `VIOLATIONS` came to be. None for what never came, and so has no moment.

    `moments` is the purchase's story: only there it is told that a confirmed order became another again.
    """
    charges, orders = tables.charges, tables.orders
    mine = charges["purchase"] == purchase
    captured = np.sort(charges["captured_s"][mine & ~np.isnan(charges["captured_s"])])
    kept = np.sort(charges["captured_s"][mine & ~np.isnan(charges["captured_s"]) & np.isnan(charges["refunded_s"])])
    confirmed = (orders["purchase"] == purchase) & (orders["status"] == Status.CONFIRMED)
    undone_s = unconfirmed_s(moments)
    match kind:
        case "double_charge":
            return float(captured[1])
        case "duplicate_order":
            return float(np.sort(orders["confirmed_s"][confirmed])[1])
        case "over_award":
            awards = np.sort(tables.awards["awarded_s"][tables.awards["purchase"] == purchase])
            return float(awards[1]) if confirmed.any() else max(float(awards[0]), undone_s)
        case "orphan_charge":
            return max(float(kept[0]), undone_s)
        case "oversold":
            sold_s = tables.takings["sold_s"][tables.takings["purchase"] == purchase]
            return float(np.nanmax(sold_s))
        case "unpaid_order":
            return min(_unpaid_s(tables, order) for order in map(int, np.flatnonzero(confirmed)) if not _is_paid(tables, order))
        case "misinformed":
            return _misled_s(tables, moments, purchase, kept)
        case "blocked":
            holds = tables.holds
            in_vain = (holds["captured_cents"] == 0) & (holds["voided_cents"] < holds["cents"])
            return float(holds["authorised_s"][(holds["purchase"] == purchase) & in_vain].max())
        case "wrong_amount":
            shown = charges["cents"] == tables.purchases["shown_cents"][purchase]
            given_back = charges["refunded_s"][mine & shown & ~np.isnan(charges["refunded_s"])]
            return float(max(tables.purchases["told_confirmed_s"][purchase], kept[0], *given_back))
        case "never_confirmed":
            return undone_s if undone_s > -inf else None
    return None


def unconfirmed_s(moments: list[StoryLine]) -> float:
    """When an order was confirmed no longer, the last time that this happened; minus infinity if it never did."""
    confirmed, last_s = set(), -inf
    for moment in moments:
        if moment.belief is not None and moment.belief[0] == "database":
            order, _, status = moment.belief[1].rpartition(" ")
            if status == Status.CONFIRMED.name:
                confirmed.add(order)
            elif order in confirmed:
                confirmed.remove(order)
                last_s = moment.at_s
    return last_s


def _is_paid(tables: Tables, order: int) -> bool:
    charges = tables.charges
    return bool(((charges["order"] == order) & ~np.isnan(charges["captured_s"]) & np.isnan(charges["refunded_s"])).any())


def _unpaid_s(tables: Tables, order: int) -> float:
    """When it was confirmed without money, or its money given back."""
    given_back = tables.charges["refunded_s"][tables.charges["order"] == order]
    return float(max(tables.orders["confirmed_s"][order], *given_back[~np.isnan(given_back)]))


def _misled_s(tables: Tables, moments: list[StoryLine], purchase: int, kept: np.ndarray) -> float:
    """When somebody was misled.

    When "failed" or "nothing is left" was shown to somebody whose card is charged, or charged after that; or when "paid"
    was, and nothing is.
    """
    told_confirmed_s = float(tables.purchases["told_confirmed_s"][purchase])
    was_confirmed = not np.isnan(told_confirmed_s)
    if len(kept) <= was_confirmed:
        return told_confirmed_s
    shown_s = min(moment.at_s for moment in moments if moment.text in (FAILED, USED_UP))
    return max(shown_s, float(kept[int(was_confirmed)]))
