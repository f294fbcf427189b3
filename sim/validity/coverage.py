"""Do 95 % intervals hold the truth in 95 of 100 experiments? Experiments of ten small mornings, of which the truth is known.

Where there are few events the interval is Clopper and Pearson's, which promises 95 % at least and keeps more.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from sim.experiment.statistics import estimate
from sim.ledger.metrics import measure as metrics
from sim.validity.agreement import Estimated, Row
from sim.validity.bare import bare_design
from sim.validity.case import Case, Mornings
from sim.validity.payments import flaky, retrying

MORNINGS = 10  # an experiment, as by default
EXPERIMENTS = 50


def covered(
    name: str, title: str, metric: str, truth: float, *, retries: int, q: float, e: float, at_least: bool = False
) -> Case:
    """The share of experiments whose interval holds the truth."""

    def measure(runs: Mornings) -> Iterator[Row]:
        values = np.array([metrics(evidence)[metric] for _, evidence in runs]).reshape(-1, MORNINGS)
        sizes = np.array([len(tables.purchases) for tables, _ in runs]).reshape(-1, MORNINGS).sum(axis=1)
        is_share = metric.endswith("_rate")
        made = [estimate(v, share_of=int(n) if is_share else None) for v, n in zip(values, sizes, strict=True)]
        held = np.array([m.low is not None and m.high is not None and m.low <= truth <= m.high for m in made])
        error = math.sqrt(0.95 * 0.05 / len(held))
        yield Row("95 % intervals that hold the truth", 0.95, Estimated(float(held.mean()), error), 0.033, at_least)

    return Case(
        name,
        f"{title}: experiments of {MORNINGS} mornings of 50 purchases",
        "what a 95 % interval promises",
        flaky(50, q, e),
        bare_design("naive", retrying(retries)),
        measure,
        mornings=MORNINGS * EXPERIMENTS,
        more=16,
        seed=0,
    )


CASES = (
    covered("coverage-rate", "double_charge_rate, truth .112", "double_charge_rate", 0.112, retries=2, q=0.10, e=0.20),
    covered(
        "coverage-rare", "double_charge_rate, truth .02", "double_charge_rate", 0.02, retries=2, q=0.02, e=0.0, at_least=True
    ),
    covered("coverage-mean", "requests_per_purchase, truth 1.24", "requests_per_purchase", 1.24, retries=2, q=0.0, e=0.20),
)
