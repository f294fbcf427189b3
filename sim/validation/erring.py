"""How often intervals and verdicts err where mornings are unlike each other: drawn mornings, of which the truth is known.

An interval can only know of what was seen. Ten mornings miss a kind of morning that comes once in ten with a probability of
35 %, and then neither the interval nor the verdict on them can allow for it; sixty mornings miss it with one of .2 %.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np

from sim.experiment.estimates import judge
from sim.experiment.statistics import Estimate, estimate

EXPERIMENTS = 2000
LOOKS = (10, 60)  # mornings: the defaults of `coffee compare` and of `coffee check`
PURCHASES = 600  # of a morning whose purchases are harmed or not
Draw = Callable[[np.random.Generator, int], np.ndarray]  # so many mornings' values


@dataclass(frozen=True)
class Mornings:
    """A kind of mornings: how their values are drawn, and their true mean. Shares are of PURCHASES things."""

    name: str
    draw: Draw
    truth: float
    is_share: bool = False


@dataclass(frozen=True)
class Erring:
    """Of many experiments of so many mornings: the shares whose interval holds the truth, and that were judged wrongly.

    The limit lies where the truth violates it, barely: `met` is the share of experiments that called it met.
    """

    mornings: Mornings
    looked_at: int
    hold: float
    met: float


def _lognormal(cv: float) -> Draw:
    variance = np.log(1 + cv * cv)
    return lambda rng, n: rng.lognormal(-variance / 2, np.sqrt(variance), n)


def _now_and_then(share: float, times: float) -> Draw:
    """Steady mornings of 1, a share of which is so many times as long."""
    return lambda rng, n: rng.normal(1.0, 0.1, n) * np.where(rng.random(n) < share, times, 1.0)


def _bursts(share: float, harmed: float) -> Draw:
    """Nobody is harmed but on a share of the mornings, on which so large a share of the purchases is."""
    return lambda rng, n: np.where(rng.random(n) < share, rng.binomial(PURCHASES, harmed, n) / PURCHASES, 0.0)


def _one_by_one(rate: float) -> Draw:
    return lambda rng, n: rng.binomial(PURCHASES, rate, n) / PURCHASES


KINDS = (
    Mornings("times, coefficient of variation .1", _lognormal(0.1), 1.0),
    Mornings("times, coefficient of variation .3", _lognormal(0.3), 1.0),
    Mornings("times, coefficient of variation 1", _lognormal(1.0), 1.0),
    Mornings("times, coefficient of variation 2", _lognormal(2.0), 1.0),
    Mornings("times, ten times as long on every other morning (a collapse)", _now_and_then(0.5, 10.0), 5.5),
    Mornings("times, ten times as long on one morning in three", _now_and_then(1 / 3, 10.0), 4.0),
    Mornings("times, ten times as long on one morning in ten", _now_and_then(0.1, 10.0), 1.9),
    Mornings("harm to .1 % of the purchases, one by one", _one_by_one(0.001), 0.001, is_share=True),
    Mornings("harm to 1 % of the purchases of one morning in three", _bursts(1 / 3, 0.01), 0.01 / 3, is_share=True),
    Mornings("harm to 3 % of the purchases of one morning in twenty", _bursts(0.05, 0.03), 0.0015, is_share=True),
)


def estimated(kind: Mornings, values: np.ndarray) -> Estimate:
    """As a metric of those mornings is."""
    if not kind.is_share:
        return estimate(values)
    return replace(estimate(values, share_of=PURCHASES * len(values)), harmed=int((values > 0).sum()))


def erring(experiments: int = EXPERIMENTS, seed: int = 1) -> Iterator[Erring]:
    """Every kind of mornings, looked at ten and sixty at a time."""
    for number, kind in enumerate(KINDS):
        rng = np.random.default_rng([seed, number])
        metric = "double_charge_rate" if kind.is_share else "ack_latency_p95"
        limit = kind.truth * (1 - 1e-9)
        for looked_at in LOOKS:
            values = [estimated(kind, kind.draw(rng, looked_at)) for _ in range(experiments)]
            hold = [v.low is not None and v.high is not None and v.low <= kind.truth <= v.high for v in values]
            met = [judge(metric, limit, value) == "met" for value in values]
            yield Erring(kind, looked_at, float(np.mean(hold)), float(np.mean(met)))
