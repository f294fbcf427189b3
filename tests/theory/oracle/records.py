"""What is recorded, one row each; beside it what the parts of the oracle must remember of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import nan


@dataclass(eq=False)
class Customer:
    """A purchase: first what is recorded of it, then what the app and its user have in mind."""

    purchase: int
    good_card: int
    submitted_s: float = nan
    acknowledged_s: float = nan
    told_confirmed_s: float = nan
    seen_s: float = nan
    left_s: float = nan
    told_failed: int = 0
    shown_cents: int = 0
    agent: int = 0
    other_card_s: float = nan
    submissions: int = 0
    basket_cents: int = 0
    requests: int = 0
    orders: int = 0
    page: int = 0
    order: Order | None = None  # the one whose status is polled
    polling_since_s: float = nan
    acknowledged: bool = False
    reordered: bool = False
    done: bool = False
    away: bool = False  # at the provider
    sent_to: Order | None = None  # for whose payment


@dataclass(eq=False)
class Request:
    customer: Customer
    purchase: int
    submission: int
    attempt: int
    number: int
    page: int
    cents: int
    sent_s: float
    key: tuple[int, ...] | None
    heard: Callable[[Request, str, Order | None], None]  # who gets the answer
    returning: Order | None = None  # of somebody who comes back from the provider
    fate: str = "lost"
    answer: str = "none"
    answered_s: float = nan
    closed: bool = False


@dataclass(eq=False)
class Order:
    id: int
    purchase: int
    number: int  # among those of its purchase
    cents: int
    created_s: float
    changed_s: float
    confirmed_s: float = nan
    status: str = "pending"
    version: int = 1
    busy_until_s: float = 0.0
    view_status: str | None = None
    view_version: int = 0
    view_changed_s: float = nan
    visible_s: float = nan


@dataclass(eq=False)
class Charge:
    """A row of the provider's ledger; `result` and `done_s` are what the provider knows, `outcome` what its caller saw."""

    purchase: int
    order: int
    cents: int
    sent_s: float
    outcome: str
    answered_s: float
    captured_s: float
    result: str
    done_s: float
    seen_s: float  # since when the provider itself knows of the call
    refunded_s: float = nan


@dataclass(eq=False)
class Passage:
    """A request at the proxy."""

    request: Request
    tries: int = 0
    at_work: int = 0
    over: bool = False


@dataclass(eq=False)
class Try:
    passage: Passage
    closed: bool = False
    timed_out: bool = False


@dataclass
class Repeat:
    who: int  # 0: a proxy, 1: a client library
    row: int
    sent_s: float


@dataclass
class Return:
    purchase: int
    request: int
    order: int


@dataclass
class Award:
    purchase: int
    order: int
    awarded_s: float


@dataclass
class Read:
    purchase: int
    stale: bool
    read_s: float
    behind_s: float


@dataclass
class Struck:
    component: str
    at_s: float
    step: str = ""
    purchase: int = -1
    pause_s: float = 0.0
    lives: bool = False
