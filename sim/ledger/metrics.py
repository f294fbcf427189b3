"""Metrics: pure functions from a morning's tally and bill to one number. Nothing to count is NaN, never is infinity.

All else that is known of a metric, and of which counts a share is made, stands in `sim.vocabulary.METRICS`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np

from sim.ledger.audit import Judgement
from sim.ledger.costs import Bill
from sim.ledger.tally import Tally
from sim.vocabulary import COUNTED, METRICS


@dataclass(frozen=True)
class Evidence(Judgement):
    """A morning with all its tables, judged and counted."""

    tally: Tally
    bill: Bill

    @property
    def metrics(self) -> dict[str, float]:
        return measure(self.tally, self.bill)


def percentile(values: np.ndarray, p: float) -> float:
    """The smallest value that at least p % of the values do not exceed (inverse of the empirical distribution).

    Infinite values are those that never got there; no survivor bias. NaN if there are none.
    """
    if not len(values):
        return float("nan")
    return float(np.sort(values)[max(int(np.ceil(len(values) * p / 100)) - 1, 0)])


def _percentile_of(lags: str, p: float, tally: Tally, _: Bill) -> float:
    return percentile(tally.lags[lags], p)


def _collapsed(tally: Tally, _: Bill) -> float:
    """1 if fewer than half of those who came after the last fault were acknowledged and confirmed; NaN if nobody came."""
    share = tally.share("served after the faults", of="after the faults")
    return share if np.isnan(share) else float(share < 0.5)


def _overcharged(what: str, tally: Tally, _: Bill) -> float:
    """USD of 1,000 purchases; NaN if there are none."""
    return tally.share(what) * 1000 / 100


def _charges_per_harmed(tally: Tally, _: Bill) -> float:
    """NaN if nobody was charged twice."""
    harmed = {charges: customers for charges, customers in tally.charges.items() if charges > 1}
    return sum(charges * customers for charges, customers in harmed.items()) / sum(harmed.values()) if harmed else float("nan")


# Only of metrics that are neither a share of what a tally has found nor a part of the cost.
COMPUTE: dict[str, Callable[[Tally, Bill], float]] = {
    "purchases": lambda t, _: float(t.found["purchases"]),
    "overcharged_per_1000": partial(_overcharged, "cents overcharged"),
    "overcharged_per_1000_net": partial(_overcharged, "cents overcharged, net"),
    "held_usd_hours_per_1000": lambda t, _: t.share("held cent-seconds") * 1000 / 100 / 3600,
    "over_refunded_per_1000": partial(_overcharged, "cents over-refunded"),
    "units_oversold_per_1000": lambda t, _: t.share("units oversold") * 1000,
    "units_stuck_per_1000": lambda t, _: t.share("units stuck") * 1000,
    "units_given_back_twice_per_1000": lambda t, _: t.share("units given back twice") * 1000,
    "charges_per_harmed": _charges_per_harmed,
    "most_charged": lambda t, _: float(max(t.charges, default=float("nan"))),
    "requests_per_purchase": lambda t, _: t.found["requests"] / max(t.found["purchases"], 1),
    **{f"ack_latency_p{p}": partial(_percentile_of, "ack", p) for p in (50, 95, 99)},
    **{f"confirmation_lag_p{p}": partial(_percentile_of, "confirmation", p) for p in (50, 95, 99)},
    **{f"read_model_lag_p{p}": partial(_percentile_of, "read_model", p) for p in (50, 95, 99)},
    "convergence_time": lambda t, _: t.converged_s,
    "unconverged_orders": lambda t, _: float(t.found["orders that differ"]),
    "collapsed_share": _collapsed,
    "cost_per_1000": lambda _, bill: bill.per_1000(),
    "unused_capacity_share": lambda _, bill: bill.capacity.unused_share,
    "monthly_cost": lambda _, bill: bill.monthly(),
}


def measure(tally: Tally, bill: Bill) -> dict[str, float]:
    """All metrics of one morning, by name."""
    return {name: metric(name, tally, bill) for name in METRICS}


def metric(name: str, tally: Tally, bill: Bill) -> float:
    """One metric of one morning."""
    known = METRICS[name]
    if known.counts is not None:
        return tally.share(known.counts, of=known.of)
    return bill.per_1000(known.part) if known.part is not None else COMPUTE[name](tally, bill)


def counted(tally: Tally) -> dict[str, int]:
    """How many there were of what the intervals of shares count, by name (`sim.vocabulary.COUNTED`)."""
    return {name: tally.found[name] for name in COUNTED}
