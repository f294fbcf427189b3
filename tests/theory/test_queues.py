"""With patient customers and one pool that takes time, naive is a textbook queue: FIFO, c servers, Poisson arrivals.

The mean wait at 80 % load needs some 200,000 customers for a standard error of 2 %, so the case is made in three steps. First
the discipline, nearly without noise: service times are recovered from arrivals and ends by Kiefer and Wolfowitz's recursion
(1955), and must have the distribution that was asked for; in any other order of service they would be negative or far too long.
Then the share of customers who wait, which has a small error. At last the mean wait, with the error that it has.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from heapq import heapreplace
from typing import Any

import numpy as np
import pytest
from scipy import stats

from sim.ledger.records import Tables
from sim.vocabulary import Answer
from tests.theory.agreement import Estimated, batches, controlled, mean_of
from tests.theory.bare import bare_design, bare_world
from tests.worlds import morning

WARM_UP = 1000  # customers; at 80 % load the memory of an empty start fades over about 100
LOGNORMAL = {"lognormal": {"median": f"{math.exp(-0.18)}s", "sigma": 0.6}}  # mean 1 s: exp(-sigma^2 / 2) is the median
CV2 = math.exp(0.36) - 1


def erlang_c(servers: int, load: float) -> float:
    """The share of customers who wait in M/M/c, from Erlang's B recursion."""
    blocked = 1.0
    for k in range(1, servers + 1):
        blocked = load * blocked / (k + load * blocked)
    return blocked / (1 - load / servers * (1 - blocked))


def pollaczek_khinchine(load: float, cv2: float) -> float:
    """The mean wait in M/G/1 with a mean service time of 1 s."""
    return load / (1 - load) * (1 + cv2) / 2


@dataclass
class Queue:
    """One long morning at the checkout: seconds per customer, in order of arrival."""

    tables: Tables
    between_s: np.ndarray
    waited_s: np.ndarray
    served_s: np.ndarray


def queue(servers: int, load: float, *, purchases: int, seed: int, knobs: dict[str, Any], provider: Any = None) -> Queue:
    """Mean service time 1 s. Recovers start times from arrivals and ends alone: when a server is free, in order of arrival."""
    changes = {"provider": {"latency": provider}} if provider else {}
    design = bare_design("naive", {"checkout": {"workers": servers, **knobs}, "payment": {"timeout": "1d"}})
    tables, _ = morning(bare_world(purchases, load, changes), design, seed)
    came_s, left_s = tables.requests["sent_s"], tables.requests["answered_s"]
    free_s = [0.0] * servers
    start_s = np.empty(len(came_s))
    for customer, (came, left) in enumerate(zip(came_s.tolist(), left_s.tolist(), strict=True)):
        start_s[customer] = max(came, free_s[0])
        heapreplace(free_s, left)
    return Queue(tables, np.diff(came_s, prepend=0.0), start_s - came_s, left_s - start_s)


def after_warm_up(it: Queue, load: float, values: np.ndarray) -> Estimated:
    """The long-run mean of a value per customer, from batches of hundreds, controlled by what is known of the customers.

    Neighbouring batches are still a little correlated: over 150 repeats (value - theory) / se had a standard deviation of 1.2.
    """
    controls = batches(it.served_s[WARM_UP:]) - 1.0, batches(it.between_s[WARM_UP:]) * load - 1.0
    return controlled(batches(values[WARM_UP:]), *controls)


def check_books(it: Queue, load: float, *, cv2: float) -> None:
    """Little's law against the customers' own stays; the workers' busy time against the recovered services and the load."""
    checkout = next(station for station in it.tables.stations if station.name == "checkout")
    assert checkout.area_s == pytest.approx((it.waited_s + it.served_s).sum(), rel=1e-9)
    assert checkout.busy_s == pytest.approx(it.served_s.sum(), rel=1e-9)
    seconds = it.tables.arrivals_end_s  # the work left at the end of it is a millionth
    noise = math.sqrt((1 + cv2) / len(it.served_s))  # a Poisson number of services: variance n E[S^2]
    busy = checkout.busy_s / seconds / checkout.servers
    Estimated(busy, busy * noise).check(load / checkout.servers, se_below=0.02, what="share of the workers' time")


# The last two columns are what so many customers leave of noise at most.
@pytest.mark.parametrize(
    ("servers", "load", "purchases", "share_noise", "wait_noise"),
    [(1, 0.5, 15_000, 0.01, 0.03), (1, 0.8, 12_000, 0.01, 0.12), (5, 4.0, 12_000, 0.03, 0.14), (10, 8.0, 25_000, 0.03, 0.12)],
)
def test_exponential_service_is_an_erlang_c_queue(
    servers: int, load: float, purchases: int, share_noise: float, wait_noise: float
) -> None:
    """M/M/c: services recovered as FIFO are exponential, the share that waits is Erlang's C, the mean wait is C / (c - a)."""
    it = queue(servers, load, purchases=purchases, seed=servers, knobs={"service": {"exponential": "1s"}})
    assert it.served_s.min() > 0
    assert stats.kstest(it.served_s, "expon").pvalue > 0.01
    check_books(it, load, cv2=1.0)
    share = erlang_c(servers, load)
    # A start within a rounding error of the arrival is no wait: times reach 30,000 s, of which a double leaves 1e-11.
    waits = after_warm_up(it, load, (it.waited_s > 1e-9).astype(float))
    waits.check(share, se_below=share_noise, what=f"M/M/{servers} share that waits")
    wait = after_warm_up(it, load, it.waited_s)
    wait.check(share / (servers - load), se_below=wait_noise, what=f"M/M/{servers} mean wait")


@pytest.mark.parametrize("where", ["checkout", "provider"])
def test_lognormal_service_follows_pollaczek_and_khinchine(where: str) -> None:
    """M/G/1 with lognormal times (computing, or the provider thinking while the worker is held) has P-K's mean wait."""
    load = 0.7
    at_checkout = where == "checkout"
    knobs = {"service": LOGNORMAL} if at_checkout else {}
    it = queue(1, load, purchases=12_000, seed=6 + at_checkout, knobs=knobs, provider=None if at_checkout else LOGNORMAL)
    assert stats.kstest((np.log(it.served_s) + 0.18) / 0.6, "norm").pvalue > 0.01
    check_books(it, load, cv2=CV2)
    expected = pollaczek_khinchine(load, CV2)
    assert expected == pytest.approx(1.67222, abs=1e-5)  # domain.md, 3.5
    after_warm_up(it, load, it.waited_s).check(expected, se_below=0.06, what=f"M/G/1 mean wait ({where})")


def test_queue_limit_makes_a_loss_queue() -> None:
    """M/M/1/5: with room for four beside the one in service, the share refused at once and the stay of the others are known."""
    load, room = 0.8, 5
    design = bare_design("naive", {"checkout": {"workers": 1, "service": {"exponential": "1s"}, "queue_limit": room - 1}})
    tables, _ = morning(bare_world(6_000, load), design, seed=1)
    refused = tables.requests["answer"] == Answer.UNAVAILABLE
    weights = load ** np.arange(room + 1)
    present = weights / weights.sum()  # birth and death
    between = batches(np.diff(tables.requests["sent_s"], prepend=0.0)) * load - 1.0
    controlled(batches(refused.astype(float)), between).check(float(present[-1]), se_below=0.08, what="M/M/1/5 refused")
    stay_s = (tables.requests["answered_s"] - tables.requests["sent_s"])[~refused]
    expected_s = float(present @ np.arange(room + 1)) / (load * (1 - present[-1]))  # Little
    mean_of(batches(stay_s)).check(expected_s, se_below=0.04, what="M/M/1/5 stay")
