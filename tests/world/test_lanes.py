"""A queue before every instance: who is dealt where, what a crash takes along, and how long one waits."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.optimize import brentq

from sim.vocabulary import Fate
from sim.world.engine import Clock
from sim.world.pool import Lanes
from tests.world.test_engine import Log
from tests.worlds import design, morning, world


def test_requests_are_dealt_out_in_turn() -> None:
    """Two instances with a worker each: the third job waits for the first, although the second is idle by then."""
    env = Clock()
    log, pool = Log(env), Lanes(env, "p", 2, instances=2)
    for name, delay in (("a", 10), ("b", 1), ("c", 1), ("d", 1)):
        pool.submit(log.job(name, delay))
    assert (pool.queued, pool.takes(1), pool.takes(2)) == (2, False, True)
    env.run(until=100)
    assert log.lines == [(1, "b done"), (2, "d done"), (10, "a done"), (11, "c done")]
    record = pool.record()
    assert (record.busy_s, record.waiting_s, record.queue_max) == (13, 10, 2)
    assert record.area_s == pytest.approx(record.sojourn_s)


def test_a_crash_takes_the_queue_along_and_nothing_is_dealt_to_who_is_down() -> None:
    """The request that waits before the instance dies with it; the next ones go to the other."""
    env = Clock()
    log, pool = Log(env), Lanes(env, "p", 2, instances=2)
    for name in ("a", "b", "c"):
        pool.submit(log.job(name, 10))
    env.call(5, lambda _: pool.crash(0, 20))
    env.call(6, lambda _: [pool.submit(log.job(name, 1)) for name in "de"])
    env.run(until=100)
    assert sorted(log.lines) == [(5, "a died"), (5, "c died"), (10, "b done"), (11, "d done"), (12, "e done")]
    assert pool.record().area_s == pytest.approx(pool.record().sojourn_s)
    assert len(pool._idle) == 2


def test_a_withdrawn_job_is_not_started() -> None:
    env = Clock()
    log, pool = Log(env), Lanes(env, "p", 2, instances=2)
    jobs = {name: log.job(name, 2) for name in "abcd"}
    for job in jobs.values():
        pool.submit(job)
    assert pool.withdraw(jobs["c"])
    env.run(until=100)
    assert log.lines == [(2, "a done"), (2, "b done"), (4, "d done")]


def test_the_wait_is_that_of_a_single_server_at_every_second_arrival() -> None:
    """Dealt in turn, each of two instances sees Erlang-2 arrivals: GI/M/1, with its root s = A*(mu (1 - s)) (Kleinrock 1975).

    Behind one queue the same load waits less (M/M/2), which is what the knob costs.
    """
    load, n = 1.6, 40_000
    draw = np.random.default_rng(7)
    arrivals, services = np.cumsum(draw.exponential(1 / load, n)), draw.exponential(1.0, n)
    env, waits = Clock(), np.full(n, np.nan)
    log, pool = Log(env), Lanes(env, "p", 2, instances=2)

    def arrive(number: int) -> None:
        job = log.job("", float(services[number]))
        job.about = number
        job.done = lambda which, _: waits.__setitem__(which, env.now - arrivals[which] - services[which])
        pool.submit(job)

    for number, at_s in enumerate(arrivals):
        env.call(float(at_s), arrive, number)
    env.run(until=float(arrivals[-1]) + 1000)
    root = brentq(lambda s: (load / (load + 1 - s)) ** 2 - s, 0, 1 - 1e-9)
    expected = root / (1 - root)
    batches = waits[2000:].reshape(40, -1).mean(axis=1)
    error = batches.std(ddof=1) / math.sqrt(len(batches))
    assert error < 0.06 * expected
    assert abs(batches.mean() - expected) < 3.5 * error
    assert expected > 1.5 * 0.7111 / (2 - load)  # M/M/2: Erlang C over the spare capacity


def test_a_checkout_with_a_queue_each_turns_more_away() -> None:
    """The same requests, the same workers: with queues of their own some wait, or are refused, while others are idle."""
    crowd = world("name: x\ntraffic: {rate: 8/s}\nclock: {start: '07:00', duration: 5min, drain: 2min}\n", arrivals=None)
    refused, waited = {}, {}
    for queue, limit in (("shared", 8), ("per_instance", 2)):
        chosen = design("naive", {"checkout": {"workers": 8, "instances": 4, "queue": queue, "queue_limit": limit}})
        tables, _ = morning(crowd, chosen, 3)
        refused[queue] = int((tables.requests["fate"] == Fate.REJECTED).sum())
        waited[queue] = next(station.waiting_s for station in tables.stations if station.name == "checkout")
    assert waited["per_instance"] > waited["shared"] > 0
    assert refused["per_instance"] > refused["shared"]
