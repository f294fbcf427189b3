"""What a morning cost: infrastructure by the hour, provider fees per charge and attempt, and what failures cost afterwards."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import NamedTuple

from sim.config.design import Design
from sim.config.prices import Prices
from sim.ledger.capacity import Capacity, capacity
from sim.ledger.tally import Tally


class Part(NamedTuple):
    """One part of the bill: the group that it is summed in, what it is, and its formula.

    docs/cost.md explains the names in the formulas, prices have those of the price table, and a test evaluates each formula.
    """

    group: str
    summary: str
    formula: str


BILL: dict[str, Part] = {
    "compute": Part(
        "infrastructure", "workers by their share of a virtual CPU, whether they are used or not; relay and completer",
        "hours * (workers / workers_per_vcpu + background * relay_vcpu) * (vcpu_hour + gb_per_vcpu * gb_hour)",
    ),
    "database": Part(
        "infrastructure", "whole instances, as many as the connections need",
        "hours * ceil(connections / connections_per_database) * database_hour",
    ),
    "operations": Part(
        "infrastructure", "reads and writes of the database, and polls of the status view that no cache answers",
        "(database_reads + database_writes + polls - cached_polls) * database_operation",
    ),
    "messages": Part(
        "infrastructure", "published, and delivered to each subscriber", "(published + delivered) * message",
    ),
    "fees": Part(
        "provider fees", "of every captured charge, refunded or not; of attempts and refunds, where the provider takes any",
        "sum(captured * fee_share + fee_fixed) + authorisations * fee_attempt + refunds * fee_refund",
    ),
    "double charges": Part(
        "failures", "each charge too many of somebody who was served: a contact, a dispute, a voucher with the apology",
        "sum(charged[served] - 1, where=charged[served] > 1) * (p_contact_double_charge * contact + p_dispute * dispute)"
        " + sum((taken - rightful)[served]) * p_contact_double_charge * goodwill_share",
    ),
    "paid, no order": Part(
        "failures", "each person who paid, and has no order or one that can't be made: a contact, a dispute, a voucher",
        "(n[orphan] + n[oversold & (kept > 0)]) * (p_contact_no_coffee * contact + p_dispute * dispute)"
        " + (sum(taken_net[orphan]) + sum(rightful_net[oversold])) * p_contact_no_coffee * goodwill_share",
    ),
    "wrong message": Part(
        "failures", "each person who was told the opposite of the truth, or was charged after having left",
        "n[misinformed | abandoned] * p_contact_misinformed * contact",
    ),
    "told yes, then no": Part(
        "failures", 'each person who was told "we have your order" and has none',
        "n[retracted] * p_contact_retracted * contact",
    ),
    "lost sales": Part(
        "failures", "what would have been left of each basket that a good card never bought, whoever failed",
        "n[good_card & ~served] * price * (1 - basket_cost_share)",
    ),
    "order given away": Part(
        "failures", "what each coffee cost that nobody pays for",
        "sum(ordered - kept, where=ordered > kept) * price * basket_cost_share",
    ),
    "loyalty": Part(
        "failures", "each award too many by its value, each missing one by the contact it leads to",
        "sum(awarded - earned, where=awarded > earned) * award_value + n[awarded < earned] * p_contact_no_award * contact",
    ),
}  # fmt: skip
PARTS: dict[str, tuple[str, ...]] = {  # group -> its parts
    group: tuple(name for name, part in BILL.items() if part.group == group)
    for group in dict.fromkeys(part.group for part in BILL.values())
}


@dataclass(frozen=True)
class Bill:
    """USD of one morning by part (the names in PARTS), its capacity, and its purchases, all and the correct ones."""

    parts: dict[str, float]
    capacity: Capacity
    purchases: int
    correct: int
    prices: Prices
    by_cause: dict[tuple[str, str], float] = field(default_factory=dict)  # (kind, cause) -> USD of its failures

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


def bill(tally: Tally, design: Design, prices: Prices, *, basket_cents: int) -> Bill:
    """The morning's bill; `basket_cents` is what a customer came to buy. The formulas stand in BILL.

    Money that was taken wrongly is no cost in itself: it was never the shop's, and goes back by a refund or by the bank. Its
    fee is, and what people do until it is back. Nor does a lost sale depend on how it was lost: a basket counts at its price
    whether or not anybody got as far as asking the provider for it.
    """
    counts, found = tally.counts, tally.found
    paid_for = capacity(tally.stations, design, prices, worked_s=tally.worked_s)
    reads = counts["database_reads"] + counts["polls"] - counts["polls_from_cache"]
    operations = (reads + counts["database_writes"]) * prices.database_operation.value
    messages = (counts["broker_published"] + counts["broker_delivered"]) * prices.message.value
    of_calls = counts["authorisations"] * prices.fee_attempt.value + found["refunds"] * prices.fee_refund.value
    parts = {
        "compute": paid_for.compute,
        "database": paid_for.database,
        "operations": operations,
        "messages": messages,
        "fees": float(sum(number * fee(cents, prices) for cents, number in sorted(tally.charged.items()))) + of_calls,
        **_of_failures(found, prices, basket_cents),
    }
    by_cause: defaultdict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    for (kind, cause, what), number in tally.causes.items():
        by_cause[kind, cause][what] = number
    of_causes = {name: sum(_of_failures(mine, prices, basket_cents).values()) for name, mine in by_cause.items()}
    return Bill(parts, paid_for, found["purchases"], found["correct"], prices, of_causes)


def _of_failures(found: Counter[str], prices: Prices, basket_cents: int) -> dict[str, float]:
    """What failures cost afterwards, by part: all that were found, or those of one cause."""
    basket, basket_cost, contact = basket_cents / 100, prices.basket_cost_share.value, prices.contact.value
    unawarded = found["under-awarded"] * prices.p_contact_no_award.value * contact
    return {
        "double charges": _wronged(
            found["charges too many"], found["cents overcharged, served"], prices.p_contact_double_charge.value, prices
        ),
        "paid, no order": _wronged(
            found["orphan"] + found["oversold and paid"],
            found["cents of orphans"] + found["cents of oversold"],
            prices.p_contact_no_coffee.value,
            prices,
        ),
        "wrong message": found["misinformed or abandoned"] * prices.p_contact_misinformed.value * contact,
        "told yes, then no": found["retracted"] * prices.p_contact_retracted.value * contact,
        "lost sales": found["lost"] * basket * (1 - basket_cost),
        "order given away": found["coffees too many"] * basket * basket_cost,
        "loyalty": found["awards too many"] * prices.award_value.value + unawarded,
    }


def _wronged(times: int, cents: int, p_contact: float, prices: Prices) -> float:
    """USD of money that was taken wrongly so many times: some get in touch, and are given a share of it; some go to their bank.

    So a charge of 85 USD costs more than one of 6.50, but not in proportion: a conversation and a dispute cost the same.
    """
    goodwill = cents / 100 * p_contact * prices.goodwill_share.value
    return times * (p_contact * prices.contact.value + prices.p_dispute.value * prices.dispute.value) + goodwill
