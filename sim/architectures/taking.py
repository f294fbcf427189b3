"""Take from the scenario's accounts before the payment. In a world without any, nothing happens here."""

from __future__ import annotations

from sim.vocabulary import Outcome, Status
from sim.world.database import Order
from sim.world.engine import Story
from sim.world.shop import Shop


def take_or_tell(shop: Shop, order: Order) -> Story:
    """Take what the order needs, or tell the others that it can't have it (a dual write). Returns whether it may go on."""
    taken = yield from shop.take(order)
    if not taken:
        yield from shop.publish(order)
    return taken


def known(order: Order, outcome: Outcome) -> Outcome:
    """What became of an order whose payment has an outcome: it may be refused all the same, since others got the last."""
    return Outcome.USED_UP if order.status is Status.USED_UP else outcome
