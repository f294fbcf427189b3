"""No effect comes before its cause, in any drawn morning."""

from __future__ import annotations

import numpy as np
import pytest

from sim.ledger.laws import BrokenLaw, assert_laws
from sim.ledger.records import Awards, Charges, Orders, Purchases, Reads, Requests
from sim.ledger.tally import tally
from sim.vocabulary import Outcome
from tests.properties.order_of_events import anomalies, pairs
from tests.properties.test_books import ROUGH
from tests.properties.world import World
from tests.properties.worlds import for_all, tiers, worlds


@pytest.mark.parametrize("examples", tiers(80, 1500))
def test_time_runs_forward(examples: int) -> None:
    """People, requests, money, orders, awards and polls: every cause comes before its effect, and nothing before the start."""

    def holds(world: World) -> None:
        tables, _ = world.simulated()
        assert anomalies(tables, *world.read()) == []

    for_all(examples, holds, worlds)


TABLES = (Purchases, Requests, Charges, Orders, Awards, Reads)
TIMES = [(kind.__name__.lower(), column) for kind in TABLES for column in kind.__annotations__ if column.endswith("_s")]
UNBOUNDED = ("charges", "refunded_s")  # a refund that was asked for at the end is made after it; how long it takes is chance


@pytest.mark.parametrize(("table", "column"), TIMES)
def test_a_moved_time_is_noticed(table: str, column: str) -> None:
    """Any one time that is moved to before everything, or to long after it, is an anomaly."""
    tables, _ = WAITING.simulated()
    assert anomalies(tables, *WAITING.read()) == []
    times_s = getattr(getattr(tables, table), column)
    row = next(row for row, time in enumerate(times_s) if time > 0 and known(tables.charges, table, row))
    was_s = times_s[row]
    for moved_s in (-1.0, 1e9):
        times_s[row] = moved_s
        assert bool(anomalies(tables, *WAITING.read())) is not (moved_s > 0 and (table, column) == UNBOUNDED)
    times_s[row] = was_s
    assert anomalies(tables, *WAITING.read()) == []


def known(charges: Charges, table: str, row: int) -> bool:
    """A call of which nobody knows may have taken the money at any time."""
    return table != "charges" or charges.outcome[row] != Outcome.UNKNOWN or charges.refunded_s[row] > 0


# A little of everything, and orders that are refunded: charged without a key, twice, and set right by the reconciler.
WAITING = World(
    {
        **ROUGH.scenario,
        "customers": {**ROUGH.scenario.get("customers", {}), "after_decline": {"other_card": "50%"}},
        "provider": {"declined": "20%", "ambiguous": "30%", "keys": "none"},
        "clock": {"duration": "1min", "drain": "10min"},
    },
    {"name": "waiting", "from": "idempotent", "app": {"key": "purchase"}, "read_model": {"apply": {"constant": "2s"}}},
    1,
)


# The same of money that is authorised first, of which the bank wants to know more of half of the customers.
HELD = World(
    {**WAITING.scenario, "provider": {"challenge": {"p": "50%"}, "ambiguous": "10%"}},
    {"name": "held", "from": "outbox", "payment": {"capture": {"after": "20s"}}},
    1,
)


def test_laws_notice_as_well() -> None:
    """The laws that every morning is held to refuse a confirmation before its order."""
    tables, evidence = WAITING.simulated()
    tables.orders.confirmed_s[int(np.flatnonzero(tables.orders["confirmed_s"] > 0)[0])] = -1.0
    with pytest.raises(BrokenLaw, match="time runs forward"):
        assert_laws(tally(tables, evidence.audit))


def test_no_pair_compares_nothing() -> None:
    """In one of two rough mornings nearly every pair has something: a check of empty columns would prove nothing."""
    idle = [
        {what for what, earlier, later in pairs(world.simulated()[0], *world.read())
         if not (np.isfinite(earlier) & np.isfinite(later)).any()}
        for world in (WAITING, HELD)
    ]  # fmt: skip
    assert idle[0] & idle[1] == {"crashes in order"}


def test_what_lies_beyond_the_horizon() -> None:
    """Only what was certain when the morning ended: a call that is under way takes the money afterwards, and it counts."""
    scenario = {
        "name": "late",
        "clock": {"duration": "10s", "drain": "10s"},
        "traffic": {"times": ["06:30:05"]},
        "customers": {"patience": {"constant": "1h"}},
        "provider": {"latency": {"constant": "50s"}},
    }
    world = World(scenario, {"name": "naive", "from": "naive", "app": {"timeout": "1h"}, "payment": {"timeout": "60s"}}, 0)
    tables, evidence = world.simulated()
    assert (tables.horizon_s, tables.charges["captured_s"][0] > 50.0) == (20.0, True)
    assert evidence.audit.charged.tolist() == [1]
    assert evidence.audit.ordered.tolist() == [0]
    assert anomalies(tables, *world.read()) == []
