"""What can be done wrong to a purchase: one kind of harm each, found in what a morning left behind.

A retraction is a harm, and yet no failure: see `harmed`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, Protocol

import numpy as np

from sim.ledger.audit import Audit


class Judged(Protocol):
    """Evidence: what the audit says of each purchase, and whose card is good."""

    @property
    def audit(self) -> Audit: ...

    @property
    def good_card(self) -> np.ndarray: ...


class Violation(NamedTuple):
    """What happened to the purchase, as a clause, and which purchases it happened to: flags, shape (purchases,)."""

    clause: str
    flags: Callable[[Judged], np.ndarray]


def _never_confirmed(judged: Judged) -> np.ndarray:
    """A card that would have been accepted, and no confirmed order."""
    return judged.good_card & np.isinf(judged.audit.confirmed_s)


VIOLATIONS: dict[str, Violation] = {
    "double_charge": Violation("was charged twice", lambda e: e.audit.charged > 1),
    "duplicate_order": Violation("got two orders", lambda e: e.audit.ordered > 1),
    "orphan_charge": Violation("was charged, and got no order", lambda e: e.audit.orphan),
    "oversold": Violation("got an order that can’t be made: nothing was left for it", lambda e: e.audit.oversold),
    "unpaid_order": Violation("got an order that nobody paid for", lambda e: e.audit.unpaid),
    "blocked": Violation("has money blocked on the card for nothing", lambda e: e.audit.blocked > 0),
    "over_award": Violation("got more loyalty points than were earned", lambda e: e.audit.over_awarded),
    "under_award": Violation("got no loyalty points", lambda e: e.audit.under_awarded),
    "misinformed": Violation("was told the opposite of the truth", lambda e: e.audit.misinformed),
    "wrong_amount": Violation("was charged for another basket than the app confirmed", lambda e: e.audit.mistaken),
    "never_confirmed": Violation("never got an order, with a good card", _never_confirmed),
    "unconverged": Violation(
        "has an order that is not the same in every store", lambda e: e.audit.differing | e.audit.unsettled
    ),
    "retracted": Violation("was told “we have your order”, and has no order", lambda e: e.audit.retracted),
}
FAILURES = {kind: violation for kind, violation in VIOLATIONS.items() if kind != "retracted"}


def harmed(judged: Judged) -> np.ndarray:
    """Purchases to which a failure did anything wrong (FAILURES): flags, shape (purchases,).

    A retraction alone does not count. A customer with a good card who was told yes and gets nothing is `never_confirmed`
    already. What would be added are those whose card is declined after the answer: that is what answering early costs on every
    morning, with or without a fault, so in a world with declined cards it would open all failure windows of every design that
    answers early, and say nothing of the window.
    """
    return np.logical_or.reduce([violation.flags(judged) for violation in FAILURES.values()])
