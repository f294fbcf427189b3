"""The published formulas are what is computed: each is evaluated on the tables of mornings in which much goes wrong."""

from __future__ import annotations

import functools
import math
import re
from collections import defaultdict
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest

from sim.architectures import load_design
from sim.config.library import parse_scenario
from sim.config.prices import Price, Prices, load_prices
from sim.experiment.mornings import simulate
from sim.ledger.audit import audit, last_fault_s
from sim.ledger.costs import BILL
from sim.ledger.metrics import COMPUTE, percentile
from sim.vocabulary import METRICS, SETTLED, Status

ROOT = Path(__file__).parents[2]
PRICES = [line for line in Prices.model_fields if line != "name"]
BAD = """name: bad
clock: {start: "07:00", duration: 20min, drain: 5min}
traffic: {rate: 60/min}
renewals: {count: 30, at: "07:02"}
accounts: {coupon: {balance: 3, takes: 2, p: 20%, shared_by: 4}}
customers: {double_tap: {p: 10%}, changes_basket: {p: 50%}}
network: {request_lost: 2%, answer_lost: 5%}
provider: {declined: 4%, failed: 2%, ambiguous: 5%}
faults:
  - {brownout: provider, at: "07:05", for: 5min, latency: x10, failed: 10%, ambiguous: 20%}
  - {crash: checkout, after: charge, p: 2%}
  - {crash: checkout, after: commit, p: 2%}
  - {duplicates: broker, p: 5%}
"""


class Number:
    """`n[condition]`: how many fulfil it."""

    def __getitem__(self, condition: np.ndarray) -> int:
        return int(np.sum(condition))


def priced(prices: Prices) -> Prices:
    """With a price for attempts and refunds, which would be tested by nothing if they were free."""
    return prices.model_copy(
        update={name: Price(value=usd, source="assumption") for name, usd in {"fee_attempt": 0.11, "fee_refund": 0.07}.items()}
    )


def rows(table: Any, *columns: str) -> list[dict[str, Any]]:
    return [dict(zip(columns, values, strict=True)) for values in zip(*(table[column] for column in columns), strict=True)]


def looked(tables: Any) -> np.ndarray:
    """Whether each customer looked when there was something to know."""
    settled_s = np.full(len(tables.purchases), np.inf)
    for order in rows(tables.orders, "purchase", "status", "changed_s"):
        if order["status"] in SETTLED:
            settled_s[order["purchase"]] = min(settled_s[order["purchase"]], order["changed_s"])
    found = np.zeros(len(settled_s), bool)
    for read in rows(tables.reads, "purchase", "stale", "read_s"):
        found[read["purchase"]] |= bool(read["stale"] or read["read_s"] >= settled_s[read["purchase"]])
    return found


def largest(*values: Any) -> float:
    return float(np.max(values[0]) if len(values) == 1 else max(values))


class Known(NamedTuple):
    names: dict[str, Any]
    metrics: dict[str, float]
    parts: dict[str, float]


@functools.cache
def names(design: str) -> Known:
    """What the names of the formulas stand for in a morning, counted row by row, and the morning's metrics and bill."""
    scenario, chosen = parse_scenario(BAD), load_design(design)
    prices = priced(load_prices(scenario.prices))
    tables, evidence = simulate(scenario, chosen, prices, 3)
    purchases, orders, charges, bill = tables.purchases, tables.orders, tables.charges, evidence.bill
    size = len(purchases)

    def per_purchase(owners: Any) -> np.ndarray:
        counts = np.zeros(size, int)
        for owner in owners:
            counts[owner] += 1
        return counts

    captured = [
        charge
        for charge in rows(charges, "purchase", "order", "cents", "captured_s", "refunded_s")
        if not np.isnan(charge["captured_s"])
    ]
    kept = [charge for charge in captured if np.isnan(charge["refunded_s"])]
    confirmed = [
        (number, order)
        for number, order in enumerate(rows(orders, "purchase", "status", "confirmed_s", "visible_s"))
        if order["status"] == Status.CONFIRMED
    ]
    paid = {charge["order"] for charge in kept}
    first = np.full(size, np.inf)
    for _, order in confirmed:
        first[order["purchase"]] = min(first[order["purchase"]], order["confirmed_s"])
    ordered = per_purchase(order["purchase"] for _, order in confirmed)
    shown = purchases["shown_cents"]
    told_confirmed = ~np.isnan(purchases["told_confirmed_s"])
    good, fault_end = purchases["good_card"] == 1, last_fault_s(tables)
    lags = purchases["acknowledged_s"] - purchases["submitted_s"]
    visible = [order["visible_s"] - order["confirmed_s"] for _, order in confirmed]
    parts = bill.parts
    confirmed_orders = {number for number, _ in confirmed}

    def rightful(charges: list[dict[str, Any]]) -> np.ndarray:
        """USD of the one charge that those who got a coffee owe: the first for a confirmed order, else the first."""
        usd, of = np.zeros(size), defaultdict(list)
        for charge in charges:
            of[charge["purchase"]].append(charge)
        for purchase in np.flatnonzero(ordered):
            mine = of[purchase]
            right = [charge for charge in mine if charge["order"] in confirmed_orders] or mine
            if right:
                usd[purchase] = min(right, key=lambda charge: charge["captured_s"])["cents"] / 100
        return usd

    def usd(charges: list[dict[str, Any]]) -> np.ndarray:
        sums = np.zeros(size)
        for charge in charges:
            sums[charge["purchase"]] += charge["cents"] / 100
        return sums

    in_vain, blocked = np.zeros(size), np.zeros(size, int)
    for hold in rows(tables.holds, *tables.holds.columns()):
        until_s = tables.horizon_s if np.isnan(hold["released_s"]) else min(hold["released_s"], tables.horizon_s)
        untaken = hold["cents"] - hold["captured_cents"]
        in_vain[hold["purchase"]] += round(untaken * max(until_s - hold["authorised_s"], 0)) / 100 / 3600
        left_behind = not hold["captured_cents"] and hold["voided_cents"] < hold["cents"]
        waits = hold["order"] in confirmed_orders and hold["order"] not in paid
        blocked[hold["purchase"]] += left_behind and not waits

    left_over = [account["balance"] for account in rows(tables.accounts, "balance")]
    beyond, stuck, given_back_twice = np.zeros(size), np.zeros(size), np.zeros(size)
    for taking in sorted(rows(tables.takings, *tables.takings.columns()), key=lambda taking: taking["sold_s"]):
        if np.isnan(taking["sold_s"]):
            stuck[taking["purchase"]] += taking["units"] * (not taking["given_back"])
        else:
            beyond[taking["purchase"]] += min(max(taking["units"] - max(left_over[taking["account"]], 0), 0), taking["units"])
            left_over[taking["account"]] -= taking["units"]
        given_back_twice[taking["purchase"]] += max(taking["given_back"] - taking["units"], 0)

    made = {
        "n": Number(), "sum": np.sum, "max": largest, "percentile": percentile, "never": np.inf,
        "purchases": size, "requests": len(tables.requests),
        "turned_away": per_purchase(r["purchase"] for r in rows(tables.requests, "purchase", "fate") if r["fate"] == 1) > 0,
        "looked": looked(tables),
        "shown_stale": per_purchase(read["purchase"] for read in rows(tables.reads, "purchase", "stale") if read["stale"]) > 0,
        "charged": per_purchase(charge["purchase"] for charge in captured),
        "kept": per_purchase(charge["purchase"] for charge in kept),
        "taken": usd(captured), "taken_net": usd(kept), "rightful": rightful(captured), "rightful_net": rightful(kept),
        "kept_as_shown": per_purchase(c["purchase"] for c in kept if c["cents"] == shown[c["purchase"]]),
        "oversold": beyond > 0, "beyond": beyond, "stuck": stuck, "given_back_twice": given_back_twice, "waits": tables.waits,
        "blocked": blocked, "held_in_vain": in_vain, "over_refunded": np.zeros(size),
        "ordered": ordered, "earned": (ordered > 0).astype(int), "awarded": per_purchase(tables.awards["purchase"]),
        "unpaid_orders": per_purchase(order["purchase"] for number, order in confirmed if number not in paid),
        "told_failed": purchases["told_failed"] == 1, "told_confirmed": told_confirmed, "shown": shown,
        "left": ~np.isnan(purchases["left_s"]) & ~told_confirmed, "good_card": good,
        "later": good & (purchases["submitted_s"] >= fault_end),
        "ack_lag": np.where(tables.waits, np.nan_to_num(lags, nan=np.inf), 0.0),
        "confirmation_lag": first - purchases["submitted_s"],
        "read_model_lag": np.nan_to_num(np.array(visible), nan=np.inf),
        "placed": orders["created_s"], "agreed": audit(tables).agreed_s, "fault_end": fault_end,
        "correct": bill.correct,
        "infrastructure": sum(parts[name] for name in ("compute", "database", "operations", "messages")),
        "fees": parts["fees"],
        "failures": sum(parts[name] for name in ("double charges", "paid, no order", "wrong message", "told yes, then no",
                                                 "lost sales", "order given away", "loyalty")),
        "used_worker_s": bill.capacity.used_s, "paid_worker_s": bill.capacity.paid_s,
        "capacity_per_hour": bill.capacity.per_hour, "hours_per_month": prices.hours_per_month.value,
        "mornings_per_month": prices.mornings_per_month.value,
        "by_use": sum(parts.values()) - parts["compute"] - parts["database"] + bill.capacity.scaled_up,
    }  # fmt: skip
    left, served = made["left"], ordered > 0
    pools = [station for station in tables.stations if station.name in ("checkout", "payment")]
    of_bill = {
        "ceil": math.ceil, "hours": tables.worked_s / 3600,
        "background": hasattr(chosen, "relay") + hasattr(chosen, "completer"),
        "workers": sum(pool.provisioned_s for pool in pools) / tables.worked_s, "connections": chosen.database.connections,
        "database_reads": tables.counts["database_reads"], "database_writes": tables.counts["database_writes"],
        "polls": tables.counts["polls"], "cached_polls": tables.counts["polls_from_cache"],
        "published": tables.counts["broker_published"],
        "delivered": tables.counts["broker_delivered"], "authorisations": tables.counts["authorisations"],
        "captured": np.array([charge["cents"] / 100 for charge in captured]),
        "refunds": sum(not np.isnan(charge["refunded_s"]) for charge in captured),
        "served": served, "orphan": (made["kept"] > 0) & ~served, "retracted": ~np.isnan(lags) & ~served,
        "misinformed": made["told_failed"] & (made["kept"] > told_confirmed) | told_confirmed & (made["charged"] == 0),
        "abandoned": left & (made["kept"] > 0), "price": 6.5,
    } | {name: getattr(prices, name).value for name in PRICES}  # fmt: skip
    assert not set(of_bill) & set(made) - set(PRICES), "a name stands for one thing"
    return Known(made | of_bill, evidence.metrics, evidence.bill.parts)


def test_every_metric_has_a_formula() -> None:
    """And each that is neither a share nor a part of the cost has a function; nothing else has one."""
    assert all(metric.formula for metric in METRICS.values())
    assert set(COMPUTE) == {name for name, metric in METRICS.items() if metric.counts is None and metric.part is None}


@pytest.mark.parametrize("design", ["naive", "key-per-submission", "no-fingerprint", "outbox", "sells-the-last-twice"])
def test_formulas_say_what_is_computed(design: str) -> None:
    """Evaluated on names that are counted row by row, each formula gives the metric, or the part of the bill."""
    known, metrics, parts = names(design)
    with np.errstate(invalid="ignore"):  # 0 / 0 is NaN: nothing to count
        for name, metric in METRICS.items():
            assert float(eval(metric.formula, {}, known)) == pytest.approx(metrics[name], rel=1e-12, nan_ok=True), name
    for name, part in BILL.items():
        assert float(eval(part.formula, {}, known)) == pytest.approx(parts[name], rel=1e-12), name


def test_every_price_is_in_a_formula() -> None:
    """Of the bill or of a metric: nothing in a price table is without effect."""
    formulas = " ".join([part.formula for part in BILL.values()] + [metric.formula for metric in METRICS.values()])
    assert set(PRICES) <= set(re.findall(r"[a-z_]+", formulas))


def test_the_page_of_the_bill_explains_every_name() -> None:
    """Those of its formulas that the page of metrics does not explain; prices are in the table of prices."""
    pages = "".join((ROOT / "docs" / page).read_text(encoding="utf-8") for page in ("cost.md", "reference/metrics.md"))
    explained = set(re.findall(r"`([a-z_]+)`", pages)) | set(PRICES) | {"n", "sum", "where", "ceil"}
    assert set(re.findall(r"[a-z_]+", " ".join(part.formula for part in BILL.values()))) <= explained


def test_the_mornings_of_this_test_are_bad_enough() -> None:
    """Formulas of harms that never happen would agree by being zero: each harm happens to somebody.

    But for an unpaid order, and money that is blocked, which takes a design that authorises.
    """
    found = [names(design).metrics for design in ("naive", "key-per-submission", "no-fingerprint", "sells-the-last-twice")]
    rates = [name for name in METRICS if name.endswith("_rate") and name not in ("unpaid_order_rate", "blocked_rate")]
    assert [rate for rate in rates if not any(metrics[rate] > 0 for metrics in found)] == []


def test_every_part_of_the_bill_is_owed_by_somebody() -> None:
    """A formula of a part that is zero in all of these mornings would not be tested; one is tested with rows made by hand."""
    found = [names(design).parts for design in ("naive", "no-fingerprint", "outbox", "no-reconciler")]
    assert [part for part in BILL if not any(parts[part] > 0 for parts in found)] == ["order given away"]
