"""outbox: accept in one transaction, answer at once, do the rest from what is written down."""

from __future__ import annotations

from functools import partial
from typing import Any, ClassVar

from sim.architectures.charging import charge
from sim.architectures.parts import Diagram, Flow, charging, common, payment_workers, relay, telling
from sim.architectures.recovery import cancel_by_outbox, confirm_by_outbox, reconcile_holds, recover, settle_by_outbox
from sim.config.design import Design, Keys, QueuedPayment, Relay
from sim.ledger.promises import (
    Promise,
    all_stores_agree,
    awarded_exactly_once,
    charged_at_most_once,
    every_confirmed_order_was_paid,
    every_order_settles,
    nobody_pays_for_nothing,
    ordered_at_most_once,
)
from sim.vocabulary import Answer, Outcome, Status
from sim.world.checkout import Reply
from sim.world.customer import Request, Return
from sim.world.database import Order
from sim.world.engine import Story
from sim.world.retry import Breaker, Policy, policy
from sim.world.returning import come_back
from sim.world.shop import Shop

ANSWERS = {
    Status.CONFIRMED: Answer.CONFIRMED,
    Status.DECLINED: Answer.DECLINED,
    Status.USED_UP: Answer.USED_UP,
    Status.CHALLENGED: Answer.REDIRECT,  # or the status view says so, and the app sends the customer
}


class Outbox(Design):
    """The order and the news of it are one transaction; a relay publishes, payment workers charge, an inbox ignores repeats."""

    promises: ClassVar[tuple[Promise, ...]] = (
        charged_at_most_once,
        ordered_at_most_once,
        every_confirmed_order_was_paid,
        nobody_pays_for_nothing,
        awarded_exactly_once,
        every_order_settles,
        all_stores_agree,
    )
    defaults: ClassVar[dict[str, Any]] = {
        "app": {"key": "purchase"},
        "loyalty": {"inbox": {}},
        "recovery": {"reconcile_every": "60s"},
    }

    claim: Keys = Keys()
    payment: QueuedPayment = QueuedPayment()
    relay: Relay = Relay()

    def handle(self, shop: Shop, request: Request) -> Story:
        yield shop.compute(request)
        order, known = yield from shop.accept(request, self.claim)  # order and outbox row, or neither
        if self.claim.fingerprint and request.cents != order.cents:
            return Reply(Answer.MISMATCH, order, replayed=True)
        taken = known or (yield from shop.take(order, tell=True))  # a crash below is finished by `pay`
        if self.payment.capture is not None and taken and not known:
            outcome = yield from charge(shop, order, self.payment, shop.authorise)  # a crash below is finished by `pay`
            if outcome is not Outcome.FAILED:
                yield from shop.settle(order, outcome, tell=True)
        return Reply(ANSWERS.get(order.status, Answer.PENDING), order, replayed=known)

    def come_back(self, shop: Shop, request: Return) -> Story:
        """The customer has finished the payment at the provider."""
        return (yield from come_back(shop, request, tell=True))

    def publish(self, shop: Shop) -> Story:
        """The relay. Dying between publishing and marking publishes again: at least once."""
        while True:
            rows = yield from shop.next_rows(self.relay)
            if self.relay.marks == "before":
                yield from shop.mark_published(rows, self.relay)  # a crash below loses them
            for row in rows:
                yield from shop.publish(row)
            if self.relay.marks == "after":
                yield from shop.mark_published(rows, self.relay)

    def pay(self, shop: Shop, order: Order, retry: Policy, breaker: Breaker | None) -> Story:
        """A payment worker, for each delivery. Returns None when done, or after how many seconds to deliver again."""
        later = self.payment.capture
        if later is not None and order.status is Status.CONFIRMED:
            return (yield from self.take(shop, order, retry, due_s=order.confirmed_s + later.after))
        if order.settled:
            return None
        if later is not None and (wait_s := order.created_s + self.payment.timeout - shop.env.now) > 0:
            return wait_s  # the request's own call may still be under way
        if breaker is not None and (wait_s := breaker.wait_s(shop.env.now)) > 0:
            return wait_s
        taken = yield from shop.take(order, tell=True)  # the request may have died before it did
        if not taken:
            return None
        begun_s = shop.env.now
        call = shop.charge if later is None else shop.authorise
        outcome = yield from charge(shop, order, self.payment, call)  # the key is the order: charging again is safe
        if breaker is not None:
            failed = outcome in (Outcome.UNKNOWN, Outcome.FAILED, Outcome.ERROR)
            breaker.note(shop.env.now, failed=failed, begun_s=begun_s)
        again_in_s = None
        if outcome not in (Outcome.CAPTURED, Outcome.AUTHORISED, Outcome.DECLINED):
            again_in_s = retry.delay_s(order.attempts, shop.pay_draw(order))
        if outcome is not Outcome.FAILED or again_in_s is None:  # a refused call that will be repeated is not worth saving
            changed = yield from shop.settle(order, outcome, tell=self.payment.news == "outbox")
            if changed and self.payment.news == "direct":
                yield from shop.publish(order)  # a crash above loses the event
        if later is not None and order.status is Status.CONFIRMED:
            return later.after
        if order.status is Status.CHALLENGED and again_in_s is not None:
            return max(again_in_s, self.payment.timeout)  # the customer is in no hurry
        return None if order.settled else again_in_s

    def take(self, shop: Shop, order: Order, retry: Policy, *, due_s: float) -> Story:
        """Capture what is authorised, when it is due. Returns like `pay`."""
        if (wait_s := due_s - shop.env.now) > 0:
            return wait_s
        outcome = yield from shop.capture(order)
        if outcome is Outcome.FAILED:
            outcome = yield from shop.inquire(order)  # captured already is a success
        if outcome in (Outcome.CAPTURED, Outcome.FAILED):  # nothing is held, so there is nothing to take
            return None
        return retry.delay_s(order.attempts, shop.pay_draw(order))

    def parts(self) -> Diagram:
        tellers = ("relay", "payment") if self.payment.news == "direct" else ("relay",)
        calls = tuple(charging(self, "payment"))
        if self.payment.capture is not None:
            calls = (Flow("checkout", "provider", "authorise"), Flow("payment", "provider", "capture"))
        own = (*payment_workers(self.payment), *relay(self.relay), *calls, *telling(self, *tellers))
        return common(self, holds="orders, outbox", writes="order + event").plus(*own)

    def set_up(self, shop: Shop) -> None:
        breaker = Breaker(self.payment.breaker) if self.payment.breaker else None
        retry = policy(self.payment.retry)
        after = self.payment.after
        shop.consume(
            "payment", lambda shop, order: self.pay(shop, order, retry, breaker),
            workers=self.payment.workers, autoscale=self.payment.autoscale,
            due_s=None if after is None else lambda order: order.created_s + after, held_by=self.payment.held_by,
        )  # fmt: skip
        shop.background("relay", self.publish)
        if self.payment.webhooks == "checked":
            shop.listen(settle_by_outbox)
        later = self.payment.capture
        holds = (
            None
            if later is None
            else partial(reconcile_holds, knobs=self.recovery, confirm=confirm_by_outbox, capture_after_s=later.after)
        )
        recover(shop, self.recovery, confirm_by_outbox, cancel_by_outbox, holds)
