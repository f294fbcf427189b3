"""Many mornings: each is simulated, audited and boiled down where it runs, and only the summary travels."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Executor, Future, wait
from contextlib import nullcontext
from dataclasses import dataclass
from itertools import islice

import numpy as np

from sim.config.design import Design
from sim.config.prices import Prices
from sim.config.scenario import Scenario
from sim.experiment.workers import hearing, worker_pool
from sim.ledger.audit import audit
from sim.ledger.costs import bill
from sim.ledger.laws import assert_laws
from sim.ledger.metrics import Evidence, ack_latency_s, confirmation_lag_s, measure, read_model_lag_s
from sim.ledger.records import StationRecord, Tables
from sim.ledger.series import Series, series
from sim.world.morning import Morning

AHEAD = 4  # tasks handed out for each worker: nobody runs dry, and a million mornings don't wait in memory
Progress = Callable[[int, int], None]  # (done, of)


@dataclass
class Summary:
    """What is kept of one morning."""

    seed: int
    metrics: dict[str, float]
    series: Series
    lags: dict[str, np.ndarray]  # "ack", "confirmation", "read_model": seconds, inf for never, float32
    costs: dict[str, float]  # USD of the morning, by part
    stations: list[StationRecord]
    faults: list[tuple[str, float, float]]
    polls: int
    wall_s: float


def simulate(scenario: Scenario, design: Design, prices: Prices, seed: int) -> tuple[Tables, Evidence]:
    """One morning with its evidence; the conservation laws have been asserted. Raises BrokenLaw on a bug of ours."""
    tables = Morning(scenario, design, seed).run()
    judged = audit(tables)
    assert_laws(tables, judged)
    return tables, Evidence(tables, judged, bill(tables, judged, design, prices))


def summarise(scenario: Scenario, design: Design, prices: Prices, seed: int) -> Summary:
    """Simulate one morning and keep what statistics and charts need."""
    begin = time.perf_counter()
    tables, evidence = simulate(scenario, design, prices, seed)
    lags = {"ack": ack_latency_s, "confirmation": confirmation_lag_s, "read_model": read_model_lag_s}
    return Summary(
        seed=seed,
        metrics=measure(evidence),
        series=series(tables),
        lags={name: lag(evidence).astype(np.float32) for name, lag in lags.items()},
        costs=evidence.bill.parts,
        stations=tables.stations,
        faults=tables.faults,
        polls=tables.counts["polls"],
        wall_s=time.perf_counter() - begin,
    )


def run_mornings(
    scenario: Scenario,
    designs: list[Design],
    prices: Prices,
    *,
    seeds: list[int],
    jobs: int | None = None,
    progress: Progress | None = None,
) -> tuple[dict[int, list[Summary]], bool]:
    """Every design on every morning: seed -> one summary a design, for the mornings that all designs have finished.

    Also whether Ctrl-C cut it short. The results do not depend on `jobs` (None: one a processor).
    """
    jobs = min(jobs or _processors(), len(seeds) * len(designs))
    done: dict[tuple[int, int], Summary] = {}
    tasks = [(seed, number) for seed in seeds for number in range(len(designs))]
    interrupted = False
    try:
        with hearing() as heed, worker_pool(jobs) if jobs > 1 else nullcontext() as pool:
            for task, summary in _gathered(pool, scenario, designs, prices, tasks, ahead=AHEAD * jobs):
                done[task] = summary
                _tell(progress, len(done), len(tasks))
                heed()
    except KeyboardInterrupt:
        interrupted = True
    complete = {
        seed: [done[seed, number] for number in range(len(designs))]
        for seed in seeds
        if all((seed, number) in done for number in range(len(designs)))
    }
    return complete, interrupted


def _gathered(
    pool: Executor | None,
    scenario: Scenario,
    designs: list[Design],
    prices: Prices,
    tasks: list[tuple[int, int]],
    *,
    ahead: int,
) -> Iterator[tuple[tuple[int, int], Summary]]:
    """Summaries as they are finished, with never more than `ahead` tasks handed out; without a pool, made here."""
    if pool is None:
        yield from ((task, summarise(scenario, designs[task[1]], prices, task[0])) for task in tasks)
        return
    left = iter(tasks)
    running: dict[Future[Summary], tuple[int, int]] = {}
    while True:
        for seed, number in islice(left, ahead - len(running)):
            running[pool.submit(summarise, scenario, designs[number], prices, seed)] = (seed, number)
        if not running:
            return
        for future in wait(running, return_when=FIRST_COMPLETED).done:
            yield running.pop(future), future.result()


def _processors() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _tell(progress: Progress | None, done: int, of: int) -> None:
    if progress is not None:
        progress(done, of)
