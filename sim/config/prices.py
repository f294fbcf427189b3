"""Price tables: what capacity, operations and failures cost. Each price has its source and date."""

from __future__ import annotations

from pydantic import model_validator

from sim.config.bundled import find
from sim.config.errors import KeyedErrors
from sim.config.loader import Document, read_text, validate
from sim.config.model import Field, Model


class Price(Model):
    value: float = Field(ge=0)
    source: str = Field(min_length=3, description='where it comes from, or "assumption" or "arithmetic", and what it is')
    date: str = Field("", pattern=r"^(|unknown|\d{4}(-\d{2}(-\d{2})?)?)$", description="of the source; an assumption has none")

    @model_validator(mode="after")
    def _dated(self) -> Price:
        if not self.date and not self.source.startswith(("assumption", "arithmetic")):
            raise KeyedErrors([("date", 'expected when the source said so, e.g. 2026-03, or "unknown"')])
        return self


class Prices(Model):
    """A price table. Amounts are in USD; shares are between 0 and 1. Lines with a default may be left out of a table."""

    name: str
    vcpu_hour: Price = Field(description="USD an hour of a virtual CPU")
    gb_hour: Price = Field(description="USD an hour of a gigabyte of memory")
    workers_per_vcpu: Price = Field(description="workers that share a virtual CPU")
    gb_per_vcpu: Price = Field(description="gigabytes of memory beside a virtual CPU")
    relay_vcpu: Price = Field(description="virtual CPUs of a relay, or of a completer")
    database_hour: Price = Field(description="USD an hour of a database instance")
    connections_per_database: Price = Field(description="connections that an instance serves")
    database_operation: Price = Field(description="USD of a read or a write")
    message: Price = Field(description="USD of a message published, or delivered")
    fee_share: Price = Field(description="share of a captured charge that the provider keeps, refunded or not")
    fee_fixed: Price = Field(description="USD of a captured charge, refunded or not")
    fee_attempt: Price = Field(description="USD of every time that the card's bank is asked, whatever its answer")
    fee_refund: Price = Field(description="USD of a refund")
    dispute: Price = Field(description="USD that a dispute costs, beside the amount")
    p_dispute: Price = Field(description="share of charges too many, and of people who paid for nothing, that go to their bank")
    contact: Price = Field(description="USD of a contact with a human")
    p_contact_double_charge: Price = Field(description="contacts for a charge too many")
    p_contact_no_coffee: Price = Field(description="contacts of somebody who paid for nothing")
    p_contact_misinformed: Price = Field(description="contacts of somebody who was told the opposite of the truth")
    p_contact_no_award: Price = Field(description="contacts of somebody whose points are missing")
    p_contact_retracted: Price = Field(
        Price(value=0.05, source="assumption: most pay with another card, by themselves"),
        description='contacts of somebody who was told "we have your order" and has none',
    )
    goodwill_share: Price = Field(
        Price(value=0.2, source="assumption: a voucher of a fifth of it, to whoever gets in touch"),
        description="share of money taken wrongly that is given as a voucher with the apology",
    )
    basket_cost_share: Price = Field(description="share of a basket's price that it costs to make")
    award_value: Price = Field(description="USD that an award is worth")
    hours_per_month: Price = Field(description="hours of a month")
    mornings_per_month: Price = Field(description="mornings like this one in a month")


def load_prices(name: str) -> Prices:
    """Load a price table by name or path. Raises ConfigError."""
    path = find(name, folder="prices", kind="price table")
    document = Document(read_text(path), path.name)
    return validate(Prices, document.data, document)
