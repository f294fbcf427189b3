"""Conservation laws: true of every morning whatever the weather. A broken law is a bug of the simulator and raises."""

from __future__ import annotations

import math

import numpy as np

from sim.ledger.audit import Audit
from sim.ledger.records import Tables
from sim.vocabulary import Fate


class BrokenLaw(Exception):
    """The books don't add up: a bug in the simulator, never a result."""


def assert_laws(tables: Tables, audit: Audit) -> None:
    """Check what must add up at the end of a morning. Raises BrokenLaw, naming the law and both sides."""
    requests, counts = tables.requests, tables.counts
    fates = np.bincount(requests["fate"], minlength=len(Fate))
    stations = {station.name: station for station in tables.stations}
    _equal("charge and order belong to the same purchase", 0, _strangers(tables))
    _equal("no answer to a lost request", 0, ((requests["answer"] != 0) & (requests["fate"] == Fate.LOST)).sum())
    _equal(
        "outbox rows written = delivered at least once + pending + marked and lost",
        counts["outbox_written"],
        counts["outbox_told"] + counts["outbox_pending"] + counts["outbox_lost"],
    )
    if "checkout" in stations:
        done = fates[Fate.EXECUTED] + fates[Fate.REPLAYED] + counts["requests_dropped"] + counts["webhooks_taken"]
        inside = stations["checkout"].arrivals - stations["checkout"].served
        _equal(
            "what checkout workers finished = executed + replayed + dropped + webhooks",
            stations["checkout"].served,
            done,
            inside,
        )
    if "loyalty" in stations:
        served = stations["loyalty"].served
        _equal("loyalty events handled = awards + repeats in the inbox", served, len(tables.awards) + counts["awards_repeated"])
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


def _equal(law: str, left: int, right: int, slack: int = 0) -> None:
    """`slack`: how many may stand on the right although they are still under way."""
    if not left <= right <= left + slack:
        raise BrokenLaw(f"{law}: {left} is not {right}")
