"""The parts of a morning that everything passes through have few enough attributes for Python to find them at once.

CPython 3.11 keeps up to 29 attributes of an object in place (tried: 29 are, 30 are not); whoever has more looks all of them up
in a dict. A crowd with one too many, and tables that had asked for their own `__dict__`, took 3 to 5 % of a morning's time.
"""

from __future__ import annotations

import pytest

from sim.architectures import load_design
from sim.config.library import load_scenario
from sim.world.morning import Morning

IN_PLACE = 29


@pytest.mark.parametrize("design", ["naive", "outbox"])
def test_hot_parts_have_few_attributes(design: str) -> None:
    morning = Morning(load_scenario("morning-rush"), load_design(design), 0)
    shop, tables = morning._shop, morning.tables
    parts = {
        "morning": morning, "clock": morning.env, "crowd": morning._crowd, "checkout": morning._checkout, "shop": shop,
        "database": shop.database, "broker": shop.broker, "status view": morning._view, "loyalty": morning._loyalty,
        **shop.pools, **{name: table for name, table in vars(tables).items() if hasattr(table, "columns")},
    }  # fmt: skip
    assert len(parts) > 20
    assert {name: number for name, part in parts.items() if (number := len(vars(part))) > IN_PLACE} == {}
