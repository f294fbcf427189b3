"""Webhooks tell the truth when the answer is lost: late, twice, or never."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from sim.config.design import Design, RequestPayment, merged
from sim.ledger.audit import Audit
from sim.ledger.records import Tables
from sim.vocabulary import Answer, Outcome, Status
from sim.world.checkout import Reply
from sim.world.customer import Request
from sim.world.database import Order
from sim.world.engine import Story
from sim.world.shop import Shop
from tests.worlds import ONE_CUSTOMER, design, morning, world

LISTENING: dict[str, Any] = {"payment": {"webhooks": "checked", "timeout": "5s"}}


def ambiguous(name: str, webhooks: str, knobs: dict[str, Any] | None = None) -> tuple[Tables, Audit]:
    """One customer, charged, whose charge's answer is always lost."""
    text = ONE_CUSTOMER.replace("450ms}", f"450ms}}\n  ambiguous: 100%\n  webhooks: {{{webhooks}}}")
    return morning(world(text), design(name, LISTENING if knobs is None else knobs))


@pytest.mark.parametrize(("name", "charged_s"), [("idempotent", 0.484), ("outbox", 0.959)])
def test_a_webhook_settles_an_unknown_charge(name: str, charged_s: float) -> None:
    """Confirmed when the webhook has been handled, long before the timeout of the lost answer."""
    _, audit = ambiguous(name, "delay: {constant: 2s}")
    assert audit.confirmed_s[0] == pytest.approx(charged_s + 2 + 0.004)
    assert (audit.charged[0], audit.ordered[0], audit.awarded[0], np.isinf(audit.agreed_s).any()) == (1, 1, 1, False)


@pytest.mark.parametrize("name", ["idempotent", "outbox"])
def test_a_webhook_that_comes_again_changes_nothing(name: str) -> None:
    """Delivered about ten times: one order, one award."""
    _, audit = ambiguous(name, "delay: {uniform: [1s, 100s]}, duplicated: 90%")
    assert (audit.charged[0], audit.ordered[0], audit.awarded[0]) == (1, 1, 1)


@pytest.mark.parametrize("name", ["idempotent", "outbox"])
def test_a_webhook_that_never_comes_is_not_waited_for(name: str) -> None:
    """No answer ever arrives, not even to a repeated call: the reconciler finds the charge in the ledger."""
    _, audit = ambiguous(name, "lost: 100%")
    assert (audit.charged[0], audit.ordered[0], audit.awarded[0]) == (1, 1, 1)
    assert 5.0 < audit.confirmed_s[0] < 200.0


REFUNDED = ONE_CUSTOMER.replace("450ms}", "450ms}\n  ambiguous: 100%\n  webhooks: {moves: true, delay: {constant: 1s}}")
TWO_CHARGES: dict[str, Any] = {
    "payment": {"sdk": {"tries": 2, "key": "fresh", "timeout": "1s"}},
    "recovery": {"reconcile_every": "20s", "grace": "1s"},
}


@pytest.mark.parametrize(("webhooks", "ordered", "paid_for_nothing"), [("checked", 1, False), ("trusted", 0, True)])
def test_news_of_a_refund_says_nothing_about_the_other_charge(webhooks: str, ordered: int, paid_for_nothing: bool) -> None:
    """Two charges of one order; the reconciler gives one back. Who believes its webhook takes the paid order for refunded."""
    knobs = merged(TWO_CHARGES, {"payment": {"webhooks": webhooks}})
    tables, audit = morning(world(REFUNDED), design("idempotent", knobs))
    assert (len(tables.charges) > 1, np.isnan(tables.charges["refunded_s"]).sum()) == (True, 1)
    assert (tables.orders["status"][0] == Status.CONFIRMED, bool(audit.orphan[0])) == (bool(ordered), paid_for_nothing)


def test_news_of_an_authorisation_that_has_ended_or_is_released() -> None:
    """It comes when it ends, and when it is voided; not for money that was captured."""
    heard: list[tuple[float, str]] = []

    class Listens(Design):
        payment: RequestPayment = RequestPayment()

        def handle(self, shop: Shop, request: Request) -> Story:
            order = yield from shop.insert(request)
            yield from shop.authorise(order)
            other = yield from shop.insert(request)
            yield from shop.authorise(other)
            yield from shop.void(other)
            third = yield from shop.insert(request)
            yield from shop.authorise(third)
            yield from shop.capture(third)
            return Reply(Answer.PENDING, order)

        def set_up(self, shop: Shop) -> None:
            def note(shop: Shop, order: Order, outcome: Outcome) -> Story:
                heard.append((order.id, outcome.name))
                yield shop.sleep(0.0)

            shop.listen(note)

    text = ONE_CUSTOMER.replace(
        "450ms}", "450ms}\n  authorisation: {lasts: 60s}\n  webhooks: {moves: true, delay: {constant: 1s}}"
    )
    morning(world(text), Listens())
    assert heard == [
        (0, "AUTHORISED"), (1, "AUTHORISED"), (1, "VOIDED"), (2, "AUTHORISED"), (2, "CAPTURED"), (0, "VOIDED"),
    ]  # fmt: skip


def test_a_worker_that_dies_over_a_webhook_gets_it_again() -> None:
    """The provider tries again after its pause: confirmed already then, told once."""
    text = ONE_CUSTOMER.replace("450ms}", "450ms}\n  ambiguous: 100%\n  webhooks: {delay: {constant: 1s}, retry: 60s}")
    text += "faults: [{crash: checkout, after: commit, times: 1}]\n"
    _, audit = morning(world(text), design("outbox", LISTENING))
    assert (audit.charged[0], audit.ordered[0], audit.awarded[0]) == (1, 1, 1)


def test_a_loyalty_service_that_is_called_awards_before_the_event_is_published() -> None:
    """Called inline, the award is there 10 ms after the commit; a crash in between loses it as a lost event does."""
    knobs = {"loyalty": {"inline": True}}
    tables, audit = morning(world(), design("naive", knobs))
    assert tables.awards["awarded_s"][0] == pytest.approx(0.488 + 0.010)
    assert audit.awarded[0] == 1
    crash = ONE_CUSTOMER + "faults: [{crash: checkout, after: commit, times: 1}]\n"
    assert morning(world(crash), design("idempotent", knobs))[1].under_awarded[0]
