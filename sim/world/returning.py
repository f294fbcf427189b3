"""What the shop does when a customer comes back from the provider, unless its architecture has a story of its own for that.

It asks the provider, since whoever comes back proves nothing; and it changes the order only if nobody has done so before.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.vocabulary import Answer, Outcome, Status
from sim.world.checkout import Reply
from sim.world.engine import Story

if TYPE_CHECKING:
    from sim.world.customer import Return
    from sim.world.database import Order
    from sim.world.shop import Shop

ANSWERS = {
    Status.CONFIRMED: Answer.CONFIRMED,
    Status.DECLINED: Answer.DECLINED,
    Status.FAILED: Answer.FAILED,
    Status.USED_UP: Answer.USED_UP,
}


def come_back(
    shop: Shop, request: Return, *, tell: bool = False, publish: bool = True, again: bool = False
) -> Story:  # fmt: skip
    """Answer a customer who comes back: from the order if that is settled, else by what the provider says.

    `tell`: write an outbox row in the transaction that settles it; else `publish` after it (a dual write). `again`: nobody
    looks whether the order is finished already, and a payment that is made makes another.
    """
    yield shop.compute(request)
    order = request.returning
    yield shop.database.query(order.purchase)
    known = order.settled
    if not known or again:
        outcome = yield from shop.inquire(order)
        if known and outcome is Outcome.CAPTURED:
            order = yield from shop.insert(order)
        if outcome is not Outcome.FAILED:
            changed = yield from shop.settle(order, outcome, tell=tell)
            if changed and publish and not tell:
                yield from shop.publish(order)
    return of_order(order, replayed=known and not again)


def of_order(order: Order, *, replayed: bool = False) -> Reply:
    """What an order's state says to somebody who has paid: wait, if nothing is known yet."""
    return Reply(ANSWERS.get(order.status, Answer.PENDING), order, replayed)
