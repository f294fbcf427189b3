"""Architectures broken on purpose. Each looks right at a glance, and each breaks a promise that the tests must catch."""

from __future__ import annotations

from sim.architectures.charging import charge
from sim.architectures.idempotent import Idempotent
from sim.architectures.outbox import Outbox
from sim.vocabulary import Answer, Outcome
from sim.world.checkout import Reply
from sim.world.customer import Request
from sim.world.database import Order
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


class SettleFirst(Idempotent):
    """Confirms the order before it charges for it, so that nobody has to wait."""

    def pay(self, shop: Shop, order: Order) -> Story:
        changed = yield from shop.settle(order, Outcome.CAPTURED)
        if changed:
            yield from shop.publish(order)
        yield from charge(shop, order, self.payment)  # a crash above is never made good
        return Outcome.CAPTURED


class FreshKeyCompleter(Idempotent):
    """Its completer takes a new key for every order that it takes up."""

    def complete(self, shop: Shop) -> Story:
        while True:
            yield shop.sleep(self.completer.every)
            stuck = yield from shop.stuck_orders(self.completer, lock_s=self.claim.lock)
            for order in stuck:
                shop.database.renew_key(order)
                shop.start(self.pay(shop, order))


class MarkFirst(Outbox):
    """Its relay marks rows as published, and then publishes them."""

    def publish(self, shop: Shop) -> Story:
        while True:
            rows = yield from shop.next_rows(self.relay)
            yield from shop.mark_published(rows, self.relay)
            for row in rows:
                yield from shop.publish(row)
