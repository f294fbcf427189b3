"""A provider in a thread of the test, and the unmodified Stripe SDK pointed at it."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import stripe

from sim.real.loopback import listening
from sim.real.provider.control import control
from sim.real.provider.fates import Fates, Script
from sim.real.provider.server import Provider

PATIENCE_S = 30.0


@contextmanager
def provider(fates: Fates | None = None, **more: Any) -> Iterator[Provider]:
    """Serves until the block ends; ready when it begins."""
    made: list[Provider] = []
    up, loops = threading.Event(), []
    stop: list[asyncio.Event] = []

    async def main() -> None:
        one = Provider(fates or Script(), **{key: value for key, value in more.items() if key != "webhooks"})
        if "webhooks" in more:
            one.send_webhooks(*more["webhooks"])
        await one.start(listening(0, "port"), control=control)
        made.append(one)
        loops.append(asyncio.get_running_loop())
        stop.append(asyncio.Event())
        up.set()
        try:
            await stop[0].wait()
        finally:
            await one.close()

    thread = threading.Thread(target=lambda: asyncio.run(main()), daemon=True)
    thread.start()
    assert up.wait(PATIENCE_S)
    try:
        yield made[0]
    finally:
        loops[0].call_soon_threadsafe(stop[0].set)
        thread.join(PATIENCE_S)


def sdk(one: Provider, *, retries: int = 0, key: str = "sk_test_coffee") -> stripe.StripeClient:
    """Stripe's own client, with nothing changed but its address."""
    return stripe.StripeClient(key, base_addresses={"api": one.address}, max_network_retries=retries)


def pay(client: stripe.StripeClient, purchase: int, *, key: str | None = None, amount: int = 650, **more: Any) -> Any:
    """Charge the customer of a purchase."""
    params = {"amount": amount, "currency": "usd", "payment_method": f"pm_coffee_{purchase}", "confirm": True, **more}
    return client.v1.payment_intents.create(params, {"idempotency_key": key} if key else {})  # type: ignore[arg-type]
