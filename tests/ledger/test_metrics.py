"""Metrics and costs: from tables to numbers, without survivor bias."""

from __future__ import annotations

import numpy as np
import pytest

from sim.config.prices import load_prices
from sim.ledger.audit import Audit, audit
from sim.ledger.capacity import Capacity
from sim.ledger.costs import PARTS, Bill
from sim.ledger.metrics import Evidence, measure, percentile
from sim.ledger.records import Purchases, Requests, Tables
from sim.ledger.tally import tally
from sim.vocabulary import METRICS, Fate, Status
from tests.worlds import ONE_CUSTOMER, design, judged, world

PRICES = load_prices("aws-us-east-1")
NAN = float("nan")
FREE = Bill(dict.fromkeys((name for names in PARTS.values() for name in names), 0.0), Capacity(0, 0, 0, 0, 0, 0), 0, 0, PRICES)


def people(
    *happened: tuple[float, float, float], bad_cards: int = 0, faults: tuple[tuple[str, float, float], ...] = ()
) -> Evidence:
    """A morning in which each had one order: submitted, acknowledged, confirmed at these seconds (NaN: never).

    The view showed it 2 s after it was confirmed, and none of them was charged; the first ones had bad cards.
    """
    tables = Tables(1000.0, 100.0, Purchases(len(happened)), faults=list(faults))
    for purchase, (submitted_s, acknowledged_s, confirmed_s) in enumerate(happened):
        tables.purchases.submitted_s[purchase] = submitted_s
        tables.purchases.acknowledged_s[purchase] = acknowledged_s
        tables.purchases.good_card[purchase] = purchase >= bad_cards
        status = Status.PENDING if np.isnan(confirmed_s) else Status.CONFIRMED
        row = {
            "purchase": purchase, "status": status, "view_status": status, "created_s": submitted_s, "confirmed_s": confirmed_s,
            "changed_s": confirmed_s, "visible_s": confirmed_s + 2.0, "view_changed_s": confirmed_s + 2.0,
        }  # fmt: skip
        for column, value in row.items():
            getattr(tables.orders, column).append(value)
    return of(tables, audit(tables))


def of(tables: Tables, judged: Audit) -> Evidence:
    """The evidence, with nothing to be paid for."""
    return Evidence(tables, judged, tally(tables, judged), FREE)


def test_every_published_metric_is_computed() -> None:
    """A morning has a value for each metric of the table, in the table's order."""
    evidence = people((3.0, 4.0, 8.0))
    assert list(measure(evidence.tally, evidence.bill)) == list(METRICS)


def test_percentiles_count_those_who_never_got_there() -> None:
    """A percentile is infinite when it falls among the infinite values, and NaN when there is nothing to count."""
    values = np.array([np.inf, 1.0, 3.0, 2.0])
    assert [percentile(values, p) for p in (25, 50, 75, 76, 100)] == [1.0, 2.0, 3.0, np.inf, np.inf]
    assert np.isnan(percentile(np.array([]), 50))


def test_a_percentile_of_two_hundred() -> None:
    """The 99th of 1 to 200 is 198: two are above it."""
    assert [percentile(np.arange(200.0, 0.0, -1.0), p) for p in (0, 0.5, 99, 99.5, 100)] == [1.0, 1.0, 198.0, 199.0, 200.0]


def test_lags_count_from_the_first_tap_and_know_never() -> None:
    """Submitted at 3 s, acknowledged at 4 s, confirmed at 8 s, shown at 10 s; whoever never got there takes infinitely long."""
    metrics = people((3.0, 4.0, 8.0), (3.0, NAN, NAN), (3.0, NAN, NAN)).metrics
    lags = {name: value for name, value in metrics.items() if "_lag_" in name or "latency" in name}
    assert lags == {
        "ack_latency_p50": np.inf, "ack_latency_p95": np.inf, "ack_latency_p99": np.inf,
        "confirmation_lag_p50": np.inf, "confirmation_lag_p95": np.inf, "confirmation_lag_p99": np.inf,
        "read_model_lag_p50": 2.0, "read_model_lag_p95": 2.0, "read_model_lag_p99": 2.0,
    }  # fmt: skip
    assert (metrics["acknowledged_share"], metrics["confirmed_share"]) == (1 / 3, 1 / 3)
    one = people((3.0, 4.0, 8.0)).metrics
    assert (one["ack_latency_p50"], one["confirmation_lag_p50"]) == (1.0, 5.0)


def test_a_confirmed_order_that_the_view_never_shows_lags_for_ever() -> None:
    """The lag of the view is over confirmed orders, shown or not."""
    tables = people((3.0, 4.0, 8.0)).tables
    tables.orders.visible_s[0] = NAN
    assert of(tables, audit(tables)).metrics["read_model_lag_p50"] == np.inf


OUTAGE = (("outage", 5.0, 10.0),)
SERVED, UNCONFIRMED, UNACKNOWLEDGED = (1.0, 2.0), (1.0, NAN), (NAN, 2.0)


@pytest.mark.parametrize(
    ("after", "collapsed"),
    [
        ([SERVED, SERVED], 0.0),
        ([SERVED, UNCONFIRMED], 0.0),
        ([SERVED, UNCONFIRMED, UNACKNOWLEDGED], 1.0),
        ([SERVED, SERVED, UNCONFIRMED, UNACKNOWLEDGED], 0.0),
        ([UNACKNOWLEDGED], 1.0),
        ([], NAN),
    ],
)
@pytest.mark.parametrize("faults", [(), OUTAGE])
def test_a_morning_has_collapsed_if_fewer_than_half_were_served_after_the_last_fault(
    after: list[tuple[float, float]], collapsed: float, faults: tuple[tuple[str, float, float], ...]
) -> None:
    """Acknowledged and confirmed is served; who came before the end of the last fault, or with a bad card, doesn't count."""
    start_s = 10.0 if faults else 0.0
    bad_card = (start_s, NAN, NAN)
    before = [(9.0, NAN, NAN)] * 5 if faults else []
    came = [(start_s, start_s + acknowledged_s, start_s + confirmed_s) for acknowledged_s, confirmed_s in after]
    metrics = people(bad_card, *before, *came, bad_cards=1, faults=faults).metrics
    assert metrics["collapsed_share"] == pytest.approx(collapsed, nan_ok=True)


def test_every_metric_counts_its_own_kind() -> None:
    """Twenty purchases, and another number of them for each kind of harm; another number of USD for each part of the bill."""
    number = 20

    def some(count: int) -> np.ndarray:
        return np.arange(number) < count

    tables = Tables(1000.0, 100.0, Purchases(number), requests=Requests(30))
    for purchase in range(number):
        tables.purchases.submitted_s[purchase] = 0.0
        tables.purchases.good_card[purchase] = 1
        tables.purchases.acknowledged_s[purchase] = 1.0 if purchase < 13 else NAN
        for stale in (purchase < 14, False):  # each looks twice, and has no order
            tables.reads.stale.append(stale)
            tables.reads.purchase.append(purchase)
            tables.reads.read_s.append(5.0)
    tables.requests.fate[7] = Fate.REJECTED  # of one purchase
    judged = Audit(
        charged=1 + some(19) + some(1), kept=1 + some(2), ordered=1 + some(3), awarded=np.ones(number),
        overcharged_cents=650 * some(1), overcharged_net_cents=650 * some(2),
        confirmed_s=np.where(some(12), 3.0, np.inf), orphan=some(4), unpaid=some(5), over_awarded=some(6),
        under_awarded=some(7), misinformed=some(8), mistaken=some(9), abandoned=some(10), unsettled=some(15),
        correct=some(16), retracted=some(18), differing=some(17), agreed_s=np.where(some(11), np.inf, 3.0),
        blocked=2 * some(6), held_cent_s=360_000 * some(2), over_refunded_cents=130 * some(4),
        oversold=some(5), oversold_units=7 * some(5), stuck_units=3 * some(2), over_returned_units=some(1),
    )  # fmt: skip
    parts = {name: float(2**power) for power, name in enumerate(name for names in PARTS.values() for name in names)}
    capacity = Capacity(compute=1.0, database=2.0, per_hour=3.0, scaled_up=0.5, paid_s=80.0, used_s=20.0)
    metrics = measure(tally(tables, judged), Bill(parts, capacity, 20, 16, PRICES))
    shares = {
        "double_charge_rate": 19, "turned_away_share": 1,
        "double_charge_rate_net": 2, "duplicate_order_rate": 3, "orphan_charge_rate": 4,
        "unpaid_order_rate": 5, "loyalty_over_award_rate": 6, "loyalty_under_award_rate": 7, "misinformed_rate": 8,
        "wrong_amount_rate": 9, "abandoned_charge_rate": 10, "confirmed_share": 12, "acknowledged_share": 13,
        "stale_read_rate": 20,  # of those who looked when there was something to know: whoever was shown less, at least
        "retracted_rate": 18, "blocked_rate": 6, "oversold_rate": 5,
    }  # fmt: skip
    expected = {name: count / number for name, count in shares.items()} | {
        "purchases": 20, "requests_per_purchase": 1.5, "unconverged_orders": 11,
        "infra_cost_per_1000": 15 / 16 * 1000, "provider_cost_per_1000": 16 / 16 * 1000,
        "failure_cost_per_1000": 4064 / 16 * 1000, "cost_per_1000": 4095 / 16 * 1000,
        "overcharged_per_1000": 6.5 * 50, "overcharged_per_1000_net": 6.5 * 100, "most_charged": 3,
        "charges_per_harmed": (1 * 3 + 18 * 2) / 19, "held_usd_hours_per_1000": 100, "over_refunded_per_1000": 260,
        "units_oversold_per_1000": 1750, "units_stuck_per_1000": 300, "units_given_back_twice_per_1000": 50,
        "monthly_cost": 3 * 730 + (4095 - 1 - 2 + 0.5) * 30, "unused_capacity_share": 0.75,
    }  # fmt: skip
    assert {name: metrics[name] for name in expected} == pytest.approx(expected)


def test_a_morning_without_anybody() -> None:
    """Nothing to count is NaN, and not 0; nobody sends no requests."""
    metrics = people().metrics
    assert {name for name, value in metrics.items() if value == 0} == {
        "purchases", "requests_per_purchase", "unconverged_orders", "monthly_cost",
    }  # fmt: skip
    assert all(np.isnan(value) for value in metrics.values() if value != 0)


def test_one_clean_customer() -> None:
    """Every metric of a world of one customer in the outbox design, by hand."""
    _, evidence = judged(world(), design("outbox"))
    metrics = evidence.metrics
    rates = [name for name in METRICS if name.endswith(("_rate", "_rate_net"))]
    assert all(metrics[name] == 0 for name in rates), metrics
    expected = {
        "purchases": 1, "confirmed_share": 1, "acknowledged_share": 1, "requests_per_purchase": 1, "unconverged_orders": 0,
        "ack_latency_p50": 0.054, "confirmation_lag_p99": 0.963, "read_model_lag_p95": 0.074,
    }  # fmt: skip
    assert {name: metrics[name] for name in expected} == pytest.approx(expected)
    assert np.isnan(metrics["convergence_time"])


def test_a_declined_card_is_nobodys_failure() -> None:
    """Lags and shares are over purchases with a good card; there are none here."""
    declined = world(ONE_CUSTOMER.replace("450ms}", "450ms}\n  declined: 100%"))
    metrics = judged(declined, design("idempotent"))[1].metrics
    assert metrics["purchases"] == 1
    assert np.isnan([metrics[name] for name in ("confirmed_share", "ack_latency_p50", "confirmation_lag_p50")]).all()
    assert (metrics["orphan_charge_rate"], metrics["unconverged_orders"]) == (0, 0)


def test_convergence_counts_from_the_end_of_the_last_fault() -> None:
    """A view that stood still until 10 s shows an order confirmed at 0.963 s after 10.02 s: 0.02 s to converge."""
    stopped = world(ONE_CUSTOMER + 'faults: [{outage: read_model, at: "07:00:00", for: 10s}]\n')
    metrics = judged(stopped, design("outbox"))[1].metrics
    assert metrics["convergence_time"] == pytest.approx(0.04)  # two events of 20 ms wait for the projector
    assert metrics["read_model_lag_p50"] == pytest.approx(10.04 - 0.963)


def test_orders_converge_before_the_end_of_the_last_fault_or_after_it() -> None:
    """The last of the earlier orders to agree counts, and one that is placed as the fault ends is no earlier one."""
    early = people((1.0, 2.0, NAN), (10.0, 11.0, NAN), faults=OUTAGE)
    agreed_s = early.audit.agreed_s
    for times_s, converged_s in (((4.0, 99.0), 0.0), ((10.5, 99.0), 0.5), ((13.0, 99.0), 3.0), ((np.inf, 99.0), np.inf)):
        agreed_s[:] = times_s
        assert of(early.tables, early.audit).metrics["convergence_time"] == converged_s
