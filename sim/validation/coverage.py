"""Do 95 % intervals contain the true value in 95 of 100 experiments of ten small mornings, of which the true value is known?

A rate's interval is the wider of Student's over mornings and Clopper and Pearson's over purchases. It promises at least 95 %;
it contains the true value in 97 % of the experiments where events are many, and in more where they are few. Student's t over
mornings needs values that are not too skewed: it contains the 95th percentile of 50 waits as promised, but their 99th, which is
the longest of them, in only 92 of 100 experiments of ten mornings (95 with 1,000 waits a morning).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace

import numpy as np

from sim.config.prices import load_prices
from sim.experiment.mornings import simulate
from sim.experiment.statistics import Difference, Estimate, estimate, paired
from sim.ledger.metrics import metric as metric_of
from sim.validation.agreement import Estimated, Row
from sim.validation.bare import Sections, bare_design, bare_world
from sim.validation.case import Case, Mornings
from sim.validation.payments import flaky, retrying

MORNINGS = 10  # in an experiment; the commands' default
EXPERIMENTS = 50
PURCHASES = 50  # in a morning

Intervals = Sequence[Estimate | Difference]


def experiments(runs: Mornings, metric: str) -> np.ndarray:
    """A metric's values by experiment and morning, shape (experiments, MORNINGS)."""
    return np.array([metric_of(metric, evidence.tally, evidence.bill) for _, evidence in runs]).reshape(-1, MORNINGS)


def purchases(runs: Mornings) -> np.ndarray:
    """The number of purchases by experiment and morning, shape (experiments, MORNINGS)."""
    return np.array([len(tables.purchases) for tables, _ in runs]).reshape(-1, MORNINGS)


def hold(truth: float, intervals: Intervals, *, what: str = "", promised: float = 0.95, at_least: bool = False) -> Row:
    """The share of intervals that contain the true value, beside the share that is promised."""
    held = np.array([i.low is not None and i.high is not None and i.low <= truth <= i.high for i in intervals])
    error = math.sqrt(promised * (1 - promised) / len(held))
    name = "95 % intervals that hold the truth" + (f": {what}" if what else "")
    return Row(name, promised, Estimated(float(held.mean()), error), 0.033, at_least)


def covered(
    name: str,
    title: str,
    world: Sections,
    design: Sections,
    measure: Callable[[Mornings], Iterable[Row]],
    *,
    each: int = PURCHASES,
) -> Case:
    """A case of many experiments with naive in one world; each morning has `each` purchases."""
    return Case(
        name,
        f"{title}: experiments of {MORNINGS} mornings of {each} purchases",
        "what a 95 % interval promises",
        world,
        bare_design("naive", design),
        measure,
        mornings=MORNINGS * EXPERIMENTS,
        more=16,
        seed=0,
    )


def of_a_metric(name: str, metric: str, truth: float, *, retries: int, q: float, e: float, at_least: bool = False) -> Case:
    """Coverage of the interval of a rate, or of a mean, whose true value is `truth`."""

    def measure(runs: Mornings) -> Iterator[Row]:
        sizes = purchases(runs).sum(axis=1)
        is_share = metric.endswith("_rate")
        values = zip(experiments(runs, metric), sizes, strict=True)
        intervals = [estimate(v, share_of=int(n) if is_share else None) for v, n in values]
        yield hold(truth, intervals, at_least=at_least)

    title = f"{metric}, truth {truth:g}".replace(" 0.", " .")
    return covered(name, title, flaky(PURCHASES, q, e), retrying(retries), measure)


def of_a_difference() -> Case:
    """Coverage of paired differences: two retries against one on the same mornings, with q .1 and e .2.

    Two calls in a row bring no answer with probability (q + e)², and then the second retry is sent. The share of purchases that
    are charged twice or more is .112 with two retries (see `double-charge`), and q (1 - e) with one: the first call is
    ambiguous and the second not refused.
    """
    q, e = 0.10, 0.20
    truths = {"requests_per_purchase": (q + e) ** 2, "double_charge_rate": 0.112 - q * (1 - e)}
    world = flaky(PURCHASES, q, e)

    def measure(runs: Mornings) -> Iterator[Row]:
        scenario, prices = case.scenario, load_prices(case.scenario.prices)
        baseline = replace(case, design=bare_design("naive", retrying(1))).chosen
        fewer = [simulate(scenario, baseline, prices, seed) for seed in range(case.seed, case.seed + len(runs))]
        for metric, truth in truths.items():
            both = zip(experiments(runs, metric), experiments(fewer, metric), strict=True)
            yield hold(truth, [paired(values, against) for values, against in both], what=metric)

    case = covered("coverage-difference", "paired differences, two retries less one", world, retrying(2), measure)
    return case


def one_a_second(number: int, provider: Sections) -> Sections:
    """A world of `number` customers, one each second and the same in every morning, who share nothing."""
    times = [f"07:{second // 60:02d}:{second % 60:02d}" for second in range(number)]
    return bare_world(number, 1.0, {"traffic": {"times": times}, "provider": provider})


def expected_percentile(p: float, number: int, mean_s: float) -> float:
    """The expected p-th percentile of n = `number` exponential times, which is the kth smallest of them, k = ⌈p n / 100⌉.

    The smallest is mean / n on average, the next one mean / (n - 1) more, and so on (Rényi 1953).
    """
    k = math.ceil(number * p / 100)
    return mean_s * math.fsum(1 / i for i in range(number - k + 1, number + 1))


def of_a_quantile() -> Case:
    """Coverage of percentiles of 100 exponential times; the true value is the expected percentile of 100 times.

    It is not the percentile of the distribution: a percentile of few times is biased, and the interval is for its mean over
    mornings.
    """
    mean_s, each = 0.5, 100

    def measure(runs: Mornings) -> Iterator[Row]:
        for p in (50, 95):
            intervals = [estimate(values) for values in experiments(runs, f"confirmation_lag_p{p}")]
            yield hold(expected_percentile(p, each, mean_s), intervals, what=f"confirmation_lag_p{p}")

    world = one_a_second(each, {"latency": {"exponential": f"{mean_s:g}s"}})
    design = {"payment": {"timeout": "1h"}}
    return covered("coverage-quantile", "percentiles of 100 waits exp(.5 s)", world, design, measure, each=each)


def of_nothing_seen() -> Case:
    """The worst case for a bound "0 of n, so below x at 95 %": a true rate p that is just above the x of n = 300.

    Then the bound is wrong whenever nothing is seen, which is in (1 - p)^n = 4.9 % of the experiments, and right in all others.
    With the first three mornings alone, n is 90 and x is 3.3 %: nothing is seen often, and the bound is always right.
    """
    p, each, few = 0.01, 30, 3

    def measure(runs: Mornings) -> Iterator[Row]:
        values, sizes = experiments(runs, "double_charge_rate"), purchases(runs)
        bounds = [bound(v, int(n)) for v, n in zip(values, sizes.sum(axis=1), strict=True)]
        yield hold(p, bounds, what="upper ends, 0 of 300 now and then", promised=1 - (1 - p) ** (each * MORNINGS))
        bounds = [bound(v[:few], int(n)) for v, n in zip(values, sizes[:, :few].sum(axis=1), strict=True)]
        yield hold(p, bounds, what="upper ends, 0 of 90 often", at_least=True)

    world = one_a_second(each, {"ambiguous": f"{p:.0%}"})
    return covered("coverage-zero", "double_charge_rate, truth .01", world, retrying(1), measure, each=each)


def bound(values: np.ndarray, share_of: int) -> Difference:
    """The interval from 0 to the upper end of a share's estimate, which says "below x at 95 %"."""
    share = estimate(values, share_of=share_of)
    return Difference(share.mean, 0.0, share.high)


CASES = (
    of_a_metric("coverage-rate", "double_charge_rate", 0.112, retries=2, q=0.10, e=0.20, at_least=True),
    of_a_metric("coverage-rare", "double_charge_rate", 0.02, retries=2, q=0.02, e=0.0, at_least=True),
    of_a_metric("coverage-mean", "requests_per_purchase", 1.24, retries=2, q=0.0, e=0.20),
    of_a_difference(),
    of_a_quantile(),
    of_nothing_seen(),
)
