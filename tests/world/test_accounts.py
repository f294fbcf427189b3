"""What can be used up: who takes the last, what is reserved and given back, and when two are sold one."""

from __future__ import annotations

from math import sqrt
from typing import Any

import numpy as np
import pytest

from sim.architectures import ARCHITECTURES
from sim.config.scenario import Scenario
from sim.ledger.metrics import Evidence
from sim.ledger.records import Tables
from sim.vocabulary import Answer, Status
from tests.worlds import design, judged, world

ONE_LEFT = """
name: one-left
clock: {start: "07:00", duration: 1min, drain: 30min}
accounts: {croissant: 1}
customers: {patience: {constant: 1h}}
provider: {latency: {constant: 450ms}}
"""
AT_ONCE = (0.0, 0.1)  # the second comes while the first pays
LATER = {"guard": "check_then_take", "when": "at_settlement"}
OTHERS = [name for name in ARCHITECTURES if name != "naive"]


def run(
    scenario: Scenario, name: str = "idempotent", taking: dict[str, Any] | None = None, seed: int = 0, **knobs: Any
) -> tuple[Tables, Evidence]:
    return judged(scenario, design(name, {"taking": taking or {}, **knobs}), seed)


def sold(evidence: Evidence) -> list[int]:
    return evidence.audit.ordered.tolist()


def per_morning(evidence: Evidence, metric: str) -> float:
    return evidence.metrics[metric] * evidence.metrics["purchases"] / (1000 if metric.endswith("1000") else 1)


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_the_second_of_two_hears_that_nothing_is_left(name: str) -> None:
    """Taken in one transaction before the payment: the other is refused at once, uncharged, and nobody failed them."""
    tables, evidence = run(world(ONE_LEFT, arrivals=AT_ONCE), name)
    assert sold(evidence) == [1, 0]
    assert evidence.audit.charged.tolist() == [1, 0]
    assert tables.requests["answer"][1] == Answer.USED_UP
    assert tables.orders["status"].tolist() == [Status.CONFIRMED, Status.USED_UP]
    assert tables.orders["view_status"].tolist() == [Status.CONFIRMED, Status.USED_UP]
    assert tables.purchases["good_card"].tolist() == [1, 0]
    assert evidence.tally.found["lost"] == evidence.tally.found["oversold"] == 0
    assert (tables.accounts["left"].tolist(), len(tables.takings)) == ([0], 1)
    assert not any(value for key, value in evidence.metrics.items() if key.endswith(("_rate", "_rate_net")) and value == value)


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_checked_first_and_taken_after_the_payment_the_last_is_sold_twice(name: str) -> None:
    """Both found one left. The first to pay has it; the other's order is paid, confirmed, and can't be made."""
    tables, evidence = run(world(ONE_LEFT, arrivals=AT_ONCE), name, LATER)
    assert sold(evidence) == [1, 1]
    later = int(np.argmax(tables.orders["confirmed_s"]))  # at the provider's page each takes a time of their own
    assert np.flatnonzero(evidence.audit.oversold).tolist() == [later]
    assert evidence.audit.oversold_units.sum() == 1
    assert np.flatnonzero(evidence.audit.correct).tolist() == [1 - later]
    assert tables.accounts["left"].tolist() == [-1]
    assert per_morning(evidence, "units_oversold_per_1000") == per_morning(evidence, "oversold_rate") == 1
    assert evidence.bill.parts["paid, no order"] > 0


@pytest.mark.parametrize("name", OTHERS)
def test_taken_when_it_is_paid_in_one_transaction_the_loser_gets_the_money_back(name: str) -> None:
    """Nothing is sold twice: the order that finds nothing left after its payment is refused, and the reconciler refunds."""
    tables, evidence = run(world(ONE_LEFT, arrivals=AT_ONCE), name, {"when": "at_settlement"})
    assert evidence.audit.charged.tolist() == [1, 1]
    assert evidence.audit.kept.tolist() == sold(evidence)
    assert sorted(tables.orders["status"].tolist()) == [Status.CONFIRMED, Status.USED_UP]


def test_a_trusted_webhook_sells_what_is_not_there() -> None:
    """Both have paid, one transaction has refused the second, and the news of the money overwrites that."""
    payment = {"webhooks": "trusted"}
    _, evidence = run(world(ONE_LEFT, arrivals=AT_ONCE), taking={"when": "at_settlement"}, payment=payment)
    assert (sold(evidence), evidence.audit.oversold_units.sum()) == ([1, 1], 1)
    _, evidence = run(world(ONE_LEFT, arrivals=AT_ONCE), taking={"when": "at_settlement"}, payment={"webhooks": "checked"})
    assert (sold(evidence), evidence.audit.oversold_units.sum()) == ([1, 0], 0)


def test_without_a_reconciler_whoever_was_refused_after_the_payment_has_paid_for_nothing() -> None:
    """naive tells them the truth, and keeps the money."""
    _, evidence = run(world(ONE_LEFT, arrivals=AT_ONCE), "naive", {"when": "at_settlement"})
    assert evidence.audit.orphan.tolist() == [False, True]


@pytest.mark.parametrize(("guard", "both"), [("atomic", False), ("check_then_take", True), ("read_then_write", True)])
def test_the_race_at_the_request_is_as_wide_as_a_read_and_a_write(guard: str, both: bool) -> None:
    """Two requests at the same moment: a look takes 1 ms and the write after it 4 ms, so the second looks before."""
    _, evidence = run(world(ONE_LEFT, arrivals=(0.0, 0.002)), taking={"guard": guard})
    assert sold(evidence) == [1, int(both)]
    _, evidence = run(world(ONE_LEFT, arrivals=(0.0, 0.006)), taking={"guard": guard})
    assert sold(evidence) == [1, 0]


def test_a_book_that_is_written_back_forgets_what_others_took() -> None:
    """Three at once find 5: the book says 4 in the end, and 3 are sold."""
    scenario = world(ONE_LEFT.replace("croissant: 1", "croissant: 5"), arrivals=(0.0, 0.001, 0.002))
    tables, evidence = run(scenario, taking={"guard": "read_then_write"})
    assert sold(evidence) == [1, 1, 1]
    assert (tables.accounts["left"].tolist(), tables.accounts["overwritten"].tolist()) == ([4], [2])


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_who_is_declined_gives_it_back(name: str) -> None:
    """The card of the first is bad: the second, who comes later, has the croissant."""
    scenario = world(
        ONE_LEFT.replace("450ms}", "450ms}, declined: 50%").replace("1min", "20min"),
        arrivals=tuple(120.0 * n for n in range(8)),
    )
    tables, evidence = run(scenario, name)
    good = tables.purchases["good_card"]
    first = next(n for n in range(8) if evidence.audit.ordered[n])
    assert evidence.audit.ordered.sum() == 1
    assert all(tables.orders["status"][:first] == Status.DECLINED)
    assert first > 0, "of this seed the first card is bad"
    assert good.sum() == 1
    assert tables.takings["given_back"][:first].tolist() == [1] * first


def test_what_is_never_given_back_is_a_lost_sale() -> None:
    """The same, and nobody gives it back: one unit sticks, and the first good card after it is lost, no more of them."""
    scenario = world(ONE_LEFT.replace("450ms}", "450ms}, declined: 50%"), arrivals=tuple(5.0 * n for n in range(8)))
    tables, evidence = run(scenario, taking={"gives_back": "never"})
    assert evidence.audit.ordered.sum() == 0
    assert per_morning(evidence, "units_stuck_per_1000") == 1
    assert evidence.tally.found["lost"] == tables.purchases["good_card"].sum() == 1
    assert ("lost", "refused", "purchases") in evidence.tally.causes
    assert evidence.metrics["confirmed_share"] == 0


def test_a_crash_leaves_it_reserved_for_ever_and_a_time_limit_frees_it() -> None:
    """naive dies after the taking, and nobody takes the order up. The second comes 2 min later."""
    dies = ONE_LEFT.replace("1min", "5min") + "faults: [{crash: checkout, after: take, times: 1}]\n"
    scenario = world(
        dies.replace("1h}", "30s}, after_patience: {tap_again: 0%, refresh: 0%, leave: 100%}"), arrivals=(0.0, 120.0)
    )
    quiet = {"retry": {"never": True}}
    tables, evidence = run(scenario, "naive", app=quiet)
    assert (sold(evidence), per_morning(evidence, "units_stuck_per_1000")) == ([0, 0], 1)
    tables, evidence = run(scenario, "naive", {"reserve": {"for": "1min", "every": "10s"}}, app=quiet)
    assert (sold(evidence), per_morning(evidence, "units_stuck_per_1000")) == ([0, 1], 0)
    assert 60 <= tables.takings["given_back_s"][0] - tables.takings["taken_s"][0] <= 71


SLOW = ONE_LEFT.replace("450ms", "4s").replace("1min", "5min")
SHORT = {"for": "1s", "every": "500ms"}


@pytest.mark.parametrize("name", ARCHITECTURES)
@pytest.mark.parametrize(("late", "sells"), [("refused", 1), ("confirmed", 2)])
def test_a_reservation_that_ends_while_its_payment_is_at_work(name: str, late: str, sells: int) -> None:
    """It ends after 1 s, a payment takes 4 s: the second takes what the first has reserved. Both pay.

    The late one is confirmed all the same, so that one is sold to two; or takes again, finds nothing, and is refused.
    """
    _, evidence = run(world(SLOW, arrivals=(0.0, 2.0)), name, {"reserve": SHORT | {"late": late}})
    assert evidence.audit.ordered.sum() == sells
    assert evidence.audit.oversold.sum() == sells - 1
    assert evidence.audit.charged.tolist() == [1, 1]
    if late == "refused" and name != "naive":
        assert evidence.audit.kept.sum() == 1


def test_a_late_payment_takes_again_what_nobody_wanted() -> None:
    """Its reservation was over, and nobody else came."""
    tables, evidence = run(world(SLOW, arrivals=(0.0,)), taking={"reserve": SHORT})
    assert sold(evidence) == [1]
    assert (tables.accounts["left"].tolist(), len(tables.takings)) == ([0], 2)
    assert not evidence.audit.oversold.any()


def test_given_back_by_the_timer_and_once_more_by_whoever_was_declined() -> None:
    """Each gives 1 back, so that 2 can be had where 1 was: one of two orders can't be made."""
    scenario = world(SLOW.replace("4s}", "4s}, declined: 50%"), arrivals=tuple(20.0 * n for n in range(8)))
    after = {"gives_back": "after_it", "reserve": SHORT}
    _, evidence = run(scenario, taking=after)
    assert per_morning(evidence, "units_given_back_twice_per_1000") >= 1
    assert evidence.audit.ordered.sum() >= 2
    assert evidence.audit.oversold.sum() == evidence.audit.ordered.sum() - 1
    _, evidence = run(scenario, taking={"reserve": SHORT})
    assert (evidence.audit.ordered.sum(), per_morning(evidence, "units_given_back_twice_per_1000")) == (1, 0)


def test_a_crash_between_settling_and_giving_back_leaves_it_taken() -> None:
    """The order is declined, and whoever would have given it back is dead."""
    dies = ONE_LEFT.replace("450ms}", "450ms, }").replace("450ms, }", "450ms}, declined: 100%")
    scenario = world(dies + "faults: [{crash: checkout, after: commit, times: 1}]\n")
    tables, _ = run(scenario, taking={"gives_back": "after_it"}, app={"retry": {"never": True}})
    assert (tables.orders["status"].tolist(), tables.accounts["left"].tolist()) == ([Status.DECLINED], [0])
    tables, _ = run(scenario, app={"retry": {"never": True}})
    assert tables.accounts["left"].tolist() == [1]


GIFT_CARD = ONE_LEFT.replace("croissant: 1", "gift-card: {balance: 5000, takes: 3000, shared_by: 2}")


def test_a_gift_card_in_two_tabs() -> None:
    """50 USD, 30 each: the second tab is refused, and the next two have a card of their own. Checked first, both go through."""
    scenario = world(GIFT_CARD, arrivals=(0.0, 0.1, 10.0, 10.1))
    tables, evidence = run(scenario)
    assert sold(evidence) == [1, 0, 1, 0]
    assert (tables.accounts["left"].tolist(), evidence.tally.found["lost"]) == ([2000, 2000], 0)
    tables, evidence = run(scenario, taking=LATER)
    assert sold(evidence) == [1, 1, 1, 1]
    assert evidence.audit.oversold_units.tolist() == [0, 1000, 0, 1000]


def test_a_coupon_used_twice_by_a_double_tap() -> None:
    """Without keys two taps are two orders. The coupon has one use: the second order is refused, unless it is checked first."""
    coupon = ONE_LEFT.replace("croissant: 1", "coupon: {balance: 1, shared_by: 1}")
    tapped = coupon.replace("1h}", "1h}, double_tap: {p: 100%, gap: 100ms}")
    _, evidence = run(world(tapped), "naive")
    assert (sold(evidence), evidence.audit.charged.tolist()) == ([1], [1])
    _, evidence = run(world(tapped), "naive", LATER)
    assert (sold(evidence), evidence.audit.oversold_units.tolist()) == ([2], [1])
    _, evidence = run(world(tapped), "idempotent", LATER)
    assert (sold(evidence), evidence.audit.oversold_units.tolist()) == ([1], [0])


def test_all_of_several_accounts_or_nothing() -> None:
    """The coupon is there, the croissant is gone: the coupon is not taken."""
    both = ONE_LEFT.replace("{croissant: 1}", "{croissant: 1, coupon: {balance: 5, takes: 2}}")
    tables, evidence = run(world(both, arrivals=AT_ONCE))
    assert sold(evidence) == [1, 0]
    assert tables.accounts["left"].tolist() == [0, 3]


def test_only_some_want_it() -> None:
    """A third of 3,000: as many as a binomial share lets one expect (4 sigma); the others are never refused."""
    some = ONE_LEFT.replace("{croissant: 1}", "{croissant: {balance: 0, p: 30%}}")
    _, evidence = run(world(some, arrivals=tuple(0.02 * n for n in range(3000))))
    refused = 3000 - evidence.audit.ordered.sum()
    assert abs(refused - 900) <= 4 * sqrt(3000 * 0.3 * 0.7)
    assert evidence.metrics["confirmed_share"] == 1


@pytest.mark.slow
def test_units_oversold_are_rate_times_the_width_of_the_race() -> None:
    """Whoever comes within w of the moment at which the last unit's buyer looked is sold one too: Poisson(rate * w).

    They look 19 ms (network apart) after they came, and take w = look to commit of the settlement later.
    """
    text = ONE_LEFT.replace("croissant: 1", "croissant: 10").replace("1min", "2min").replace("450ms", "600ms")
    scenario = world(text + "traffic: {rate: 20/s}\n", arrivals=None)
    found = []
    for seed in range(12):
        _, evidence = run(scenario, taking=LATER, seed=seed, checkout={"workers": 2000}, database={"connections": 1000})
        found.append(int(evidence.audit.oversold_units.sum()))
    width_s = 0.6 + 0.004  # the call, and the commit of what it came to
    expected = 20 * width_s
    assert abs(np.mean(found) - expected) <= 4 * sqrt(expected / len(found))
