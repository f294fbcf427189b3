"""What a morning cost: infrastructure by the hour, provider fees per charge and attempt, and what failures cost afterwards."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sim.config.design import Design
from sim.config.prices import Prices
from sim.ledger.audit import Audit
from sim.ledger.capacity import Capacity, capacity
from sim.ledger.records import Tables

PARTS = {
    "infrastructure": ("compute", "database", "operations", "messages"),
    "provider fees": ("fees",),
    "failures": ("double charges", "paid, no coffee", "wrong message", "lost sales", "coffee given away", "loyalty"),
}


@dataclass(frozen=True)
class Bill:
    """USD of one morning by part (the names in PARTS), its capacity, and the correct purchases."""

    parts: dict[str, float]
    capacity: Capacity
    correct: int
    prices: Prices

    def total(self, group: str | None = None) -> float:
        names = PARTS[group] if group else [name for names in PARTS.values() for name in names]
        return sum(self.parts[name] for name in names)

    def per_1000(self, group: str | None = None) -> float:
        """USD per 1,000 correct purchases; NaN if there were none."""
        return self.total(group) / self.correct * 1000 if self.correct else float("nan")

    def monthly(self) -> float:
        """The capacity all month, and this morning's operations, fees and failures on every morning of it.

        Of an autoscaled pool its minimum all month, and on every morning what this one had beyond that.
        """
        by_use = self.total() - self.parts["compute"] - self.parts["database"] + self.capacity.scaled_up
        return self.capacity.per_hour * self.prices.hours_per_month.value + by_use * self.prices.mornings_per_month.value


def fee(cents: float, prices: Prices) -> float:
    """USD that the provider keeps of one captured charge, refunded or not; a declined or failed one has no such fee."""
    return cents / 100 * prices.fee_share.value + prices.fee_fixed.value


def bill(tables: Tables, audit: Audit, design: Design, prices: Prices) -> Bill:
    """The morning's bill. Refunded money is neutral; its fee, and what people do until it is refunded, are not."""
    counts, charges = tables.counts, tables.charges
    paid_for = capacity(tables.stations, design, prices, horizon_s=tables.horizon_s)
    operations = (counts["database_reads"] + counts["database_writes"] + counts["polls"]) * prices.database_operation.value
    messages = (counts["broker_published"] + counts["broker_delivered"]) * prices.message.value
    captured = ~np.isnan(charges["captured_s"])
    basket = float(charges["cents"].mean()) / 100 if len(charges) else 0.0

    contact = prices.contact.value
    disputed = prices.p_dispute.value * prices.dispute.value
    doubled = int(np.maximum(audit.charged - 1, 0)[audit.ordered > 0].sum())
    orphaned = int(audit.orphan.sum())
    given_away = int(np.maximum(audit.ordered - audit.kept, 0).sum())
    good = tables.purchases["good_card"] == 1
    lost = int((good & (audit.ordered == 0)).sum())
    refunded = int((~np.isnan(charges["refunded_s"])).sum())
    of_calls = counts["authorisations"] * prices.fee_attempt.value + refunded * prices.fee_refund.value
    earned = audit.ordered > 0
    over = int(np.maximum(audit.awarded - earned, 0).sum())
    parts = {
        "compute": paid_for.compute,
        "database": paid_for.database,
        "operations": operations,
        "messages": messages,
        "fees": float(sum(fee(cents, prices) for cents in charges["cents"][captured])) + of_calls,
        "double charges": doubled * (prices.p_contact_double_charge.value * contact + disputed),
        "paid, no coffee": orphaned * (prices.p_contact_no_coffee.value * contact + disputed),
        "wrong message": int((audit.misinformed | audit.abandoned).sum()) * prices.p_contact_misinformed.value * contact,
        "lost sales": lost * basket * (1 - prices.basket_cost_share.value),
        "coffee given away": given_away * basket * prices.basket_cost_share.value,
        "loyalty": over * prices.award_value.value + int(audit.under_awarded.sum()) * prices.p_contact_no_award.value * contact,
    }
    return Bill(parts, paid_for, int(audit.correct.sum()), prices)
