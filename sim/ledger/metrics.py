"""Metrics: pure functions from a morning's tables to one number. Nothing to count is NaN, never is infinity.

Names, units and which way is better stand in `sim.vocabulary.METRICS`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np

from sim.ledger.audit import Audit, last_fault_s
from sim.ledger.costs import Bill
from sim.ledger.records import Tables
from sim.vocabulary import Status


@dataclass(frozen=True)
class Evidence:
    """What a metric may look at."""

    tables: Tables
    audit: Audit
    bill: Bill

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


def ack_latency_s(evidence: Evidence) -> np.ndarray:
    """First tap to "we have your order"; inf: never. Over purchases with a good card."""
    purchases = evidence.tables.purchases
    lag = np.nan_to_num(purchases["acknowledged_s"] - purchases["submitted_s"], nan=np.inf)
    return lag[evidence.good_card]


def confirmation_lag_s(evidence: Evidence) -> np.ndarray:
    """First tap to the first confirmed order; inf: never. Over purchases with a good card, also of people who have left."""
    return (evidence.audit.confirmed_s - evidence.tables.purchases["submitted_s"])[evidence.good_card]


def read_model_lag_s(evidence: Evidence) -> np.ndarray:
    """Confirmed in the write model to shown by the status view; inf: never shown. Over confirmed orders."""
    orders = evidence.tables.orders
    confirmed = orders["status"] == Status.CONFIRMED
    return np.nan_to_num(orders["visible_s"] - orders["confirmed_s"], nan=np.inf)[confirmed]


def _share(flags: np.ndarray) -> float:
    return float(flags.mean()) if len(flags) else float("nan")


def _percentile_of(lags: Callable[[Evidence], np.ndarray], p: float, evidence: Evidence) -> float:
    return percentile(lags(evidence), p)


def _convergence_time(evidence: Evidence) -> float:
    """Over orders placed before the end of the last fault; later ones are always under way. NaN without faults."""
    end_s = last_fault_s(evidence.tables)
    earlier = evidence.audit.agreed_s[evidence.tables.orders["created_s"] < end_s]
    return float(max(earlier.max() - end_s, 0.0)) if len(earlier) else float("nan")


def _collapsed(evidence: Evidence) -> float:
    """1 if fewer than half of those who came after the last fault were acknowledged and confirmed; NaN if nobody came."""
    end_s = last_fault_s(evidence.tables)
    later = evidence.tables.purchases["submitted_s"][evidence.good_card] >= (0.0 if np.isnan(end_s) else end_s)
    served = np.isfinite(ack_latency_s(evidence)) & np.isfinite(confirmation_lag_s(evidence))
    return float(served[later].mean() < 0.5) if later.any() else float("nan")


COMPUTE: dict[str, Callable[[Evidence], float]] = {
    "purchases": lambda e: float(len(e.tables.purchases)),
    "double_charge_rate": lambda e: _share(e.audit.charged > 1),
    "double_charge_rate_net": lambda e: _share(e.audit.kept > 1),
    "duplicate_order_rate": lambda e: _share(e.audit.ordered > 1),
    "orphan_charge_rate": lambda e: _share(e.audit.orphan),
    "unpaid_order_rate": lambda e: _share(e.audit.unpaid),
    "loyalty_over_award_rate": lambda e: _share(e.audit.over_awarded),
    "loyalty_under_award_rate": lambda e: _share(e.audit.under_awarded),
    "misinformed_rate": lambda e: _share(e.audit.misinformed),
    "wrong_amount_rate": lambda e: _share(e.audit.mistaken),
    "abandoned_charge_rate": lambda e: _share(e.audit.abandoned),
    "confirmed_share": lambda e: _share(np.isfinite(confirmation_lag_s(e))),
    "acknowledged_share": lambda e: _share(np.isfinite(ack_latency_s(e))),
    "requests_per_purchase": lambda e: len(e.tables.requests) / max(len(e.tables.purchases), 1),
    **{f"ack_latency_p{p}": partial(_percentile_of, ack_latency_s, p) for p in (50, 95, 99)},
    **{f"confirmation_lag_p{p}": partial(_percentile_of, confirmation_lag_s, p) for p in (50, 95, 99)},
    **{f"read_model_lag_p{p}": partial(_percentile_of, read_model_lag_s, p) for p in (50, 95, 99)},
    "stale_read_rate": lambda e: _share(e.tables.reads["stale"]),
    "convergence_time": _convergence_time,
    "unconverged_orders": lambda e: float(np.isinf(e.audit.agreed_s).sum()),
    "collapsed_share": _collapsed,
    "infra_cost_per_1000": lambda e: e.bill.per_1000("infrastructure"),
    "provider_cost_per_1000": lambda e: e.bill.per_1000("provider fees"),
    "failure_cost_per_1000": lambda e: e.bill.per_1000("failures"),
    "cost_per_1000": lambda e: e.bill.per_1000(),
    "unused_capacity_share": lambda e: e.bill.capacity.unused_share,
    "monthly_cost": lambda e: e.bill.monthly(),
}


def measure(evidence: Evidence) -> dict[str, float]:
    """All metrics of one morning, by name."""
    return {name: compute(evidence) for name, compute in COMPUTE.items()}
