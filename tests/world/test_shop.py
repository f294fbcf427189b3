"""The shop as seen from its components."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest

from sim.architectures import load_design
from sim.config.library import load_scenario
from sim.ledger.records import Repeats
from sim.real.twin.shop import RealShop, Role
from sim.world.engine import Clock
from sim.world.faults import FaultPlan
from sim.world.morning import Morning
from sim.world.shop import Shop
from sim.world.streams import Streams

OF_A_COMPONENT = {"component", "_strikes"}


def simulated() -> Shop:
    return Morning(load_scenario("morning-rush"), load_design("outbox"), 0)._shop


def real() -> Shop:
    scenario, streams = load_scenario("morning-rush"), Streams(0)
    return RealShop(
        Clock(), load_design("outbox"), database=cast(Any, SimpleNamespace(books=None)), provider=cast(Any, None),
        broker=cast(Any, None), plan=FaultPlan(scenario, streams), streams=streams, struck=[], repeats=Repeats(),
        role=Role("consume", "payment"), die=cast(Any, None),
    )  # fmt: skip


@pytest.mark.parametrize("made", [simulated, real])
def test_a_component_sees_the_same_shop_but_for_what_strikes_it(made: Any) -> None:
    """Whatever the shop has, each component's view of it has as well: nothing was forgotten in the list of what is shared."""
    shop = made()
    relay = shop.seen_from("relay")
    assert relay.component == "relay"
    assert list(relay._strikes) == ["publish"]
    assert list(shop._strikes) == ["charge", "commit"]
    assert {name: id(value) for name, value in vars(shop).items() if name not in OF_A_COMPONENT} == {
        name: id(value) for name, value in vars(relay).items() if name not in OF_A_COMPONENT
    }


def test_what_few_worlds_have_is_no_attribute_of_each() -> None:
    """CPython looks attributes up faster in an object that has thirty at most, and stories ask these two all the time."""
    shop = simulated()
    assert len(vars(shop)) <= 30
    assert len(vars(shop.database)) <= 30
