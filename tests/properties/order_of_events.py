"""What must lie before what in the tables of any morning, whatever the design and the weather: each a name and two columns.

Times that never came are NaN and compare as false, so "earlier > later" finds what happened in the wrong order. Some facts may
lie beyond the horizon, because they were certain when the morning ended: a call to the provider that is under way will take the
money and be answered (or be given up), and a refund that was asked for will be made.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from sim.config.design import Design
from sim.config.scenario import Scenario
from sim.ledger.records import Tables
from sim.vocabulary import Outcome, Status

ROUNDING_S = 1e-9  # of sums of times that were added in another order
Pair = tuple[str, np.ndarray, np.ndarray]  # what, earlier, later; arrays of one shape


def first_of(number: int, owners: np.ndarray, times_s: np.ndarray) -> np.ndarray:
    """The earliest time of each owner, shape (number,); inf: none."""
    first = np.full(number, np.inf)
    there = ~np.isnan(times_s)
    np.minimum.at(first, owners[there], times_s[there])
    return first


def never_as_inf(times_s: np.ndarray) -> np.ndarray:
    return np.nan_to_num(times_s, nan=np.inf)


def pairs(tables: Tables, scenario: Scenario, design: Design) -> Iterator[Pair]:
    yield from _of_people(tables, scenario)
    yield from _of_requests(tables, design)
    yield from _of_money(tables, design)
    yield from _of_orders(tables, design)
    yield from _of_what_follows(tables)


def _of_people(tables: Tables, scenario: Scenario) -> Iterator[Pair]:
    people, number = tables.purchases, len(tables.purchases)
    submitted = people["submitted_s"]
    confirmed = first_of(number, tables.orders["purchase"], tables.orders["confirmed_s"])
    yield "the start, first tap", np.zeros(number), submitted
    came = submitted[tables.waits]  # renewals are due at an hour of their own
    yield "first tap, the end of arrivals", came, np.full(len(came), scenario.clock.duration)
    yield "arrivals in order", came[:-1], came[1:]
    yield "first tap, acknowledged", submitted, people["acknowledged_s"]
    yield "acknowledged, told confirmed", never_as_inf(people["acknowledged_s"]), people["told_confirmed_s"]
    yield "told confirmed, seen", never_as_inf(people["told_confirmed_s"]), people["seen_s"]
    yield "confirmed in the write model, told confirmed", confirmed, people["told_confirmed_s"]
    yield "first tap, left", submitted, people["left_s"]
    yield "first tap, another card", submitted, people["other_card_s"]
    for column in ("acknowledged_s", "told_confirmed_s", "seen_s", "left_s", "other_card_s"):
        yield f"{column}, the horizon", people[column], np.full(number, tables.horizon_s)


def _of_requests(tables: Tables, design: Design) -> Iterator[Pair]:
    requests = tables.requests
    sent, answered = requests["sent_s"], requests["answered_s"]
    yield "first tap, request sent", tables.purchases["submitted_s"][requests["purchase"]], sent
    yield "request sent, answered", sent, answered
    yield "answered, the app's timeout", answered, sent + design.app.timeout + ROUNDING_S
    yield "answered, the horizon", answered, np.full(len(sent), tables.horizon_s)
    yield "requests in order", sent[:-1], sent[1:]


def _of_money(tables: Tables, design: Design) -> Iterator[Pair]:
    charges = tables.charges
    sent, answered, captured = charges["sent_s"], charges["answered_s"], charges["captured_s"]
    known = ~np.isin(charges["outcome"], (Outcome.UNKNOWN, Outcome.AUTHORISED, Outcome.CHALLENGED))
    holds, captures = tables.holds, tables.captures
    held = holds["authorised_s"]
    yield "call sent, money held", sent[holds["charge"]], held
    yield "held, released", held, holds["released_s"]
    of = captures["hold"][captures["hold"] >= 0]
    yield "held, captured", held[of], captures["captured_s"][captures["hold"] >= 0]
    yield "capture sent, known", captures["sent_s"], captures["answered_s"]
    yield "capture known, our timeout", captures["answered_s"], captures["sent_s"] + design.payment.timeout + ROUNDING_S
    back, refunds = tables.returns, tables.refunds
    yield "order created, come back", tables.orders["created_s"][back["order"]], tables.requests["sent_s"][back["request"]]
    yield "captured, given back", captured[refunds["charge"]], refunds["refunded_s"]
    yield "order created, charge sent", tables.orders["created_s"][charges["order"]], sent
    yield "charge sent, the horizon", sent, np.full(len(sent), tables.horizon_s)
    yield "calls in order", sent[:-1], sent[1:]
    yield "charge sent, captured", sent, captured
    yield "charge sent, known", sent, answered
    yield "captured, known", captured[known], answered[known]
    sdk = design.payment.sdk
    timeout_s = design.payment.timeout if sdk is None or sdk.timeout is None else sdk.timeout
    yield "known, our timeout", answered, sent + timeout_s + ROUNDING_S
    yield "captured, refunded", never_as_inf(captured), charges["refunded_s"]


def _of_orders(tables: Tables, design: Design) -> Iterator[Pair]:
    orders = tables.orders
    number, created, confirmed = len(orders), orders["created_s"], orders["confirmed_s"]
    requested = first_of(len(tables.purchases), tables.requests["purchase"], tables.requests["sent_s"])
    paid = first_of(number, tables.charges["order"], tables.charges["captured_s"])
    asked = tables.waits[orders["purchase"]]  # the orders of renewals are made by a job
    yield "request sent, order created", requested[orders["purchase"]][asked], created[asked]
    yield "orders in order", created[:-1], created[1:]
    yield "order created, confirmed", created, confirmed
    held = first_of(number, tables.holds["order"], tables.holds["authorised_s"])
    if getattr(design.payment, "finishes", "once") == "once" and getattr(design.payment, "returns", "asked") != "believed":
        yield "captured or held, confirmed", np.minimum(paid, held), confirmed
    yield "confirmed, last changed", confirmed, orders["changed_s"]
    yield "order created, last changed", created, orders["changed_s"]
    yield "confirmed, visible", never_as_inf(confirmed), orders["visible_s"]
    yield "order created, view last changed", created, orders["view_changed_s"]
    yield "visible, view last changed", orders["visible_s"], orders["view_changed_s"]
    agree = orders["view_status"] == orders["status"]
    never_confirmed = agree & np.isnan(confirmed) & (orders["status"] != Status.UNKNOWN)
    yield "last changed, shown by the view", orders["changed_s"][never_confirmed], orders["view_changed_s"][never_confirmed]
    for column in ("created_s", "confirmed_s", "changed_s", "visible_s", "view_changed_s"):
        yield f"order's {column}, the horizon", orders[column], np.full(number, tables.horizon_s)


def _of_what_follows(tables: Tables) -> Iterator[Pair]:
    awards, reads, orders = tables.awards, tables.reads, tables.orders
    yield "confirmed, awarded", never_as_inf(orders["confirmed_s"])[awards["order"]], awards["awarded_s"]
    yield "awarded, the horizon", awards["awarded_s"], np.full(len(awards), tables.horizon_s)
    first_order = first_of(len(tables.purchases), orders["purchase"], orders["created_s"])[reads["purchase"]]
    yield "order created, polled", first_order, reads["read_s"]
    yield "up to date, behind", np.zeros(len(reads)), reads["behind_s"]
    yield "behind, as long as there is an order", reads["behind_s"], reads["read_s"] - first_order
    yield "polled, the horizon", reads["read_s"], np.full(len(reads), tables.horizon_s)
    for what, begin, end in tables.faults:
        yield f"{what} begins, ends", np.array([begin]), np.array([end])
    struck = np.array([crash.at_s for crash in tables.crashes])
    yield "crashes in order", struck[:-1], struck[1:]


def anomalies(tables: Tables, scenario: Scenario, design: Design) -> list[str]:
    """Which pairs are the wrong way round, and how often."""
    wrong = ((what, int((earlier > later).sum())) for what, earlier, later in pairs(tables, scenario, design))
    return [f"{what}: {count}" for what, count in wrong if count]
