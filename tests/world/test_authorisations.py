"""Authorise, capture, void and refund: what the provider holds, takes and gives back, event by event.

The story of the one request ends with "failed", so that nothing comes of it but what the story does.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from sim.config.design import Design, RequestPayment
from sim.config.scenario import Scenario
from sim.ledger.records import Tables
from sim.vocabulary import Answer, Outcome
from sim.world.checkout import Reply
from sim.world.customer import Request
from sim.world.database import Order
from sim.world.engine import Story
from sim.world.shop import Shop
from tests.worlds import judged, world

Told = Callable[[Shop, Order], Story]
TIMES = """
name: one-customer
clock: {start: "07:00", duration: 10s, drain: DRAIN}
customers: {patience: {constant: 1h}, after_patience: {tap_again: 0%, refresh: 0%, leave: 100%}}
network: {latency: {constant: 0s}}
provider: {latency: {constant: 1s}, MORE}
"""
KNOBS: dict[str, Any] = {
    "app": {"retry": {"never": True}},
    "checkout": {"service": {"constant": "0s"}},
    "database": {"write": {"constant": "0s"}, "read": {"constant": "0s"}},
    "broker": {"publish": {"constant": "0s"}, "deliver": "0s"},
}


def one(more: str = "", *, drain: str = "10min") -> Scenario:
    return world(TIMES.replace("MORE", more).replace("DRAIN", drain))


def told(story: Told, scenario: Scenario | None = None, *, key: str = "order") -> tuple[Tables, Any, list[Any]]:
    """A morning whose one request runs this story with its order: the tables, the evidence, and what the steps returned."""
    said: list[Any] = []

    class Tells(Design):
        payment: RequestPayment = RequestPayment(key=key, timeout="5s")

        def handle(self, shop: Shop, request: Request) -> Story:
            order = yield from shop.insert(request)
            steps = story(shop, order)
            outcome = None
            while True:
                try:
                    step = steps.send(outcome)
                except StopIteration:
                    break
                outcome = yield from step
                said.append((shop.env.now, outcome))
            return Reply(Answer.FAILED, order)

        def set_up(self, shop: Shop) -> None:
            pass

    tables, evidence = judged(scenario or one(), Tells(name="tells", **KNOBS))
    return tables, evidence, [outcome for _, outcome in said]


def test_authorised_money_is_held_until_it_is_captured() -> None:
    """Held from second 1 to second 2, and taken then; the ledger has one charge."""

    def story(shop: Shop, order: Order) -> Any:
        yield shop.authorise(order)
        yield shop.capture(order)

    tables, evidence, said = told(story)
    assert said == [Outcome.AUTHORISED, Outcome.CAPTURED]
    assert tables.charges["captured_s"].tolist() == [2.0]
    assert tables.holds["authorised_s"].tolist() == [1.0]
    assert tables.holds["released_s"].tolist() == [2.0]
    assert evidence.audit.charged.tolist() == [1]
    assert evidence.metrics["held_usd_hours_per_1000"] == 0


def test_parts_of_an_authorisation_are_one_charge() -> None:
    """Two captures take 4 of 6.50 USD; what is left is released by a void, and was held in vain for three seconds."""

    def story(shop: Shop, order: Order) -> Any:
        yield shop.authorise(order)
        yield shop.capture(order, 300)
        yield shop.capture(order, 100)
        yield shop.void(order)

    tables, evidence, said = told(story)
    assert said == [Outcome.AUTHORISED, Outcome.CAPTURED, Outcome.CAPTURED, Outcome.VOIDED]
    assert tables.charges["cents"].tolist() == [400]
    assert (tables.holds["captured_cents"].tolist(), tables.holds["voided_cents"].tolist()) == ([400], [250])
    assert evidence.audit.charged.tolist() == [1]
    assert evidence.metrics["held_usd_hours_per_1000"] == pytest.approx(1000 * 2.50 * 3 / 3600)
    assert evidence.audit.blocked.tolist() == [0]


def test_no_more_is_captured_than_was_authorised() -> None:
    """Neither at once nor in parts, and nothing after a void."""

    def story(shop: Shop, order: Order) -> Any:
        yield shop.authorise(order)
        yield shop.capture(order, 651)
        yield shop.capture(order, 650)
        yield shop.capture(order, 1)
        yield shop.void(order)

    tables, _, said = told(story)
    assert said == [Outcome.AUTHORISED, Outcome.FAILED, Outcome.CAPTURED, Outcome.FAILED, Outcome.FAILED]
    assert tables.captures["captured_s"][~np.isnan(tables.captures["captured_s"])].tolist() == [3.0]


def test_a_repeated_capture_with_a_key_is_told_the_first_ones_end() -> None:
    """Without a key it is refused: nothing is held any more. Either way the card is charged once."""

    def story(shop: Shop, order: Order) -> Any:
        yield shop.authorise(order)
        yield shop.capture(order)
        yield shop.capture(order)
        yield shop.inquire(order)

    for key, second in (("order", Outcome.CAPTURED), ("none", Outcome.FAILED)):
        tables, evidence, said = told(story, key=key)
        assert said == [Outcome.AUTHORISED, Outcome.CAPTURED, second, Outcome.CAPTURED]
        assert evidence.audit.charged.tolist() == [1]
        assert int(tables.holds["captured_cents"][0]) == 650


def test_an_authorisation_expires() -> None:
    """After its time nothing can be captured, nothing can be voided, and the provider knows of nothing."""

    def story(shop: Shop, order: Order) -> Any:
        yield shop.authorise(order)
        yield shop.inquire(order)
        yield _slept(shop, 60.0)
        yield shop.capture(order)
        yield shop.inquire(order)

    tables, evidence, said = told(story, one("authorisation: {lasts: 60s}"))
    assert said == [Outcome.AUTHORISED, Outcome.AUTHORISED, None, Outcome.FAILED, Outcome.FAILED]
    assert tables.holds["released_s"].tolist() == [61.0]
    assert tables.holds["expired_cents"].tolist() == [650]
    assert evidence.audit.blocked.tolist() == [1]
    assert evidence.metrics["blocked_rate"] == 1
    assert evidence.metrics["held_usd_hours_per_1000"] == pytest.approx(1000 * 6.50 * 60 / 3600)


def _slept(shop: Shop, seconds: float) -> Story:
    yield shop.sleep(seconds)


def test_money_that_is_held_for_a_confirmed_order_blocks_nothing() -> None:
    """Settling as authorised confirms the order; never captured, it is an unpaid order, and no blocked money."""

    def story(shop: Shop, order: Order) -> Any:
        outcome = yield shop.authorise(order)
        yield shop.settle(order, outcome)

    _, evidence, _ = told(story)
    assert evidence.audit.ordered.tolist() == [1]
    assert evidence.audit.unpaid.tolist() == [True]
    assert evidence.audit.blocked.tolist() == [0]


def test_money_held_beside_a_charge_is_blocked() -> None:
    """A second authorisation without a key holds as much again."""

    def story(shop: Shop, order: Order) -> Any:
        yield shop.authorise(order)
        yield shop.settle(order, (yield shop.authorise(order)))
        yield shop.capture(order)

    tables, evidence, _ = told(story, key="none")
    assert tables.holds["captured_cents"].tolist() == [650, 0]
    assert evidence.audit.blocked.tolist() == [1]
    assert not evidence.audit.unpaid.any()
    assert not evidence.audit.correct.any()


def test_a_lost_answer_does_not_lose_the_hold() -> None:
    """The shop doesn't know, and the money is held."""

    def story(shop: Shop, order: Order) -> Any:
        yield shop.authorise(order)

    tables, evidence, said = told(story, one("ambiguous: 100%"))
    assert said == [Outcome.UNKNOWN]
    assert len(tables.holds) == 1
    assert evidence.audit.blocked.tolist() == [1]


@pytest.mark.parametrize("how", ["failed", "errored"])
def test_a_refused_call_moves_nothing(how: str) -> None:
    """Neither authorises, captures nor voids."""

    def story(shop: Shop, order: Order) -> Any:
        yield shop.authorise(order)
        yield shop.capture(order)
        yield shop.void(order)

    tables, _, said = told(story, one(f"{how}: 100%"))
    assert set(said) == {Outcome.FAILED if how == "failed" else Outcome.ERROR}
    assert len(tables.holds) == 0


def test_refunds_in_parts_add_up_to_no_more_than_was_taken() -> None:
    """The charge counts as given back when all of it is."""

    def story(shop: Shop, order: Order) -> Any:
        yield shop.settle(order, (yield shop.charge(order)))
        for cents in (400, 400, None, None):
            yield shop.refund(0, cents)

    tables, evidence, said = told(story)
    assert said == [
        Outcome.CAPTURED, True, Outcome.REFUNDED, Outcome.FAILED, Outcome.REFUNDED, Outcome.FAILED,
    ]  # fmt: skip
    assert tables.refunds["cents"].tolist() == [400, 250]
    assert tables.charges["refunded_s"].tolist() == [4.0]
    assert evidence.audit.unpaid.tolist() == [True]
    assert evidence.metrics["over_refunded_per_1000"] == 0


def test_a_part_that_is_given_back_is_taken_off_what_was_overcharged() -> None:
    """Charged for nothing: 6.50 USD before refunds, 2.50 USD after."""

    def story(shop: Shop, order: Order) -> Any:
        yield shop.charge(order)
        yield shop.refund(0, 400)

    _, evidence, _ = told(story)
    assert evidence.audit.overcharged_cents.tolist() == [650]
    assert evidence.audit.overcharged_net_cents.tolist() == [250]
    assert evidence.audit.orphan.tolist() == [True]


def test_a_refund_with_a_key_is_made_once() -> None:
    """The repeat is told the same, and gives nothing back."""

    def story(shop: Shop, order: Order) -> Any:
        yield shop.charge(order)
        yield shop.refund(0, 200, "this one")
        yield shop.refund(0, 200, "this one")

    tables, _, said = told(story)
    assert said[1:] == [Outcome.REFUNDED, Outcome.REFUNDED]
    assert tables.refunds["cents"].tolist() == [200]


def test_refunds_can_fail_and_go_unanswered() -> None:
    """Refused: nothing is given back. Unanswered: it is, and nobody knows."""

    def story(shop: Shop, order: Order) -> Any:
        yield shop.charge(order)
        yield shop.refund(0)

    for knobs, outcome, times in (("failed: 100%", Outcome.FAILED, 0), ("unanswered: 100%", Outcome.UNKNOWN, 1)):
        tables, _, said = told(story, one(f"refunds: {{{knobs}}}"))
        assert said[-1] is outcome
        assert len(tables.refunds) == times


def test_only_what_was_captured_can_be_given_back() -> None:
    """Money that is only held is released by a void, not by a refund."""

    def story(shop: Shop, order: Order) -> Any:
        yield shop.authorise(order)
        yield shop.refund(0)
        yield shop.void(order)
        yield shop.void(order)

    tables, _, said = told(story)
    assert said == [Outcome.AUTHORISED, Outcome.FAILED, Outcome.VOIDED, Outcome.VOIDED]
    assert len(tables.refunds) == 0
