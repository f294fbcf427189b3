"""Metrics: pure functions from a morning's tally and bill to one number. Nothing to count is NaN, never is infinity.

Names, units and which way is better stand in `sim.vocabulary.METRICS`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np

from sim.ledger.audit import Audit
from sim.ledger.costs import Bill
from sim.ledger.records import Tables
from sim.ledger.tally import Tally


@dataclass(frozen=True)
class Evidence:
    """A morning with all its tables, judged and counted."""

    tables: Tables
    audit: Audit
    tally: Tally
    bill: Bill

    @property
    def metrics(self) -> dict[str, float]:
        return measure(self.tally, self.bill)

    @property
    def good_card(self) -> np.ndarray:
        """Purchases whose card the provider accepts: the others are rightly never confirmed, in any design."""
        return self.tables.purchases["good_card"] == 1


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


COMPUTE: dict[str, Callable[[Tally, Bill], float]] = {
    "purchases": lambda t, _: float(t.found["purchases"]),
    "double_charge_rate": lambda t, _: t.share("charged twice"),
    "double_charge_rate_net": lambda t, _: t.share("charged twice, net"),
    "duplicate_order_rate": lambda t, _: t.share("ordered twice"),
    "orphan_charge_rate": lambda t, _: t.share("orphan"),
    "unpaid_order_rate": lambda t, _: t.share("unpaid"),
    "loyalty_over_award_rate": lambda t, _: t.share("over-awarded"),
    "loyalty_under_award_rate": lambda t, _: t.share("under-awarded"),
    "misinformed_rate": lambda t, _: t.share("misinformed"),
    "wrong_amount_rate": lambda t, _: t.share("mistaken"),
    "abandoned_charge_rate": lambda t, _: t.share("abandoned"),
    "confirmed_share": lambda t, _: t.share("confirmed", of="good cards"),
    "acknowledged_share": lambda t, _: t.share("acknowledged", of="good cards"),
    "requests_per_purchase": lambda t, _: t.found["requests"] / max(t.found["purchases"], 1),
    **{f"ack_latency_p{p}": partial(_percentile_of, "ack", p) for p in (50, 95, 99)},
    **{f"confirmation_lag_p{p}": partial(_percentile_of, "confirmation", p) for p in (50, 95, 99)},
    **{f"read_model_lag_p{p}": partial(_percentile_of, "read_model", p) for p in (50, 95, 99)},
    "stale_read_rate": lambda t, _: t.share("stale reads", of="reads"),
    "convergence_time": lambda t, _: t.converged_s,
    "unconverged_orders": lambda t, _: float(t.found["orders that differ"]),
    "collapsed_share": _collapsed,
    "infra_cost_per_1000": lambda _, bill: bill.per_1000("infrastructure"),
    "provider_cost_per_1000": lambda _, bill: bill.per_1000("provider fees"),
    "failure_cost_per_1000": lambda _, bill: bill.per_1000("failures"),
    "cost_per_1000": lambda _, bill: bill.per_1000(),
    "unused_capacity_share": lambda _, bill: bill.capacity.unused_share,
    "monthly_cost": lambda _, bill: bill.monthly(),
}

# Each metric as an expression over what a morning left behind; docs/reference/metrics.md says what the names mean, and a test
# evaluates every one of them on the tables.
FORMULAS: dict[str, str] = {
    "purchases": "purchases",
    "double_charge_rate": "n[charged > 1] / purchases",
    "double_charge_rate_net": "n[kept > 1] / purchases",
    "duplicate_order_rate": "n[ordered > 1] / purchases",
    "orphan_charge_rate": "n[(kept > 0) & (ordered == 0)] / purchases",
    "unpaid_order_rate": "n[unpaid_orders > 0] / purchases",
    "loyalty_over_award_rate": "n[awarded > earned] / purchases",
    "loyalty_under_award_rate": "n[awarded < earned] / purchases",
    "misinformed_rate": "n[told_failed & (kept > told_confirmed) | told_confirmed & (charged == 0)] / purchases",
    "wrong_amount_rate": "n[told_confirmed & (shown > 0) & (kept > 0) & (kept_as_shown == 0)] / purchases",
    "abandoned_charge_rate": "n[left & (kept > 0)] / purchases",
    "confirmed_share": "n[good_card & (ordered > 0)] / n[good_card]",
    "acknowledged_share": "n[good_card & (ack_lag < never)] / n[good_card]",
    "requests_per_purchase": "requests / max(purchases, 1)",
    **{f"ack_latency_p{p}": f"percentile(ack_lag[good_card], {p})" for p in (50, 95, 99)},
    **{f"confirmation_lag_p{p}": f"percentile(confirmation_lag[good_card], {p})" for p in (50, 95, 99)},
    **{f"read_model_lag_p{p}": f"percentile(read_model_lag, {p})" for p in (50, 95, 99)},
    "stale_read_rate": "stale_polls / polls",
    "convergence_time": "max(max(agreed[placed < fault_end]) - fault_end, 0)",
    "unconverged_orders": "n[agreed == never]",
    "collapsed_share": "n[later & (ack_lag < never) & (ordered > 0)] / n[later] < 1 / 2",
    "infra_cost_per_1000": "1000 * infrastructure / correct",
    "provider_cost_per_1000": "1000 * fees / correct",
    "failure_cost_per_1000": "1000 * failures / correct",
    "cost_per_1000": "1000 * (infrastructure + fees + failures) / correct",
    "unused_capacity_share": "max(1 - used_worker_s / paid_worker_s, 0)",
    "monthly_cost": "hours_per_month * capacity_per_hour + mornings_per_month * by_use",
}


def measure(tally: Tally, bill: Bill) -> dict[str, float]:
    """All metrics of one morning, by name."""
    return {name: compute(tally, bill) for name, compute in COMPUTE.items()}
