"""Mornings that stand in for those on real parts: simulated ones with another provider, or tables that are made by hand."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from typing import Any

import numpy as np

from sim.architectures import load_design
from sim.config.design import Design
from sim.config.library import parse_scenario
from sim.config.prices import load_prices
from sim.config.scenario import Provider, Scenario
from sim.experiment.mornings import Progress, simulate
from sim.ledger.records import Charges, Orders, Purchases, Table, Tables
from sim.real.twin.comparison import Twin
from sim.real.twin.lived import Lived, Used
from sim.vocabulary import Outcome, Status

RUSH = """name: small-rush
summary: two minutes of a slow and flaky provider
clock: {start: "07:00", duration: 2min, drain: 5min}
traffic: {rate: 3/s}
network: {answer_lost: 1%}
provider: {latency: {exponential: 600ms}, declined: 3%, ambiguous: 4%}
faults: [{crash: checkout, after: charge, p: 1%}]
"""
OTHER = {"latency": {"exponential": "640ms"}, "declined": "3%", "ambiguous": "4.5%"}  # the provider that "reality" has
WORSE = {"latency": {"exponential": "600ms"}, "declined": "3%", "ambiguous": "30%"}
USED = (Used("checkout 1", 1.25, 61.5, 1), Used("relay", 0.5, 48.0, 3))


def lived(scenario: Scenario, design: Design | str, tables: Tables, *, seed: int = 0, **more: Any) -> Lived:
    """As if these tables were of real parts; `more`: other fields of `Lived`."""
    usual: dict[str, Any] = {
        "speed": 1.0,
        "parts": {"database": "SQLite 3.45 (WAL)", "broker": "embedded queue (SQLite)", "provider": "HTTP"},
        "late_s": np.full(len(tables.purchases), 0.002),
        "used": USED,
        "load": 0.4,
        "wall_s": 121.0,
        "kills": 2,
    }
    chosen = load_design(design)
    return Lived(scenario, chosen, seed, tables=tables, **(usual | more))


def live(
    scenario: Scenario, design: Design, seed: int, *, speed: float = 1.0, instead: Any = OTHER,
    progress: Progress | None = None, **_: Any,
) -> Lived:  # fmt: skip
    """In place of the real one: the same customers, and another provider unless `instead` is None."""
    provider = scenario.provider if instead is None else Provider.model_validate(instead)
    other = scenario.model_copy(update={"provider": provider})
    if progress is not None:
        progress(1, 2)
        progress(2, 2)
    tables, _evidence = simulate(other, design, load_prices(other.prices), seed)
    return lived(scenario, design, tables, seed=seed, speed=speed)


def made(charges: Sequence[int], *, lost: Sequence[int] = ()) -> Tables:
    """A morning by hand: purchase i was charged so many times, for one confirmed order unless it is `lost`; nobody got points.

    Customers come a second apart, the charges of one a hundredth. Those without a charge got nothing.
    """
    number = len(charges)
    tables = Tables(1000.0, 900.0, Purchases(number))
    _set(tables.purchases, submitted_s=range(number), good_card=[1] * number)
    ordered = [row for row in range(number) if charges[row]]
    confirmed = [Status.PENDING if row in lost else Status.CONFIRMED for row in ordered]
    nan = float("nan")
    tables.orders = Orders(len(ordered))
    _set(
        tables.orders, purchase=ordered, status=confirmed, view_status=confirmed, created_s=[row + 0.1 for row in ordered],
        confirmed_s=[nan if row in lost else row + 1.0 for row in ordered], changed_s=[row + 1.0 for row in ordered],
        visible_s=[nan if row in lost else row + 1.2 for row in ordered], view_changed_s=[row + 1.2 for row in ordered],
    )  # fmt: skip
    calls = [(row, place, row + 0.01 * nth) for place, row in enumerate(ordered) for nth in range(charges[row])]
    tables.charges = Charges(len(calls))
    _set(
        tables.charges, purchase=[row for row, *_ in calls], order=[place for _, place, _ in calls],
        outcome=[Outcome.CAPTURED] * len(calls), cents=[650] * len(calls), sent_s=[at_s + 0.2 for *_, at_s in calls],
        answered_s=[at_s + 0.9 for *_, at_s in calls], captured_s=[at_s + 0.8 for *_, at_s in calls],
    )  # fmt: skip
    return tables


def _set(table: Table, **columns: Any) -> None:
    for name, values in columns.items():
        before: array[Any] = getattr(table, name)
        setattr(table, name, array(before.typecode, values))


def twin(model: Tables, real: Tables, *, margin: float = 0.02, **more: Any) -> Twin:
    """Both by hand."""
    return Twin(lived(parse_scenario(RUSH), "naive", real, **more), model, margin)
