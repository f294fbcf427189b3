"""Time and memory against the number of purchases, each in a process of its own."""

from __future__ import annotations

import multiprocessing
import resource
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from sim.architectures import ARCHITECTURES, load_design
from sim.config.library import parse_scenario
from sim.config.prices import load_prices
from sim.config.scenario import Scenario
from sim.experiment.effort import Effort
from sim.experiment.mornings import run_mornings

LONG_RUSH = """
name: long-rush
summary: the rush's traffic and bad luck, for as long as it takes
clock: {{start: "06:30", duration: {minutes}min, drain: 30min}}
traffic: {{rate: {rate}/min}}
customers: {{double_tap: {{p: 1%}}, reorder_when_stale: {{after: 90s, p: 5%}}}}
network: {{request_lost: 0.1%, answer_lost: 0.1%}}
provider: {{declined: 4%, failed: 0.2%, ambiguous: 0.2%}}
faults:
  - {{brownout: provider, every: {{exponential: 2h}}, for: 15min, latency: x10, failed: 5%, ambiguous: 10%}}
  - {{outage: provider, every: {{exponential: 2h}}, for: 1min}}
  - {{crash: checkout, after: charge, p: 0.1%}}
  - {{crash: payment, after: charge, p: 0.1%}}
  - {{crash: relay, after: publish, p: {relay}%}}
  - {{duplicates: broker, p: 0.5%}}
"""
SIZES = (3_000, 30_000, 300_000)
RATE, RUSH = 60, 1_200  # purchases a minute
NATIONWIDE = "nationwide-outbox"  # takes the most memory, in a rush of 1,200 a minute
MILLION = (10_000, 1_000_000)
CELLS = 8  # that keep a million below 300 MB


class Growth(NamedTuple):
    design: str
    purchases: int
    cells: int  # that the morning is dealt to
    purchases_per_s: float
    bytes_each: float | None  # above what an idle process has; None: too few purchases to see


def grown() -> Iterator[Growth]:
    cases = [(design, size, RATE, 1) for design in ARCHITECTURES for size in SIZES]
    cases += [(NATIONWIDE, size, RUSH, cells) for cells in (1, CELLS) for size in MILLION]
    context = multiprocessing.get_context("spawn")
    for case in cases:
        with context.Pool(1) as pool:
            yield pool.apply(_grown, case)


def long_rush(purchases: int, rate: int) -> Scenario:
    """About so many purchases, so many a minute. The relay, which is one process, dies as often an hour whatever it carries."""
    return parse_scenario(LONG_RUSH.format(minutes=purchases // rate, rate=rate, relay=f"{0.1 * RATE / rate:.4f}"))


def _grown(design: str, purchases: int, rate: int, cells: int) -> Growth:
    """One morning in this process: its cells one after the other, then put together."""
    scenario = long_rush(purchases, rate)
    base, begin = peak_bytes(), time.process_time()
    number = simulated(scenario, design, cells=cells, jobs=1)
    seconds, more = time.process_time() - begin, peak_bytes() - base
    return Growth(design, number, cells, number / seconds, more / number if more > 0 and purchases >= SIZES[1] else None)


def simulated(scenario: Scenario, design: str, *, cells: int, jobs: int) -> int:
    """Simulate a morning; how many purchases it had."""
    prices = load_prices(scenario.prices)
    done, _ = run_mornings(scenario, [load_design(design)], prices, Effort(1, cells=cells, jobs=jobs))
    return int(done[0][0].metrics["purchases"])


def peak_bytes() -> int:
    """Of this process; what `resource` says, where there is nothing else, includes whoever started it."""
    status = Path("/proc/self/status")
    if status.exists():
        line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
        return int(line.split()[1]) * 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
