"""Many mornings: each is simulated, audited and boiled down where it runs, and only the summary travels."""

from __future__ import annotations

import gc
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from sim.architectures.guard import answering, morning
from sim.config.design import Design
from sim.config.prices import Prices
from sim.config.scenario import Scenario
from sim.experiment.cells import design_of, together
from sim.experiment.effort import Effort
from sim.experiment.workers import Crew, crew
from sim.ledger.audit import audit
from sim.ledger.costs import Bill, bill
from sim.ledger.laws import assert_laws
from sim.ledger.metrics import Evidence, measure
from sim.ledger.metrics import counted as numbers_of
from sim.ledger.records import StationRecord, Tables
from sim.ledger.series import Series, series
from sim.ledger.tally import Tally, tally
from sim.world.cell import WHOLE, Cell, cells_of
from sim.world.observer import Observer

Progress = Callable[[int, int], None]  # (done, of)
LARGE = 10_000  # purchases of a morning or cell whose memory is worth some hundredths of a second
Task = tuple[int, int]  # the seed of a morning, the number of a design


class Caused(NamedTuple):
    """What went wrong by one cause: purchases, and what they cost afterwards in USD."""

    purchases: int
    usd: float


@dataclass
class Summary:
    """What is kept of one morning."""

    seed: int
    metrics: dict[str, float]
    series: Series
    lags: dict[str, np.ndarray]  # "ack", "confirmation", "read_model": seconds, sorted, inf for never, float32
    costs: dict[str, float]  # USD of the morning, by part
    stations: list[StationRecord]
    faults: list[tuple[str, float, float]]
    counted: dict[str, int]  # how many there were of what the intervals of shares count
    wall_s: float
    causes: dict[tuple[str, str], Caused] = field(default_factory=dict)  # (kind, cause) -> what went wrong by it


@dataclass(frozen=True)
class Counted:
    """What a cell of a morning comes to."""

    tally: Tally
    bill: Bill
    wall_s: float


def simulate(
    scenario: Scenario, design: Design, prices: Prices, seed: int, cell: Cell = WHOLE, *, observer: Observer | None = None
) -> tuple[Tables, Evidence]:
    """Simulate one morning, or a cell of it. Returns its tables and its evidence; the conservation laws have been asserted.

    Raises BrokenLaw on a bug of ours, and ConfigError for whatever an architecture in a user's file does wrong.
    """
    design = design_of(design, cell)
    with answering(scenario, design, seed):
        tables = morning(scenario, design, seed, cell, observer=observer)
        return tables, examine(tables, scenario, design, prices)


def examine(tables: Tables, scenario: Scenario, design: Design, prices: Prices) -> Evidence:
    """The evidence of a morning that was simulated to its end. Raises BrokenLaw on a bug of ours."""
    judged = audit(tables)
    counted = tally(tables, judged, scenario.late_s)
    assert_laws(counted)
    return Evidence(tables, judged, counted, bill(counted, design, prices, basket_cents=scenario.traffic.price))


def count(scenario: Scenario, design: Design, prices: Prices, seed: int, cell: Cell = WHOLE) -> Counted:
    """Simulate a morning, or a cell of it, and keep what can be put together with the other cells. Raises as `simulate`."""
    begin = time.perf_counter()
    tables, evidence = simulate(scenario, design, prices, seed, cell)
    counted, money, large = evidence.tally, evidence.bill, len(tables.purchases) >= LARGE
    del tables, evidence
    if large:  # the parts of a morning know each other: Python would keep its tables while the next one makes its own
        gc.collect()
    return Counted(counted, money, time.perf_counter() - begin)


def summarise(scenario: Scenario, design: Design, prices: Prices, seed: int) -> Summary:
    """Simulate one morning and keep what statistics and charts need."""
    return summary(seed, [count(scenario, design, prices, seed)])


def summary(seed: int, parts: Sequence[Counted]) -> Summary:
    """What statistics and charts need of a morning: of all its cells."""
    begin = time.perf_counter()
    counted, money = together([part.tally for part in parts], [part.bill for part in parts])
    return Summary(
        seed=seed,
        metrics=measure(counted, money),
        series=series(counted),
        lags={name: np.sort(lags).astype(np.float32) for name, lags in counted.lags.items()},
        costs=money.parts,
        stations=counted.stations,
        faults=counted.faults,
        counted=numbers_of(counted),
        causes={
            (kind, cause): Caused(number, money.by_cause[kind, cause])
            for (kind, cause, what), number in counted.causes.items()
            if what == "purchases"
        },
        wall_s=sum(part.wall_s for part in parts) + time.perf_counter() - begin,
    )


def run_mornings(
    scenario: Scenario,
    designs: list[Design],
    prices: Prices,
    effort: Effort,
    *,
    progress: Progress | None = None,
) -> tuple[dict[int, list[Summary]], bool]:
    """Every design on every morning: seed -> one summary a design, for the mornings that all designs have finished.

    Also whether Ctrl-C cut it short.
    """
    seeds, cells = effort.seeds, effort.cells
    total = len(seeds) * len(designs) * cells
    done: dict[tuple[int, int], Summary] = {}
    tasks = (((seed, number), (scenario, design, prices, seed)) for seed in seeds for number, design in enumerate(designs))
    interrupted = False
    try:
        with crew(effort.jobs, effort.engine, most=total) as workers:
            finished = workers.results(summarise, tasks) if cells == 1 else _dealt(workers, tasks, cells)
            for so_far, (task, made) in enumerate(finished, 1):
                if made is not None:
                    done[task] = made
                _tell(progress, so_far, total)
    except KeyboardInterrupt:
        interrupted = True
    complete = {
        seed: [done[seed, number] for number in range(len(designs))]
        for seed in seeds
        if all((seed, number) in done for number in range(len(designs)))
    }
    return complete, interrupted


def _dealt(
    workers: Crew, mornings: Iterable[tuple[Task, tuple[Any, ...]]], cells: int
) -> Iterator[tuple[Task, Summary | None]]:
    """Every cell is a task of its own; the last of a morning's to be finished brings its summary, the others None."""
    tasks = (((whole, cell.number), (*arguments, cell)) for whole, arguments in mornings for cell in cells_of(cells))
    parts: defaultdict[Task, dict[int, Counted]] = defaultdict(dict)
    for (whole, number), counted in workers.results(count, tasks):
        parts[whole][number] = counted
        if len(parts[whole]) < cells:
            yield whole, None
        else:
            mine = parts.pop(whole)
            yield whole, summary(whole[0], [mine[number] for number in range(cells)])  # in their order, not as they came


def _tell(progress: Progress | None, done: int, of: int) -> None:
    if progress is not None:
        progress(done, of)
