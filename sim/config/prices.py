"""Price tables: what capacity, operations and failures cost. Each price has its source and date.

A scenario names one, and may give other values for some of its lines (`PriceTable`).
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, Self

from pydantic import ValidationInfo, create_model, model_validator

from sim.config.bundled import find, is_path
from sim.config.errors import ConfigError, KeyedErrors
from sim.config.loader import Document, read_text, validate
from sim.config.model import Field, Model, Overlay, reading

USUAL = "aws-us-east-1"

MOST = 1e9  # of a price: a slip of a unit should be an error, not an endless sum


class Price(Model):
    """One line of a price table."""

    value: float = Field(ge=0, le=MOST)
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
    gb_hour: Price = Field(description="USD an hour of a gigabyte of memory (assumption)")
    workers_per_vcpu: Price = Field(description="workers that share a virtual CPU (assumption)")
    gb_per_vcpu: Price = Field(description="gigabytes of memory beside a virtual CPU (assumption)")
    relay_vcpu: Price = Field(description="virtual CPUs of a relay, or of a completer")
    database_hour: Price = Field(description="USD an hour of a database instance (assumption)")
    connections_per_database: Price = Field(description="connections that an instance serves (assumption)")
    database_operation: Price = Field(description="USD of a read or a write")
    message: Price = Field(description="USD of a message published, or delivered (assumption)")
    fee_share: Price = Field(description="share of a captured charge that the provider keeps, refunded or not")
    fee_fixed: Price = Field(description="USD of a captured charge, refunded or not")
    fee_attempt: Price = Field(description="USD of every time that the card's bank is asked, whatever its answer")
    fee_refund: Price = Field(description="USD of a refund (assumption)")
    dispute: Price = Field(description="USD that a dispute costs, beside the amount")
    p_dispute: Price = Field(
        description="share of charges too many, and of people who paid for nothing, that go to their bank (assumption)"
    )
    contact: Price = Field(description="USD of a contact with a human (assumption)")
    p_contact_double_charge: Price = Field(description="contacts for a charge too many (assumption)")
    p_contact_no_coffee: Price = Field(description="contacts of somebody who paid for nothing (assumption)")
    p_contact_misinformed: Price = Field(description="contacts of somebody who was told the opposite of the truth (assumption)")
    p_contact_no_award: Price = Field(description="contacts of somebody whose points are missing (assumption)")
    p_contact_retracted: Price = Field(
        Price(value=0.05, source="assumption: most pay with another card, by themselves"),
        description='contacts of somebody who was told "we have your order" and has none (assumption)',
    )
    goodwill_share: Price = Field(
        Price(value=0.2, source="assumption: a voucher of a fifth of it, to whoever gets in touch"),
        description="share of money taken wrongly that is given as a voucher with the apology (assumption)",
    )
    basket_cost_share: Price = Field(description="share of a basket's price that it costs to make (assumption)")
    award_value: Price = Field(description="USD that an award is worth (assumption)")
    hours_per_month: Price = Field(description="hours of a month")
    mornings_per_month: Price = Field(description="mornings like this one in a month (assumption)")

    @model_validator(mode="after")
    def _within_limits(self) -> Prices:
        wrong = [((line, "value"), says) for line in LINES if (says := _wrong(line, getattr(self, line).value))]
        if wrong:
            raise KeyedErrors(wrong)
        return self


LINES = tuple(line for line in Prices.model_fields if line != "name")
DIVIDES = ("workers_per_vcpu", "connections_per_database", "hours_per_month")


def _wrong(line: str, value: float) -> str:
    """What is wrong with a line's value; "" if nothing is."""
    if line in DIVIDES and value <= 0:
        return f"must be above 0 (got {value:g})"
    return f"must be at most 1 (got {value:g})" if _is_share(line) and value > 1 else ""


def _is_share(line: str) -> bool:
    return line.startswith("p_") or line.endswith("_share")


class _PriceTable(Overlay):
    """The price table by its name or path; and of lines that differ here, the values as plain numbers, in the table's units."""

    table: str = Field(USUAL, alias="from", description="a price table in scenarios/prices, or a file beside this one")
    _content: Prices

    @model_validator(mode="after")
    def _laid_over(self, info: ValidationInfo) -> Self:
        """Read the table, and take from it what is not given here."""
        table = str(reading(info).beside / self.table) if is_path(self.table) else self.table
        try:
            self._content = _read(table)
        except ConfigError as error:
            raise KeyedErrors([("from", str(error))]) from None
        object.__setattr__(self, "table", table)
        given = [line for line in LINES if getattr(self, line) is not None]
        for line in LINES:
            if line not in given:
                object.__setattr__(self, line, getattr(self.content, line).value)
        return self

    @property
    def content(self) -> Prices:
        """The table, as it was when the scenario was read."""
        return self._content

    @property
    def differing(self) -> list[str]:
        return [line for line in LINES if getattr(self, line) != getattr(self.content, line).value]


def _line(line: str) -> tuple[Any, Any]:
    least = {"gt": 0} if line in DIVIDES else {"ge": 0}
    most = 1 if _is_share(line) else MOST
    return float | None, Field(None, **least, le=most, description=Prices.model_fields[line].description)


if TYPE_CHECKING:

    class PriceTable(_PriceTable):
        """As below, with a field for each line."""
else:
    PriceTable = create_model(
        "PriceTable",
        __base__=_PriceTable,
        __module__=__name__,
        __doc__=_PriceTable.__doc__,
        **{line: _line(line) for line in LINES},
    )


def load_prices(said: str | PriceTable) -> Prices:
    """A price table by name or path, or that of a scenario, with the scenario's own values. Raises ConfigError."""
    if isinstance(said, str):
        return _read(said)
    own = {line: Price(value=getattr(said, line), source="the scenario's own", date="unknown") for line in said.differing}
    return said.content.model_copy(update=own)


def _read(name: str) -> Prices:
    path = find(name, folder="prices", kind="price table")
    return _parsed(read_text(path), path.name)


@lru_cache(maxsize=16)
def _parsed(text: str, filename: str) -> Prices:
    """Remembered by its content, since every scenario that is made has a price table."""
    document = Document(text, filename)
    return validate(Prices, document.data, document)
