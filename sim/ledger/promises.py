"""Promises of an architecture: pure functions from a morning's tables to the purchases that break them.

A promise holds under every weather that the architecture is meant for, and each has a broken variant that the tests must catch.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from sim.ledger.audit import Audit

Promise = Callable[[Audit], np.ndarray]


def charged_at_most_once(audit: Audit) -> np.ndarray:
    """No purchase is charged twice, not even if the second charge is refunded."""
    return np.flatnonzero(audit.charged > 1)


def ordered_at_most_once(audit: Audit) -> np.ndarray:
    """No purchase becomes two confirmed orders."""
    return np.flatnonzero(audit.ordered > 1)


def every_confirmed_order_was_paid(audit: Audit) -> np.ndarray:
    """No order is made that nothing was captured for."""
    return np.flatnonzero(audit.unpaid)


def nobody_pays_for_nothing(audit: Audit) -> np.ndarray:
    """No charge is kept without a confirmed order."""
    return np.flatnonzero(audit.orphan)


def no_money_is_blocked(audit: Audit) -> np.ndarray:
    """No authorisation is left behind: each is captured for an order, or voided."""
    return np.flatnonzero(audit.blocked)


def awarded_exactly_once(audit: Audit) -> np.ndarray:
    """One loyalty award for each completed purchase, none for the others."""
    return np.flatnonzero(audit.over_awarded | audit.under_awarded)


def every_order_settles(audit: Audit) -> np.ndarray:
    """No order is still pending or unknown when the morning has drained."""
    return np.flatnonzero(audit.unsettled)


def all_stores_agree(audit: Audit) -> np.ndarray:
    """In the end the write model, the status view and the provider's ledger say the same of every order."""
    return np.flatnonzero(audit.differing)


PROMISES: dict[str, Promise] = {
    "charged_at_most_once": charged_at_most_once,
    "ordered_at_most_once": ordered_at_most_once,
    "every_confirmed_order_was_paid": every_confirmed_order_was_paid,
    "nobody_pays_for_nothing": nobody_pays_for_nothing,
    "no_money_is_blocked": no_money_is_blocked,
    "awarded_exactly_once": awarded_exactly_once,
    "every_order_settles": every_order_settles,
    "all_stores_agree": all_stores_agree,
}
