"""Why somebody with a good card got nothing: one cause for each such purchase, so that the causes add up to all of them.

A cause is what stood in the way at the end. It is read from the tables, like everything in the audit: the order if there is
one, and what the provider said to its last call; else the requests that never became an order.
"""

from __future__ import annotations

import numpy as np

from sim.ledger.audit import Audit
from sim.ledger.records import Tables
from sim.vocabulary import Fate, Outcome, Status

CAUSES = {  # cause -> what it says of the purchases, as the rest of a sentence about people
    "charged": "were charged, and no order came of it",
    "unsettled": "have an order that is still neither confirmed nor given up",
    "provider refused": "have an order that was given up after the provider had refused the charge",
    "provider broke down": "have an order that was given up after the provider had broken down over the charge",
    "provider silent": "have an order that was given up without an answer of the provider",
    "given up": "have an order that was given up before anybody asked the provider",
    "turned away": "were turned away: the queue was full, no instance was up, or their time was over",
    "died": "were being served when the process died",
    "waiting": "were still waiting to be served",
    "network": "never reached the shop: the network lost their requests",
}
_BY_OUTCOME = {
    Outcome.FAILED: "provider refused",
    Outcome.MISMATCH: "provider refused",
    Outcome.ERROR: "provider broke down",
    Outcome.UNKNOWN: "provider silent",
    Outcome.CONFLICT: "provider silent",
}
_BY_FATE = {  # the one that says most of several requests comes first
    Fate.WAITING: "waiting",
    Fate.EXECUTED: "died",
    Fate.REPLAYED: "died",
    Fate.REJECTED: "turned away",
    Fate.LOST: "network",
}


def lost(tables: Tables, audit: Audit) -> np.ndarray:
    """Purchases with a good card and without a confirmed order: flags, shape (purchases,)."""
    return (tables.purchases["good_card"] == 1) & (audit.ordered == 0)


def causes(tables: Tables, audit: Audit) -> dict[str, np.ndarray]:
    """Cause -> flags, shape (purchases,); each lost purchase has one cause, and no other has any."""
    number, names = len(tables.purchases), list(CAUSES)
    cause = np.full(number, names.index("network"))
    requests, orders, charges = tables.requests, tables.orders, tables.charges
    for fate, name in reversed(_BY_FATE.items()):
        cause[requests["purchase"][requests["fate"] == fate]] = names.index(name)

    last_call = np.full(len(orders), -1)
    last_call[charges["order"]] = charges["outcome"]  # in the order in which they were sent: the last one stays
    for name, which in (
        ("given up", last_call == -1),
        *((name, last_call == outcome) for outcome, name in _BY_OUTCOME.items()),
        ("provider silent", last_call == Outcome.CAPTURED),  # its answer was heard by nobody who could settle the order
        ("unsettled", np.isin(orders["status"], (Status.PENDING, Status.UNKNOWN))),
    ):
        cause[orders["purchase"][which]] = names.index(name)
    cause[audit.kept > 0] = names.index("charged")
    gone = lost(tables, audit)
    return {name: gone & (cause == code) for code, name in enumerate(names)}
