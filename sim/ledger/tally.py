"""What is counted of a morning, or of one of its cells: sums that can be added, and lags that can be concatenated.

Metrics, bill, series and laws are computed from a tally and nothing else. So the tables of a cell are needed only until it is
counted, and the tallies of all cells give the numbers of the whole morning.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sim.ledger.audit import Audit, contradictions, last_fault_s, returned_cents
from sim.ledger.causes import NAMES, NONE, causes, lost
from sim.ledger.records import StationRecord, Tables
from sim.ledger.steps import minutes, steps
from sim.vocabulary import LATE_S, SETTLED, Fate, Status

Fault = tuple[str, float, float]  # what, from, to


@dataclass(frozen=True)
class Tally:
    """Partial sums that can be added. Every purchase is in exactly one part; per-morning values are added once.

    Lags are in seconds, inf for those who never got there: `ack` and `confirmation` from the first tap, over purchases with a
    good card (the others are rightly never confirmed, in any design), also of people who have left (`ack` leaves out renewals,
    which nobody waits for); `read_model` from the
    confirmation in the write model until the status view shows it, over confirmed orders.
    """

    worked_s: float  # until when capacity is paid for
    found: Counter[str]  # purchases, orders, requests, polls: how many, and how many of which kind
    fates: Counter[Fate]  # of requests
    charged: Counter[int]  # captured charges by their amount in cents
    charges: Counter[int]  # purchases by the number of their captured charges
    lags: dict[str, np.ndarray]
    minutes: np.ndarray  # of the lags "ack": in which step of the series they were submitted
    steps: dict[str, np.ndarray]  # what happened until the end of each step of the series
    converged_s: float  # from the end of the last fault until all orders placed before it agree; NaN: there are none
    contradictions: Counter[str]  # rows that break a law, by law
    causes: Counter[tuple[str, str, str]]  # (kind, cause, what was found): of purchases that went wrong (`sim.ledger.causes`)
    counts: Counter[str]  # operations of the shop's parts
    stations: list[StationRecord]
    faults: list[Fault]

    def share(self, what: str, of: str = "purchases") -> float:
        """NaN if there are none."""
        return self.found[what] / self.found[of] if self.found[of] else float("nan")


def tally(tables: Tables, audit: Audit, late_s: float = LATE_S) -> Tally:
    """Count a morning, or some of its purchases with all that belongs to them; `late_s` as for `causes`."""
    good, lags = tables.purchases["good_card"] == 1, _lags(tables, audit)
    captured = ~np.isnan(tables.charges["captured_s"])
    return Tally(
        worked_s=tables.worked_s,
        found=_found(tables, audit, lags),
        fates=Counter(dict(zip(Fate, np.bincount(tables.requests["fate"], minlength=len(Fate)).tolist(), strict=True))),
        charged=Counter(tables.charges["cents"][captured].tolist()),
        charges=Counter(audit.charged.tolist()),
        lags=lags,
        minutes=minutes(tables)[good & tables.waits],
        steps=steps(tables),
        converged_s=_converged_s(tables, audit),
        contradictions=contradictions(tables, audit),
        causes=_causes(tables, audit, late_s),
        counts=Counter(tables.counts),
        stations=tables.stations,
        faults=tables.faults,
    )


def pooled(parts: Sequence[Tally]) -> Tally:
    """The sum of at least one tally. The order of the parts matters only for the order of the lags."""
    first = parts[0]
    return Tally(
        worked_s=max(part.worked_s for part in parts),
        found=sum((part.found for part in parts), Counter()),
        fates=sum((part.fates for part in parts), Counter()),
        charged=sum((part.charged for part in parts), Counter()),
        charges=sum((part.charges for part in parts), Counter()),
        lags={name: np.concatenate([part.lags[name] for part in parts]) for name in first.lags},
        minutes=np.concatenate([part.minutes for part in parts]),
        steps={name: np.sum([part.steps[name] for part in parts], axis=0) for name in first.steps},
        converged_s=float(np.fmax.reduce([part.converged_s for part in parts])),
        contradictions=sum((part.contradictions for part in parts), Counter()),
        causes=sum((part.causes for part in parts), Counter()),
        counts=sum((part.counts for part in parts), Counter()),
        stations=[station for part in parts for station in part.stations],
        faults=_met([part.faults for part in parts]),
    )


def _met(faults: Sequence[list[Fault]]) -> list[Fault]:
    """The faults that the parts met. A fault that several parts met counts once; two equal ones of the same part are two."""
    result: list[Fault] = []
    for met in faults:
        known = Counter(result)
        for fault in met:
            known[fault] -= 1
            if known[fault] < 0:
                result.append(fault)
    return result


def _lags(tables: Tables, audit: Audit) -> dict[str, np.ndarray]:
    purchases, orders = tables.purchases, tables.orders
    good, confirmed = purchases["good_card"] == 1, orders["status"] == Status.CONFIRMED
    return {
        "ack": np.nan_to_num(purchases["acknowledged_s"] - purchases["submitted_s"], nan=np.inf)[good & tables.waits],
        "confirmation": (audit.confirmed_s - purchases["submitted_s"])[good],
        "read_model": np.nan_to_num(orders["visible_s"] - orders["confirmed_s"], nan=np.inf)[confirmed],
    }


def _found(tables: Tables, audit: Audit, lags: dict[str, np.ndarray]) -> Counter[str]:
    """Of purchases where nothing else is said."""
    purchases = tables.purchases
    good = purchases["good_card"] == 1
    end_s = last_fault_s(tables)
    later = purchases["submitted_s"][good] >= (0.0 if np.isnan(end_s) else end_s)
    looked, shown_stale = _looks(tables)
    acknowledged = (~np.isnan(purchases["acknowledged_s"]) | ~tables.waits)[good]  # nobody waits to hear of a renewal
    found = {
        "purchases": len(purchases),
        "good cards": good.sum(),
        "charged twice": (audit.charged > 1).sum(),
        "charged twice, net": (audit.kept > 1).sum(),
        "ordered twice": (audit.ordered > 1).sum(),
        "unpaid": audit.unpaid.sum(),
        "oversold": audit.oversold.sum(),
        "units oversold": audit.oversold_units.sum(),
        "units stuck": audit.stuck_units.sum(),
        "units given back twice": audit.over_returned_units.sum(),
        "blocked": (audit.blocked > 0).sum(),
        "held cent-seconds": audit.held_cent_s.sum(),
        "cents over-refunded": audit.over_refunded_cents.sum(),
        "over-awarded": audit.over_awarded.sum(),
        "misinformed": audit.misinformed.sum(),
        "mistaken": audit.mistaken.sum(),
        "abandoned": audit.abandoned.sum(),
        "correct": audit.correct.sum(),
        "turned away": len(np.unique(tables.requests["purchase"][tables.requests["fate"] == Fate.REJECTED])),
        "acknowledged": acknowledged.sum(),
        "confirmed": np.isfinite(lags["confirmation"]).sum(),
        "after the faults": later.sum(),
        "served after the faults": (acknowledged & np.isfinite(lags["confirmation"]))[later].sum(),
        "awards": len(tables.awards),
        "orders that differ": np.isinf(audit.agreed_s).sum(),
        "requests": len(tables.requests),
        "cents overcharged": audit.overcharged_cents.sum(),
        "cents overcharged, net": audit.overcharged_net_cents.sum(),
        "refunds": _refunds(tables),
        "looked": looked.sum(),
        "shown stale": shown_stale.sum(),
        **{what: of_each.sum() for what, of_each in failures(tables, audit).items()},
    }
    return Counter({name: int(number) for name, number in found.items()})


def _refunds(tables: Tables) -> int:
    """How many there were; of a charge that is given back in whole at least one."""
    whole = ~np.isnan(tables.charges["refunded_s"])
    return int(np.maximum(np.bincount(tables.refunds["charge"], minlength=len(whole)), whole).sum())


def failures(tables: Tables, audit: Audit) -> dict[str, np.ndarray]:
    """What of each purchase costs the shop something afterwards (`sim.ledger.costs`): numbers or flags, shape (purchases,)."""
    ordered = audit.ordered > 0
    return {
        "charges too many": np.where(ordered, np.maximum(audit.charged - 1, 0), 0),
        "cents overcharged, served": np.where(ordered, audit.overcharged_cents, 0),
        "orphan": audit.orphan,
        "cents of orphans": np.where(audit.orphan, audit.overcharged_net_cents, 0),
        "oversold and paid": audit.oversold & (audit.kept > 0),
        "cents of oversold": np.where(audit.oversold, _rightful_cents(tables, audit), 0),
        "misinformed or abandoned": audit.misinformed | audit.abandoned,
        "retracted": audit.retracted,
        "lost": lost(tables, audit),
        "coffees too many": np.maximum(audit.ordered - audit.kept, 0),
        "awards too many": np.maximum(audit.awarded - ordered, 0),
        "under-awarded": audit.under_awarded,
    }


def _rightful_cents(tables: Tables, audit: Audit) -> np.ndarray:
    """What is kept of each purchase, less what was taken wrongly."""
    charges = tables.charges
    kept = ~np.isnan(charges["captured_s"]) & np.isnan(charges["refunded_s"])
    cents = np.where(kept, charges["cents"] - returned_cents(tables), 0)
    total = np.bincount(charges["purchase"], weights=cents, minlength=len(tables.purchases)).astype(np.int64)
    return total - audit.overcharged_net_cents


def _causes(tables: Tables, audit: Audit, late_s: float) -> Counter[tuple[str, str, str]]:
    """Purchases that went wrong and what they cost afterwards, by the kind of it and its cause."""
    cause = causes(tables, audit, late_s)
    wrong = np.flatnonzero(cause != NONE)
    if not len(wrong):
        return Counter()
    counted = {"purchases": np.ones(len(cause)), **failures(tables, audit)}
    sums = {what: np.bincount(cause[wrong], weights=of_each[wrong], minlength=len(NAMES)) for what, of_each in counted.items()}
    return +Counter({(*name, what): int(total[code]) for what, total in sums.items() for code, name in enumerate(NAMES)})


def _looks(tables: Tables) -> tuple[np.ndarray, np.ndarray]:
    """Flags of the purchases whose customer looked at the status view when there was something to know: that an order of theirs
    was settled, or anything that the view didn't show; and of those who were shown less than the write model knew.

    People count and not polls: whoever waits longer, or leaves sooner, would change the share of the polls that are stale
    without anybody having been told anything else.
    """
    orders, reads, number = tables.orders, tables.reads, len(tables.purchases)
    settled = np.isin(orders["status"], SETTLED)
    settled_s = np.full(number, np.inf)
    np.minimum.at(settled_s, orders["purchase"][settled], orders["changed_s"][settled])
    stale = reads["stale"] == 1
    looked, shown_stale = np.zeros(number, bool), np.zeros(number, bool)
    shown_stale[reads["purchase"][stale]] = True
    looked[reads["purchase"][reads["read_s"] >= settled_s[reads["purchase"]]]] = True
    return looked | shown_stale, shown_stale


def _converged_s(tables: Tables, audit: Audit) -> float:
    """Orders placed later are always under way."""
    end_s = last_fault_s(tables)
    earlier = audit.agreed_s[tables.orders["created_s"] < end_s]
    return float(max(earlier.max() - end_s, 0.0)) if len(earlier) else float("nan")
