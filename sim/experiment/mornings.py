"""Many mornings: each is simulated, audited and boiled down where it runs, and only the summary travels."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from sim.architectures.guard import answering
from sim.config.design import Design
from sim.config.prices import Prices
from sim.config.scenario import Scenario
from sim.experiment.cells import design_of, together
from sim.experiment.engines import Engine
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
from sim.world.morning import Morning
from sim.world.streamed import StreamedMorning
from sim.world.traffic import expected

Progress = Callable[[int, int], None]  # (done, of)
Keep = Literal["all", "none"]  # which tables of a morning, until they have been counted
MOST_WITH_TABLES = 100_000  # purchases: more are counted as they go, which takes a sixth more time and a fifth of the memory
Task = tuple[int, int]  # the seed of a morning, the number of a design


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


@dataclass(frozen=True)
class Counted:
    """What a cell of a morning comes to."""

    tally: Tally
    bill: Bill
    wall_s: float


def simulate(scenario: Scenario, design: Design, prices: Prices, seed: int, cell: Cell = WHOLE) -> tuple[Tables, Evidence]:
    """One morning, or a cell of it, with its evidence; the conservation laws have been asserted. Raises BrokenLaw on a bug of
    ours, and ConfigError for whatever an architecture in a file of somebody's does wrong.
    """
    design = design_of(design, cell)
    with answering(scenario, design, seed):
        tables = Morning(scenario, design, seed, cell).run()
        judged = audit(tables)
        counted = tally(tables, judged)
        assert_laws(counted)
    return tables, Evidence(tables, judged, counted, bill(counted, design, prices))


def count(
    scenario: Scenario, design: Design, prices: Prices, seed: int, keep: Keep | None = None, cell: Cell = WHOLE
) -> Counted:
    """Simulate a morning, or a cell of it, and keep what can be put together with the others.

    The same whether its tables are kept until they are counted, or not. Raises BrokenLaw.
    """
    begin = time.perf_counter()
    if keep == "none" or (keep is None and expected(scenario) / cell.of > MOST_WITH_TABLES):
        mine = design_of(design, cell)
        with answering(scenario, mine, seed):
            counted = StreamedMorning(scenario, mine, seed, cell).tally()
            assert_laws(counted)
        return Counted(counted, bill(counted, mine, prices), time.perf_counter() - begin)
    _, evidence = simulate(scenario, design, prices, seed, cell)
    return Counted(evidence.tally, evidence.bill, time.perf_counter() - begin)


def summarise(scenario: Scenario, design: Design, prices: Prices, seed: int, keep: Keep | None = None) -> Summary:
    """Simulate one morning and keep what statistics and charts need."""
    return summary(seed, [count(scenario, design, prices, seed, keep)])


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
        wall_s=sum(part.wall_s for part in parts) + time.perf_counter() - begin,
    )


def run_mornings(
    scenario: Scenario,
    designs: list[Design],
    prices: Prices,
    *,
    seeds: list[int],
    cells: int = 1,
    jobs: int | None = None,
    engine: Engine = "local",
    keep: Keep | None = None,
    progress: Progress | None = None,
) -> tuple[dict[int, list[Summary]], bool]:
    """Every design on every morning: seed -> one summary a design, for the mornings that all designs have finished.

    Also whether Ctrl-C cut it short. The results do not depend on `jobs` (None: one a processor) or `engine`.
    """
    total = len(seeds) * len(designs) * cells
    done: dict[tuple[int, int], Summary] = {}
    tasks = (
        ((seed, number), (scenario, design, prices, seed, keep)) for seed in seeds for number, design in enumerate(designs)
    )
    interrupted = False
    try:
        with crew(jobs, engine, most=total) as workers:
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
