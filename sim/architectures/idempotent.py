"""idempotent: name the intent, not the call. Same key, same charge, same answer."""

from __future__ import annotations

from typing import Any, ClassVar

from sim.architectures.charging import charge
from sim.architectures.parts import Diagram, charging, common, completer, reconciling, telling
from sim.architectures.recovery import cancel_and_publish, confirm_and_publish, heard, recover
from sim.architectures.taking import known, take_or_tell
from sim.config.design import Claims, Completer, Design, RequestPayment
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
from sim.world.returning import come_back
from sim.world.shop import Shop

ANSWERS = {
    Outcome.CAPTURED: Answer.CONFIRMED,
    Outcome.DECLINED: Answer.DECLINED,
    Outcome.CHALLENGED: Answer.REDIRECT,  # the customer's turn, at the provider
    Outcome.UNKNOWN: Answer.PENDING,  # unknown is an answer of its own
    Outcome.CONFLICT: Answer.PENDING,
    Outcome.ERROR: Answer.PENDING,
    Outcome.USED_UP: Answer.USED_UP,
}


class Idempotent(Design):
    """Claim the key by unique insert, charge in the request with the order as the provider's key, settle, tell the others."""

    promises: ClassVar[tuple[Promise, ...]] = (
        charged_at_most_once,
        ordered_at_most_once,
        every_confirmed_order_was_paid,
        nobody_pays_for_nothing,
        every_order_settles,
    )
    defaults: ClassVar[dict[str, Any]] = {"app": {"key": "purchase"}, "recovery": {"reconcile_every": "60s"}}

    payment: RequestPayment = RequestPayment()
    claim: Claims = Claims()
    completer: Completer = Completer()

    def handle(self, shop: Shop, request: Request) -> Story:
        yield shop.compute(request)
        claim = yield from shop.claim(request, self.claim)
        if claim.answer is not None:
            return Reply(claim.answer, claim.order, replayed=True)  # stored, or 409 while somebody else is on it
        outcome = yield from self.pay(shop, claim.order)
        if outcome is Outcome.FAILED and not claim.order.settled:
            return Reply(Answer.PENDING, claim.order)  # this call was refused, but an earlier one is still unknown
        return Reply(ANSWERS.get(outcome, Answer.FAILED), claim.order)

    def pay(self, shop: Shop, order: Order) -> Story:
        taken = yield from take_or_tell(shop, order)
        if not taken:
            return Outcome.USED_UP
        outcome = yield from charge(shop, order, self.payment)
        changed = yield from shop.settle(order, outcome)  # a crash above is finished by `complete`
        if changed and self.payment.webhooks != "trusted":
            yield from shop.publish(order)  # a crash above loses the event: a dual write
        return known(order, outcome)

    def come_back(self, shop: Shop, request: Return) -> Story:
        """The customer has finished the payment at the provider."""
        unguarded = self.payment.finishes == "unguarded"
        return (yield from come_back(shop, request, publish=self.payment.webhooks != "trusted", again=unguarded))

    def complete(self, shop: Shop) -> Story:
        """Finish orders that nobody is working on any more: the same key makes charging again safe."""
        while True:
            yield shop.sleep(self.completer.every)
            stuck = yield from shop.stuck_orders(self.completer, lock_s=self.claim.lock)
            for order in stuck:
                shop.start(self.pay(shop, order))

    def parts(self) -> Diagram:
        publishing = telling(self, "checkout", "completer", *reconciling(self))
        calls = charging(self, "checkout", "completer")
        return common(self, holds="orders, keys", writes="claim, outcome").plus(*completer(self.completer), *calls, *publishing)

    def set_up(self, shop: Shop) -> None:
        shop.workers("completer", self.completer.batch)
        shop.background("completer", self.complete)
        if self.payment.webhooks != "ignored":
            shop.listen(heard(self.payment))
        recover(shop, self.recovery, confirm_and_publish, cancel_and_publish)
