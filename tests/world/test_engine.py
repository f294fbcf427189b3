"""Stations, pools and alarms: queues in closed form and stories that die."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from simpy.events import Event

from sim.world.engine import Alarms, Clock, Crash
from sim.world.pool import Job, Pool
from sim.world.station import Station
from sim.world.timetable import Spell, Timetable


def served(station: Station, env: Clock, jobs: list[tuple[float, float]], until_s: float = 1000) -> list[float]:
    """When jobs (arrival, service) leave the station."""
    ends: list[float] = []

    def customer(arrival: float, service: float) -> Iterator[Event]:
        yield env.timeout(arrival)
        yield station.serve(service, lambda: ends.append(env.now))

    for job in jobs:
        env.process(customer(*job))
    env.run(until=until_s)
    return ends


def test_a_station_serves_first_come_first_served() -> None:
    """Two servers: the third job waits for the first server to be free, the fourth for the second."""
    env = Clock()
    station = Station(env, "s", 2)
    assert served(station, env, [(0, 5), (1, 2), (1, 1), (2, 1)]) == [3, 4, 5, 5]
    record = station.record()
    assert (record.arrivals, record.served, record.queue_max, record.busy_s) == (4, 4, 2, 9)
    assert record.sojourn_s == 5 + 2 + 3 + 3
    assert record.area_s == pytest.approx(record.sojourn_s)


def test_a_station_is_busy_until_the_morning_ends_and_no_longer() -> None:
    """Of a job that is being served at the horizon only the part before it was work; of one that waits, nothing."""
    env = Clock()
    station = Station(env, "s", 1)
    assert served(station, env, [(0, 3), (1, 100), (2, 100)], until_s=10) == [3]
    record = station.record()
    assert (record.arrivals, record.served, record.busy_s, record.sojourn_s) == (3, 1, 10, 3 + 9 + 8)
    assert record.area_s == pytest.approx(record.sojourn_s)


def test_a_station_stands_still_while_it_is_down() -> None:
    """A job that an outage interrupts starts afresh when it is over; one that comes in between waits."""
    env = Clock()
    station = Station(env, "s", 1, Timetable([Spell(2, 10, down=True)]))
    assert served(station, env, [(0, 1), (1.5, 1), (3, 1)]) == [1, 11, 12]


def test_a_slow_spell_stretches_what_begins_in_it() -> None:
    """Service times are multiplied by the weather in which the service begins."""
    env = Clock()
    station = Station(env, "s", 1, Timetable([Spell(2, 10, slower=3)]))
    assert served(station, env, [(0, 1), (2, 1), (20, 1)]) == [1, 5, 21]


def test_overlapping_spells_multiply_and_the_latest_probabilities_win() -> None:
    """Weather is the sum of the spells that hold."""
    table = Timetable([Spell(0, 10, slower=2, failed=0.1), Spell(5, 20, slower=3, failed=0.2, down=True)])
    assert (table.at(1).slower, table.at(7).slower, table.at(12).slower, table.at(30).slower) == (2, 6, 3, 1)
    assert (table.at(1).failed, table.at(7).failed, table.at(30).failed) == (0.1, 0.2, None)
    assert [table.at(t).down for t in (4.9, 5, 19.9, 20)] == [False, True, True, False]


class Log:
    """Jobs whose story takes some seconds, and what became of them."""

    def __init__(self, env: Clock) -> None:
        self.env = env
        self.lines: list[tuple[float, str]] = []

    def job(self, name: str, *delays: float, crash: float | None = None) -> Job:
        done, died = (lambda *_, what=what: self.note(f"{name} {what}") for what in ("done", "died"))
        return Job(self._story(delays, crash), done, died)

    def _story(self, delays: tuple[float, ...], crash: float | None) -> Iterator[Any]:
        for delay in delays:
            yield self.env.timeout(delay)
        if crash is not None:
            raise Crash(crash)

    def note(self, line: str) -> None:
        self.lines.append((self.env.now, line))


def test_a_pool_queues_when_all_workers_are_busy() -> None:
    """Two workers, three jobs of two steps: the third starts when the first is done."""
    env = Clock()
    log, pool = Log(env), Pool(env, "p", 2)
    for name, delay in (("a", 1), ("b", 2), ("c", 1)):
        pool.submit(log.job(name, delay, delay))
    assert (pool.queued, pool.takes(1), pool.takes(2)) == (1, False, True)
    env.run(until=100)
    assert log.lines == [(2, "a done"), (4, "b done"), (4, "c done")]
    record = pool.record()
    assert (record.busy_s, record.queue_max, record.waiting_s) == (8, 1, 2)
    assert record.area_s == pytest.approx(record.sojourn_s)


def test_a_crash_after_a_step_takes_one_worker() -> None:
    """The worker is back after its restart; the other one goes on meanwhile."""
    env = Clock()
    log, pool = Log(env), Pool(env, "p", 2)
    for job in (log.job("a", 1, crash=10), log.job("b", 3), log.job("c", 1), log.job("d", 20), log.job("e", 1)):
        pool.submit(job)
    env.run(until=100)
    assert log.lines == [(1, "a died"), (3, "b done"), (4, "c done"), (12, "e done"), (24, "d done")]


def test_a_crash_of_an_instance_takes_all_its_workers() -> None:
    """What ran there is dead, what waits is served elsewhere, and the workers are back after the restart, not twice."""
    env = Clock()
    log, pool = Log(env), Pool(env, "p", 4, instances=2)
    for name in "abcde":
        pool.submit(log.job(name, 10))
    env.call(5, lambda _: pool.crash(0, 20))
    env.call(6, lambda _: pool.crash(0, 5))  # while it is down already
    env.run(until=12)
    assert log.lines == [(5, "a died"), (5, "c died"), (10, "b done"), (10, "d done")]
    assert pool.up
    for name in "fghi":
        pool.submit(log.job(name, 30))
    env.run(until=100)
    assert log.lines[4:] == [(20, "e done"), (42, "f done"), (50, "g done"), (55, "h done"), (55, "i done")]
    assert len(pool._idle) == 4


def test_a_pool_whose_instances_are_all_down_is_not_up() -> None:
    """The load balancer has nowhere to send a request."""
    env = Clock()
    pool = Pool(env, "p", 2, instances=1)
    pool.crash(0, 5)
    assert not pool.up
    env.run(until=6)
    assert pool.up


class Sleeper:
    def __init__(self, env: Clock) -> None:
        self.closed = False
        self.env = env
        self.rang: list[float] = []

    def expired(self) -> None:
        self.rang.append(self.env.now)


def test_alarms_ring_at_their_time_unless_switched_off() -> None:
    """One pending event serves all alarms of one delay."""
    env = Clock()
    alarms = Alarms(env, 8.0)
    sleepers = [Sleeper(env) for _ in range(4)]
    for at, sleeper in zip((0.0, 1.25, 2.5, 20.0), sleepers, strict=True):
        env.call(at, lambda _, sleeper=sleeper: alarms.set(sleeper))
    env.call(3.0, lambda _: setattr(sleepers[1], "closed", True))
    env.run(until=100)
    assert [sleeper.rang for sleeper in sleepers] == [[8.0], [], [10.5], [28.0]]


def test_an_alarm_may_set_the_next_one() -> None:
    """A request that times out may be sent again at once, with a timeout of its own."""
    env = Clock()
    alarms = Alarms(env, 2.0)

    class Again(Sleeper):
        def expired(self) -> None:
            super().expired()
            if len(self.rang) < 3:
                alarms.set(self)

    sleeper = Again(env)
    alarms.set(sleeper)
    env.run(until=100)
    assert sleeper.rang == [2.0, 4.0, 6.0]


def test_stories_that_take_no_time_do_not_pile_up_on_the_stack() -> None:
    """A long queue of instant jobs is worked off in a loop."""
    env = Clock()
    log, pool = Log(env), Pool(env, "p", 1)
    for name in ("first", *("instant",) * 5000):
        pool.submit(log.job(name, *([1.0] if name == "first" else [])))
    env.run(until=2)
    assert len(log.lines) == 5001
    assert pool.record().served == 5001


def test_calls_are_made_in_the_order_of_their_times_then_of_asking() -> None:
    """SimPy's own events take their place among them; nothing is called at or after the end of the run."""
    env, made = Clock(), []
    env.call(2.0, made.append, "second")
    env.call(1.0, made.append, "first")
    env.timeout(2.0).callbacks.append(lambda _: made.append("third"))
    env.call(2.0, made.append, "fourth")
    env.call(3.0, made.append, "too late")
    env.run(until=3.0)
    assert made == ["first", "second", "third", "fourth"]
    assert env.now == 3.0


def test_a_clock_that_is_stopped_makes_the_calls_of_this_moment_and_no_later_one() -> None:
    """What had been asked for at the same time before is still called."""
    env, made = Clock(), []
    env.call(1.0, lambda _: env.stop())
    env.call(1.0, made.append, "now")
    env.call(1.5, made.append, "later")
    env.run(until=3.0)
    assert (made, env.now) == (["now"], 1.0)


def test_a_clock_knows_what_is_pending() -> None:
    """Of one callback only, in the order of asking, whatever the times."""
    env, made = Clock(), []
    for delay_s, what in ((3.0, "a"), (1.0, "b"), (2.0, "c")):
        env.call(delay_s, made.append, what)
    env.call(1.5, lambda _: None, "another's")
    env.run(until=1.25)
    assert (made, env.pending(made.append)) == (["b"], ["a", "c"])
