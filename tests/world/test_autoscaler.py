"""Workers come and go: event by event in pools of a few, and in whole mornings."""

from __future__ import annotations

import json
from typing import Any

import pytest

from sim.architectures import load_design, parse_design
from sim.config.design import Autoscale
from sim.config.errors import ConfigError
from sim.config.library import load_scenario
from sim.experiment.altering import changed
from sim.ledger.records import StationRecord, Tables
from sim.world.autoscaler import Autoscaler
from sim.world.engine import Clock
from sim.world.pool import Pool
from tests.tiers import slow
from tests.world.test_engine import Log
from tests.worlds import ONE_CUSTOMER, design, morning, world

USUAL = {"min": 1, "max": 8, "target": "50%", "every": "10s", "warm_up": "5s", "cool_down": "30s"}


class Watched:
    """A pool with an autoscaler, and how many workers there were and how many were paid for, whenever that changed."""

    def __init__(self, workers: int, instances: int = 1, **knobs: Any) -> None:
        self.env = Clock()
        self.pool = Pool(self.env, "p", workers, instances)
        self.log = Log(self.env)
        self.seen: list[tuple[float, int, int]] = []
        Autoscaler(self.env, self.pool, Autoscale.model_validate(USUAL | knobs), lambda: self.pool.held_s)
        self._watch(None)

    def _watch(self, _: None) -> None:
        now = (self.pool.servers, self.pool.paid)
        if not self.seen or self.seen[-1][1:] != now:
            self.seen.append((self.env.now, *now))
        self.env.call(1.0, self._watch)

    def work(self, at_s: float, *seconds: float) -> None:
        def come(_: None) -> None:
            for number, length in enumerate(seconds):
                self.pool.submit(self.log.job(f"{at_s:g}.{number}", length))

        self.env.call(at_s, come)

    def until(self, at_s: float) -> list[tuple[float, int, int]]:
        self.env.run(until=at_s + 0.5)
        return self.seen


def test_workers_are_ordered_paid_for_and_then_there() -> None:
    """Two of two are held, and half is wanted: two more are paid for at 10 s, and take the jobs that wait at 15 s."""
    it = Watched(2)
    it.work(0, 1000, 1000, 1000, 1000, 1000)
    assert it.until(19) == [(0, 2, 2), (10, 2, 4), (15, 4, 4)]
    assert (it.pool.queued, it.pool.takes(1)) == (1, False)
    assert it.until(60) == [(0, 2, 2), (10, 2, 4), (15, 4, 4), (20, 4, 6), (25, 6, 6), (30, 6, 8), (35, 8, 8)]
    assert it.pool.queued == 0


def test_what_has_been_ordered_is_not_ordered_again() -> None:
    """While two more warm up for 25 s, two of two held count as two of four: at the target, so nothing is done."""
    it = Watched(2, warm_up="25s")
    it.work(0, *[1000] * 9)
    assert it.until(39) == [(0, 2, 2), (10, 2, 4), (35, 4, 4)]


def test_nobody_leaves_while_those_who_are_there_are_too_few() -> None:
    """1.5 of two are held, and two more are on their way: too much for two, too little for four."""
    it = Watched(2, warm_up="25s", cool_down="0s")
    it.work(0, 1000, 15)
    assert it.until(34) == [(0, 2, 2), (10, 2, 4)]


@pytest.mark.parametrize(("whole", "seconds", "workers"), [(5, 4.0, 10), (5, 6.0, 12), (4, 6.0, 10), (4, 4.0, 9)])
def test_within_ten_per_cent_of_the_target_nothing_is_done(whole: int, seconds: float, workers: int) -> None:
    """Of ten workers 5.4 or 4.6 are held, and half is the target: it stays at ten; 5.6 are for twelve, 4.4 for nine."""
    it = Watched(10, max=20, cool_down="0s")
    it.work(0, *[10] * whole, seconds)
    it.until(10)
    assert it.pool.paid == workers


def test_nobody_leaves_before_the_cool_down_is_over() -> None:
    """Eight were wanted until 0 s, seven until 30 s, and then none: no fewer than two stay."""
    it = Watched(8, min=2)
    assert it.until(100) == [(0, 8, 8), (40, 2, 2)]
    it = Watched(8, min=2)
    it.work(22, 8, 8, 8, 8)  # 3.2 held in that period
    assert it.until(100) == [(0, 8, 8), (40, 7, 7), (70, 2, 2)]


def test_only_idle_workers_leave() -> None:
    """Five have just been given work when six are to leave: three do, and nobody's story ends early."""
    it = Watched(8, min=2, max=8)
    it.work(39.9, *[20] * 5)
    assert it.until(49) == [(0, 8, 8), (40, 5, 5)]
    it.until(60)
    assert [line for _, line in it.log.lines] == [f"39.9.{number} done" for number in range(5)]


def test_those_who_are_not_there_yet_leave_first() -> None:
    """Three that were ordered at 10 s are cancelled at 20 s, when nobody wants them: the one who is there stays."""
    it = Watched(1, cool_down="0s", warm_up="15s", target="25%")
    it.work(0, 9.9)
    assert it.until(30) == [(0, 1, 1), (10, 1, 4), (20, 1, 1)]
    assert it.pool.record().provisioned_s == pytest.approx(10 + 4 * 10 + 10.5)


def test_no_instance_runs_empty() -> None:
    """Of four workers in two processes two leave, one in each: a crash of a process finds one."""
    it = Watched(4, instances=2, min=2, cool_down="0s")
    it.until(10)
    assert it.pool._workers == {0, 1}  # the highest numbers leave
    it.pool.crash(0, 5)
    assert (it.pool.servers, it.pool.at_work, it.pool.up) == (2, 1, True)


def test_a_crash_does_not_find_workers_that_warm_up() -> None:
    """Two die at 12 s; the two ordered at 10 s are there at 15 s, and work; the dead are back at 32 s."""
    it = Watched(2, cool_down="5min")
    it.work(0, 1000, 1000)
    it.work(16, 3, 3, 17)
    it.env.call(12, lambda _: it.pool.crash(0, 20))
    assert it.until(33) == [(0, 2, 2), (10, 2, 4), (15, 4, 4)]
    assert it.log.lines == [(12, "0.0 died"), (12, "0.1 died"), (19, "16.0 done"), (19, "16.1 done")]
    assert (it.pool.at_work, it.pool.queued) == (4, 0)
    it.until(36)
    assert it.log.lines[4:] == [(36, "16.2 done")]  # begun at 19 s: there was nobody else


def test_of_a_pool_that_is_down_nothing_is_known() -> None:
    """All workers are dead at 10 s and at 20 s, so none is ordered for the work they did."""
    it = Watched(2)
    it.work(0, 1000, 1000)
    it.env.call(8, lambda _: it.pool.crash(0, 20))
    assert it.until(29) == [(0, 2, 2)]


def test_what_is_recorded_of_a_pool_that_grows() -> None:
    """Paid for from 0, 10, 20 and 30 s: 2, 4, 6 and 8. Of five jobs two are done from 0 s, two from 15 s, one from 25 s."""
    it = Watched(2)
    it.work(0, *[40] * 5)
    it.until(60)
    record = it.pool.record()
    assert record.servers == 8
    assert record.provisioned_s == 2 * 10 + 4 * 10 + 6 * 10 + 8 * 30.5
    assert record.busy_s == 2 * 40 + 2 * 40 + 35.5  # the last one began at 25 s
    assert record.busy_share == record.busy_s / record.provisioned_s
    assert (record.waiting_s, record.queue_max) == (25, 3)
    assert record.area_s == pytest.approx(record.sojourn_s)


def test_a_pool_without_an_autoscaler_pays_for_all_its_workers_all_the_time() -> None:
    """Dead or alive."""
    env = Clock()
    pool = Pool(env, "p", 3)
    env.call(2, lambda _: pool.crash(0, 5))
    env.run(until=10)
    assert (pool.record().servers, pool.record().provisioned_s) == (3, 30)


# Whole mornings

RUSH = load_scenario("morning-rush")
GROWING = {"min": 4, "max": 64, "target": "60%"}


def rush(name: str, **knobs: Any) -> Tables:
    """Morning-rush, with other values at dotted keys (`__` for a dot)."""
    _, (chosen,) = changed(RUSH, [load_design(name)], {key.replace("__", "."): value for key, value in knobs.items()})
    return morning(RUSH, chosen)[0]


def station(tables: Tables, name: str = "checkout") -> StationRecord:
    return next(station for station in tables.stations if station.name == name)


def test_in_a_brownout_fewer_queue_and_it_is_paid_for() -> None:
    """Four workers are too few for a slow provider; an autoscaler that starts from them orders more, late, and only then."""
    fixed = station(rush("idempotent", checkout__workers=4))
    grown = station(rush("idempotent", checkout__workers=4, checkout__autoscale=GROWING))
    assert 0 < grown.waiting_s < fixed.waiting_s / 2
    assert grown.servers > fixed.servers == 4
    assert fixed.provisioned_s == 4 * RUSH.clock.duration < grown.provisioned_s < 1.2 * fixed.provisioned_s


def test_workers_that_wait_burn_nothing() -> None:
    """An autoscaler that is told of the processor's time orders nobody in the same brownout: it is the morning without one."""
    fixed = rush("idempotent", checkout__workers=4)
    told = rush("idempotent", checkout__workers=4, checkout__autoscale={**GROWING, "measures": "cpu"})
    assert told.stations == fixed.stations


def test_computing_is_seen_by_both() -> None:
    """Where the work is the workers' own (3 s, one a second), four workers are too few however their use is measured."""
    busy = world(
        ONE_CUSTOMER.replace("duration: 10s", "duration: 5min"), arrivals=tuple(float(number) for number in range(300))
    )
    for measures in ("held", "cpu"):
        scale = {"min": 2, "max": 20, "target": "60%", "measures": measures}
        computing = {"workers": 2, "service": {"constant": "3s"}, "queue_limit": None, "autoscale": scale}
        tables, _ = morning(busy, design("idempotent", {"checkout": computing, "app": {"timeout": "10min"}}))
        assert 5 < station(tables).servers < 20


def test_payment_workers_grow_too() -> None:
    """Those of the outbox are a pool of their own: the checkout stays as it is."""
    tables = rush("outbox", payment__workers=1, payment__autoscale={"min": 1, "max": 30, "target": "60%"})
    assert 1 < station(tables, "payment").servers <= 30
    assert station(tables, "payment").provisioned_s < 30 * tables.worked_s
    assert station(tables).provisioned_s == 16 * tables.worked_s


@pytest.mark.parametrize("name", slow(["idempotent", "outbox"], but=["idempotent"]))
def test_an_autoscaler_that_may_change_nothing_changes_nothing(name: str) -> None:
    """From 16 to 16 workers: every station, charge and request is as without it."""
    plain, scaled = rush(name), rush(name, checkout__autoscale={"min": 16, "max": 16})
    assert scaled.stations == plain.stations
    for table in ("purchases", "requests", "charges", "orders"):
        columns = getattr(plain, table).columns()
        assert all(column.tobytes() == getattr(scaled, table)[key].tobytes() for key, column in columns.items())


@pytest.mark.parametrize(
    ("checkout", "message"),
    [
        ({"autoscale": {"min": 5, "max": 4}}, "checkout.autoscale.max: expected at least min, which is 5"),
        ({"autoscale": {"min": 1, "max": 40}}, "checkout.autoscale.min: 2 instances need at least as many workers"),
        ({"workers": 3, "autoscale": {"min": 4, "max": 40}}, "checkout.workers: expected 4 to 40 workers, as autoscale says"),
        ({"workers": 41, "autoscale": {"min": 4, "max": 40}}, "checkout.workers: expected 4 to 40 workers, as autoscale says"),
        ({"autoscale": {"min": 4}}, "checkout.autoscale.max: required, but missing"),
        ({"autoscale": {"min": 4, "max": 40, "target": "0%"}}, "checkout.autoscale.target: "),
        ({"autoscale": {"min": 4, "max": 40, "step": 2}}, "checkout.autoscale.step: unknown key"),
    ],
)
def test_bounds_that_cannot_be(checkout: dict[str, Any], message: str) -> None:
    """Refused at their key, with what was expected."""
    with pytest.raises(ConfigError) as raised:
        parse_design(json.dumps({"from": "idempotent", "checkout": checkout}))
    assert message in str(raised.value)


def test_payment_workers_have_bounds_too() -> None:
    """The 24 that an outbox starts with, unless told otherwise, are more than twelve."""
    with pytest.raises(ConfigError, match="payment: expected 2 to 12 workers, as autoscale says; got 24"):
        parse_design('{"from": "outbox", "payment": {"autoscale": {"min": 2, "max": 12}}}')


def test_one_bound_can_be_varied() -> None:
    """As any other knob can."""
    _, (chosen,) = changed(RUSH, [load_design("autoscaled")], {"checkout.autoscale.max": 20})
    assert chosen.checkout.autoscale is not None
    assert (chosen.checkout.autoscale.min, chosen.checkout.autoscale.max) == (4, 20)
