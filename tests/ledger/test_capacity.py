"""Capacity by hand: what is paid for by the hour, whether it is used or not."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from sim.config.library import parse_scenario
from sim.config.prices import Prices, load_prices
from sim.experiment.mornings import simulate
from sim.ledger.capacity import Capacity, capacity, compute_per_hour, database_per_hour, least_workers
from sim.ledger.records import StationRecord
from tests.worlds import ONE_CUSTOMER, design, judged, world

PRICES = load_prices("aws-us-east-1")
VCPU = 0.04048 + 2 * 0.004445  # USD an hour: one virtual CPU and its two GB
CENT = 0.01 / 100  # far below a cent
SCALE = {"min": 2, "max": 40, "target": "50%", "every": "10s", "warm_up": "5s", "cool_down": "30s"}


FLAKY = """
name: flaky
clock: {start: "07:00", duration: 20min, drain: DRAIN}
traffic: {rate: 30/min}
provider: {ambiguous: 5%, failed: 2%, late: {p: 2%, by: {constant: 30s}}}
faults: [{brownout: provider, at: "07:10", for: 5min, latency: x10}]
"""
RECONCILED = {"recovery": {"reconcile_every": "1min", "grace": "1min"}}
OF_CAPACITY = ("infra_cost_per_1000", "cost_per_1000", "unused_capacity_share", "monthly_cost")


def pool(name: str, *, paid_s: float, busy_s: float = 0.0) -> StationRecord:
    return StationRecord(name, 1, 0, 0, busy_s, 0.0, 0, 0.0, 0.0, provisioned_s=paid_s, worked_s=0.0)


def test_a_relay_costs_nine_dollars_a_month() -> None:
    """A quarter of a virtual CPU with half a GB, 730 hours: 9.010025."""
    relay, workers = design("outbox"), 0.0
    assert compute_per_hour(workers, relay, PRICES) * PRICES.hours_per_month.value == pytest.approx(9.010025, abs=1e-9)


@pytest.mark.parametrize(("name", "background"), [("naive", 0), ("idempotent", 0.25), ("outbox", 0.25), ("inquiry", 0.25)])
def test_sixteen_workers_share_a_virtual_cpu(name: str, background: float) -> None:
    """With two GB; a relay or a completer has a quarter of one more."""
    assert compute_per_hour(40, design(name), PRICES) == pytest.approx((40 / 16 + background) * VCPU, abs=1e-12)


def test_databases_are_whole() -> None:
    """One for a hundred connections or part of them."""
    for connections, instances in ((1, 1), (16, 1), (100, 1), (101, 2), (200, 2), (250, 3)):
        assert database_per_hour(design("naive", {"database": {"connections": connections}}), PRICES) == instances * 0.225


def test_pools_are_paid_by_the_worker() -> None:
    """Two hours in which 30 workers were paid for at the checkout and 10 in payment: 40 on average; nothing else is a pool."""
    hours = 2
    stations = [
        pool("checkout", paid_s=30 * 7200, busy_s=20_000),
        pool("payment", paid_s=10 * 7200, busy_s=16_000),
        *(pool(name, paid_s=1e6, busy_s=1e6) for name in ("completer", "database", "loyalty", "read_model")),
    ]
    chosen = design("outbox", {"checkout": {"workers": 20}, "payment": {"workers": 10}})
    made = capacity(stations, chosen, PRICES, worked_s=3600 * hours)
    assert made.compute == pytest.approx((40 / 16 + 0.25) * VCPU * hours, abs=1e-12)
    assert made.database == pytest.approx(0.225 * hours, abs=1e-12)
    assert made.per_hour == pytest.approx((30 / 16 + 0.25) * VCPU + 0.225, abs=1e-12)
    assert made.scaled_up == pytest.approx(10 / 16 * VCPU * hours, abs=1e-12)
    assert (made.paid_s, made.used_s) == (40 * 7200, 36_000)
    assert made.unused_share == pytest.approx(1 - 36_000 / 288_000)


def test_nothing_to_count() -> None:
    """Of no workers no share is unused; of those that all work none is, whatever the last digit says."""
    assert np.isnan(Capacity(0, 0, 0, 0, paid_s=0, used_s=0).unused_share)
    assert Capacity(0, 0, 0, 0, paid_s=10, used_s=10 + 1e-12).unused_share == 0


@pytest.mark.parametrize(
    ("name", "knobs", "workers"),
    [
        ("naive", {}, 16),
        ("outbox", {}, 16 + 24),
        ("outbox", {"checkout": {"autoscale": SCALE}}, 2 + 24),
        ("outbox", {"payment": {"autoscale": {**SCALE, "min": 3}}}, 16 + 3),
        ("idempotent", {"checkout": {"autoscale": SCALE}}, 2),
    ],
)
def test_around_the_clock_there_are_as_many_as_there_must_be(name: str, knobs: dict[str, Any], workers: int) -> None:
    """An autoscaled pool has its minimum, whatever it starts a morning with."""
    assert least_workers(design(name, knobs)) == workers


def test_a_fixed_pool_is_never_scaled_up() -> None:
    """To the last digit: its month is 730 hours, and nothing on top of that."""
    for name in ("naive", "idempotent", "outbox"):
        _, evidence = judged(world(), design(name))
        assert evidence.bill.capacity.scaled_up == 0
        assert evidence.bill.capacity.paid_s == (40 if name == "outbox" else 16) * 10


def test_the_month_of_an_autoscaled_pool_by_hand() -> None:
    """Eight at 7:00 and two from 7:00:40 on, of a morning of 610 s: what is paid for is the two all month, and every morning
    six more for 40 s (and that morning's operations, messages and fees).
    """
    chosen = design("naive", {"checkout": {"workers": 8, "autoscale": SCALE}})
    _, evidence = simulate(world(ONE_CUSTOMER.replace("10s, drain: 10min", "610s, drain: 0s")), chosen, PRICES, 0)
    bill = evidence.bill
    assert bill.capacity.paid_s == 8 * 40 + 2 * 570
    assert bill.parts["compute"] == pytest.approx((8 * 40 + 2 * 570) / 3600 / 16 * VCPU, abs=1e-12)
    month = (2 / 16 * VCPU + 0.225) * 730
    mornings = 30 * (6 * 40 / 3600 / 16 * VCPU + 3 * 2e-7 + 3 * 4e-7 + 0.4885)
    assert bill.monthly() == pytest.approx(month + mornings, abs=CENT / 100)


def test_arm_is_a_fifth_cheaper_and_all_else_is_the_same() -> None:
    """Two tables can be compared: they differ in two prices, and so do their bills in one part."""
    arm = load_prices("aws-us-east-1-arm")
    differ = [name for name in Prices.model_fields if getattr(arm, name) != getattr(PRICES, name)]
    assert differ == ["name", "vcpu_hour", "gb_hour"]
    x86, graviton = (simulate(world(), design("outbox"), prices, 0)[1].bill for prices in (PRICES, arm))
    assert graviton.parts["compute"] / x86.parts["compute"] == pytest.approx((0.03238 + 2 * 0.00356) / VCPU)
    assert {**graviton.parts, "compute": 0} == {**x86.parts, "compute": 0}


@pytest.mark.parametrize("name", ["naive", "idempotent", "outbox", "inquiry"])
def test_a_longer_drain_costs_nothing(name: str) -> None:
    """Of a design that has done its work within half an hour, six hours later all costs and shares are the same to the last
    digit, although relay, completer and reconciler have looked for work all the time.
    """
    made = []
    for drain in ("30min", "6h"):
        tables, evidence = judged(parse_scenario(FLAKY.replace("DRAIN", drain)), design(name, RECONCILED, constant=False), 2)
        shares = [(station.name, station.busy_share, station.queueing_share) for station in tables.stations]
        made.append((evidence.bill, {metric: evidence.metrics[metric] for metric in OF_CAPACITY}, shares, tables.worked_s))
    assert made[0] == made[1]
    assert 1200 <= made[0][3] < 3000


def test_work_after_the_last_arrival_is_paid_for() -> None:
    """One customer, whose call takes a minute: until it is answered, and until the order's news have reached the view."""
    slow = ONE_CUSTOMER.replace("450ms", "60s")
    for name in ("naive", "outbox"):
        knobs = {"app": {"timeout": "2min"}, "payment": {"timeout": "2min"}, "broker": {"visibility": "5min"}}
        tables, _ = judged(world(slow), design(name, knobs))
        last_s = max(tables.orders["changed_s"][0], tables.orders["visible_s"][0], tables.awards["awarded_s"][0])
        assert tables.worked_s == np.ceil(last_s) == 61


def test_unfinished_work_is_paid_for_to_the_end() -> None:
    """A provider that is down all the time leaves payment workers at it for as long as the drain lasts."""
    down = 'faults: [{outage: provider, at: "07:00", for: 1h}]\n'
    tables, _ = judged(world(ONE_CUSTOMER + down), design("outbox"))
    assert tables.worked_s == tables.horizon_s == 610
