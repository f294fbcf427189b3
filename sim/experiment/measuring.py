"""The metrics of many scenarios and designs on the same mornings; nothing else is kept of a morning."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from sim.config.design import Design
from sim.config.prices import Prices
from sim.config.scenario import Scenario
from sim.experiment.mornings import Progress, count
from sim.experiment.statistics import Estimate, estimate
from sim.experiment.workers import Crew
from sim.ledger.metrics import measure
from sim.vocabulary import METRICS

Run = tuple[Scenario, Design]
Values = dict[str, np.ndarray]  # metric -> one value a morning


def measured(
    workers: Crew, runs: Sequence[Run], prices: Prices, seeds: Sequence[int], *, tell: Callable[[], None] = lambda: None
) -> list[Values]:
    """Every run on every morning: its metrics, each of shape (seeds,). `tell` is called when another morning is done."""
    tasks = (((number, seed), (*run, prices, seed)) for number, run in enumerate(runs) for seed in seeds)
    made: dict[tuple[int, int], dict[str, float]] = {}
    for task, metrics in workers.results(_measured, tasks):
        made[task] = metrics
        tell()
    return [
        {metric: np.array([made[number, seed][metric] for seed in seeds]) for metric in METRICS} for number in range(len(runs))
    ]


def estimated(values: Values, metric: str) -> Estimate:
    """A metric with its interval."""
    share_of = int(values["purchases"].sum()) if METRICS[metric].unit == "share" else None
    return estimate(values[metric], share_of=share_of, count_mornings=metric == "collapsed_share")


def counting(progress: Progress | None, total: int) -> Callable[[], None]:
    """What to call after each of so many mornings."""
    done = 0

    def tell() -> None:
        nonlocal done
        done += 1
        if progress is not None:
            progress(done, total)

    return tell


def _measured(scenario: Scenario, design: Design, prices: Prices, seed: int) -> dict[str, float]:
    counted = count(scenario, design, prices, seed)
    return measure(counted.tally, counted.bill)
