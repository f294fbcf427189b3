"""What happened in one morning, as flat tables. The world appends; nobody changes a fact afterwards.

Columns are arrays of numbers (NaN: never happened), turned into numpy views without copying when the morning is over.
"""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    Counts = array[int]  # whole numbers that may get large
    Times = array[float]  # seconds since the start of the morning
    Numbers = array[int]  # whole numbers, such as the index of a purchase
    Small = array[int]  # codes and flags from -128 to 127
else:
    Counts = Times = Numbers = Small = array
TABLES = (
    "purchases", "requests", "returns", "charges", "holds", "captures", "refunds", "orders", "awards", "reads", "accounts",
    "takings",
)  # fmt: skip
TYPECODES = {"Counts": "q", "Times": "d", "Numbers": "i", "Small": "b"}
AUDITED = ("purchases", "charges", "holds", "refunds", "orders", "awards", "accounts", "takings")
# Columns with the number of a row of another table.
REFERS = {"purchase": "purchases", "order": "orders", "charge": "charges", "hold": "holds", "account": "accounts"}
UNTOLD = {"d": float("nan"), "q": 0, "i": 0, "b": 0}  # what stands in a row of which nothing is known yet, by typecode


class Table:
    """Columns of one length, named by the annotations of the class."""

    _typecodes: tuple[tuple[str, str], ...] = ()  # by column

    def __init_subclass__(cls) -> None:
        cls._typecodes = tuple((name, TYPECODES[kind]) for name, kind in cls.__annotations__.items())

    def __init__(self, rows: int = 0) -> None:
        for name, code in self._typecodes:  # by `setattr`: in 3.11 whoever asks for `__dict__` makes all that follows slower
            setattr(self, name, array(code, [UNTOLD[code]]) * rows if rows else array(code))

    def __len__(self) -> int:
        return len(getattr(self, self._typecodes[0][0]))

    def __getitem__(self, column: str) -> np.ndarray:
        """A column as a numpy view. The table can't grow while a view is alive."""
        return np.asarray(getattr(self, column))

    def columns(self) -> dict[str, np.ndarray]:
        return {name: self[name] for name, _ in self._typecodes}

    @classmethod
    def below(cls, tables: Sequence[Table]) -> Table:
        """The rows of several such tables, one below the other."""
        all_rows = cls()
        for name, _ in cls._typecodes:
            column = getattr(all_rows, name)
            for table in tables:
                column.extend(getattr(table, name))
        return all_rows


class Purchases(Table):
    """One row a purchase, in order of arrival."""

    submitted_s: Times  # first tap
    acknowledged_s: Times  # the app has "we have your order"
    told_confirmed_s: Times  # the app has "paid" (from the answer or from the status view)
    seen_s: Times  # the customer has polled the status view and seen the order confirmed
    left_s: Times  # gave up
    # 0: the provider will decline this customer's card, the customer gave up when the bank asked for more, or rightly heard
    # that nothing was left of what they wanted
    good_card: Small
    told_failed: Small  # the app has said "payment failed" at least once
    shown_cents: Numbers  # what the order costs that the app has shown last; 0: none
    submissions: Numbers
    agent: Small  # 1: a program that buys for somebody
    other_card_s: Times  # tapped with another card, after the first was declined, or seemed to have failed


class Requests(Table):
    """One row an HTTP request of the app."""

    purchase: Numbers
    submission: Small
    attempt: Small
    fate: Small  # vocabulary.Fate
    answer: Numbers  # vocabulary.Answer; 0: no answer reached the app in time
    sent_s: Times
    answered_s: Times


class Returns(Table):
    """One row a request with which the app comes back to the shop from the provider's page."""

    purchase: Numbers
    request: Numbers  # its row in `Requests`
    order: Numbers


class Charges(Table):
    """One row a call to the payment provider that charges or authorises: the provider's own ledger.

    Of an authorisation `captured_s` is when the first of its money was taken, and `cents` how much was taken in all.
    """

    purchase: Numbers
    order: Numbers
    outcome: Small  # vocabulary.Outcome as the caller saw it
    cents: Numbers
    sent_s: Times
    answered_s: Times  # when the caller knew the outcome, or stopped waiting
    captured_s: Times  # money taken by this call; NaN also for replays
    refunded_s: Times  # when all of it had been given back


class Holds(Table):
    """One row an authorisation: money that a card's bank holds. What is neither captured, voided nor expired is still held."""

    charge: Numbers  # the row of its call in `Charges`
    purchase: Numbers
    order: Numbers
    cents: Numbers  # authorised
    captured_cents: Numbers
    voided_cents: Numbers
    expired_cents: Numbers
    authorised_s: Times
    released_s: Times  # from when on nothing is held any more; NaN: some still is


class Captures(Table):
    """One row a call to the payment provider that captures authorised money."""

    hold: Numbers  # the row of its authorisation
    purchase: Numbers
    cents: Numbers  # asked for
    outcome: Small  # vocabulary.Outcome as the caller saw it
    sent_s: Times
    answered_s: Times
    captured_s: Times  # NaN: refused, or a repeat


class Refunds(Table):
    """One row a refund, of a charge or of a part of it."""

    charge: Numbers  # the row of what is given back in `Charges`
    purchase: Numbers
    cents: Numbers
    refunded_s: Times


class Accounts(Table):
    """One row an account that somebody's purchase draws on: how much of something there was, and what the shop's book says."""

    kind: Small  # which of the scenario's accounts it is one of
    balance: Counts  # units at the start
    left: Counts  # in the shop's book at the end
    overwritten: Counts  # units that somebody wrote into the book (or out of it) over what others had written


class Takings(Table):
    """One row for what an order has taken out of an account."""

    purchase: Numbers
    order: Numbers
    account: Numbers  # its row in `Accounts`
    units: Counts
    given_back: Counts  # units, in all
    taken_s: Times
    given_back_s: Times  # the first time
    sold_s: Times  # the order was confirmed with it


class Orders(Table):
    """One row an order: the order database when the morning has drained, and what the status view shows."""

    purchase: Numbers
    status: Small  # vocabulary.Status
    view_status: Small  # -1: not in the view
    created_s: Times
    confirmed_s: Times
    changed_s: Times  # last change in the write model
    visible_s: Times  # when the view showed it confirmed
    view_changed_s: Times  # last change in the view


class Awards(Table):
    """One row a loyalty award."""

    purchase: Numbers
    order: Numbers
    awarded_s: Times


class Reads(Table):
    """One row a poll of the status view."""

    purchase: Numbers
    stale: Small
    read_s: Times
    behind_s: Times  # for how long the view had been behind the write model; 0 if it wasn't


PROXY, SDK = range(2)  # who repeats: in between app and shop, and in between shop and provider


class Repeats(Table):
    """One row a request or call that somebody in between sent again, without being asked."""

    who: Small  # PROXY or SDK
    row: Numbers  # of the request that was sent again, or of the call that is a repeat
    sent_s: Times

    def note(self, who: int, row: int, sent_s: float) -> None:
        self.who.append(who)
        self.row.append(row)
        self.sent_s.append(sent_s)


class DeadLetters(Table):
    """One row a time that a message went to the dead-letter queue."""

    purchase: Numbers
    order: Numbers
    status: Small  # vocabulary.Status: what the message says of the order
    consumer: Small  # that could not handle it: its place in CONSUMERS; -1: another
    buried_s: Times
    replayed_s: Times  # NaN: it is still there

    CONSUMERS = ("payment", "loyalty", "read_model")


@dataclass
class StationRecord:
    """What a queueing station did, from empty at 0 to the horizon; what is paid for is counted until all work was done."""

    name: str
    servers: int  # the most that were there at once
    arrivals: int
    served: int
    busy_s: float  # server-seconds spent serving
    waiting_s: float  # seconds during which somebody was waiting
    queue_max: int
    area_s: float  # integral of the number present over time (L times the horizon)
    sojourn_s: float  # sum of the times spent in the station (lambda W times the horizon)
    provisioned_s: float  # server-seconds paid for: of all servers, whether they served, waited, were down or warmed up
    worked_s: float  # until when: the clock's duration, or the end of the last work for a purchase if that is later
    busiest_share: float = 0.0  # of the servers' time in the five busiest minutes in a row, their queue's time included
    busiest_queueing_share: float = 0.0  # of those minutes: with somebody waiting

    @property
    def busy_share(self) -> float:
        """Of the time that was paid for."""
        return self.busy_s / self.provisioned_s

    @property
    def queueing_share(self) -> float:
        """Of the time until all work was done: with somebody waiting."""
        return self.waiting_s / self.worked_s


@dataclass
class Struck:
    """A crash, an error or a pause that happened: of which component, when, and after which step of whose purchase."""

    component: str
    at_s: float
    step: str = ""
    purchase: int = -1
    pause_s: float = 0.0  # 0: a crash or an error
    lives: bool = False  # it was an error, and the process lives


@dataclass
class Tables:
    """Everything one morning left behind."""

    horizon_s: float
    arrivals_end_s: float
    purchases: Purchases
    requests: Requests = field(default_factory=Requests)
    charges: Charges = field(default_factory=Charges)
    orders: Orders = field(default_factory=Orders)
    awards: Awards = field(default_factory=Awards)
    reads: Reads = field(default_factory=Reads)
    repeats: Repeats = field(default_factory=Repeats)
    dead_letters: DeadLetters = field(default_factory=DeadLetters)
    returns: Returns = field(default_factory=Returns)
    holds: Holds = field(default_factory=Holds)
    captures: Captures = field(default_factory=Captures)
    refunds: Refunds = field(default_factory=Refunds)
    accounts: Accounts = field(default_factory=Accounts)
    takings: Takings = field(default_factory=Takings)
    stations: list[StationRecord] = field(default_factory=list)
    crashes: list[Struck] = field(default_factory=list)
    faults: list[tuple[str, float, float]] = field(default_factory=list)  # (what, from, to), scheduled or drawn
    counts: dict[str, int] = field(default_factory=dict)  # operations, for the laws and the bill
    renewals: int = 0  # the last of the purchases: charges that no customer waits for
    worked_s: float = 0.0  # until when capacity is paid for (see `sim.world.morning`); not known: to the horizon

    def __post_init__(self) -> None:
        self.worked_s = self.worked_s or self.horizon_s

    @property
    def waits(self) -> np.ndarray:
        """Purchases whose customer is there and waits: flags."""
        return np.arange(len(self.purchases)) < len(self.purchases) - self.renewals

    @classmethod
    def joined(cls, mornings: Sequence[Tables]) -> Tables:
        """What the audit reads of several mornings, as of one: rows below each other, and numbers of rows that still fit.

        Of mornings of the same length without renewals. The audit counts by purchase, so it says of each what it says alone.
        """
        one = cls(mornings[0].horizon_s, mornings[0].arrivals_end_s, Purchases())
        parts = {name: [getattr(morning, name) for morning in mornings] for name in AUDITED}
        lengths = {name: np.array([len(table) for table in tables]) for name, tables in parts.items()}
        for name, tables in parts.items():
            if not lengths[name].any():
                continue
            whole = type(tables[0]).below(tables)
            setattr(one, name, whole)
            for column, referred in REFERS.items():
                if hasattr(whole, column):
                    before = np.cumsum(lengths[referred]) - lengths[referred]
                    whole[column][:] += np.repeat(before, lengths[name]).astype(np.int32)
        return one

    def frames(self) -> dict[str, Any]:
        """The tables as pandas DataFrames, one column a fact. Seconds since the start; codes as names."""
        import pandas as pd

        from sim.vocabulary import Answer, Fate, Outcome, Status

        names = {"fate": Fate, "outcome": Outcome, "status": Status, "view_status": Status}
        frames = {}
        for table in TABLES:
            frame = pd.DataFrame(getattr(self, table).columns())
            for column in names.keys() & set(frame.columns):
                frame[column] = frame[column].map({int(code): code.name.lower() for code in names[column]})
            if "answer" in frame.columns:
                codes = {int(code): code.name.lower() for code in Answer}
                frame["answer"] = frame["answer"].map(codes)
            frame.index.name = table.removesuffix("s")
            frames[table] = frame
        frames["stations"] = pd.DataFrame([vars(station) for station in self.stations])
        return frames
