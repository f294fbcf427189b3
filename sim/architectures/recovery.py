"""Jobs that put right what the requests have left behind.

The reconciler compares the provider's ledger with the orders, and refunds charges that nobody should have paid. The canceller
gives up orders that look unpaid.
"""

from __future__ import annotations

from collections.abc import Callable

from sim.config.design import Recovery, RequestPayment
from sim.vocabulary import Outcome, Status
from sim.world.database import Order
from sim.world.engine import Story
from sim.world.shop import Shop


def recover(
    shop: Shop, knobs: Recovery, confirm: Callable[[Shop, Order], Story], give_up: Callable[[Shop, Order], Story],
    then: Callable[[Shop], Story] | None = None,
) -> None:  # fmt: skip
    """Start the jobs that the knobs ask for. `confirm` and `give_up` settle an order and tell the others.

    `then`: what the reconciler does after each round.
    """
    if knobs.reconcile_every is not None:
        shop.background("reconciler", lambda shop: reconcile(shop, knobs, confirm, then))
    if knobs.cancel_after is not None:
        shop.background("canceller", lambda shop: cancel_unpaid(shop, knobs, confirm, give_up))


def cancel_unpaid(
    shop: Shop, knobs: Recovery, confirm: Callable[[Shop, Order], Story], give_up: Callable[[Shop, Order], Story]
) -> Story:
    """For ever: cancel orders that look unpaid for too long.

    Whoever asks first cancels none that the provider knows to be paid, is at work on, or has left to the customer.
    """
    assert knobs.cancel_after is not None
    while True:
        yield shop.sleep(knobs.cancel_every)
        orders = yield from shop.unpaid_orders(knobs.cancel_after)
        for order in orders:
            said = (yield from shop.inquire(order)) if knobs.asks_first else Outcome.FAILED
            if said in (Outcome.CAPTURED, Outcome.AUTHORISED):
                yield from confirm(shop, order)
            elif said in (Outcome.FAILED, Outcome.DECLINED):
                yield from give_up(shop, order)


def reconcile(
    shop: Shop, knobs: Recovery, confirm: Callable[[Shop, Order], Story], then: Callable[[Shop], Story] | None = None
) -> Story:
    """For ever: confirm open orders that were paid; refund charges of given-up orders, and all but one charge of any order.

    Charges younger than the grace period are left alone: a request or worker may still be busy with their orders. The process
    keeps its place in the ledger in memory only; after a crash it reads the ledger again from the start. What `then` says is
    done after each round.
    """
    assert knobs.reconcile_every is not None
    kept = bytearray()  # by order id; 1: the order's one rightful charge has been seen. A set would take 100 bytes an order
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
                outcome = yield from shop.refund(row)  # waits for a provider that is down
                if outcome is Outcome.FAILED:
                    young.append(row)  # once more, the next time
        if then is not None:
            yield from then(shop)


def reconcile_holds(shop: Shop, knobs: Recovery, confirm: Callable[[Shop, Order], Story], *, capture_after_s: float) -> Story:
    """Once: confirm open orders whose money is held, capture what nobody has captured, release what is held for nothing."""
    holds = shop.provider.held(before_s=shop.env.now - knobs.grace)
    for number in dict.fromkeys(shop.provider.holds.order[hold] for hold in holds):
        order = shop.database.orders[number]
        if not order.settled:
            yield from confirm(shop, order)
        if order.status is not Status.CONFIRMED:
            yield from shop.void(order)
            continue
        known = yield from shop.inquire(order)
        if known is Outcome.CAPTURED:  # beside what is held
            yield from shop.void(order)
        elif known is Outcome.AUTHORISED and shop.env.now >= order.confirmed_s + capture_after_s + knobs.grace:
            yield from shop.capture(order)


def confirm_and_publish(shop: Shop, order: Order) -> Story:
    """Confirm the order, then publish: a dual write, as everywhere in a design without an outbox."""
    yield from settle_and_publish(shop, order, Outcome.CAPTURED)


def confirm_by_outbox(shop: Shop, order: Order) -> Story:
    yield from shop.settle(order, Outcome.CAPTURED, tell=True)


def cancel_and_publish(shop: Shop, order: Order) -> Story:
    cancelled = yield from shop.cancel(order)
    if cancelled:
        yield from shop.publish(order)


def cancel_by_outbox(shop: Shop, order: Order) -> Story:
    yield from shop.cancel(order, tell=True)


# What a webhook does. Checked: it may only move the order's state forward, and its event is published only if it did.


OF_ONE_CALL = (Outcome.FAILED, Outcome.VOIDED, Outcome.REFUNDED)  # the order's other calls may have charged


def settle_and_publish(shop: Shop, order: Order, outcome: Outcome) -> Story:
    if outcome in OF_ONE_CALL:
        return
    changed = yield from shop.settle(order, outcome)
    if changed:
        yield from shop.publish(order)


def finish_apart(shop: Shop, order: Order, outcome: Outcome) -> Story:
    """The path of the webhooks has a guard of its own: it looks whether the order is finished, and else makes another."""
    if not order.settled:
        yield from finish_again(shop, order, outcome)


def finish_again(shop: Shop, order: Order, outcome: Outcome) -> Story:
    """Nobody looks: each news of a payment makes an order."""
    if outcome in (Outcome.CAPTURED, Outcome.AUTHORISED):
        made = yield from shop.insert(order)
        yield from settle_and_publish(shop, made, outcome)


def settle_by_outbox(shop: Shop, order: Order, outcome: Outcome) -> Story:
    if outcome not in OF_ONE_CALL:
        yield from shop.settle(order, outcome, tell=True)


def believe_and_publish(shop: Shop, order: Order, outcome: Outcome) -> Story:
    """Trusted: every webhook overwrites the order's state and is published, whatever came before it."""
    yield from shop.overwrite(order, outcome)
    yield from shop.publish(order)


def heard(payment: RequestPayment) -> Callable[[Shop, Order, Outcome], Story]:
    """What a webhook does, by the design's knobs."""
    if payment.webhooks == "trusted":
        return believe_and_publish
    return {"once": settle_and_publish, "each_path": finish_apart, "unguarded": finish_again}[payment.finishes]
