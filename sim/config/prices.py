"""Price tables: what capacity, operations and failures cost, each line with its source and date."""

from __future__ import annotations

from pydantic import Field

from sim.config.bundled import find
from sim.config.loader import Document, read_text, validate
from sim.config.model import Model


class Price(Model):
    value: float = Field(ge=0)
    source: str = Field(min_length=3, description='where it comes from and when, or "assumption"')


class Prices(Model):
    """USD; shares are between 0 and 1."""

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


def load_prices(name: str) -> Prices:
    """A price table by name or path. Raises ConfigError."""
    path = find(name, folder="prices", kind="price table")
    document = Document(read_text(path), path.name)
    return validate(Prices, document.data, document)
