"""The words everything else is written in: five levels, their answers and outcomes, and the table of the metrics.

A *purchase* is one person wanting one basket once. A *submission* is one tap on "Pay". A *request* is one HTTP attempt by
the app. A *charge attempt* is one call from us to the payment provider. *Order*, *charge* and *award* are durable facts in
three different stores. Most counting errors come from merging two of these.
"""

from __future__ import annotations

from enum import IntEnum
from typing import Literal, NamedTuple, get_args

KeyScope = Literal["none", "request", "submission", "page", "purchase"]


class Outcome(IntEnum):
    """What the caller of the payment provider knows afterwards. Unknown is an outcome, not a failure."""

    UNKNOWN = 0  # no answer within our timeout: the card may or may not have been charged
    CAPTURED = 1  # the card was charged
    DECLINED = 2  # the card was refused: final
    FAILED = 3  # *this call* was refused before any charge; it says nothing about earlier calls
    CONFLICT = 4  # a call with the same idempotency key is still in flight
    MISMATCH = 5  # the same idempotency key was used with other parameters
    ERROR = 6  # the provider broke down over this call (HTTP 500): nothing is known, and the answer may be stored with the key
    AUTHORISED = 7  # the money is held on the card, and not taken yet
    VOIDED = 8  # what was still held is released
    REFUNDED = 9  # money that was taken is given back
    CHALLENGED = 10  # the bank wants to know more: the customer finishes the payment at the provider, or never does
    USED_UP = 11  # too little is left of what the purchase wants: nobody called, or what was charged is to be given back


class Status(IntEnum):
    """The state of an order in the order database."""

    PENDING = 0  # accepted, payment not settled
    UNKNOWN = 1  # a charge attempt ended without an answer
    CONFIRMED = 2  # paid and accepted for the kitchen
    DECLINED = 3  # the card was refused
    FAILED = 4  # given up without (as far as we know) a charge
    CHALLENGED = 5  # the customer is to finish the payment at the provider
    USED_UP = 6  # too little was left of what it wanted


SETTLED = (Status.CONFIRMED, Status.DECLINED, Status.FAILED, Status.USED_UP)


class Answer(IntEnum):
    """What the checkout service tells the app, as HTTP status codes."""

    NONE = 0  # no answer at all; a story can't reply so
    CONFIRMED = 201  # paid, and accepted for the kitchen
    PENDING = 202  # "we have your order"
    REDIRECT = 303  # "finish the payment at the provider, then come back"
    DECLINED = 402  # the card was refused
    CONFLICT = 409  # the same idempotency key is being worked on
    USED_UP = 410  # too little is left of what the purchase wants: the coupon, the card, the stock of the day
    MISMATCH = 422  # the same idempotency key with another basket: the app shows the order that the key stands for
    FAILED = 502  # "payment failed, please try again"
    UNAVAILABLE = 503  # the queue is full, or no instance is up


class Fate(IntEnum):
    """What became of a request at the checkout service (requests sent = the sum of these)."""

    LOST = 0  # on the way, by the network or by a checkout that hangs
    REJECTED = 1  # 503: queue full or no instance up, at once; or from a proxy that nobody has answered
    REPLAYED = 2  # answered from what was stored, or 409
    EXECUTED = 3  # did the work, or died doing it
    WAITING = 4  # still queued or running when the morning ended
    DROPPED = 5  # nobody had begun with it: its deadline had passed in the queue, the customer had left, or its instance died


LATE_S = 10.0
"""After how many seconds an answer is late, where a scenario has no limit for it: people's attention is elsewhere by then
(J. Nielsen, Usability Engineering, 1993, chapter 5)."""


Unit = Literal["share", "s", "USD", "count"]
Better = Literal["lower", "higher"]
Group = Literal["Money and orders", "Points and truth", "Waiting", "The status view", "Effort and cost"]
Place = Literal["terminal", "report", "sweep", "swings", "what-if", "panel", "validity"]
Opening = Literal["app", "network", "checkout", "provider", "messages", "store"]
OPENINGS: dict[Opening, str] = {  # where the gap is through which something goes wrong
    "app": "in the app",
    "network": "on the way to the shop",
    "checkout": "in the checkout",
    "provider": "at the provider",
    "messages": "in the messages",
    "store": "in the database",
}


class Metric(NamedTuple):
    """All that is known of a published metric but how it is computed, and of a share and of a part of the cost that as well.

    A share is the number of things that a morning's tally has found of one kind (`counts`), out of those of another (`of`).

    The interval of such a share takes the things that it is out of for independent, unless mornings differ by more than that.
    A cost per correct purchase is that of all mornings together: a morning on which nothing came right has its cost as well.
    """

    unit: Unit
    better: Better
    group: Group
    summary: str  # what it counts
    formula: str  # over what a morning left behind; docs/reference/metrics.md explains its names, and a test evaluates it
    counts: str | None = None  # of a share: the key in `Tally.found` above the line,
    of: str = "purchases"  # and the one below it; of a cost: what it is the cost of, or "" for the morning itself
    whole: bool = False  # it is 0 or 1 on a morning: its mean is a share of the mornings
    part: str | None = None  # of a cost: the group of the bill's parts, in `sim.ledger.costs.PARTS`, that it is the sum of
    harm: str | None = None  # what is done wrong to the purchases or orders that it counts
    amount: bool = False  # how much was done wrong: nothing on a morning on which nobody was harmed in this way
    label: str = ""  # of its row in the chart of harms; without one it has no row
    shown: tuple[Place, ...] = ("terminal", "report")  # where it is shown to those who name no metrics

    @property
    def out_of(self) -> str | None:
        """Of a share of things that are counted in every morning: the key of those things in `Tally.found`."""
        return self.of if self.counts is not None else None

    @property
    def per_correct(self) -> bool:
        """Whether it is the cost of so many correct purchases."""
        return self.unit == "USD" and self.of == "correct"

    @property
    def perfect(self) -> float | None:
        """The value of a morning on which nobody was harmed; None for what has no such value, like a time."""
        if self.counts is not None or self.whole or self.amount or self.harm is not None:
            return self.best
        return None

    @property
    def best(self) -> float | None:
        """The best value that there can be; None if there is always a better one."""
        if self.more_is_better:
            return 1.0 if self.unit == "share" else None
        return 0.0

    @property
    def more_is_better(self) -> bool:
        return self.better == "higher"

    @property
    def limits(self) -> Literal["at most", "at least"]:
        """Which side of a limit is the good one."""
        return "at least" if self.more_is_better else "at most"

    def badness(self, value: float) -> float:
        """The value, or the difference of two, turned so that more of it is worse."""
        return -value if self.more_is_better else value

    def harmed(self, value: float) -> bool:
        """Whether a morning with this value harmed anybody: some suffered it, or not all got what all should get."""
        return value < 1 if self.more_is_better else value > 0


def _percentiles(stem: str, group: Group, summary: str, over: str, shown: dict[int, tuple[Place, ...]]) -> dict[str, Metric]:
    return {
        f"{stem}_p{p}": Metric(
            "s", "lower", group, f"{p}th percentile of {summary}", f"percentile({over}, {p})", shown=shown.get(p, ())
        )
        for p in (50, 95, 99)
    }


# The one table of metrics. Whatever shows, draws, judges, keeps or documents metrics reads it; a metric is added here, and,
# unless it is a share or a part of the cost, in `sim.ledger.metrics.COMPUTE`.
METRICS: dict[str, Metric] = {
    "purchases": Metric(
        "count", "higher", "Effort and cost", "people wanting one basket once",
        "purchases",
        shown=(),
    ),
    "double_charge_rate": Metric(
        "share", "lower", "Money and orders", "purchases with more than one captured charge, before refunds",
        "n[charged > 1] / purchases",
        counts="charged twice", harm="double_charge", label="charged twice",
        shown=("terminal", "report", "sweep", "swings", "what-if", "panel", "validity"),
    ),
    "double_charge_rate_net": Metric(
        "share", "lower", "Money and orders", "purchases with more than one charge left after refunds",
        "n[kept > 1] / purchases",
        counts="charged twice, net", label="still charged twice after refunds",
    ),
    "overcharged_per_1000": Metric(
        "USD", "lower", "Money and orders", "taken wrongly in 1,000 purchases, before refunds: beyond one charge for an order",
        "1000 * sum(taken - rightful) / purchases",
        amount=True,
    ),
    "overcharged_per_1000_net": Metric(
        "USD", "lower", "Money and orders", "the same of what is left after refunds",
        "1000 * sum(taken_net - rightful_net) / purchases",
        amount=True,
        shown=("report",),
    ),
    "charges_per_harmed": Metric(
        "count", "lower", "Money and orders", "captured charges of a customer who was charged more than once",
        "sum(charged[charged > 1]) / n[charged > 1]",
    ),
    "most_charged": Metric(
        "count", "lower", "Money and orders", "the most captured charges that one customer had",
        "max(charged)",
        shown=("report",),
    ),
    "duplicate_order_rate": Metric(
        "share", "lower", "Money and orders", "purchases with more than one confirmed order",
        "n[ordered > 1] / purchases",
        counts="ordered twice", harm="duplicate_order", label="two orders made",
        shown=("terminal", "report", "panel", "validity"),
    ),
    "orphan_charge_rate": Metric(
        "share", "lower", "Money and orders", "purchases charged and kept without any confirmed order",
        "n[(kept > 0) & (ordered == 0)] / purchases",
        counts="orphan", harm="orphan_charge", label="charged, no order",
    ),
    "oversold_rate": Metric(
        "share", "lower", "Money and orders", "purchases with a confirmed order for which an account had too little left",
        "n[oversold] / purchases",
        counts="oversold", harm="oversold",
    ),
    "units_oversold_per_1000": Metric(
        "count", "lower", "Money and orders", "units sold in 1,000 purchases beyond what was in an account",
        "1000 * sum(beyond) / purchases",
        amount=True,
    ),
    "units_stuck_per_1000": Metric(
        "count", "lower", "Money and orders",
        "units taken out of accounts in 1,000 purchases and neither sold nor given back when the morning has drained",
        "1000 * sum(stuck) / purchases",
        amount=True,
        shown=("report",),
    ),
    "units_given_back_twice_per_1000": Metric(
        "count", "lower", "Money and orders", "units given back to accounts in 1,000 purchases beyond those taken",
        "1000 * sum(given_back_twice) / purchases",
        amount=True,
        shown=("report",),
    ),
    "unpaid_order_rate": Metric(
        "share", "lower", "Money and orders", "purchases with a confirmed order that nothing was captured for",
        "n[unpaid_orders > 0] / purchases",
        counts="unpaid", harm="unpaid_order",
    ),
    "loyalty_over_award_rate": Metric(
        "share", "lower", "Points and truth", "purchases with more loyalty awards than they earned",
        "n[awarded > earned] / purchases",
        counts="over-awarded", harm="over_award", label="points given twice",
    ),
    "loyalty_under_award_rate": Metric(
        "share", "lower", "Points and truth", "completed purchases without their loyalty award",
        "n[awarded < earned] / purchases",
        counts="under-awarded", harm="under_award", label="points missing",
    ),
    "misinformed_rate": Metric(
        "share", "lower", "Points and truth", 'purchases told "failed" but charged, or "confirmed" but never charged',
        "n[told_failed & (kept > told_confirmed) | told_confirmed & (charged == 0)] / purchases",
        counts="misinformed", harm="misinformed", label="told the wrong thing",
    ),
    "blocked_rate": Metric(
        "share", "lower", "Money and orders",
        "purchases with money held on the card for nothing: neither captured nor released, and no coffee or another charge",
        "n[blocked > 0] / purchases",
        counts="blocked", harm="blocked",
    ),
    "held_usd_hours_per_1000": Metric(
        "count", "lower", "Money and orders",
        "USD-hours for which money was held on cards in 1,000 purchases and never taken, until it was released or the end",
        "1000 * sum(held_in_vain) / purchases",
        shown=("report",),
    ),
    "over_refunded_per_1000": Metric(
        "USD", "lower", "Money and orders", "given back in 1,000 purchases beyond what was taken",
        "1000 * sum(over_refunded) / purchases",
        amount=True,
        shown=("report",),
    ),
    "wrong_amount_rate": Metric(
        "share", "lower", "Points and truth", 'purchases told "confirmed" for another amount than any they paid',
        "n[told_confirmed & (shown > 0) & (kept > 0) & (kept_as_shown == 0)] / purchases",
        counts="mistaken", harm="wrong_amount",
    ),
    "abandoned_charge_rate": Metric(
        "share", "lower", "Points and truth", "purchases charged and kept although the customer had left, untold",
        "n[left & (kept > 0)] / purchases",
        counts="abandoned", harm="abandoned_charge",
    ),
    "retracted_rate": Metric(
        "share", "lower", "Points and truth", 'purchases told "we have your order" that end without a confirmed order',
        "n[waits & (ack_lag < never) & (ordered == 0)] / purchases",
        counts="retracted", harm="retracted", label="told yes, then no",
    ),
    "confirmed_share": Metric(
        "share", "higher", "Waiting",
        "purchases with a good card that end with a confirmed order; left out: those rightly told that nothing was left",
        "n[good_card & (ordered > 0)] / n[good_card]",
        counts="confirmed", of="good cards", harm="never_confirmed",
        shown=("terminal", "report", "sweep", "what-if", "validity"),
    ),
    "acknowledged_share": Metric(
        "share", "higher", "Waiting", 'purchases with a good card whose app was told "we have your order"',
        "n[good_card & (ack_lag < never)] / n[good_card]",
        counts="acknowledged", of="good cards",
        shown=(),
    ),
    "turned_away_share": Metric(
        "share", "lower", "Waiting", "purchases with a request that was turned away: the queue was full, or no instance was up",
        "n[turned_away] / purchases",
        counts="turned away",
    ),
    "requests_per_purchase": Metric(
        "count", "lower", "Effort and cost", "HTTP requests the app sends for one purchase",
        "requests / max(purchases, 1)",
    ),
    **_percentiles(
        "ack_latency", "Waiting", "first tap to acknowledgement, over purchases with a good card", "ack_lag[good_card & waits]",
        {
            50: ("terminal", "report"),
            95: ("terminal", "report", "sweep", "swings", "what-if", "panel", "validity"),
            99: ("report",),
        },
    ),
    **_percentiles(
        "confirmation_lag", "Waiting", "first tap to a confirmed order, over purchases with a good card",
        "confirmation_lag[good_card]",
        {50: ("terminal", "report"), 99: ("terminal", "report", "swings", "panel")},
    ),
    **_percentiles(
        "read_model_lag", "The status view",
        "confirmed in the write model to visible in the status view, over confirmed orders", "read_model_lag",
        {50: ("report",), 99: ("report",)},
    ),
    "stale_read_rate": Metric(
        "share", "lower", "The status view",
        "people who looked when their order was settled, and were shown less than that at least once",
        "n[shown_stale] / n[looked]",
        counts="shown stale", of="looked",
    ),
    "convergence_time": Metric(
        "s", "lower", "The status view", "end of the last fault until all earlier orders agree in every store",
        "max(max(agreed[placed < fault_end]) - fault_end, 0)",
    ),
    "unconverged_orders": Metric(
        "count", "lower", "The status view", "orders whose stores still differ when the morning has drained",
        "n[agreed == never]",
        harm="unconverged",
    ),
    "collapsed_share": Metric(
        "share", "lower", "The status view", "mornings in which most purchases after the last fault were not served",
        "n[later & (ack_lag < never) & (ordered > 0)] / n[later] < 1 / 2",
        whole=True,
        shown=("terminal",),  # the report tells it morning by morning, in a section of its own
    ),
    "infra_cost_per_1000": Metric(
        "USD", "lower", "Effort and cost", "infrastructure per 1,000 correct purchases",
        "1000 * infrastructure / correct",
        part="infrastructure", of="correct",
        shown=("report",),
    ),
    "provider_cost_per_1000": Metric(
        "USD", "lower", "Effort and cost", "payment provider fees per 1,000 correct purchases",
        "1000 * fees / correct",
        part="provider fees", of="correct",
        shown=("report",),
    ),
    "failure_cost_per_1000": Metric(
        "USD", "lower", "Effort and cost", "contacts, disputes, lost sales and goodwill per 1,000 correct purchases",
        "1000 * failures / correct",
        part="failures", of="correct",
    ),
    "cost_per_1000": Metric(
        "USD", "lower", "Effort and cost", "infrastructure, fees and failures per 1,000 correct purchases",
        "1000 * (infrastructure + fees + failures) / correct",
        of="correct",
        shown=("terminal", "report", "sweep", "swings", "what-if", "panel", "validity"),
    ),
    "unused_capacity_share": Metric(
        "share", "lower", "Effort and cost", "worker time that was paid for and in which nobody used the worker",
        "max(1 - used_worker_s / paid_worker_s, 0)",
        shown=("report",),
    ),
    "monthly_cost": Metric(
        "USD", "lower", "Effort and cost", "capacity all month (autoscaled: its minimum), and what each morning adds to that",
        "hours_per_month * capacity_per_hour + mornings_per_month * by_use",
    ),
}  # fmt: skip

HARMS: dict[str, str] = {known.harm: name for name, known in METRICS.items() if known.harm}  # harm -> its metric
PARTS_OF_COST: dict[str, str] = {known.part: name for name, known in METRICS.items() if known.part}  # part -> its metric
COUNTED = tuple(dict.fromkeys(known.of for known in METRICS.values() if known.counts is not None or known.per_correct))

KINDS_OF_HARM = tuple(dict.fromkeys(known.harm for known in METRICS.values() if known.harm is not None))


def shown_in(place: Place) -> tuple[str, ...]:
    """The metrics that are shown there to those who name none, in the table's order."""
    return tuple(name for name, known in METRICS.items() if place in known.shown)


def grouped(place: Place) -> dict[Group, tuple[str, ...]]:
    """The same by group."""
    groups: tuple[Group, ...] = get_args(Group)
    return {group: tuple(name for name in shown_in(place) if METRICS[name].group == group) for group in groups}
