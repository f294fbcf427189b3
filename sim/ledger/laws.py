"""Conservation laws: true of every morning whatever the weather. A broken law is a bug of the simulator and raises."""

from __future__ import annotations

import math

import numpy as np

from sim.ledger.audit import Audit
from sim.ledger.records import Tables
from sim.vocabulary import Fate, Status


class BrokenLaw(Exception):
    """The books don't add up: a bug in the simulator, never a result."""


def assert_laws(tables: Tables, audit: Audit) -> None:
    """Check what must add up at the end of a morning. Raises BrokenLaw, naming the law and both sides."""
    charges, orders, requests = tables.charges, tables.orders, tables.requests
    captured = ~np.isnan(charges["captured_s"])
    by_order = np.bincount(charges["order"][captured], minlength=len(orders))
    confirmed = orders["status"] == Status.CONFIRMED
    paid = (confirmed & (by_order > 0)).sum()
    surplus, orphans = np.maximum(by_order - 1, 0)[confirmed].sum(), by_order[~confirmed].sum()
    _equal("captured charges = paid orders + surplus + orphans", captured.sum(), paid + surplus + orphans)
    _equal("captured charges = sum over purchases", captured.sum(), audit.charged.sum())
    _equal("charge and order belong to the same purchase", 0, _strangers(tables))

    fates = np.bincount(requests["fate"], minlength=len(Fate))
    answered = requests["answer"] != 0
    _equal("requests sent = lost + rejected + replayed + executed + waiting", len(requests), fates.sum())
    _equal("no answer to a lost request", 0, (answered & (requests["fate"] == Fate.LOST)).sum())

    counts = tables.counts
    _equal(
        "outbox rows written = delivered at least once + pending + marked and lost",
        counts["outbox_written"],
        counts["outbox_told"] + counts["outbox_pending"] + counts["outbox_lost"],
    )
    distinct = len(np.unique(tables.awards["order"]))
    over = np.maximum(np.bincount(tables.awards["order"], minlength=1) - 1, 0).sum()
    _equal("awards = distinct orders awarded + over-awards", len(tables.awards), distinct + over)
    _ordered_times(tables, audit)
    for station in tables.stations:
        if not math.isclose(station.area_s, station.sojourn_s, rel_tol=1e-9, abs_tol=1e-6):
            raise BrokenLaw(f"Little's law at {station.name}: L·T = {station.area_s!r} but λW·T = {station.sojourn_s!r}")


def _strangers(tables: Tables) -> int:
    if not len(tables.charges):
        return 0
    return int((tables.orders["purchase"][tables.charges["order"]] != tables.charges["purchase"]).sum())


def _ordered_times(tables: Tables, audit: Audit) -> None:
    """Time runs forward: submitted ≤ acknowledged, confirmed; created ≤ confirmed ≤ visible; sent ≤ answered and captured."""
    pairs = (
        ("submitted before acknowledged", tables.purchases["submitted_s"], tables.purchases["acknowledged_s"]),
        ("submitted before confirmed", tables.purchases["submitted_s"], audit.confirmed_s),
        ("created before confirmed", tables.orders["created_s"], tables.orders["confirmed_s"]),
        ("confirmed before visible", tables.orders["confirmed_s"], tables.orders["visible_s"]),
        ("sent before captured", tables.charges["sent_s"], tables.charges["captured_s"]),
        ("sent before answered", tables.requests["sent_s"], tables.requests["answered_s"]),
    )
    for law, earlier, later in pairs:
        _equal(f"{law} (time runs forward)", 0, (earlier > later).sum())


def _equal(law: str, left: int, right: int) -> None:
    if left != right:
        raise BrokenLaw(f"{law}: {left} is not {right}")
