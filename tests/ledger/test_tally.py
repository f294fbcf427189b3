"""The tally of some parts is the tally of the whole: what is told of a morning doesn't depend on how it was counted."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from sim.config.design import Design
from sim.config.prices import load_prices
from sim.config.scenario import Scenario
from sim.ledger.audit import audit
from sim.ledger.costs import bill
from sim.ledger.laws import BrokenLaw, assert_laws
from sim.ledger.metrics import measure
from sim.ledger.records import PROXY, Purchases, Tables
from sim.ledger.series import series
from sim.ledger.tally import Tally, pooled, tally
from sim.vocabulary import Status
from tests.properties.test_books import ROUGH
from tests.properties.world import World
from tests.properties.worlds import for_all, tiers, worlds
from tests.worlds import ONE_CUSTOMER, design, morning
from tests.worlds import world as scenario


def of(tables: Tables, begin: int, end: int) -> Tables:
    """The purchases from `begin` to `end`, numbered anew, with all that belongs to them; the last part has what is no row."""
    orders = np.flatnonzero((tables.orders["purchase"] >= begin) & (tables.orders["purchase"] < end)).tolist()
    numbers = {"purchase": {old: old - begin for old in range(begin, end)}, "order": {o: new for new, o in enumerate(orders)}}
    for one, table in (("charge", tables.charges), ("hold", tables.holds), ("request", tables.requests)):
        mine = np.flatnonzero((table["purchase"] >= begin) & (table["purchase"] < end)).tolist()
        numbers[one] = {old: new for new, old in enumerate(mine)}
    numbers["hold"][-1] = -1  # of a capture without an authorisation
    parts = {}
    for name in ("purchases", "requests", "charges", "orders", "awards", "reads", "holds", "captures", "refunds", "returns"):
        table = getattr(tables, name)
        owners = np.arange(len(table)) if name == "purchases" else table["purchase"]
        parts[name] = part = type(table)()
        for column, values in table.columns().items():
            mine = values[(owners >= begin) & (owners < end)].tolist()
            getattr(part, column).extend([numbers[column][value] for value in mine] if column in numbers else mine)
    parts["repeats"] = repeats = type(tables.repeats)()
    for who, row, sent_s in zip(*tables.repeats.columns().values(), strict=True):
        mine = numbers["request" if who == PROXY else "charge"]
        if row in mine:
            repeats.note(int(who), mine[row], float(sent_s))
    own: dict[str, Any] = {} if end == len(tables.purchases) else {"counts": {}}
    own["renewals"] = max(end - max(begin, len(tables.purchases) - tables.renewals), 0)
    return replace(tables, **parts, **own)


def in_parts(tables: Tables, number: int) -> Tally:
    """At most so many parts of a morning, each judged by itself."""
    cuts = sorted(set(np.linspace(0, len(tables.purchases), number + 1).astype(int).tolist()))
    parts = [of(tables, begin, end) for begin, end in pairwise(cuts)] or [tables]  # nobody came
    return whole(parts)


def whole(parts: list[Tables]) -> Tally:
    """What is counted of all parts. Each knows which stations there are, and the last one counts them."""
    *before, last = [tally(part, audit(part)) for part in parts]
    return pooled([*(replace(part, stations=[]) for part in before), last])


def told(counted: Tally, scenario: Scenario, design: Design) -> str:
    """Everything that is made of a tally, to the last digit; lags and causes in an order that no part has a say in."""
    assert_laws(counted)
    money = bill(counted, design, load_prices(scenario.prices), basket_cents=scenario.traffic.price)
    money = replace(money, by_cause=dict(sorted(money.by_cause.items())))
    over_time = [values.tolist() for values in vars(series(counted)).values()]
    lags = {name: np.sort(values).tolist() for name, values in counted.lags.items()}
    return repr([measure(counted, money), money, over_time, lags, counted.stations, counted.faults, counted.counts["polls"]])


@pytest.mark.parametrize("examples", tiers(40, 500))
def test_parts_make_the_whole(examples: int) -> None:
    """Whatever the world, metrics, bill, series, lags and laws are the same from three parts of the purchases as from all.

    But for accounts that several parts draw on: each cell has its own.
    """

    def holds(world: World) -> None:
        world = replace(world, scenario={key: value for key, value in world.scenario.items() if key != "accounts"})
        tables, evidence = world.simulated()
        assert told(in_parts(tables, 3), *world.read()) == told(evidence.tally, *world.read())

    for_all(examples, holds, worlds)


def test_a_part_left_out_is_missed() -> None:
    """The test above is about something: without its last part a morning has other metrics."""
    tables, evidence = ROUGH.simulated()
    most = of(tables, 0, len(tables.purchases) - 1)
    assert told(in_parts(tables, 2), *ROUGH.read()) == told(evidence.tally, *ROUGH.read())
    fewer = tally(most, audit(most))
    assert {"purchases", "requests"} <= {name for name, number in fewer.found.items() if number < evidence.tally.found[name]}
    assert len(fewer.lags["ack"]) == len(evidence.tally.lags["ack"]) - tables.purchases.good_card[-1]


def test_laws_are_held_over_all_parts() -> None:
    """A time that runs backwards in the last part, or a request of it that nobody counted, breaks a law of the whole."""
    tables, _ = ROUGH.simulated()
    parts = [of(tables, 0, 10), of(tables, 10, len(tables.purchases))]
    assert_laws(whole(parts))
    last = parts[1]
    alone = tally(last, audit(last))
    last.charges.captured_s[int(np.flatnonzero(last.charges["captured_s"] > 0)[0])] = -1.0
    with pytest.raises(BrokenLaw, match="sent before captured"):
        assert_laws(whole(parts))
    with pytest.raises(BrokenLaw, match="what checkout workers finished"):
        assert_laws(alone)


def test_faults_are_told_as_they_were() -> None:
    """With their times, for whoever asks what happened during one."""
    text = ONE_CUSTOMER + 'faults: [{outage: provider, at: "07:00", for: 8s}]\n'
    tables, found = morning(scenario(text), design("naive"))
    assert tally(tables, found).faults == tables.faults
    assert len(tables.faults) == 1


def test_causes_add_up_over_parts() -> None:
    """A cause that several parts had counts the purchases of all of them, and one that only one part had is kept."""
    late, lost = ("late", "queue", "purchases"), ("lost", "network", "purchases")
    tables, _ = ROUGH.simulated()
    part = tally(tables, audit(tables))
    parts = [replace(part, causes=Counter({late: 2})), replace(part, causes=Counter({late: 3, lost: 1}))]
    assert pooled(parts).causes == {late: 5, lost: 1}


@pytest.mark.parametrize(
    ("status", "changed_s", "read_s", "looked"),
    [("CONFIRMED", 3.0, 3.0, 1), ("CONFIRMED", 3.0, 2.9, 0), ("PENDING", 3.0, 4.0, 0), ("FAILED", 3.0, 4.0, 1)],
)
def test_who_looked_when_there_was_something_to_know(status: str, changed_s: float, read_s: float, looked: int) -> None:
    """Whose order is settled by then, at that very moment too; an order that is not settled is nothing to know."""
    tables = Tables(100.0, 100.0, Purchases(1))
    tables.purchases.submitted_s[0] = 0.0
    order = {"purchase": 0, "status": Status[status], "view_status": -1, "changed_s": changed_s, "confirmed_s": changed_s}
    for column in vars(tables.orders):
        getattr(tables.orders, column).append(order.get(column, float("nan")))
    tables.reads.purchase.append(0)
    tables.reads.stale.append(0)
    tables.reads.read_s.append(read_s)
    tables.reads.behind_s.append(0.0)
    assert tally(tables, audit(tables)).found["looked"] == looked
