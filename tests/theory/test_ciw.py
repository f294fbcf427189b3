"""Where the checkout is nothing but a queue, Ciw, a queueing simulator by others, sees the same waits and refusals."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache

import ciw
import numpy as np
import pytest

from sim.validation.agreement import Estimated, batches, controlled, mean_of
from sim.validation.case import checked
from sim.validation.cases import CASES
from sim.validation.queues import SIGMA, WARM_UP
from tests.tiers import slow


@dataclass(frozen=True)
class Theirs:
    """What Ciw recorded: one row a customer, in order of arrival; NaN: never served, since there was no room."""

    arrived_s: np.ndarray
    waited_s: np.ndarray
    served_s: np.ndarray

    @property
    def refused(self) -> np.ndarray:
        return np.isnan(self.served_s)


@dataclass(frozen=True)
class Station:
    """The queue of a case once more, as Ciw is told of it; a mean service of 1 s, `room` for those who wait."""

    load: float
    servers: int = 1
    room: float = math.inf
    service: Callable[[], ciw.dists.Distribution] = lambda: ciw.dists.Exponential(1.0)

    def simulate(self, customers: int, seed: int) -> Theirs:
        network = ciw.create_network(
            arrival_distributions=[ciw.dists.Exponential(self.load)],
            service_distributions=[self.service()],
            number_of_servers=[self.servers],
            queue_capacities=[self.room],
        )
        ciw.seed(seed)
        simulation = ciw.Simulation(network)
        simulation.simulate_until_max_time(customers / self.load)
        records = sorted(simulation.get_all_records(), key=lambda record: record.arrival_date)
        columns = [(record.arrival_date, record.waiting_time, record.service_time) for record in records]
        return Theirs(*np.array(columns).T)


QUEUES = {
    "mm1": Station(0.8),
    "mm5": Station(4.0, servers=5),
    "mg1-checkout": Station(0.7, service=lambda: ciw.dists.Lognormal(-(SIGMA**2) / 2, SIGMA)),
}
LOSSES = {"mm1-5": Station(0.8, room=4), "mm10-20": Station(9.0, servers=10, room=10)}
NOISE = {"share that waits": 0.02, "mean wait (s)": 0.10, "share refused": 0.15, "mean stay of the others (s)": 0.03}
CUSTOMERS, MORNINGS = 36_000, 2


def seen_by_ciw(station: Station, seed: int) -> dict[str, Estimated]:
    """Long-run means from batches, less what was lucky about the customers."""
    theirs = station.simulate(CUSTOMERS, seed)
    between = batches(np.diff(theirs.arrived_s, prepend=0.0)[WARM_UP:]) * station.load - 1.0
    if station.room < math.inf:
        stays_s = (theirs.waited_s + theirs.served_s)[~theirs.refused]
        share = controlled(batches(theirs.refused[WARM_UP:].astype(float)), between)
        return {"share refused": share, "mean stay of the others (s)": mean_of(batches(stays_s[WARM_UP:]))}
    served = batches(theirs.served_s[WARM_UP:]) - 1.0
    values = {"share that waits": (theirs.waited_s > 1e-9).astype(float), "mean wait (s)": theirs.waited_s}
    return {what: controlled(batches(value[WARM_UP:]), served, between) for what, value in values.items()}


def compared(ours: dict[str, Estimated], theirs: dict[str, Estimated]) -> list[str]:
    """What differs by more than three standard errors of both together, or is too noisy to prove anything."""
    found = []
    for what in ours.keys() & theirs.keys():
        se = math.hypot(ours[what].se, theirs[what].se)
        if abs(ours[what].value - theirs[what].value) > 3 * se:
            found.append(f"differs: {what}: {ours[what]} and {theirs[what]}")
        if se > NOISE[what] * theirs[what].value:
            found.append(f"too noisy: {what}: {ours[what]} and {theirs[what]}")
    return found


@cache
def seen_by_us(name: str) -> dict[str, Estimated]:
    return {row.what: row.simulated for row in checked(replace(CASES[name], mornings=MORNINGS)).rows}


@pytest.mark.parametrize("name", slow(QUEUES | LOSSES, but=["mm1-5"]))
def test_ciw_agrees(name: str) -> None:
    """Mean waits and shares that wait, or shares refused and stays of the others, within three standard errors of both."""
    ours, theirs = seen_by_us(name), seen_by_ciw((QUEUES | LOSSES)[name], seed=7)
    assert ours.keys() & theirs.keys()
    assert compared(ours, theirs) == []


@pytest.mark.slow
def test_ciw_can_disagree() -> None:
    """A load of 75 % instead of 80 %, or one place less in the queue, is told apart."""
    assert compared(seen_by_us("mm1"), seen_by_ciw(replace(QUEUES["mm1"], load=0.75), seed=7))
    assert compared(seen_by_us("mm1-5"), seen_by_ciw(replace(LOSSES["mm1-5"], room=3), seed=7))
