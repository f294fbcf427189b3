"""Charge with an idempotency key, and ask the provider first in the two cases in which the same key does not suffice.

One rule holds for both: no new key while an earlier call of the order may still land. "Nothing was charged so far" does not say
that nothing will be: a call may hang out of the provider's sight, its caller may have died, and two keys are two charges. And
who has asked may stand still: a key is renewed only in place of the one that the error came with, since a newer one may be
charged with already.
"""

from __future__ import annotations

from collections.abc import Callable

from sim.config.design import KeyedPayment
from sim.vocabulary import Outcome, Status
from sim.world.database import Order
from sim.world.engine import Story
from sim.world.shop import Shop


def charge(shop: Shop, order: Order, knobs: KeyedPayment, call: Callable[[Order], Story] | None = None) -> Story:
    """Try once to charge for an order, or to do what `call` does, and return the outcome as far as we can know it."""
    if order.status is Status.CHALLENGED:  # it is the customer's turn
        return (yield from shop.inquire(order))
    key = order.key
    if order.key_is_spent:
        return (yield from _ask_for_a_new_key(shop, order, key, knobs))
    if shop.env.now - order.created_s >= knobs.key_lasts:  # the provider may have forgotten the key: it would charge again
        outcome = yield from shop.inquire(order)
        if outcome is not Outcome.FAILED:
            return outcome
        if order.may_still_be_charged(shop.env.now, knobs.lands_within):
            return Outcome.UNKNOWN
    outcome = yield from (call or shop.charge)(order)
    if outcome is Outcome.ERROR and knobs.after_error == "ask":  # the key would replay the error for as long as it lives
        return (yield from _ask_for_a_new_key(shop, order, key, knobs))
    return outcome


def _ask_for_a_new_key(shop: Shop, order: Order, key: object, knobs: KeyedPayment) -> Story:
    """What was charged with this key; if nothing was and no longer can be, the next charge has a new one."""
    outcome = yield from shop.inquire(order)
    if outcome is Outcome.FAILED:
        renewed = yield from shop.renew_key(order, key, lands_within_s=knobs.lands_within)
        return Outcome.FAILED if renewed else Outcome.UNKNOWN
    return outcome
