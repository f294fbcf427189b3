"""The words everything else is written in: five levels, their answers and outcomes, and the names of the metrics.

A *purchase* is one person wanting one basket once. A *submission* is one tap on "Pay". A *request* is one HTTP attempt by
the app. A *charge attempt* is one call from us to the payment provider. *Order*, *charge* and *award* are durable facts in
three different stores. Most counting errors come from merging two of these.
"""

from __future__ import annotations

from enum import IntEnum
from typing import Literal, NamedTuple

KeyScope = Literal["none", "request", "submission", "purchase"]


class Outcome(IntEnum):
    """What the caller of the payment provider knows afterwards. Unknown is an outcome, not a failure."""

    UNKNOWN = 0  # no answer within our timeout: the card may or may not have been charged
    CAPTURED = 1
    DECLINED = 2  # the card was refused: final
    FAILED = 3  # *this call* was refused before any charge; it says nothing about earlier calls
    CONFLICT = 4  # a call with the same idempotency key is still in flight
    MISMATCH = 5  # the same idempotency key was used with other parameters
    ERROR = 6  # the provider broke down over this call (HTTP 500): nothing is known, and the answer may be stored with the key


class Status(IntEnum):
    """The state of an order in the order database."""

    PENDING = 0  # accepted, payment not settled
    UNKNOWN = 1  # a charge attempt ended without an answer
    CONFIRMED = 2  # paid and accepted for the kitchen
    DECLINED = 3
    FAILED = 4  # given up without (as far as we know) a charge


SETTLED = (Status.CONFIRMED, Status.DECLINED, Status.FAILED)


class Answer(IntEnum):
    """What the checkout service tells the app, as HTTP status codes."""

    NONE = 0
    CONFIRMED = 201
    PENDING = 202  # "we have your order"
    DECLINED = 402
    CONFLICT = 409  # the same idempotency key is being worked on
    MISMATCH = 422  # the same idempotency key with another basket: the app shows the order that the key stands for
    FAILED = 502  # "payment failed, please try again"
    UNAVAILABLE = 503


class Fate(IntEnum):
    """What became of a request at the checkout service (requests sent = the sum of these)."""

    LOST = 0  # on the way, by the network
    REJECTED = 1  # 503 at once: queue full or no instance up; or dropped at the deadline
    REPLAYED = 2  # answered from what was stored, or 409
    EXECUTED = 3  # did the work, or died doing it
    WAITING = 4  # still queued or running when the morning ended


class Metric(NamedTuple):
    """A published metric: its unit ("share", "s", "USD", "count"), which way is better, and what it counts."""

    unit: Literal["share", "s", "USD", "count"]
    better: Literal["lower", "higher"]
    summary: str


def _percentiles(stem: str, summary: str) -> dict[str, Metric]:
    return {f"{stem}_p{p}": Metric("s", "lower", f"{p}th percentile of {summary}") for p in (50, 95, 99)}


METRICS: dict[str, Metric] = {
    "purchases": Metric("count", "higher", "people wanting one basket once"),
    "double_charge_rate": Metric("share", "lower", "purchases with more than one captured charge, before refunds"),
    "double_charge_rate_net": Metric("share", "lower", "purchases with more than one charge left after refunds"),
    "duplicate_order_rate": Metric("share", "lower", "purchases with more than one order sent to the kitchen"),
    "orphan_charge_rate": Metric("share", "lower", "purchases charged and kept without any confirmed order"),
    "unpaid_order_rate": Metric("share", "lower", "purchases with a confirmed order that nothing was captured for"),
    "loyalty_over_award_rate": Metric("share", "lower", "purchases with more loyalty awards than they earned"),
    "loyalty_under_award_rate": Metric("share", "lower", "completed purchases without their loyalty award"),
    "misinformed_rate": Metric("share", "lower", 'purchases told "failed" but charged, or "confirmed" but never charged'),
    "wrong_amount_rate": Metric("share", "lower", 'purchases told "confirmed" for another amount than any they paid'),
    "abandoned_charge_rate": Metric("share", "lower", "purchases charged and kept although the customer had left, untold"),
    "confirmed_share": Metric("share", "higher", "purchases with a good card that end with a confirmed order"),
    "acknowledged_share": Metric("share", "higher", 'purchases with a good card whose app was told "we have your order"'),
    "requests_per_purchase": Metric("count", "lower", "HTTP requests the app sends for one purchase"),
    **_percentiles("ack_latency", "first tap to acknowledgement, over purchases with a good card"),
    **_percentiles("confirmation_lag", "first tap to a confirmed order, over purchases with a good card"),
    **_percentiles("read_model_lag", "confirmed in the write model to visible in the status view, over confirmed orders"),
    "stale_read_rate": Metric("share", "lower", "status polls that returned less than the write model knew"),
    "convergence_time": Metric("s", "lower", "end of the last fault until all earlier orders agree in every store"),
    "unconverged_orders": Metric("count", "lower", "orders whose stores still differ when the morning has drained"),
    "collapsed_share": Metric("share", "lower", "mornings in which most purchases after the last fault were not served"),
    "infra_cost_per_1000": Metric("USD", "lower", "infrastructure per 1,000 correct purchases"),
    "provider_cost_per_1000": Metric("USD", "lower", "payment provider fees per 1,000 correct purchases"),
    "failure_cost_per_1000": Metric("USD", "lower", "contacts, disputes, lost sales and goodwill per 1,000 correct purchases"),
    "cost_per_1000": Metric("USD", "lower", "infrastructure, fees and failures per 1,000 correct purchases"),
    "unused_capacity_share": Metric("share", "lower", "worker time that was paid for and in which nobody used the worker"),
    "monthly_cost": Metric("USD", "lower", "capacity all month (autoscaled: its minimum), and what each morning adds to that"),
}
