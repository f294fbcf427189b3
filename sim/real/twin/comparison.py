"""The model against reality, purchase by purchase: what both worlds did to each, and whether their rates are the same.

Both worlds have the same customers, and the same fate of a purchase's nth call. So each purchase is a pair, and the difference
of two rates is a difference of pairs.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np

from sim import words
from sim.config.prices import load_prices
from sim.documents.twin import Verdict
from sim.experiment.equivalence import Equivalence, Pairs, judged, newcombe
from sim.experiment.mornings import simulate
from sim.experiment.statistics import clopper_pearson
from sim.ledger.audit import Judgement, audit
from sim.ledger.laws import assert_laws
from sim.ledger.metrics import percentile
from sim.ledger.records import Tables
from sim.ledger.tally import tally
from sim.ledger.violations import VIOLATIONS, Judged
from sim.real.evidence import FULL, LATE_S
from sim.real.twin.lived import Lived

MARGIN = 0.02
"""By how much a rate may differ, 0.02 for 2 percentage points (assumption): naive charges some 8 % twice in the morning rush
and the others nobody, so that a model that is off by less ranks them as reality does."""

PERCENTS = (50, 90, 99)
COUNTS: dict[str, Callable[[Judgement], np.ndarray]] = {  # what is counted of each purchase in both worlds
    "charges": lambda world: world.audit.charged,
    "orders": lambda world: world.audit.ordered,
    "points": lambda world: world.audit.awarded,
}
HARMS: dict[str, tuple[str, Callable[[Judged], np.ndarray]]] = {
    **VIOLATIONS,
    "abandoned_charge": ("was charged, had left, and was never told", lambda world: world.audit.abandoned),
}
LAGS = {
    "acknowledgement": "first tap to “we have your order”, good cards",
    "confirmation": "first tap to the confirmed order, good cards",
    "read model": "confirmed to visible in the status view, confirmed orders",
    "status": "first tap to “paid” seen in the status view, those who saw it",
}


@dataclass(frozen=True)
class Matrix:
    """How often each purchase was charged (ordered, given points) in the model and in reality: shape (purchases,) both."""

    model: np.ndarray
    real: np.ndarray

    @property
    def cells(self) -> dict[tuple[int, int], int]:
        """(times in the model, times in reality) -> number of purchases, for all pairs that there were."""
        pairs, numbers = np.unique(np.column_stack([self.model, self.real]), axis=0, return_counts=True)
        return {(int(model), int(real)): int(number) for (model, real), number in zip(pairs, numbers, strict=True)}

    @property
    def agree(self) -> int:
        """Purchases with the same number in both."""
        return int((self.model == self.real).sum())

    @property
    def interval(self) -> tuple[float, float]:
        """Of the share that agrees: Clopper and Pearson's, 95 %. It takes purchases for independent. NaN without purchases."""
        return clopper_pearson(self.agree, len(self.model)) if len(self.model) else (float("nan"), float("nan"))


@dataclass(frozen=True)
class Rate:
    """How many purchases suffered a kind of harm in the model and in reality, and whether that is the same within a margin."""

    kind: str
    pairs: Pairs  # first: in the model alone; second: in reality alone
    margin: float

    @property
    def clause(self) -> str:
        """`was charged twice`."""
        return HARMS[self.kind][0]

    @property
    def model(self) -> int:
        return self.pairs.both + self.pairs.first

    @property
    def real(self) -> int:
        return self.pairs.both + self.pairs.second

    @cached_property
    def interval(self) -> tuple[float, float]:
        """Of the difference of the two shares, reality less model, 90 % (see `sim.experiment.equivalence`)."""
        return newcombe(self.pairs)

    @property
    def verdict(self) -> Equivalence:
        return judged(self.interval, self.margin)


class Lag(NamedTuple):
    """How long something took in both worlds, in s: quantiles by percent; infinite: at least so many never got there."""

    model: dict[int, float]
    real: dict[int, float]
    n: tuple[int, int]  # out of how many, in the model and in reality


class Disagreement(NamedTuple):
    """A purchase to which the two worlds did not do the same: (in the model, in reality) of each count."""

    purchase: int
    counts: dict[str, tuple[int, int]]


@dataclass(frozen=True)
class Twin:
    """One morning of one design, lived twice: in the model and on real parts. Raises ValueError if they had other customers."""

    lived: Lived
    simulated: Tables
    margin: float = MARGIN

    def __post_init__(self) -> None:
        numbers = [len(tables.purchases) for tables in (self.simulated, self.lived.tables)]
        if len(set(numbers)) > 1:
            raise ValueError(f"{numbers[0]} purchases in the model and {numbers[1]} in reality: not the same morning")

    @cached_property
    def model(self) -> Judgement:
        return Judgement(self.simulated, audit(self.simulated))

    @cached_property
    def real(self) -> Judgement:
        return Judgement(self.lived.tables, audit(self.lived.tables))

    @property
    def name(self) -> str:
        return self.lived.design.name

    @property
    def purchases(self) -> int:
        return len(self.simulated.purchases)

    @cached_property
    def matrices(self) -> dict[str, Matrix]:
        """Of charges (before refunds), confirmed orders and loyalty points."""
        return {what: Matrix(count(self.model), count(self.real)) for what, count in COUNTS.items()}

    @cached_property
    def agreeing(self) -> np.ndarray:
        """Purchases with as many charges, orders and points in both: flags."""
        same = [matrix.model == matrix.real for matrix in self.matrices.values()]
        return np.asarray(np.logical_and.reduce(same))

    @property
    def disagreeing(self) -> list[Disagreement]:
        """The purchases that disagree: first those whose charges do, then those whose orders do."""
        found = [Disagreement(int(purchase), self._counts(purchase)) for purchase in np.flatnonzero(~self.agreeing)]
        return sorted(found, key=lambda one: [model == real for model, real in one.counts.values()])

    def _counts(self, purchase: np.intp) -> dict[str, tuple[int, int]]:
        return {what: (int(one.model[purchase]), int(one.real[purchase])) for what, one in self.matrices.items()}

    @cached_property
    def rates(self) -> dict[str, Rate]:
        """By kind of harm; empty without purchases."""
        if not self.purchases:
            return {}
        pairs = {kind: _pairs(flags(self.model), flags(self.real)) for kind, (_, flags) in HARMS.items()}
        return {kind: Rate(kind, each, self.margin) for kind, each in pairs.items()}

    @cached_property
    def lags(self) -> dict[str, Lag]:
        """By the names of `LAGS`; those of which there is nothing in either world are left out."""
        model, real = _lags(self.model), _lags(self.real)
        return {name: _lag(model[name], real[name]) for name in LAGS if len(model[name]) or len(real[name])}

    @property
    def refused(self) -> str:
        """Why the run is no evidence; empty: it is."""
        late_s, missing = self.late_s(99), self.purchases - len(self.lived.late_s)
        reasons = []
        if missing:
            reasons.append(f"{missing:,} of {self.purchases:,} customers never came")
        if late_s > LATE_S:
            reasons.append(f"customers came late: p99 {late_s * 1000:.0f} ms, above {LATE_S * 1000:.0f} ms")
        if self.lived.load > FULL:
            reasons.append(f"the machine was full: {words.share(self.lived.load)} busy, above {words.share(FULL)}")
        return "; ".join(reasons)

    def late_s(self, percent: int) -> float:
        """A quantile of how late customers came, in s of the wall clock; NaN without any."""
        return percentile(self.lived.late_s, percent)

    @property
    def verdict(self) -> Verdict:
        """Equivalent: every rate of harm is the same within the margin. One that is different decides.

        There is no correction for several rates, as *all* tests have to exclude a larger difference (an intersection-union
        test; R. L. Berger, Technometrics 24, 1982).
        """
        if self.refused:
            return "refused"
        verdicts = {rate.verdict for rate in self.rates.values()}
        if "different" in verdicts:
            return "different"
        return "equivalent" if verdicts == {"equivalent"} and self.happened else "undecided"

    @property
    def happened(self) -> bool:
        """Whether anything happened that could have differed: somebody was charged in one of the worlds."""
        return bool(self.model.audit.charged.any() or self.real.audit.charged.any())


def compared(lived: Lived, margin: float = MARGIN) -> Twin:
    """Simulate the morning that was lived, and put both side by side.

    Raises BrokenLaw if the books of either don't add up, which is a bug of ours.
    """
    scenario, design = lived.scenario, lived.design
    simulated, _ = simulate(scenario, design, load_prices(scenario.prices), lived.seed)
    twin = Twin(lived, simulated, margin)
    assert_laws(tally(lived.tables, twin.real.audit, scenario.late_s))
    return twin


def _pairs(model: np.ndarray, real: np.ndarray) -> Pairs:
    return Pairs(*(int(flags.sum()) for flags in (model & real, model & ~real, real & ~model, ~model & ~real)))


def _lags(world: Judgement) -> dict[str, np.ndarray]:
    purchases, known = world.tables.purchases, tally(world.tables, world.audit).lags
    status = purchases["seen_s"] - purchases["submitted_s"]
    return {
        "acknowledgement": known["ack"],
        "confirmation": known["confirmation"],
        "read model": known["read_model"],
        "status": status[~np.isnan(status)],
    }


def _lag(model: np.ndarray, real: np.ndarray) -> Lag:
    in_model, in_reality = ({percent: percentile(lags, percent) for percent in PERCENTS} for lags in (model, real))
    return Lag(in_model, in_reality, (len(model), len(real)))
