"""The metrics of many scenarios and designs on the same mornings, and out of how many they are; nothing else is kept."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from sim.config.design import Design
from sim.config.prices import Prices
from sim.config.scenario import Scenario
from sim.experiment.estimates import Values, estimated
from sim.experiment.mornings import Progress, count
from sim.experiment.statistics import Estimate
from sim.experiment.workers import Crew
from sim.ledger.costs import PARTS
from sim.ledger.metrics import counted as numbers_of
from sim.ledger.metrics import measure
from sim.vocabulary import COUNTED, METRICS

Run = tuple[Scenario, Design]
NAMES = tuple(dict.fromkeys((*METRICS, *COUNTED, *PARTS)))


def measured(
    workers: Crew, runs: Sequence[Run], prices: Prices, seeds: Sequence[int], *, tell: Callable[[], None] = lambda: None
) -> list[Values]:
    """Every run on every morning: its values, each of shape (seeds,). `tell` is called when another morning is done."""
    tasks = (((number, seed), (*run, prices, seed)) for number, run in enumerate(runs) for seed in seeds)
    made: dict[tuple[int, int], dict[str, float]] = {}
    for task, values in workers.results(_measured, tasks):
        made[task] = values
        tell()
    return [{name: np.array([made[number, seed][name] for seed in seeds]) for name in NAMES} for number in range(len(runs))]


def estimate_of(metric: str, values: Values) -> Estimate:
    """A metric with its interval."""
    return estimated(metric, values)


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
    spent = {group: counted.bill.total(group) for group in PARTS}
    return {**numbers_of(counted.tally), **spent, **measure(counted.tally, counted.bill)}
