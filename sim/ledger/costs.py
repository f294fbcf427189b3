"""What a morning cost: infrastructure by the hour, provider fees per charge and attempt, and what failures cost afterwards."""

from __future__ import annotations

from dataclasses import dataclass

from sim.config.design import Design
from sim.config.prices import Prices
from sim.ledger.capacity import Capacity, capacity
from sim.ledger.tally import Tally

PARTS = {
    "infrastructure": ("compute", "database", "operations", "messages"),
    "provider fees": ("fees",),
    "failures": ("double charges", "paid, no coffee", "wrong message", "lost sales", "coffee given away", "loyalty"),
}


@dataclass(frozen=True)
class Bill:
    """USD of one morning by part (the names in PARTS), its capacity, and its purchases, all and the correct ones."""

    parts: dict[str, float]
    capacity: Capacity
    purchases: int
    correct: int
    prices: Prices

    def total(self, group: str | None = None) -> float:
        names = PARTS[group] if group else [name for names in PARTS.values() for name in names]
        return sum(self.parts[name] for name in names)

    def per_1000(self, group: str | None = None) -> float:
        """USD per 1,000 correct purchases; infinite if none was correct, NaN if nobody wanted anything."""
        if not self.correct:
            return float("inf" if self.purchases else "nan")
        return self.total(group) / self.correct * 1000

    def monthly(self) -> float:
        """The capacity all month, and this morning's operations, fees and failures on every morning of it.

        Of an autoscaled pool its minimum all month, and on every morning what this one had beyond that.
        """
        by_use = self.total() - self.parts["compute"] - self.parts["database"] + self.capacity.scaled_up
        return self.capacity.per_hour * self.prices.hours_per_month.value + by_use * self.prices.mornings_per_month.value


def fee(cents: float, prices: Prices) -> float:
    """USD that the provider keeps of one captured charge, refunded or not; a declined or failed one has no such fee."""
    return cents / 100 * prices.fee_share.value + prices.fee_fixed.value


def bill(tally: Tally, design: Design, prices: Prices) -> Bill:
    """The morning's bill. Refunded money is neutral; its fee, and what people do until it is refunded, are not."""
    counts, found = tally.counts, tally.found
    paid_for = capacity(tally.stations, design, prices, worked_s=tally.worked_s)
    reads = counts["database_reads"] + counts["polls"] - counts["polls_from_cache"]
    operations = (reads + counts["database_writes"]) * prices.database_operation.value
    messages = (counts["broker_published"] + counts["broker_delivered"]) * prices.message.value
    basket = found["cents"] / found["calls"] / 100 if found["calls"] else 0.0

    contact = prices.contact.value
    disputed = prices.p_dispute.value * prices.dispute.value
    of_calls = counts["authorisations"] * prices.fee_attempt.value + found["refunds"] * prices.fee_refund.value
    unawarded = found["under-awarded"] * prices.p_contact_no_award.value * contact
    parts = {
        "compute": paid_for.compute,
        "database": paid_for.database,
        "operations": operations,
        "messages": messages,
        "fees": float(sum(number * fee(cents, prices) for cents, number in sorted(tally.charged.items()))) + of_calls,
        "double charges": found["charges too many"] * (prices.p_contact_double_charge.value * contact + disputed),
        "paid, no coffee": found["orphan"] * (prices.p_contact_no_coffee.value * contact + disputed),
        "wrong message": found["misinformed or abandoned"] * prices.p_contact_misinformed.value * contact,
        "lost sales": found["lost"] * basket * (1 - prices.basket_cost_share.value),
        "coffee given away": found["coffees too many"] * basket * prices.basket_cost_share.value,
        "loyalty": found["awards too many"] * prices.award_value.value + unawarded,
    }
    return Bill(parts, paid_for, found["purchases"], found["correct"], prices)
