"""naive: every request is a new order."""

from __future__ import annotations

from typing import ClassVar

from sim.architectures.parts import Diagram, charging, common, reconciling, telling
from sim.architectures.recovery import cancel_and_publish, confirm_and_publish, recover
from sim.architectures.taking import known, take_or_tell
from sim.config.design import Design
from sim.ledger.promises import Promise, every_confirmed_order_was_paid
from sim.vocabulary import Answer, Outcome
from sim.world.checkout import Reply
from sim.world.customer import Request
from sim.world.engine import Story
from sim.world.shop import Shop

NO_ANSWER = (Outcome.UNKNOWN, Outcome.ERROR)
ANSWERS = {
    Outcome.CAPTURED: Answer.CONFIRMED,
    Outcome.DECLINED: Answer.DECLINED,
    Outcome.CHALLENGED: Answer.REDIRECT,
    Outcome.USED_UP: Answer.USED_UP,
}


class Naive(Design):
    """Charge in the request, save the result, tell the others. A timeout is told as a failure."""

    promises: ClassVar[tuple[Promise, ...]] = (every_confirmed_order_was_paid,)

    def handle(self, shop: Shop, request: Request) -> Story:
        yield shop.compute(request)
        order = yield from shop.insert(request)
        taken = yield from take_or_tell(shop, order)
        if not taken:
            return Reply(Answer.USED_UP, order)
        outcome = yield from shop.charge(order)  # no key: the provider can't know that this is a second try
        changed = yield from shop.settle(order, Outcome.FAILED if outcome in NO_ANSWER else outcome)
        if changed:
            yield from shop.publish(order)  # a crash above loses the event
        return Reply(ANSWERS.get(known(order, outcome), Answer.FAILED), order)

    def parts(self) -> Diagram:
        publishing = telling(self, "checkout", *reconciling(self))
        return common(self, writes="order, then outcome").plus(*charging(self, "checkout"), *publishing)

    def set_up(self, shop: Shop) -> None:
        recover(shop, self.recovery, confirm_and_publish, cancel_and_publish)
