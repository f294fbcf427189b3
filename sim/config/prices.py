"""Price tables: what capacity, operations and failures cost. Each price has its source and date."""

from __future__ import annotations

from pydantic import Field, model_validator

from sim.config.bundled import find
from sim.config.errors import KeyedErrors
from sim.config.loader import Document, read_text, validate
from sim.config.model import Model

MOST = 1e9  # of a price: a slip of a unit should be an error, not an endless sum
DIVISORS = ("workers_per_vcpu", "connections_per_database")


class Price(Model):
    value: float = Field(ge=0, le=MOST)
    source: str = Field(min_length=3, description='where it comes from, or "assumption" or "arithmetic", and what it is')
    date: str = Field("", pattern=r"^(|unknown|\d{4}(-\d{2}(-\d{2})?)?)$", description="of the source; an assumption has none")

    @model_validator(mode="after")
    def _dated(self) -> Price:
        if not self.date and not self.source.startswith(("assumption", "arithmetic")):
            raise KeyedErrors([("date", 'expected when the source said so, e.g. 2026-03, or "unknown"')])
        return self


class Prices(Model):
    """A price table. Amounts are in USD; shares are between 0 and 1.

    `fee_share` and `fee_fixed` are due for every captured charge, refunded or not; `fee_attempt` for every time that the
    card's bank is asked, whatever its answer; `fee_refund` for every refund.
    """

    name: str
    vcpu_hour: Price
    gb_hour: Price
    workers_per_vcpu: Price
    gb_per_vcpu: Price
    relay_vcpu: Price
    database_hour: Price
    connections_per_database: Price
    database_operation: Price
    message: Price
    fee_share: Price
    fee_fixed: Price
    fee_attempt: Price
    fee_refund: Price
    dispute: Price
    p_dispute: Price
    contact: Price
    p_contact_double_charge: Price
    p_contact_no_coffee: Price
    p_contact_misinformed: Price
    p_contact_no_award: Price
    basket_cost_share: Price
    award_value: Price
    hours_per_month: Price
    mornings_per_month: Price

    @model_validator(mode="after")
    def _possible(self) -> Prices:
        """Check what a price can't know by itself: that it is a share, or that something is divided by it."""
        shares = [name for name in type(self).model_fields if name.startswith("p_") or name.endswith("_share")]
        errors = [((name, "value"), "a share; must be at most 1") for name in shares if getattr(self, name).value > 1]
        errors += [((name, "value"), "must be above 0") for name in DIVISORS if getattr(self, name).value == 0]
        if errors:
            raise KeyedErrors(errors)
        return self


def load_prices(name: str) -> Prices:
    """Load a price table by name or path. Raises ConfigError."""
    path = find(name, folder="prices", kind="price table")
    document = Document(read_text(path), path.name)
    return validate(Prices, document.data, document)
