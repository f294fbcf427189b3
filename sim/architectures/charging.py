"""Charge with an idempotency key, and ask the provider first in the two cases in which the same key does not suffice.

One rule holds for both: **no charge without the protection of the old key while an earlier call of the order may still land.**
"Nothing was charged so far" is no proof of that. A call may hang out of the provider's sight, its caller may have stopped waiting
or died, and two keys are two charges.
"""

from __future__ import annotations

from sim.config.design import KeyedPayment
from sim.vocabulary import Outcome
from sim.world.database import Order
from sim.world.engine import Story
from sim.world.shop import Shop


def charge(shop: Shop, order: Order, knobs: KeyedPayment) -> Story:
    """Try once to charge for an order, and return the outcome as far as we can know it."""
    if shop.env.now - order.created_s >= knobs.key_lasts:  # the provider may have forgotten the key: it would charge again
        outcome = yield from shop.inquire(order)
        if outcome is not Outcome.FAILED:
            return outcome
        if order.may_still_be_charged(shop.env.now, knobs.lands_within):
            return Outcome.UNKNOWN
    outcome = yield from shop.charge(order)
    if outcome is Outcome.ERROR and knobs.after_error == "ask":  # the key would replay the error for as long as it lives
        outcome = yield from shop.inquire(order)
        if outcome is Outcome.FAILED:
            renewed = yield from shop.renew_key(order, lands_within_s=knobs.lands_within)
            return Outcome.FAILED if renewed else Outcome.UNKNOWN
    return outcome
