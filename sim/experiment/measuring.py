"""The metrics of many scenarios and designs on the same mornings, and out of how many they are; nothing else is kept."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence

import numpy as np

from sim.config.design import Design
from sim.config.library import digest
from sim.config.prices import Prices, load_prices
from sim.config.scenario import Scenario
from sim.experiment.estimates import Values, estimated
from sim.experiment.mornings import Progress, count
from sim.experiment.statistics import Estimate
from sim.experiment.workers import Crew
from sim.ledger.costs import PARTS, bill
from sim.ledger.metrics import counted as numbers_of
from sim.ledger.metrics import measure
from sim.vocabulary import COUNTED, METRICS

Run = tuple[Scenario, Design]
NAMES = tuple(dict.fromkeys((*METRICS, *COUNTED, *PARTS)))


def measured(
    workers: Crew, runs: Sequence[Run], seeds: Sequence[int], *, tell: Callable[[], None] = lambda: None
) -> list[Values]:
    """Every run on every morning: its values, each of shape (seeds,). `tell` is called when another morning is done.

    Runs that differ in nothing but their prices are the same mornings with another bill, so these are simulated once.
    """
    alike: defaultdict[str, list[int]] = defaultdict(list)
    for number, (world, design) in enumerate(runs):
        alike[digest(world.model_copy(update={"prices": runs[0][0].prices}), design)].append(number)
    tasks = (
        ((same, seed), (*runs[numbers[0]], seed, [load_prices(runs[number][0].prices) for number in numbers]))
        for same, numbers in alike.items()
        for seed in seeds
    )
    made: dict[tuple[int, int], dict[str, float]] = {}
    for (same, seed), values in workers.results(_measured, tasks):
        for number, mine in zip(alike[same], values, strict=True):
            made[number, seed] = mine
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


def _measured(scenario: Scenario, design: Design, seed: int, tables: Sequence[Prices]) -> list[dict[str, float]]:
    """The values of a morning by each of the price tables."""
    tally = count(scenario, design, tables[0], seed).tally
    bills = [bill(tally, design, prices, basket_cents=scenario.traffic.price) for prices in tables]
    return [{**numbers_of(tally), **{group: money.total(group) for group in PARTS}, **measure(tally, money)} for money in bills]
