"""Many mornings: each is simulated, audited and boiled down where it runs, and only the summary travels."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from sim.config.design import Design
from sim.config.prices import Prices
from sim.config.scenario import Scenario
from sim.experiment.cells import design_of
from sim.experiment.workers import crew, processors
from sim.ledger.audit import audit
from sim.ledger.costs import bill
from sim.ledger.laws import assert_laws
from sim.ledger.metrics import Evidence, measure
from sim.ledger.records import StationRecord, Tables
from sim.ledger.series import Series, series
from sim.ledger.tally import tally
from sim.world.cell import WHOLE, Cell
from sim.world.morning import Morning

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


def simulate(scenario: Scenario, design: Design, prices: Prices, seed: int, cell: Cell = WHOLE) -> tuple[Tables, Evidence]:
    """One morning, or a cell of it, with its evidence; the conservation laws have been asserted. Raises BrokenLaw on a bug of
    ours.
    """
    design = design_of(design, cell)
    tables = Morning(scenario, design, seed, cell).run()
    judged = audit(tables)
    counted = tally(tables, judged)
    assert_laws(counted)
    return tables, Evidence(tables, judged, counted, bill(counted, design, prices))


def summarise(scenario: Scenario, design: Design, prices: Prices, seed: int) -> Summary:
    """Simulate one morning and keep what statistics and charts need."""
    begin = time.perf_counter()
    _, evidence = simulate(scenario, design, prices, seed)
    counted, money = evidence.tally, evidence.bill
    return Summary(
        seed=seed,
        metrics=measure(counted, money),
        series=series(counted),
        lags={name: lags.astype(np.float32) for name, lags in counted.lags.items()},
        costs=money.parts,
        stations=counted.stations,
        faults=counted.faults,
        polls=counted.counts["polls"],
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
    total = len(seeds) * len(designs)
    done: dict[tuple[int, int], Summary] = {}
    tasks = (((seed, number), (scenario, design, prices, seed)) for seed in seeds for number, design in enumerate(designs))
    interrupted = False
    try:
        with crew(min(jobs or processors(), total)) as workers:
            for task, summary in workers.results(summarise, tasks):
                done[task] = summary
                _tell(progress, len(done), total)
    except KeyboardInterrupt:
        interrupted = True
    complete = {
        seed: [done[seed, number] for number in range(len(designs))]
        for seed in seeds
        if all((seed, number) in done for number in range(len(designs)))
    }
    return complete, interrupted


def _tell(progress: Progress | None, done: int, of: int) -> None:
    if progress is not None:
        progress(done, of)
