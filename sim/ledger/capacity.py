"""What capacity costs by the hour, used or not: compute by the workers provisioned, the database by whole instances."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sim.config.design import Design
from sim.config.prices import Prices
from sim.ledger.records import StationRecord

BY_THE_WORKER = ("checkout", "payment")  # pools whose every worker has its share of a virtual CPU and memory


@dataclass(frozen=True)
class Capacity:
    """What one morning's capacity cost in USD: `compute` and `database`.

    `per_hour` is the price of what is there around the clock, autoscaled pools at their minimum; `scaled_up` is what the
    morning's compute cost beyond that. `paid_s` and `used_s` are worker-seconds; a worker is used while it is held, also if it
    only waits for somebody's answer.
    """

    compute: float
    database: float
    per_hour: float
    scaled_up: float
    paid_s: float
    used_s: float

    @property
    def unused_share(self) -> float:
        """Share of the worker time paid for in which nobody used it (what OpenCost calls idle); NaN without workers."""
        return max(1 - self.used_s / self.paid_s, 0.0) if self.paid_s else float("nan")


def capacity(stations: Iterable[StationRecord], design: Design, prices: Prices, *, worked_s: float) -> Capacity:
    """What was provisioned in a morning: for every worker from its order to its end, or until all work was done.

    `worked_s`: when that was; the clock's duration at least.
    """
    pools = [station for station in stations if station.name in BY_THE_WORKER]
    hours = worked_s / 3600
    paid_s = sum(pool.provisioned_s for pool in pools)
    compute, database = compute_per_hour(paid_s / worked_s, design, prices), database_per_hour(design, prices)
    least = compute_per_hour(least_workers(design), design, prices)
    return Capacity(
        compute=compute * hours,
        database=database * hours,
        per_hour=least + database,
        scaled_up=(compute - least) * hours,
        paid_s=paid_s,
        used_s=sum(pool.busy_s for pool in pools),
    )


def least_workers(design: Design) -> int:
    """Workers that are there around the clock."""
    pools = (getattr(design, name) for name in BY_THE_WORKER)
    return sum(getattr(pool, "workers", 0) if not getattr(pool, "autoscale", None) else pool.autoscale.min for pool in pools)


def compute_per_hour(workers: float, design: Design, prices: Prices) -> float:
    """USD an hour for so many workers' share of virtual CPUs and memory, and for whatever runs in the background."""
    background = sum(hasattr(design, part) for part in ("relay", "completer"))
    vcpu = workers / prices.workers_per_vcpu.value + background * prices.relay_vcpu.value
    return vcpu * (prices.vcpu_hour.value + prices.gb_per_vcpu.value * prices.gb_hour.value)


def database_per_hour(design: Design, prices: Prices) -> float:
    """USD an hour: whole instances, as many as the connections need."""
    return -(-design.database.connections // prices.connections_per_database.value) * prices.database_hour.value
