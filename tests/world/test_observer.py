"""The observer hears of everything that happens, as often as it happened, and changes nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import sim.world
from sim.architectures import design_names, load_design
from sim.ledger.records import Tables
from sim.vocabulary import Fate
from sim.world.morning import Morning
from sim.world.observer import Observer
from tests.explanation.test_trace import WILD, facts
from tests.worlds import design, world

HEARD = sorted(name for name, method in vars(Observer).items() if callable(method))
REST = """
  - {crash: completer, after: charge, p: 20%}
  - {crash: loyalty, after: award, p: 10%}
  - {errors: checkout, after: commit, p: 10%}
  - {errors: database, p: 1%}
"""
USED = """
accounts: {stock: 20}
renewals: {count: 5, at: "07:00:10"}
"""
OTHERS = """
name: others
clock: {start: "07:00", duration: 20s, drain: 10min}
traffic: {rate: 5/s}
customers: {after_decline: {other_card: 100%}, agents: {share: 50%}}
provider: {declined: 50%}
faults:
  - {rebalance: all, at: "07:00:10"}
"""


def listening() -> tuple[Observer, list[tuple[str, tuple[Any, ...], dict[str, Any]]]]:
    """An observer, and all that it hears: method, arguments, keywords."""
    heard: list[tuple[str, tuple[Any, ...], dict[str, Any]]] = []

    def hear(name: str) -> Callable[..., None]:
        return lambda _, *about, **more: heard.append((name, about, more))

    return type("Listening", (Observer,), {name: hear(name) for name in HEARD})(), heard


def observed(name: str) -> tuple[Tables, Tables, list[tuple[str, tuple[Any, ...], dict[str, Any]]]]:
    """A wild morning of a design without an observer and with one, and what that heard."""
    scenario, chosen = world(WILD.rstrip() + REST, arrivals=None), load_design(name)
    observer, heard = listening()
    return Morning(scenario, chosen, 0).run(), Morning(scenario, chosen, 0, observer=observer).run(), heard


@pytest.mark.parametrize("name", ["naive", "idempotent", "outbox", "inquiry"])
def test_what_is_heard_is_what_the_tables_hold(name: str) -> None:
    """Requests, lost ones, charges, captures, refunds, polls, awards, deaths: each said once. And the morning is the same."""
    alone, tables, heard = observed(name)
    assert facts(alone) == facts(tables)
    times = Counter(method for method, _, _ in heard)
    lost = sum(more["lost"] for method, _, more in heard if method == "sent")
    late_s = tables.horizon_s
    captured = sum(more["call"].captured_s < late_s * 10 for method, _, more in heard if method == "charged")
    struck = Counter(
        "paused"
        if one.pause_s
        else ("failed" if one.component == "database" else "threw")
        if one.lives
        else "died"
        if one.step
        else "crashed"
        for one in tables.crashes
    )
    known = sum(more["known"] for method, _, more in heard if method == "awarded")
    assert times["sent"] == len(tables.requests) > 40
    assert lost == (tables.requests["fate"] == Fate.LOST).sum() > 0
    assert times["charged"] == len(tables.charges)
    assert captured == (~np.isnan(tables.charges["captured_s"])).sum() > 0
    assert times["refunded"] == (~np.isnan(tables.charges["refunded_s"])).sum()
    assert times["polled"] == len(tables.reads) == tables.counts["polls"]
    assert times["awarded"] - known == len(tables.awards)
    assert known == tables.counts["awards_repeated"]
    assert times["tapped"] == tables.purchases["submissions"].sum()
    assert times["left"] == (~np.isnan(tables.purchases["left_s"])).sum()
    assert times["published"] == tables.counts["broker_published"]
    assert {what: times[what] for what in ("died", "threw", "paused", "crashed")} == {
        what: struck[what] for what in ("died", "threw", "paused", "crashed")
    }


@pytest.mark.slow
def test_every_method_has_a_caller() -> None:
    """Over all designs in wild weather, nothing that an observer could hear is never said."""
    heard = {method for name in design_names() if "nationwide" not in name for method, _, _ in observed(name)[2]}
    twice = design("outbox", {"payment": {"capture": {}, "key": "none"}}, constant=False)  # what is held twice is released
    observer, more = listening()
    Morning(world(WILD.rstrip() + REST, arrivals=None), twice, 0, observer=observer).run()
    Morning(world(OTHERS, arrivals=None), design("naive"), 0, observer=observer).run()
    heard |= {method for method, _, _ in more}
    for rules in ({"reserve": {"for": "1s", "every": "500ms"}}, {"when": "at_settlement"}):
        short = {"taking": rules, "renewal_job": {"machines": 2}, "app": {"before_retry": "look"}}
        observer, more = listening()
        Morning(
            world(WILD.rstrip() + REST + USED, arrivals=None), design("naive", short, constant=False), 0, observer=observer
        ).run()
        heard |= {method for method, _, _ in more}
    assert sorted(heard) == HEARD


def test_each_thing_is_said_at_one_place() -> None:
    """Every method of the observer has one call in the world, so nothing is said twice or in two ways."""
    world_code = "".join(path.read_text(encoding="utf-8") for path in Path(sim.world.__file__).parent.glob("*.py"))
    assert {name: world_code.count(f"observer.{name}(") for name in HEARD} == dict.fromkeys(HEARD, 1)
