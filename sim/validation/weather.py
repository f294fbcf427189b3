"""Cases on arrivals and faults: both come at the times and rates that the scenario gives."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

import numpy as np

from sim.validation.agreement import Estimated, Row, mean_of, proportion
from sim.validation.bare import Sections, bare_design, bare_world
from sim.validation.case import Case, Mornings
from sim.world.traffic import COFFEE_SHOP


def chi_squared(observed: np.ndarray, expected: np.ndarray) -> Estimated:
    """The mean of (observed - expected)^2 / expected over n counts: 1 for Poisson counts, with a variance of 2 / n."""
    flat = ((observed - expected) ** 2 / expected).ravel()
    return Estimated(float(flat.mean()), math.sqrt(2 / flat.size))


def poisson(
    name: str, title: str, changes: Sections, rate: Callable[[np.ndarray], np.ndarray], *, until_s: int, bin_s: int
) -> Case:
    """Counts of customers in bins: their mean is the integral of the rate, and their variance equals their mean."""

    def measure(runs: Mornings) -> Iterator[Row]:
        seconds = np.arange(until_s) + 0.5  # the middle of a second gives the exact integral of a rate that is linear within it
        expected = rate(seconds).reshape(-1, bin_s).sum(axis=1)
        edges = np.arange(0, until_s + 1, bin_s)
        observed = np.array([np.histogram(tables.purchases["submitted_s"], edges)[0] for tables, _ in runs])
        total = float(expected.sum())
        numbers = observed.sum(axis=1)
        yield Row("purchases a morning", total, Estimated(float(numbers.mean()), math.sqrt(total / len(runs))), 0.03)
        yield Row(f"dispersion of counts of {bin_s} s (variance / mean)", 1.0, chi_squared(observed, expected), 0.16)

    world = bare_world(1, 1.0, {"clock": {"duration": f"{until_s}s"}, **changes})
    return Case(name, title, "Poisson process: counts with the variance of their mean", world, bare_design("naive"),
                measure, mornings=5, more=8)  # fmt: skip


def gaps() -> Case:
    """At a constant rate the gaps between customers are exponential and have no memory."""
    per_s = 5.0

    def measure(runs: Mornings) -> Iterator[Row]:
        each = [np.diff(tables.purchases["submitted_s"]) for tables, _ in runs]
        all_s = np.concatenate(each)
        yield Row("mean gap (s)", 1 / per_s, mean_of(all_s), 0.02)
        variation = float(all_s.std(ddof=1) / all_s.mean())
        yield Row("coefficient of variation", 1.0, Estimated(variation, math.sqrt(1 / len(all_s))), 0.03)
        yield Row("P(gap > .4 s)", math.exp(-2), proportion(all_s > 0.4, math.exp(-2)), 0.05)
        together = np.concatenate([(g[1:] - 1 / per_s) * (g[:-1] - 1 / per_s) * per_s**2 for g in each])
        yield Row(
            "1 + correlation of neighbours", 1.0, Estimated(1 + float(together.mean()), 1 / math.sqrt(len(together))), 0.03
        )

    return Case("arrivals", "constant rate of 5/s", "Poisson process: exponential gaps without memory",
                bare_world(6_000, per_s), bare_design("naive"), measure, more=5)  # fmt: skip


def on_and_off() -> Case:
    """Outages: up for exp(G), down for exp(B), up at first: P(down at t) = pi (1 - e^-rt), pi = B/(G + B), r = 1/G + 1/B."""
    up_s, down_s = 3600.0, 1800.0

    def measure(runs: Mornings) -> Iterator[Row]:
        horizon_s = runs[0][0].horizon_s
        down = np.array([sum(end - begin for _, begin, end in tables.faults) / horizon_s for tables, _ in runs])
        rate, share = 1 / up_s + 1 / down_s, down_s / (up_s + down_s)
        expected = share * (1 - (1 - math.exp(-rate * horizon_s)) / (rate * horizon_s))
        yield Row("share of the time down", expected, mean_of(down), 0.04)

    outages = {"outage": "provider", "every": {"exponential": "1h"}, "for": {"exponential": "30min"}}
    changes: Sections = {"clock": {"duration": "2d", "drain": 0}, "traffic": {"rate": "3/d"}, "faults": [outages]}
    return Case(
        "outages",
        "outages of exp(30 min) after exp(1 h)",
        "Gilbert-Elliott in continuous time: B / (G + B), from an up start",
        bare_world(2, 1.0, changes),
        bare_design("naive"),
        measure,
        mornings=50,
        more=8,
        seed=0,
    )


def _ramp(second: np.ndarray) -> np.ndarray:
    return np.interp(second, [-600, 600, 1200, 2400], [0.0, 4.0, 4.0, 1.0])


def _burst(second: np.ndarray) -> np.ndarray:
    return np.where((second >= 600) & (second < 900), 8.0, 2.0)


def _sales(second: np.ndarray) -> np.ndarray:
    shares = np.array(COFFEE_SHOP)[
        1 + (second // 3600).astype(int)
    ]  # hour 0 of the profile starts at 06:00, this morning at 07:00
    return shares * 5_000 / (np.array(COFFEE_SHOP)[1:9].sum() * 3600)


SHAPE = {"06:50": "0/min", "07:10": "240/min", "07:20": "240/min", "07:40": "60/min"}
SPIKE = {"spike": "traffic", "at": "07:10", "for": "5min", "times": "x4"}
CASES = (
    gaps(),
    poisson("arrivals-shape", "a piecewise-linear shape, entered in its middle", {"traffic": {"shape": SHAPE}},
            _ramp, until_s=1800, bin_s=60),
    poisson("arrivals-spike", "2/s, four times that for five minutes", {"traffic": {"rate": "2/s"}, "faults": [SPIKE]},
            _burst, until_s=1200, bin_s=60),
    poisson("arrivals-profile", "the coffee-shop profile from 07:00 to 15:00", {"traffic": {"profile": {"purchases": 5_000}}},
            _sales, until_s=8 * 3600, bin_s=1800),
    on_and_off(),
)  # fmt: skip
