"""The discipline of the pool, nearly without noise; mean waits are among the cases of `sim.validation`.

Service times are recovered from arrivals and ends by Kiefer and Wolfowitz's recursion (1955), and must have the distribution
that was asked for; in any other order of service they would be negative or far too long.
"""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from sim.validation.agreement import Estimated
from sim.validation.case import Case
from sim.validation.cases import CASES
from sim.validation.queues import CV2, SIGMA, Queue, erlang_c, pollaczek_khinchine, queue_of
from tests.tiers import slow
from tests.worlds import morning


def served(case: Case) -> Queue:
    return queue_of(morning(case.scenario, case.chosen, case.seed)[0])


def check_load(it: Queue, load: float, *, cv2: float) -> None:
    """The workers' busy time against the recovered services and the load."""
    checkout = next(station for station in it.tables.stations if station.name == "checkout")
    assert checkout.busy_s == pytest.approx(it.served_s.sum(), rel=1e-9)
    noise = math.sqrt((1 + cv2) / len(it.served_s))  # a Poisson number of services: variance n E[S^2]
    busy = checkout.busy_s / it.tables.arrivals_end_s / checkout.servers  # the work left at the end of it is a millionth
    Estimated(busy, busy * noise).check(load / checkout.servers, se_below=0.02, what="share of the workers' time")


LOADS = [("mm1-half", 0.5), ("mm1", 0.8), ("mm5", 4.0), ("mm10", 8.0)]


@pytest.mark.parametrize(("name", "load"), slow(LOADS, but=[("mm5", 4.0)]))
def test_exponential_services_in_order_of_arrival(name: str, load: float) -> None:
    """Services recovered as first come, first served are exponential."""
    it = served(CASES[name])
    assert it.served_s.min() > 0
    assert stats.kstest(it.served_s, "expon").pvalue > 0.01
    check_load(it, load, cv2=1.0)


@pytest.mark.parametrize("name", ["mg1-checkout", "mg1-provider"])
def test_lognormal_services_in_order_of_arrival(name: str) -> None:
    """Likewise where the time is lognormal, of the worker's own or of the provider that it waits for."""
    it = served(CASES[name])
    assert stats.kstest((np.log(it.served_s) + SIGMA**2 / 2) / SIGMA, "norm").pvalue > 0.01
    check_load(it, 0.7, cv2=CV2)


REFERENCE = {(2, 1.0): 0.333333, (2, 1.6): 0.711111, (3, 2.0): 0.444444, (5, 4.0): 0.554113, (10, 8.0): 0.409180,
             (10, 9.0): 0.668732, (20, 16.0): 0.256078, (55, 48.0): 0.238701, (100, 95.0): 0.506457}  # fmt: skip


@pytest.mark.parametrize(("servers", "load"), REFERENCE)
def test_erlang_c_reference_values(servers: int, load: float) -> None:
    """The formula itself against the values of the field (domain.md 3.5)."""
    assert erlang_c(servers, load) == pytest.approx(REFERENCE[servers, load], abs=5e-7)


def test_pollaczek_khinchine_reference_values() -> None:
    """Deterministic, exponential, Erlang-2, and lognormal times (domain.md 3.5)."""
    assert [pollaczek_khinchine(0.8, cv2) for cv2 in (0.0, 1.0, 0.5, 4.0)] == pytest.approx([2, 4, 3, 10])
    assert pollaczek_khinchine(0.7, CV2) == pytest.approx(1.67222, abs=1e-5)
    assert pollaczek_khinchine(0.8, CV2) == pytest.approx(2.86666, abs=1e-5)
