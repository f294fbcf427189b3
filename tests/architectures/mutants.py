"""Architectures broken on purpose. Each looks right at a glance, and each breaks a promise that the tests must catch."""

from __future__ import annotations

from sim.architectures.outbox import Outbox
from sim.vocabulary import Answer
from sim.world.checkout import Reply
from sim.world.customer import Request
from sim.world.engine import Story
from sim.world.shop import Shop


class OutboxInMemory(Outbox):
    """Commits the order, and keeps the news of it in the checkout's memory for a moment."""

    def handle(self, shop: Shop, request: Request) -> Story:
        yield shop.compute(request)
        known = shop.database.with_key(request.key)
        if known is not None:
            return Reply(Answer.PENDING, known, replayed=True)
        order = yield shop.database.transaction(
            request.purchase, lambda: shop.database.create(request.purchase, request.cents, request.key)
        )
        yield from shop.took("accept", order.purchase)  # a crash here loses what follows
        shop.database.add_to_outbox(order, shop.database.draw_row())
        return Reply(Answer.PENDING, order)
