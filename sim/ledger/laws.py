"""Conservation laws: true of every morning whatever the weather. A broken law is a bug of the simulator and raises."""

from __future__ import annotations

import math

from sim.ledger.tally import Tally
from sim.vocabulary import Fate


class BrokenLaw(Exception):
    """The books don't add up: a bug in the simulator, never a result."""


def assert_laws(tally: Tally) -> None:
    """Check what must add up at the end of a morning. Raises BrokenLaw, naming the law and both sides."""
    fates, counts = tally.fates, tally.counts
    for law, rows in tally.contradictions.items():
        _equal(law, 0, rows)
    _equal(
        "outbox rows written = delivered at least once + pending + marked and lost",
        counts["outbox_written"],
        counts["outbox_told"] + counts["outbox_pending"] + counts["outbox_lost"],
    )
    _equal(
        "messages = handled + under way + in the dead-letter queue + taken out of it",
        counts["messages"],
        counts["messages_handled"] + counts["messages_under_way"] + counts["messages_dead"] + counts["messages_replayed"],
    )
    names = {station.name for station in tally.stations}
    if "checkout" in names:
        arrivals, served = _through("checkout", tally)
        _equal(
            "what checkout workers finished = executed + replayed + dropped + webhooks + copies of a proxy",
            served,
            fates[Fate.EXECUTED]
            + fates[Fate.REPLAYED]
            + counts["requests_dropped"]
            + counts["webhooks_taken"]
            + counts["copies_served"],
            arrivals - served,
        )
    if "loyalty" in names:
        _, served = _through("loyalty", tally)
        handled = tally.found["awards"] + counts["awards_repeated"] + counts["awards_lost_in_hand"]
        _equal("loyalty events handled = awards + repeats in the inbox + lost in the hand of a process", served, handled)
    for station in tally.stations:
        if not math.isclose(station.area_s, station.sojourn_s, rel_tol=1e-9, abs_tol=1e-6):
            raise BrokenLaw(f"Little's law at {station.name}: L·T = {station.area_s!r} but λW·T = {station.sojourn_s!r}")


def _through(name: str, tally: Tally) -> tuple[int, int]:
    """How many came to the stations of a name, and how many were served there."""
    stations = [station for station in tally.stations if station.name == name]
    return sum(station.arrivals for station in stations), sum(station.served for station in stations)


def _equal(law: str, left: int, right: int, slack: int = 0) -> None:
    """`slack`: how many may stand on the right although they are still under way."""
    if not left <= right <= left + slack:
        raise BrokenLaw(f"{law}: {left} is not {right}")
