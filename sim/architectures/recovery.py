"""The reconciler: compares the provider's ledger with the orders, and gives back what nobody should have paid."""

from __future__ import annotations

from collections.abc import Callable

from sim.config.design import Recovery
from sim.vocabulary import Outcome, Status
from sim.world.database import Order
from sim.world.engine import Story
from sim.world.shop import Shop


def reconcile(shop: Shop, knobs: Recovery, confirm: Callable[[Shop, Order], Story]) -> Story:
    """For ever: confirm open orders that were paid; refund charges of given-up orders, and all but one of any order.

    Charges younger than the grace period are left alone: somebody may still be working on them. What this process knows dies
    with it; after a crash it reads the ledger again from the start.
    """
    assert knobs.reconcile_every is not None
    kept = bytearray()  # 1 for orders whose one charge has been seen, by their ids: a set takes a hundred bytes each
    young: list[int] = []
    next_row = 0
    while True:
        yield shop.sleep(knobs.reconcile_every)
        if shop.provider.down:
            continue
        rows, young, next_row = shop.provider.ledger(young, next_row, before_s=shop.env.now - knobs.grace)
        for row in rows:
            order = shop.database.orders[shop.provider.charges.order[row]]
            if not order.settled:
                yield from confirm(shop, order)
            if order.id >= len(kept):
                kept.extend(bytes(order.id + 1 - len(kept)))
            if order.status is Status.CONFIRMED and not kept[order.id]:
                kept[order.id] = 1
            else:
                yield from shop.refund(row)  # waits for a provider that is down


def confirm_and_publish(shop: Shop, order: Order) -> Story:
    """A dual write, as everywhere in a design without an outbox."""
    yield from settle_and_publish(shop, order, Outcome.CAPTURED)


def confirm_by_outbox(shop: Shop, order: Order) -> Story:
    yield from shop.settle(order, Outcome.CAPTURED, tell=True)


# What is done about a webhook. Checked: the order's state only moves forward, and only who moved it tells others.


def settle_and_publish(shop: Shop, order: Order, outcome: Outcome) -> Story:
    if outcome is Outcome.FAILED:  # of one call: it says nothing about the others
        return
    changed = yield from shop.settle(order, outcome)
    if changed:
        yield from shop.publish(order)


def settle_by_outbox(shop: Shop, order: Order, outcome: Outcome) -> Story:
    if outcome is not Outcome.FAILED:
        yield from shop.settle(order, outcome, tell=True)


def believe_and_publish(shop: Shop, order: Order, outcome: Outcome) -> Story:
    """Trusted: every webhook is news, as it says, whatever came before."""
    yield from shop.overwrite(order, outcome)
    yield from shop.publish(order)
