"""Cases on queues: with patient customers and one pool that takes time, naive is a textbook queue (FIFO, Poisson arrivals).

Successive waits are strongly correlated: at 80 % load, even 200,000 customers leave a standard error of 2 %.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from heapq import heapreplace
from typing import Any

import numpy as np

from sim.ledger.records import Tables
from sim.validation.agreement import Estimated, Row, batches, controlled, exactly, mean_of, proportion
from sim.validation.bare import bare_design, bare_world
from sim.validation.case import Case, Mornings
from sim.vocabulary import Answer

WARM_UP = 1000  # the first customers are left out: at 80 % load, about 100 of them still feel that the queue began empty
SIGMA = 0.6
CV2 = math.exp(SIGMA**2) - 1
LOGNORMAL = {"lognormal": {"median": f"{math.exp(-(SIGMA**2) / 2)}s", "sigma": SIGMA}}  # mean 1 s
EXPONENTIAL = {"exponential": "1s"}
BOOK = "Erlang C: B(k) = aB(k-1) / (k + aB(k-1)), C = B / (1 - (a/c)(1 - B)), Wq = C / (c mu - lambda)"


def erlang_c(servers: int, load: float) -> float:
    """The share of customers who wait in M/M/c, from Erlang's B recursion."""
    blocked = 1.0
    for k in range(1, servers + 1):
        blocked = load * blocked / (k + load * blocked)
    return blocked / (1 - load / servers * (1 - blocked))


def pollaczek_khinchine(load: float, cv2: float) -> float:
    """The mean wait in M/G/1 with a mean service time of 1 s."""
    return load / (1 - load) * (1 + cv2) / 2


@dataclass(frozen=True)
class Queue:
    """One long morning at the checkout: seconds per customer, in order of arrival."""

    tables: Tables
    between_s: np.ndarray
    waited_s: np.ndarray
    served_s: np.ndarray


def queue_of(tables: Tables) -> Queue:
    """Find starts of service from arrivals and ends alone (Kiefer and Wolfowitz 1955): the first free server serves next."""
    checkout = next(station for station in tables.stations if station.name == "checkout")
    came_s, left_s = tables.requests["sent_s"], tables.requests["answered_s"]
    free_s = [0.0] * checkout.servers
    start_s = np.empty(len(came_s))
    for customer, (came, left) in enumerate(zip(came_s.tolist(), left_s.tolist(), strict=True)):
        start_s[customer] = max(came, free_s[0])
        heapreplace(free_s, left)
    return Queue(tables, np.diff(came_s, prepend=0.0), start_s - came_s, left_s - start_s)


def long_run(queues: list[Queue], values: list[np.ndarray], load: float, *, mean_s: float = 1.0) -> Estimated:
    """The long-run mean of a value per customer, from batch means, with the customers' gaps and service times as controls."""

    def means(arrays: list[np.ndarray]) -> np.ndarray:
        return np.concatenate([batches(array[WARM_UP:]) for array in arrays])

    served = means([q.served_s for q in queues]) / mean_s - 1.0
    between = means([q.between_s for q in queues]) * load / mean_s - 1.0
    return controlled(means(values), served, between)


def mmc(name: str, servers: int, load: float, *, purchases: int, noise: tuple[float, float], more: int, title: str) -> Case:
    """M/M/c with a mean service time of 1 s. `noise`: the `se_below` of the share that waits, and of the mean wait."""

    def measure(runs: Mornings) -> Iterator[Row]:
        queues = [queue_of(tables) for tables, _ in runs]
        share = erlang_c(servers, load)
        # A wait below 1e-9 s is a rounding error: times reach 30,000 s, which doubles resolve to 1e-11 s.
        waits = long_run(queues, [(q.waited_s > 1e-9).astype(float) for q in queues], load)
        yield Row("share that waits", share, waits, noise[0])
        yield Row("mean wait (s)", share / (servers - load), long_run(queues, [q.waited_s for q in queues], load), noise[1])
        yield from books(queues, load)

    design = bare_design("naive", {"checkout": {"workers": servers, "service": EXPONENTIAL}, "payment": {"timeout": "1d"}})
    return Case(name, title, BOOK, bare_world(purchases, load), design, measure, more=more, seed=servers)


def books(queues: list[Queue], load: float, *, mean_s: float = 1.0) -> Iterator[Row]:
    """Rows that check the controls, whose means the other rows take for granted; and Little's law.

    By Little's law, the area under the number of customers present is the sum of their stays, exactly and on every path.
    """
    yield Row("mean time between customers (s)", mean_s / load, mean_of(np.concatenate([q.between_s for q in queues])), 0.02)
    yield Row("mean service (s)", mean_s, mean_of(np.concatenate([q.served_s for q in queues])), 0.02)
    area_s = sum(station.area_s for q in queues for station in q.tables.stations if station.name == "checkout")
    stays_s = sum(float((q.waited_s + q.served_s).sum()) for q in queues)
    yield Row("Little: area under the number present / sum of stays", 1.0, exactly(area_s / stays_s))


def call_centre() -> Case:
    """A textbook call centre: 55 agents, 360 calls in half an hour, 240 s a call; the target is an answer within 15 s."""
    agents, load, call_s, target_s = 55, 48.0, 240.0, 15.0

    def measure(runs: Mornings) -> Iterator[Row]:
        queues = [queue_of(tables) for tables, _ in runs]
        share = erlang_c(agents, load)
        wait_s = share * call_s / (agents - load)
        late = share * math.exp(-(agents - load) * target_s / call_s)

        def of(values: list[np.ndarray]) -> Estimated:
            return long_run(queues, values, load, mean_s=call_s)

        yield Row("share that waits", share, of([(q.waited_s > 1e-9).astype(float) for q in queues]), 0.10)
        yield Row("mean wait (s)", wait_s, of([q.waited_s for q in queues]), 0.25)
        yield Row("answered within 15 s", 1 - late, of([(q.waited_s <= target_s).astype(float) for q in queues]), 0.03)
        yield from books(queues, load, mean_s=call_s)

    knobs = {"checkout": {"workers": agents, "service": {"exponential": f"{call_s:g}s"}}, "payment": {"timeout": "1d"}}
    return Case(
        "call-centre",
        "a call centre with 55 agents (C .2387, 8.184 s, .8459)",
        "Erlang C; Mitan's textbook call centre",
        bare_world(30_000, load / call_s, {"clock": {"drain": "4h"}}),
        bare_design("naive", knobs),
        measure,
        more=20,
        seed=55,
    )


def mg1(name: str, load: float, where: str, *, noise: float, more: int) -> Case:
    """M/G/1 with lognormal service times of mean 1 s: the worker's own, or the provider's while it holds the only worker."""
    at_checkout = where == "checkout"

    def measure(runs: Mornings) -> Iterator[Row]:
        queues = [queue_of(tables) for tables, _ in runs]
        wait = long_run(queues, [q.waited_s for q in queues], load)
        yield Row("mean wait (s)", pollaczek_khinchine(load, CV2), wait, noise)
        yield from books(queues, load)

    checkout = {"workers": 1, "service": LOGNORMAL} if at_checkout else {"workers": 1}
    return Case(
        name,
        f"M/G/1, load {load:g}, lognormal time of the {where} (sigma .6)",
        "Pollaczek-Khinchine: Wq = rho / (1 - rho) E[S] (1 + cv2) / 2",
        bare_world(12_000, load, {} if at_checkout else {"provider": {"latency": LOGNORMAL}}),
        bare_design("naive", {"checkout": checkout, "payment": {"timeout": "1d"}}),
        measure,
        more=more,
        seed=6 + at_checkout,
    )


def loss_queue(
    name: str, servers: int, room: int, load: float, *, purchases: int, noise: tuple[float, float], more: int
) -> Case:
    """M/M/c/K: a customer who finds it full is refused. `noise`: `se_below` of the share refused, and of the others' stay."""

    def measure(runs: Mornings) -> Iterator[Row]:
        weights = np.ones(room + 1)
        for k in range(1, room + 1):  # a birth-and-death process
            weights[k] = weights[k - 1] * load / min(k, servers)
        present = weights / weights.sum()
        refused = [tables.requests["answer"] == Answer.UNAVAILABLE for tables, _ in runs]
        stays_s = [tables.requests["answered_s"] - tables.requests["sent_s"] for tables, _ in runs]
        between = np.concatenate([batches(np.diff(tables.requests["sent_s"], prepend=0.0)) * load - 1.0 for tables, _ in runs])
        share = controlled(np.concatenate([batches(flags.astype(float)) for flags in refused]), between)
        yield Row("share refused", float(present[-1]), share, noise[0])
        stay_s = float(present @ np.arange(room + 1)) / (load * (1 - present[-1]))  # by Little's law
        kept = np.concatenate([batches(stay[~flags]) for stay, flags in zip(stays_s, refused, strict=True)])
        yield Row("mean stay of the others (s)", stay_s, mean_of(kept), noise[1])

    knobs = {"workers": servers, "service": EXPONENTIAL, "queue_limit": room - servers}
    return Case(
        name,
        f"M/M/{servers}/{room}, load {load:g}: a queue limit",
        "birth and death: P_K, and W = L / (lambda (1 - P_K))",
        bare_world(purchases, load),
        bare_design("naive", {"checkout": knobs}),
        measure,
        more=more,
    )


def waits_in_distribution() -> Case:
    """The whole distribution of waits: P(W > t) = C exp(-(c mu - lambda) t). It is that of one late customer a morning."""
    servers, load, customer = 2, 1.6, 300

    def measure(runs: Mornings) -> Iterator[Row]:
        waited_s = np.array([queue_of(tables).waited_s[customer] for tables, _ in runs])
        for t in (0.0, 1.0, 4.0):
            late = erlang_c(servers, load) * math.exp(-(servers - load) * t)
            yield Row(f"P(W > {t:g} s)", late, proportion(waited_s > max(t, 1e-9), late), 0.25)

    knobs: dict[str, Any] = {"checkout": {"workers": servers, "service": EXPONENTIAL}, "payment": {"timeout": "1d"}}
    return Case(
        "wait-distribution",
        "M/M/2, load 1.6: the 300th customer of many mornings",
        "Erlang C: P(W > t) = C exp(-(c mu - lambda) t)",
        bare_world(420, load),
        bare_design("naive", knobs),
        measure,
        mornings=120,
        more=10,
        seed=1000,
    )


CASES = (
    mmc("mm1-half", 1, 0.5, purchases=15_000, noise=(0.01, 0.04), more=4, title="M/M/1, load .5"),
    mmc("mm1", 1, 0.8, purchases=12_000, noise=(0.01, 0.12), more=36, title="M/M/1, load .8"),
    mmc("mm5", 5, 4.0, purchases=12_000, noise=(0.03, 0.14), more=8, title="M/M/5, load 4"),
    mmc("mm10", 10, 8.0, purchases=25_000, noise=(0.03, 0.12), more=4, title="M/M/10, load 8"),
    call_centre(),
    waits_in_distribution(),
    mg1("mg1-checkout", 0.7, "checkout", noise=0.06, more=9),
    mg1("mg1-provider", 0.7, "provider", noise=0.06, more=9),
    mg1("mg1-busier", 0.8, "checkout", noise=0.12, more=36),
    loss_queue("mm1-5", 1, 5, 0.8, purchases=6_000, noise=(0.08, 0.04), more=8),
    loss_queue("mm10-20", 10, 20, 9.0, purchases=12_000, noise=(0.20, 0.03), more=8),
)
