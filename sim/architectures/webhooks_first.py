"""webhooks-first: begin the payment, let the customer make it at the provider, and believe what the provider says of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from sim.architectures.charging import charge
from sim.architectures.parts import Diagram, Flow, common, completer, reconciling, telling
from sim.architectures.recovery import cancel_and_publish, confirm_and_publish, heard, recover
from sim.architectures.taking import known, take_or_tell
from sim.config.design import Claims, Completer, Design, RedirectPayment
from sim.ledger.promises import (
    Promise,
    charged_at_most_once,
    every_confirmed_order_was_paid,
    every_order_settles,
    nobody_pays_for_nothing,
    ordered_at_most_once,
)
from sim.vocabulary import Answer, Outcome
from sim.world.checkout import Reply
from sim.world.customer import Request, Return
from sim.world.database import Order
from sim.world.engine import Story
from sim.world.returning import come_back, of_order
from sim.world.shop import Shop

ANSWERS = {
    Outcome.CHALLENGED: Answer.REDIRECT,
    Outcome.CAPTURED: Answer.CONFIRMED,
    Outcome.DECLINED: Answer.DECLINED,
    Outcome.UNKNOWN: Answer.PENDING,
    Outcome.CONFLICT: Answer.PENDING,
    Outcome.ERROR: Answer.PENDING,
    Outcome.USED_UP: Answer.USED_UP,
}


class WebhooksFirst(Design):
    """Begin a payment, let the customer make it at the provider, and confirm the order by the first path that hears of it.

    The paths are a webhook, the customer's return, after which the provider is asked, the completer and the reconciler. All of
    them pass the same guard: an order that is settled stays so, and only who has settled it publishes it.
    """

    promises: ClassVar[tuple[Promise, ...]] = (
        charged_at_most_once,
        ordered_at_most_once,
        every_confirmed_order_was_paid,
        nobody_pays_for_nothing,
        every_order_settles,
    )
    defaults: ClassVar[dict[str, Any]] = {
        "app": {"key": "purchase"},
        "payment": {"webhooks": "checked"},
        "completer": {"every": "10s", "after": "1min"},  # the customer is at the provider meanwhile
        "recovery": {"reconcile_every": "60s"},
    }

    payment: RedirectPayment = RedirectPayment()
    claim: Claims = Claims()
    completer: Completer = Completer()

    def handle(self, shop: Shop, request: Request) -> Story:
        yield shop.compute(request)
        claim = yield from shop.claim(request, self.claim)
        if claim.answer is not None:
            return Reply(claim.answer, claim.order, replayed=True)
        call = shop.begin if request.waits else shop.charge
        outcome = yield from self.go_on(shop, claim.order, call)
        if outcome is Outcome.FAILED and not claim.order.settled:
            return Reply(Answer.PENDING, claim.order)  # this call was refused, but an earlier one has begun
        return Reply(ANSWERS.get(outcome, Answer.FAILED), claim.order)

    def go_on(self, shop: Shop, order: Order, call: Callable[[Order], Story]) -> Story:
        """Begin the payment, or charge for a renewal, whose card is on file; ask if that was done: a key is one payment."""
        taken = yield from take_or_tell(shop, order)
        if not taken:
            return Outcome.USED_UP
        outcome = yield from charge(shop, order, self.payment, call)
        changed = yield from shop.settle(order, outcome)  # a crash above is finished by `complete`
        if changed and self.payment.webhooks != "trusted":
            yield from shop.publish(order)
        return known(order, outcome)

    def come_back(self, shop: Shop, request: Return) -> Story:
        """The customer comes back. That proves nothing, so the provider is asked."""
        if self.payment.returns == "asked":
            unguarded = self.payment.finishes == "unguarded"
            return (yield from come_back(shop, request, publish=self.payment.webhooks != "trusted", again=unguarded))
        yield shop.compute(request)
        order = request.returning
        if self.payment.returns == "believed":
            changed = yield from shop.settle(order, Outcome.CAPTURED)
            if changed and self.payment.webhooks != "trusted":
                yield from shop.publish(order)
        return of_order(order)

    def look_after(self, shop: Shop, order: Order) -> Story:
        """Ask what became of the payment. One that has not begun is begun no more: its customer is not there to make it."""
        outcome = yield from shop.inquire(order)
        if outcome is not Outcome.FAILED:
            changed = yield from shop.settle(order, outcome)
            if changed and self.payment.webhooks != "trusted":
                yield from shop.publish(order)
        elif not order.may_still_be_charged(shop.env.now, self.payment.lands_within):
            yield from cancel_and_publish(shop, order)

    def complete(self, shop: Shop) -> Story:
        """Finish what nobody has heard of for a while."""
        while True:
            yield shop.sleep(self.completer.every)
            stuck = yield from shop.stuck_orders(self.completer, lock_s=self.claim.lock)
            for order in stuck:
                shop.start(self.look_after(shop, order))

    def parts(self) -> Diagram:
        publishing = telling(self, "checkout", "completer", *reconciling(self))
        calls = (
            Flow("customer", "provider", "pays"),
            Flow("checkout", "provider", "begin or ask"),
            Flow("completer", "provider", "ask"),
        )
        own = (*completer(self.completer), *calls, *publishing)
        return common(self, holds="orders, keys", writes="claim, outcome").plus(*own)

    def set_up(self, shop: Shop) -> None:
        shop.workers("completer", self.completer.batch)
        shop.background("completer", self.complete)
        if self.payment.webhooks != "ignored":
            shop.listen(heard(self.payment))
        recover(shop, self.recovery, confirm_and_publish, cancel_and_publish)
