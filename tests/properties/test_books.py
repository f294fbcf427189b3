"""The books of any drawn morning agree with a clerk's, and a clerk notices what is wrong with them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from sim.config.prices import load_prices
from sim.experiment.mornings import simulate
from sim.ledger.audit import audit
from sim.ledger.costs import bill
from sim.ledger.metrics import Evidence
from sim.ledger.records import Tables
from sim.ledger.tally import tally
from sim.vocabulary import Answer, Fate
from tests.properties.books import wrong
from tests.properties.world import Data, World
from tests.properties.worlds import accounts, for_all, taking, tiers, worlds

ROUGH = World(
    {
        "name": "rough",
        "clock": {"start": "07:00", "duration": "1min", "drain": "5min"},
        "traffic": {"rate": "30/min"},
        "customers": {"patience": {"constant": "3s"}, "double_tap": {"p": "20%"}},
        "network": {"request_lost": "5%", "answer_lost": "5%"},
        "provider": {"declined": "20%", "ambiguous": "20%", "keys": {"ttl": "5s"}},
        "faults": [{"duplicates": "broker", "p": "20%"}],
    },
    {
        "name": "rough",
        "from": "outbox",
        "checkout": {"workers": 2, "queue_limit": 0, "service": {"constant": "200ms"}},
        "loyalty": {"inbox": "none"},
        "payment": {"key": "none"},
    },
    1,
)


@pytest.mark.parametrize("examples", tiers(70, 10_000))
def test_books_add_up(examples: int) -> None:
    """Whatever the world and the design, money, orders, awards, requests, stations and metrics agree with a recount by hand."""

    def holds(world: World) -> None:
        assert wrong(*world.simulated(), *world.read()) == []

    for_all(examples, holds, worlds)


@pytest.mark.parametrize("examples", tiers(30, 10_000))
def test_nothing_is_sold_beyond_what_was_there(examples: int) -> None:
    """Nor given back too often, whatever goes wrong: for designs that take in one transaction, give back in the one that
    settles the order, and refuse a payment that comes when nothing is left: when its reservation is over, or by a webhook.
    """

    def holds(world: World, accounts: Data, taking: Data) -> None:
        careful = {**taking, "guard": "atomic", "gives_back": "with_settlement"}
        if isinstance(reserve := careful.get("reserve"), dict):
            careful["reserve"] = {**reserve, "late": "refused"}
        payment = world.design.get("payment", {})
        if payment.get("webhooks") == "trusted":
            payment = {**payment, "webhooks": "checked"}
        safe = replace(
            world,
            scenario={**world.scenario, "accounts": accounts},
            design={**world.design, "taking": careful, "payment": payment},
        )
        found = safe.simulated()[1].audit
        assert (found.oversold_units.sum(), found.over_returned_units.sum()) == (0, 0)

    for_all(examples, holds, worlds, accounts, taking)


def charged_row(tables: Tables) -> int:
    return next(row for row, time in enumerate(tables.charges.captured_s) if time > 0)


def an_order_too_many(tables: Tables) -> None:
    for name, column in vars(tables.orders).items():
        column.append(column[0] if name != "purchase" else len(tables.purchases) - 1)


SPOILED: dict[str, tuple[Callable[[Tables], object], str]] = {
    "a charge to a bad card": (
        lambda t: t.purchases.good_card.__setitem__(t.charges.purchase[charged_row(t)], 0), "only good cards are charged",
    ),
    "a charge that was refused": (
        lambda t: t.charges.outcome.__setitem__(charged_row(t), 3), "who is charged is told so, or nothing",
    ),
    "a forgotten charge": (
        lambda t: t.charges.captured_s.__setitem__(charged_row(t), float("nan")),
        '"captured" is only ever said of an order that has been charged by then',
    ),
    "a strange amount": (lambda t: t.charges.cents.__setitem__(0, 1), "one amount or the other"),
    "an attempt left out": (lambda t: t.requests.attempt.__setitem__(0, 2), "attempts count from 1"),
    "a tap too many": (lambda t: t.purchases.submissions.__setitem__(0, 5), "no more submissions than allowed"),
    "an answer to a lost request": (
        lambda t: t.requests.fate.__setitem__(list(t.requests.answer).index(Answer.PENDING), Fate.LOST),
        "who was turned away got nothing else",
    ),
    "an award to a stranger": (
        lambda t: t.awards.purchase.__setitem__(0, (t.awards.purchase[0] + 1) % len(t.purchases)),
        "awards go to their order's purchase",
    ),
    "an order out of nothing": (an_order_too_many, "an order for a request that did the work, at most"),
    "a busy worker too many": (
        lambda t: setattr(t.stations[0], "busy_s", 1e6), "checkout: no busier than its servers",
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", SPOILED)
def test_a_clerk_notices(what: str) -> None:
    """One wrong entry, and the check that is there for it says so."""
    scenario, design = ROUGH.read()
    prices = load_prices(scenario.prices)
    tables, evidence = simulate(scenario, design, prices, ROUGH.seed)
    assert wrong(tables, evidence, scenario, design) == []
    spoil, sentence = SPOILED[what]
    spoil(tables)
    judged = audit(tables)
    counted = tally(tables, judged)
    assert sentence in wrong(
        tables,
        Evidence(tables, judged, counted, bill(counted, design, prices, basket_cents=scenario.traffic.price)),
        scenario,
        design,
    )


def test_a_clerk_notices_a_wrong_audit() -> None:
    """An audit that counts otherwise than the rows do is noticed as well: charges, orders, awards."""
    scenario, design = ROUGH.read()
    tables, evidence = ROUGH.simulated()
    for name in ("charged", "kept", "ordered", "awarded"):
        counts = getattr(evidence.audit, name)
        counts[0] += 1
        assert f"{name} as the audit says" in wrong(tables, evidence, scenario, design)
        counts[0] -= 1


def test_one_key_is_one_charge_a_lifetime() -> None:
    """The rule is about something: with an order as the key and a key that lives for 5 s, a provider whose answers get lost
    does charge one order twice, and a second charge within the 5 s is noticed.
    """
    world = World(
        {**ROUGH.scenario, "provider": {"ambiguous": "60%", "keys": {"ttl": "5s"}}},
        {"name": "keyed", "from": "outbox", "payment": {"retry": {"fixed": {"delay": "1s"}}}},
        1,
    )
    scenario, design = world.read()
    tables, evidence = world.simulated()
    assert (evidence.audit.charged > 1).any()
    assert wrong(tables, evidence, scenario, design) == []
    order = next(
        o for o in range(len(tables.orders)) if (tables.charges["captured_s"][tables.charges["order"] == o] > 0).sum() > 1
    )
    second = [row for row, o in enumerate(tables.charges.order) if o == order and tables.charges.captured_s[row] > 0][1]
    tables.charges.sent_s[second] -= 4.0
    assert "charges of one order are a key's lifetime apart" in wrong(tables, evidence, scenario, design)
