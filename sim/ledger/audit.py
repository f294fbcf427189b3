"""The audit: an omniscient observer outside every architecture. Counted at the customers and at the provider's ledger.

Everything is counted per purchase, from the tables alone; what a server believed about itself is never asked.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np

from sim.ledger.records import Charges, Tables
from sim.vocabulary import SETTLED, Fate, Status

IS_SETTLED = np.isin(list(Status), SETTLED)  # by status
CONFIRMED = int(Status.CONFIRMED)  # with a member of an enum numpy compares six times as slowly


@dataclass(frozen=True)
class Audit:
    """Facts per purchase (shape: purchases) and per order (shape: orders)."""

    charged: np.ndarray  # captured charges, before refunds
    kept: np.ndarray  # captured and not refunded
    overcharged_cents: np.ndarray  # captured beyond the one charge that a confirmed order is worth, before refunds
    overcharged_net_cents: np.ndarray  # the same of what is kept
    ordered: np.ndarray  # confirmed orders: accepted for the kitchen
    awarded: np.ndarray
    confirmed_s: np.ndarray  # first confirmed order; inf: never
    orphan: np.ndarray  # charged and kept, without a confirmed order
    oversold: np.ndarray  # with a confirmed order for which nothing was left in one of its accounts
    oversold_units: np.ndarray  # sold beyond what was in an account, by who has them
    stuck_units: np.ndarray  # taken out of accounts, and neither sold nor given back
    over_returned_units: np.ndarray  # given back to accounts beyond what was taken
    unpaid: np.ndarray  # with a confirmed order for which no charge is kept
    blocked: np.ndarray  # authorisations neither captured nor voided: without a confirmed order, or beside a charge for it
    held_cent_s: np.ndarray  # cents times seconds for which money was held and never taken
    over_refunded_cents: np.ndarray  # given back beyond what was taken
    over_awarded: np.ndarray
    under_awarded: np.ndarray
    misinformed: np.ndarray
    mistaken: np.ndarray  # told "confirmed" for another amount than any that was charged and kept
    abandoned: np.ndarray  # charged and kept, but the customer had left without having been told "confirmed"
    retracted: np.ndarray  # told "we have your order", and no confirmed order: declined, given up or unsettled afterwards
    unsettled: np.ndarray  # with an order that is still neither confirmed, declined nor given up
    correct: np.ndarray  # one order, one charge, one award, and a customer who was still there
    differing: np.ndarray  # with an order that differs between write model, view and ledger when the morning has drained
    agreed_s: np.ndarray  # per order: from when on write model, view and ledger agree; inf: never


@dataclass(frozen=True)
class Judgement:
    """A morning with all its tables, and what the audit says of it."""

    tables: Tables
    audit: Audit

    @property
    def good_card(self) -> np.ndarray:
        """Purchases whose card the provider accepts: the others are rightly never confirmed, in any design."""
        return self.tables.purchases["good_card"] == 1


def audit(tables: Tables) -> Audit:
    """Judge one morning by what it left behind."""
    purchases, charges, orders = tables.purchases, tables.charges, tables.orders
    number = len(purchases)
    captured = ~np.isnan(charges["captured_s"])
    kept = captured & np.isnan(charges["refunded_s"])
    returned = returned_cents(tables)
    confirmed = orders["status"] == CONFIRMED

    confirmed_charges = confirmed[charges["order"]]
    charged_of = _count(charges["purchase"][captured], number)
    kept_of = _count(charges["purchase"][kept], number)
    ordered_of = _count(orders["purchase"][confirmed], number)
    awarded_of = _count(tables.awards["purchase"], number)
    kept_by_order = _count(charges["order"][kept], len(orders))
    earned = ordered_of > 0
    blocked = _blocked(tables, confirmed, kept_by_order)

    overcharged = _overcharged_cents(charges, charges["cents"], captured, confirmed_charges, earned)
    overcharged_net = overcharged
    if returned.any() or (kept != captured).any():
        overcharged_net = _overcharged_cents(charges, charges["cents"] - returned, kept, confirmed_charges, earned)
    agreed_s = _agreed_s(tables, kept_by_order)
    oversold_units, stuck_units, over_returned_units = _units(tables)
    first_confirmed_s = np.full(number, np.inf)
    np.minimum.at(first_confirmed_s, orders["purchase"][confirmed], orders["confirmed_s"][confirmed])
    told_confirmed = ~np.isnan(purchases["told_confirmed_s"])
    told_failed = purchases["told_failed"] == 1
    left = ~np.isnan(purchases["left_s"]) & ~told_confirmed
    return Audit(
        charged=charged_of,
        kept=kept_of,
        overcharged_cents=overcharged,
        overcharged_net_cents=overcharged_net,
        ordered=ordered_of,
        awarded=awarded_of,
        confirmed_s=first_confirmed_s,
        orphan=(kept_of > 0) & (ordered_of == 0),
        oversold=oversold_units > 0,
        oversold_units=oversold_units,
        stuck_units=stuck_units,
        over_returned_units=over_returned_units,
        unpaid=_count(orders["purchase"][confirmed & (kept_by_order == 0)], number) > 0,
        blocked=blocked,
        held_cent_s=_held_cent_s(tables),
        over_refunded_cents=_sum(np.maximum(returned - charges["cents"], 0), charges["purchase"], number),
        over_awarded=awarded_of > earned,
        under_awarded=awarded_of < earned,
        misinformed=(told_failed & (kept_of > told_confirmed)) | (told_confirmed & (charged_of == 0)),
        mistaken=told_confirmed & (purchases["shown_cents"] > 0) & (kept_of > 0) & ~_charged_as_shown(tables, kept),
        abandoned=left & (kept_of > 0),
        retracted=~np.isnan(purchases["acknowledged_s"]) & (ordered_of == 0),
        unsettled=_count(orders["purchase"][~IS_SETTLED[orders["status"]]], number) > 0,
        correct=(ordered_of == 1) & (kept_of == 1) & (awarded_of == 1) & ~left & (blocked == 0) & (oversold_units == 0),
        differing=_count(orders["purchase"][np.isinf(agreed_s)], number) > 0,
        agreed_s=agreed_s,
    )


def _units(tables: Tables) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Of each purchase the units that were sold to it beyond what was there, that stuck, and that were given back too often.

    Who bought first has theirs: of an order that takes more than was left, what was missing counts.
    """
    takings, number = tables.takings, len(tables.purchases)
    if not len(takings):
        nothing = np.zeros(number, np.int64)
        return nothing, nothing, nothing
    owners, units, account = takings["purchase"], takings["units"], takings["account"]
    sold, given_back = ~np.isnan(takings["sold_s"]), takings["given_back"]
    rows = np.flatnonzero(sold)
    rows = rows[np.lexsort((rows, takings["sold_s"][rows], account[rows]))]
    so_far = np.cumsum(units[rows])
    firsts = np.flatnonzero(np.diff(account[rows], prepend=-1))
    before = np.repeat(so_far[firsts] - units[rows][firsts], np.diff(firsts, append=len(rows)))
    missing = np.clip(so_far - before - tables.accounts["balance"][account[rows]], 0, units[rows])
    stuck = np.where(~sold & (given_back == 0), units, 0)
    return (
        _sum(missing, owners[rows], number),
        _sum(stuck, owners, number),
        _sum(np.maximum(given_back - units, 0), owners, number),
    )


def returned_cents(tables: Tables) -> np.ndarray:
    """Cents given back of each charge, shape (charges,)."""
    charges, refunds = tables.charges, tables.refunds
    whole = np.where(np.isnan(charges["refunded_s"]), 0, charges["cents"])
    return np.maximum(whole, _sum(refunds["cents"], refunds["charge"], len(charges)))


def _blocked(tables: Tables, confirmed: np.ndarray, kept_by_order: np.ndarray) -> np.ndarray:
    """Authorisations of each purchase that block money for nothing.

    One that waits for its capture is not among them, nor one of a confirmed order that was never captured: nobody has paid for
    that order, and the hold is its only money.
    """
    holds, number = tables.holds, len(tables.purchases)
    if not len(holds):
        return np.zeros(number, dtype=np.int64)
    taken = holds["captured_cents"] > 0
    released = holds["voided_cents"] == holds["cents"]
    owner = holds["order"]
    in_vain = ~taken & ~released & ~(confirmed[owner] & (kept_by_order[owner] == 0))
    return _count(holds["purchase"][in_vain], number)


def _held_cent_s(tables: Tables) -> np.ndarray:
    """Of each purchase, what was never taken of its authorisations times the seconds for which it was held: whole numbers."""
    holds, end_s = tables.holds, tables.horizon_s
    if not len(holds):
        return np.zeros(len(tables.purchases), np.int64)
    lasted_s = np.maximum(np.fmin(holds["released_s"], end_s) - holds["authorised_s"], 0)
    untaken = holds["cents"] - holds["captured_cents"]
    return _sum(np.rint(untaken * lasted_s), holds["purchase"], len(tables.purchases))


def _overcharged_cents(
    charges: Charges, cents: np.ndarray, taken: np.ndarray, for_order: np.ndarray, served: np.ndarray
) -> np.ndarray:
    """What was taken of each purchase beyond the one rightful charge, which only those who were served have.

    `cents` is what counts of each charge; `taken` and `for_order` are flags: which of them count, and which were made for a
    confirmed order. Rightful
    is the first charge for a confirmed order; if no confirmed order was charged, but another of the purchase, the first of all.
    """
    owners = charges["purchase"]
    rows = np.flatnonzero(taken)
    rows = rows[np.lexsort((charges["captured_s"][rows], ~for_order[rows], owners[rows]))]
    customers, cents = owners[rows], cents[rows]
    total = _sum(cents, customers, len(served))
    first = np.ones(len(rows), bool)  # of each customer
    first[1:] = customers[1:] != customers[:-1]
    first &= served[customers]
    total[customers[first]] -= cents[first]
    return total


def _sum(cents: np.ndarray, owners: np.ndarray, number: int) -> np.ndarray:
    """Whole cents of each purchase."""
    return np.bincount(owners, weights=cents, minlength=number).astype(np.int64)


def _charged_as_shown(tables: Tables, kept: np.ndarray) -> np.ndarray:
    """Purchases with a kept charge of just the amount that the app shows."""
    owners, cents = tables.charges["purchase"], tables.charges["cents"]
    as_shown = kept & (cents == tables.purchases["shown_cents"][owners])
    return _count(owners[as_shown], len(tables.purchases)) > 0


def _count(owners: np.ndarray, number: int) -> np.ndarray:
    return np.bincount(owners, minlength=number)


def _agreed_s(tables: Tables, kept_by_order: np.ndarray) -> np.ndarray:
    charges, orders = tables.charges, tables.orders
    status = orders["status"]
    settled = IS_SETTLED[status]
    in_view = orders["view_status"] == status
    paid_as_told = kept_by_order == (status == CONFIRMED)
    since_s = np.fmax(orders["changed_s"], orders["view_changed_s"])
    moved_s = np.fmax(charges["captured_s"], charges["refunded_s"])
    moved = ~np.isnan(moved_s)
    np.maximum.at(since_s, charges["order"][moved], moved_s[moved])
    return np.where(settled & in_view & paid_as_told, since_s, np.inf)


def last_fault_s(tables: Tables) -> float:
    """When the last fault ended that has a time of its own; NaN if there was none.

    Crashes after a step are left out: they belong to the design that took the step, and this moment must be the same for all.
    """
    return max((end for _, _, end in tables.faults), default=float("nan"))


def contradictions(tables: Tables, audit: Audit) -> Counter[str]:
    """Rows that contradict another or themselves, by law; those that none breaks are left out.

    Time runs forward: submitted ≤ acknowledged, confirmed; created ≤ confirmed ≤ visible; sent ≤ answered and captured.
    """
    purchases, requests, charges, orders = tables.purchases, tables.requests, tables.charges, tables.orders
    times = {
        "submitted before acknowledged": (purchases["submitted_s"], purchases["acknowledged_s"]),
        "submitted before confirmed": (purchases["submitted_s"], audit.confirmed_s),
        "created before confirmed": (orders["created_s"], orders["confirmed_s"]),
        "confirmed before visible": (orders["confirmed_s"], orders["visible_s"]),
        "sent before captured": (charges["sent_s"], charges["captured_s"]),
        "sent before answered": (requests["sent_s"], requests["answered_s"]),
    }
    answered_although_lost = (requests["answer"] != 0) & (requests["fate"] == Fate.LOST)
    rows = {
        "charge and order belong to the same purchase": _strangers(tables),
        "no answer to a lost request": int(answered_although_lost.sum()),
        **{f"{law} (time runs forward)": int((earlier > later).sum()) for law, (earlier, later) in times.items()},
        **_of_holds(tables),
        **_of_refunds(tables),
        **_of_accounts(tables),
    }
    return +Counter(rows)


def _of_holds(tables: Tables) -> dict[str, int]:
    """What breaks the laws of authorised money."""
    holds, captures, charges = tables.holds, tables.captures, tables.charges
    if not len(holds):
        return {}
    parts = [holds[f"{name}_cents"] for name in ("captured", "voided", "expired")]
    held = holds["cents"] - sum(parts)
    moved = ~np.isnan(captures["captured_s"])
    by_calls = _sum(captures["cents"][moved], captures["hold"][moved], len(holds))
    taken = holds["captured_cents"] > 0
    in_ledger = charges["cents"][holds["charge"]][taken]
    return {
        "authorised = captured + voided + expired + held": int(((held < 0) | (np.minimum.reduce(parts) < 0)).sum()),
        "an authorisation of which nothing is held is released": int(((held == 0) == np.isnan(holds["released_s"])).sum()),
        "captured of an authorisation = the sum of its captures": int((by_calls != holds["captured_cents"]).sum()),
        "captured of an authorisation = taken in the ledger": int((in_ledger != holds["captured_cents"][taken]).sum()),
        "authorised before captured": int(
            (captures["captured_s"][moved] < holds["authorised_s"][captures["hold"][moved]]).sum()
        ),
    }


def _of_refunds(tables: Tables) -> dict[str, int]:
    """What breaks the laws of money that is given back."""
    refunds, charges = tables.refunds, tables.charges
    if not len(refunds):
        return {}
    of = refunds["charge"]
    whole = ~np.isnan(charges["refunded_s"])
    over = 0 if tables.counts.get("refunds_unlocked") else int((returned_cents(tables) > charges["cents"]).sum())
    return {
        "no more is given back than was captured": over,
        "only what was captured is given back": int(np.isnan(charges["captured_s"][of]).sum()),
        "captured before refunded": int((charges["captured_s"][of] > refunds["refunded_s"]).sum()),
        "refunded in whole = all of it given back": int((whole != (returned_cents(tables) >= charges["cents"]))[of].sum()),
    }


def _of_accounts(tables: Tables) -> dict[str, int]:
    """What breaks the laws of what can be used up."""
    accounts, takings, orders = tables.accounts, tables.takings, tables.orders
    if not len(accounts):
        return {}
    out = _sum(takings["units"] - takings["given_back"], takings["account"], len(accounts))
    sold = ~np.isnan(takings["sold_s"])
    return {
        "left in the book = balance - taken + given back + overwritten": int(
            (accounts["left"] != accounts["balance"] - out + accounts["overwritten"]).sum()
        ),
        "only confirmed orders are sold anything": int((orders["status"][takings["order"][sold]] != CONFIRMED).sum()),
        "taken before sold": int((takings["taken_s"] > takings["sold_s"]).sum()),
        "taking and order belong to the same purchase": int(
            (orders["purchase"][takings["order"]] != takings["purchase"]).sum()
        ),
    }


def _strangers(tables: Tables) -> int:
    if not len(tables.charges):
        return 0
    return int((tables.orders["purchase"][tables.charges["order"]] != tables.charges["purchase"]).sum())
