"""Mishaps in worlds of one customer: each does what its row says, once, and to the purchase that it names."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple, get_args

import pytest

from sim.architectures import load_design
from sim.config.library import parse_scenario
from sim.config.mishaps import MISHAPS, Slowed
from sim.ledger.records import Tables
from sim.vocabulary import Fate, Outcome, Status
from sim.world.script import WORK
from tests.worlds import morning

CALM = """\
name: calm
clock: {start: "07:00", duration: 1min, drain: 20min}
traffic: {times: ["07:00:00"]}
customers: {patience: {constant: 1h}, after_patience: {tap_again: 0%, refresh: 0%, leave: 100%}}
provider: {latency: {constant: 500ms}}
"""


class Facts(NamedTuple):
    """What is left of one customer's morning."""

    calls: tuple[str, ...]  # as the shop heard them
    charged: int
    orders: tuple[str, ...]
    requests: int
    awards: int


def after(design: str, *mishaps: str, world: str = CALM) -> Facts:
    return facts(tables_after(design, mishaps, world))


def tables_after(design: str, mishaps: Iterable[str], world: str = CALM) -> Tables:
    text = world + "".join(["mishaps:\n", *(f"  - {one}\n" for one in mishaps)] if mishaps else [])
    return morning(parse_scenario(text), load_design(design))[0]


def facts(tables: Tables) -> Facts:
    return Facts(
        calls=tuple(Outcome(code).name.lower() for code in tables.charges.outcome),
        charged=sum(captured_s == captured_s for captured_s in tables.charges.captured_s),
        orders=tuple(Status(code).name.lower() for code in tables.orders["status"]),
        requests=len(tables.requests),
        awards=len(tables.awards),
    )


USUAL = Facts(("captured",), 1, ("confirmed",), 1, 1)


@pytest.mark.parametrize("design", ["naive", "idempotent", "outbox", "inquiry"])
def test_without_mishaps_all_is_well(design: str) -> None:
    assert after(design) == USUAL


IN_NAIVE: dict[str, Facts] = {
    # refused before any charge: the app reads 502 and tries again
    "{call: 1, is: refused}": Facts(("failed", "captured"), 1, ("failed", "confirmed"), 2, 1),
    "{call: 1, is: broke}": Facts(("error", "captured"), 1, ("failed", "confirmed"), 2, 1),
    # the money is taken, nobody hears of it (naive takes that for a failure), and the app's next request pays once more
    "{call: 1, is: lost}": Facts(("unknown", "captured"), 2, ("failed", "confirmed"), 2, 1),
    "{call: 1, is: slow}": Facts(("unknown", "captured"), 2, ("failed", "confirmed"), 2, 1),
    "{call: 1, is: late}": Facts(("unknown", "captured"), 2, ("failed", "confirmed"), 2, 1),
    "{call: 1, is: declined}": Facts(("declined",), 0, ("declined",), 1, 0),
    "{request: 1, is: lost}": Facts(("captured",), 1, ("confirmed",), 2, 1),
    "{request: 1, is: late}": Facts(("captured", "captured"), 2, ("confirmed", "confirmed"), 2, 2),
    "{answer: 1, is: lost}": Facts(("captured", "captured"), 2, ("confirmed", "confirmed"), 2, 2),
    "{answer: 1, is: late, by: 1s}": USUAL,
    "{crash: checkout, after: charge}": Facts(("captured", "captured"), 2, ("pending", "confirmed"), 2, 1),
    "{errors: checkout, after: commit}": Facts(("captured", "captured"), 2, ("confirmed", "confirmed"), 2, 1),
    "{pause: checkout, after: charge}": Facts(("captured", "captured"), 2, ("confirmed", "confirmed"), 2, 2),
    "{slow: database, nth: 2}": Facts(("captured", "captured"), 2, ("confirmed", "confirmed"), 2, 2),
    "{slow: broker}": Facts(("captured", "captured"), 2, ("confirmed", "confirmed"), 2, 2),
    "{message: 1, to: loyalty, is: repeated}": USUAL._replace(awards=2),
    "{message: 1, to: loyalty, is: late}": USUAL,
    "{customer: taps_again, at: 100ms}": Facts(("captured", "captured"), 2, ("confirmed", "confirmed"), 2, 2),
    "{customer: refreshes, at: 100ms}": Facts(("captured", "captured"), 2, ("confirmed", "confirmed"), 2, 2),
    "{customer: taps_again, at: 2s}": USUAL,  # by then there is no reason to
    "{crash: checkout, at: 300ms}": Facts(("captured", "captured"), 2, ("pending", "confirmed"), 2, 1),
}


@pytest.mark.parametrize(("mishap", "expected"), IN_NAIVE.items())
def test_one_mishap_in_naive(mishap: str, expected: Facts) -> None:
    assert after("naive", mishap) == expected


def test_who_leaves_has_left() -> None:
    tables = tables_after("naive", ["{customer: leaves, at: 100ms}"])
    assert tables.purchases.left_s[0] == pytest.approx(0.1)
    assert facts(tables) == USUAL


def test_a_basket_that_grows_is_charged_as_it_was_sent() -> None:
    tables = tables_after("naive", ["{customer: orders_more, at: 100ms}"])
    assert sorted(tables.charges.cents) == [650, 650 + 350]


def test_an_inquiry_that_goes_unanswered_is_made_again() -> None:
    assert after("idempotent", "{call: 1, is: broke}") == Facts(("error", "captured"), 1, ("confirmed",), 2, 1)
    asked = after("idempotent", "{call: 1, is: broke}", "{inquiry: 1, is: unanswered}")
    assert (asked.charged, asked.orders, asked.awards) == (1, ("confirmed",), 1)
    assert len(asked.calls) > 1


def test_a_refund_can_be_refused_and_is_made_again() -> None:
    """A call out of sight is charged beside another, and the reconciler gives it back."""
    late = "{call: 1, is: late}"
    refunds = tables_after("inquiry", [late]).refunds
    again = tables_after("inquiry", [late, "{refund: 1, is: refused}"]).refunds
    assert len(refunds) == len(again) == 1
    assert again.refunded_s[0] > refunds.refunded_s[0] + 59


def test_webhooks_are_lost_and_come_twice() -> None:
    """A webhook of a trusting shop is all that it believes."""
    assert after("trusted-webhooks").orders == ("confirmed",)
    assert after("trusted-webhooks", "{webhook: 1, is: twice}").awards == 2
    assert after("trusted-webhooks", "{webhook: 1, is: lost}").awards == 0
    late = tables_after("trusted-webhooks", ["{webhook: 1, is: late}"])
    assert late.awards.awarded_s[0] > 60


def test_a_mishap_strikes_the_purchase_and_the_turn_that_it_names() -> None:
    two = CALM.replace('["07:00:00"]', '["07:00:00", "07:00:30"]')
    tables = tables_after("naive", ["{call: 2, is: lost, purchase: 1}"], two)
    assert facts(tables) == Facts(("captured", "captured"), 2, ("confirmed", "confirmed"), 2, 2)
    tables = tables_after("naive", ["{call: 1, is: lost, purchase: 1}"], two)
    assert list(tables.charges.purchase) == [0, 1, 1]
    assert facts(tables).calls == ("captured", "unknown", "captured")


def test_two_mishaps_one_after_the_other() -> None:
    """The checkout dies after its first charge, and the second is lost: the key makes one charge of three calls."""
    found = after("idempotent", "{crash: checkout, after: charge}", "{call: 2, is: lost}")
    assert (found.charged, found.orders) == (1, ("confirmed",))
    assert found.calls[:2] == ("captured", "unknown")
    assert len(found.calls) == 3


def test_requests_are_lost_on_the_way() -> None:
    tables = tables_after("naive", ["{request: 1, is: lost}"])
    assert [Fate(fate) for fate in tables.requests.fate] == [Fate.LOST, Fate.EXECUTED]


def test_a_mishap_is_the_same_on_every_morning() -> None:
    """Whatever the seed draws, so it is no share of anything."""
    scenario = parse_scenario(CALM + "mishaps: [{call: 1, is: lost}]\n")
    for seed in range(20):
        tables, _ = morning(scenario, load_design("naive"), seed)
        assert facts(tables).charged == 2


def test_every_kind_is_tried_here() -> None:
    tried = " ".join(IN_NAIVE) + "{inquiry: {refund: {webhook: {customer:"
    assert [kind for kind in MISHAPS if f"{{{kind}:" not in tried] == []


def test_whose_work_can_be_slow() -> None:
    """What a file may name is what the world asks about."""
    assert set(get_args(Slowed.model_fields["slow"].annotation)) == set(WORK.values())
