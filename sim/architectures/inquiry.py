"""inquiry: for a provider without keys. Unknown is a state, settled by asking before anything is tried again."""

from __future__ import annotations

from typing import Any, ClassVar

from sim.architectures.parts import Diagram, charging, common, completer, reconciling, telling
from sim.architectures.recovery import cancel_and_publish, confirm_and_publish, recover
from sim.architectures.taking import known, take_or_tell
from sim.config.design import Claims, Completer, Design
from sim.ledger.promises import (
    Promise,
    every_confirmed_order_was_paid,
    every_order_settles,
    nobody_pays_for_nothing,
    ordered_at_most_once,
)
from sim.vocabulary import Answer, Outcome
from sim.world.checkout import Reply
from sim.world.customer import Request
from sim.world.database import Order
from sim.world.engine import Story
from sim.world.shop import Shop

ANSWERS = {
    Outcome.CAPTURED: Answer.CONFIRMED,
    Outcome.DECLINED: Answer.DECLINED,
    Outcome.FAILED: Answer.FAILED,
    Outcome.CHALLENGED: Answer.REDIRECT,
    Outcome.USED_UP: Answer.USED_UP,
}


class Inquiry(Design):
    """Claim the key by unique insert, charge without a key, and ask the provider what happened before anything is tried again.

    Between the provider's "nothing so far" and the next charge lies a gap that only a key would close: a call that is stuck on
    its way to the provider, or a worker that stands still, can still charge twice. So Inquiry does not promise a single charge.
    """

    promises: ClassVar[tuple[Promise, ...]] = (
        ordered_at_most_once,
        every_confirmed_order_was_paid,
        nobody_pays_for_nothing,
        every_order_settles,
    )
    defaults: ClassVar[dict[str, Any]] = {
        "app": {"key": "purchase"},
        "completer": {"after": "30s"},  # a provider that is asked too early knows nothing yet
        "recovery": {"reconcile_every": "60s"},
    }

    claim: Claims = Claims()
    completer: Completer = Completer()

    def handle(self, shop: Shop, request: Request) -> Story:
        yield shop.compute(request)
        claim = yield from shop.claim(request, self.claim)
        if claim.answer is not None:
            return Reply(claim.answer, claim.order, replayed=True)
        outcome = yield from (self.finish if claim.taken_over else self.pay)(shop, claim.order)
        return Reply(ANSWERS.get(outcome, Answer.PENDING), claim.order)

    def pay(self, shop: Shop, order: Order) -> Story:
        taken = yield from take_or_tell(shop, order)
        if not taken:
            return Outcome.USED_UP
        outcome = yield from shop.charge(order)  # once, and then only after asking
        return (yield from self.note(shop, order, outcome))

    def finish(self, shop: Shop, order: Order) -> Story:
        """An earlier call may have charged for the order, so ask before charging again."""
        outcome = yield from shop.inquire(order)
        if outcome is Outcome.FAILED:  # nothing, so far
            return (yield from self.pay(shop, order))
        return (yield from self.note(shop, order, outcome))

    def note(self, shop: Shop, order: Order, outcome: Outcome) -> Story:
        changed = yield from shop.settle(order, outcome)
        if changed:
            yield from shop.publish(order)  # a crash above loses the event: a dual write
        return known(order, outcome)

    def complete(self, shop: Shop) -> Story:
        while True:
            yield shop.sleep(self.completer.every)
            stuck = yield from shop.stuck_orders(self.completer, lock_s=self.claim.lock)
            for order in stuck:
                shop.start(self.finish(shop, order))

    def parts(self) -> Diagram:
        publishing = telling(self, "checkout", "completer", *reconciling(self))
        calls = charging(self, "checkout", "completer", asks=True)
        return common(self, holds="orders, keys", writes="claim, outcome").plus(*completer(self.completer), *calls, *publishing)

    def set_up(self, shop: Shop) -> None:
        shop.workers("completer", self.completer.batch)
        shop.background("completer", self.complete)
        recover(shop, self.recovery, confirm_and_publish, cancel_and_publish)
