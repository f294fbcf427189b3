"""What the stories ask of the shop, step by step: a shop that does nothing but keep what it is asked.

For what the tests of whole mornings can't tell apart, such as whether the news of a rare outcome is in the same transaction.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from types import SimpleNamespace
from typing import Any

import pytest

from sim.architectures import load_design, parse_design
from sim.architectures.outbox import Outbox
from sim.architectures.recovery import (
    cancel_by_outbox,
    finish_again,
    finish_apart,
    heard,
    reconcile,
    reconcile_holds,
    settle_and_publish,
)
from sim.config.design import Recovery, RequestPayment
from sim.vocabulary import Answer, Outcome, Status
from sim.world.checkout import Reply
from sim.world.database import Order
from sim.world.engine import Story
from sim.world.retry import policy

CONFIRMED_S = 100.0


class Shop:
    """Keeps (step, arguments); answers each step with what it was given for it, or with None."""

    def __init__(self, *, now: float = 0.0, **answers: Any) -> None:
        self.asked: list[tuple[Any, ...]] = []
        self.env = SimpleNamespace(now=now)
        self.database = self.provider = self
        self._answers = answers

    def __getattr__(self, step: str) -> Callable[..., Any]:
        def ask(*args: Any, **more: Any) -> Story:
            self.asked.append((step, *args, *([more] if more else [])))
            answer = self._answers.get(step)
            return answer(*args) if callable(answer) else answer
            yield

        return ask


def said(story: Story) -> Any:
    """Run a story to its end; what it has returned."""
    try:
        while True:
            next(story)
    except StopIteration as stop:
        return stop.value


def order(status: Status = Status.PENDING, number: int = 0) -> Order:
    made = Order(number, 0, number, 650, 0.0)
    made.status = status
    made.confirmed_s = CONFIRMED_S
    return made


# Accounts


def test_naive_says_that_nothing_is_left() -> None:
    refused = order(Status.USED_UP)
    shop = Shop(insert=refused, take=False)
    assert said(load_design("naive").handle(shop, "request")) == Reply(Answer.USED_UP, refused)
    assert [step for step, *_ in shop.asked] == ["insert", "take", "publish"]


def test_outbox_tells_in_the_same_transaction_that_nothing_is_left() -> None:
    """In the request, and in the payment worker that makes up for a request that has died."""
    refused = order(Status.USED_UP)
    request = SimpleNamespace(cents=650)
    shop = Shop(accept=(refused, False), take=False)
    outbox = load_design("outbox")
    assert isinstance(outbox, Outbox)
    assert said(outbox.handle(shop, request)) == Reply(Answer.USED_UP, refused)
    assert shop.asked[-1] == ("take", refused, {"tell": True})
    new = order()
    shop = Shop(take=False)
    assert said(outbox.pay(shop, new, policy(outbox.payment.retry), None)) is None
    assert shop.asked == [("take", new, {"tell": True})]


# Money that is authorised first


def later() -> Outbox:
    made = parse_design(
        "from: outbox\npayment: {timeout: 10s, capture: {after: 60s}, retry: {fixed: {delay: 5s, attempts: 3}}}"
    )
    assert isinstance(made, Outbox)
    return made


@pytest.mark.parametrize(
    ("now", "wait_s"), [(CONFIRMED_S, 60.0), (CONFIRMED_S + 59.5, 0.5), (CONFIRMED_S + 60.0, None), (CONFIRMED_S + 61.0, None)]
)
def test_the_money_is_taken_when_it_is_due(now: float, wait_s: float | None) -> None:
    paid, design = order(Status.CONFIRMED), later()
    shop = Shop(now=now, capture=Outcome.CAPTURED)
    assert said(design.pay(shop, paid, policy(design.payment.retry), None)) == wait_s
    assert shop.asked == ([] if wait_s else [("capture", paid)])


@pytest.mark.parametrize(
    ("captured", "known", "again_s"),
    [(Outcome.CAPTURED, None, None), (Outcome.FAILED, Outcome.CAPTURED, None), (Outcome.FAILED, Outcome.FAILED, None),
     (Outcome.FAILED, Outcome.AUTHORISED, 5.0), (Outcome.UNKNOWN, None, 5.0)],
)  # fmt: skip
def test_a_refused_capture_is_asked_about(captured: Outcome, known: Outcome | None, again_s: float | None) -> None:
    """Taken already is a success; nothing held is nothing to take; else once more, later."""
    paid, design = order(Status.CONFIRMED), later()
    shop = Shop(now=1000.0, capture=captured, inquire=known, pay_draw=0.5)
    shop.pay_draw = lambda _: 0.5
    paid.attempts = 1
    assert said(design.pay(shop, paid, policy(design.payment.retry), None)) == again_s
    assert [step for step, *_ in shop.asked] == ["capture", *(["inquire"] if captured is Outcome.FAILED else [])]


@pytest.mark.parametrize(("now", "wait_s"), [(9.5, 0.5), (10.0, None)])
def test_the_requests_own_call_may_still_be_under_way(now: float, wait_s: float | None) -> None:
    """For as long as a call may take; from then on the worker goes on with the order."""
    design, new = later(), order()
    shop = Shop(now=now, take=False)
    assert said(design.pay(shop, new, policy(design.payment.retry), None)) == wait_s
    assert [step for step, *_ in shop.asked] == ([] if wait_s else ["take"])


def challenged_by(new: Order) -> Callable[[Order], Outcome]:
    def charge(_: Order) -> Outcome:
        new.status = Status.CHALLENGED
        return Outcome.CHALLENGED

    return charge


@pytest.mark.parametrize(("retry", "again_s"), [("fixed: {delay: 5s, attempts: 3}", 10.0), ("never: true", None)])
def test_a_customer_at_the_bank_is_asked_about_in_no_hurry(retry: str, again_s: float | None) -> None:
    """As late as a call's timeout, unless nothing is tried again."""
    design, new = parse_design(f"from: outbox\npayment: {{timeout: 10s, retry: {{{retry}}}}}"), order()
    assert isinstance(design, Outbox)
    new.attempts = 1
    shop = Shop(now=50.0, take=True, charge=challenged_by(new), settle=True)
    shop.pay_draw = lambda _: 0.5
    assert said(design.pay(shop, new, policy(design.payment.retry), None)) == again_s


# What is put right


def test_an_order_is_given_up_and_told_in_one_transaction() -> None:
    shop, given_up = Shop(), order()
    said(cancel_by_outbox(shop, given_up))
    assert shop.asked == [("cancel", given_up, {"tell": True})]


def test_a_refund_that_is_refused_is_tried_again_in_the_next_round() -> None:
    """And one that is done is not. The charges are of an order that was given up."""
    outcomes = iter([Outcome.FAILED, Outcome.REFUNDED, Outcome.REFUNDED])
    shop = Shop(refund=lambda _: next(outcomes))
    shop.down = False
    shop.charges = SimpleNamespace(order=[0, 0])
    shop.orders = [order(Status.FAILED)]
    read: list[tuple[list[int], int]] = []

    def ledger(young: list[int], next_row: int, *, before_s: float) -> tuple[list[int], list[int], int]:
        read.append((list(young), next_row))
        return [*young, *range(next_row, 2)], [], 2

    shop.ledger = ledger
    story = reconcile(shop, Recovery(reconcile_every="60s"), lambda *_: iter(()))
    for _ in range(3):  # to the end of the second round
        next(story)
    assert read == [([], 0), ([0], 2)]
    assert [asked for asked in shop.asked if asked[0] == "refund"] == [("refund", 0), ("refund", 1), ("refund", 0)]


GRACE_S, AFTER_S = 30.0, 60.0


def test_what_is_held_is_put_right() -> None:
    """The order that is open is confirmed; what is held for one that is not confirmed, or beside a charge, is released; what is
    overdue is captured, and what is not yet due, or is not known, is left alone.
    """
    names = ("open", "given up", "beside a charge", "overdue", "not due", "unknown")
    orders = {name: order(Status.CONFIRMED, number) for number, name in enumerate(names)}
    orders["open"].status, orders["given up"].status = Status.UNKNOWN, Status.FAILED
    orders["open"].confirmed_s = orders["not due"].confirmed_s = CONFIRMED_S + 0.001
    known = dict.fromkeys(names, Outcome.AUTHORISED) | {"beside a charge": Outcome.CAPTURED, "unknown": Outcome.UNKNOWN}
    shop = Shop(now=CONFIRMED_S + AFTER_S + GRACE_S, inquire=lambda one: known[names[one.id]])
    asked_for: list[float] = []

    def held(*, before_s: float) -> list[int]:
        asked_for.append(before_s)
        return [*range(len(names)), 0]  # the first order twice: two authorisations

    shop.held = held
    shop.holds = SimpleNamespace(order=list(range(len(names))))
    shop.orders = list(orders.values())

    def confirm(of: Any, one: Order) -> Story:
        of.asked.append(("confirm", one))
        one.status = Status.CONFIRMED
        return
        yield

    story = partial(reconcile_holds, knobs=Recovery(grace="30s"), confirm=confirm, capture_after_s=AFTER_S)
    said(story(shop))
    assert asked_for == [CONFIRMED_S + AFTER_S]
    assert [(step, names[one.id]) for step, one in shop.asked] == [
        ("confirm", "open"), ("inquire", "open"),
        ("void", "given up"),
        ("inquire", "beside a charge"), ("void", "beside a charge"),
        ("inquire", "overdue"), ("capture", "overdue"),
        ("inquire", "not due"),
        ("inquire", "unknown"),
    ]  # fmt: skip


def test_what_a_webhook_does() -> None:
    """By `payment.finishes`."""
    told = {how: heard(RequestPayment(finishes=how)) for how in ("once", "each_path", "unguarded")}
    assert told == {"once": settle_and_publish, "each_path": finish_apart, "unguarded": finish_again}


@pytest.mark.parametrize(("finishes", "asks"), [("once", False), ("unguarded", True)])
def test_an_unguarded_return_looks_at_nothing(finishes: str, asks: bool) -> None:
    """A customer comes back whose order is finished already."""
    design = parse_design(f"from: idempotent\npayment: {{finishes: {finishes}, webhooks: checked}}")
    shop = Shop(inquire=Outcome.FAILED)
    said(design.come_back(shop, SimpleNamespace(returning=order(Status.CONFIRMED))))
    assert ("inquire" in [step for step, *_ in shop.asked]) is asks


@pytest.mark.parametrize("name", ["naive", "idempotent", "inquiry", "outbox"])
def test_the_canceller_gives_an_order_up_in_the_way_of_its_design(name: str) -> None:
    """With the news of it in the same transaction, or published after it."""
    unpaid = order()
    shop = Shop(unpaid_orders=[unpaid], inquire=Outcome.FAILED, cancel=True)
    one_round(shop, started(shop, name, "canceller"))
    told = [("cancel", unpaid, {"tell": True})] if name == "outbox" else [("cancel", unpaid), ("publish", unpaid)]
    assert [asked for asked in shop.asked if asked[0] in ("cancel", "publish")] == told


def test_the_reconciler_of_outbox_confirms_what_is_held_with_the_news_of_it() -> None:
    unpaid = order(Status.UNKNOWN)
    shop = Shop(settle=True)
    shop.down, shop.ledger = False, lambda young, next_row, *, before_s: ([], young, next_row)
    shop.held, shop.holds, shop.orders = lambda *, before_s: [0], SimpleNamespace(order=[0]), [unpaid]
    one_round(shop, started(shop, "outbox", "reconciler", "payment: {capture: {after: 60s}}"))
    assert shop.asked[-2:] == [("settle", unpaid, Outcome.CAPTURED, {"tell": True}), ("void", unpaid)]


def started(shop: Shop, name: str, component: str, knobs: str = "") -> Story:
    """The story of a background component, as `set_up` starts it."""
    design = parse_design(f"from: {name}\nrecovery: {{reconcile_every: 60s, cancel_after: 5min}}\n{knobs}")
    stories: dict[str, Any] = {}
    shop.background = lambda component, story: stories.update({component: story})
    shop.workers = shop.consume = shop.listen = lambda *_, **__: None
    design.set_up(shop)
    return stories[component](shop)


def one_round(shop: Shop, story: Story) -> None:
    """Up to the second time that the story sleeps. (Its other steps wait for nothing here.)"""
    next(story)
    next(story)
