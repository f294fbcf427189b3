"""The provider alone, for whoever wants only that: serves until it is ended.

`python -m sim.real.provider.alone JSON` is the provider of a rush, in a process of its own. The JSON has `port`,
`scenario`, `seed`, `metadata`, and `webhooks` as an address and its secret.
"""

from __future__ import annotations

import asyncio
import json
import socket
import sys
from collections.abc import Callable
from contextlib import suppress

from sim.config.library import load_scenario
from sim.real.loopback import listening as listening_at
from sim.real.provider.asking import Owners
from sim.real.provider.control import control
from sim.real.provider.fates import Fates, Weather
from sim.real.provider.server import Provider


def serve(
    listening: socket.socket, fates: Fates, *, webhooks: tuple[str, str] | None = None, metadata: str | None = None,
    started: Callable[[Provider], None],
) -> None:  # fmt: skip
    """Serve on a bound socket; `started` is called once it does. `webhooks`: an address and its secret."""

    async def main() -> None:
        provider = Provider(fates, owners=Owners(metadata=metadata))
        if webhooks is not None:
            provider.send_webhooks(*webhooks)
        try:
            await provider.start(listening, control=control)
            started(provider)
            await asyncio.Event().wait()
        finally:
            await provider.close()

    with suppress(asyncio.CancelledError):
        asyncio.run(main())


def main(told: str) -> None:
    """Serve as the JSON says."""
    wish = json.loads(told)
    fates = Weather(load_scenario(wish["scenario"]), wish["seed"])
    webhooks = None if wish["webhooks"] is None else (wish["webhooks"][0], wish["webhooks"][1])
    with listening_at(wish["port"], "port") as bound:
        serve(bound, fates, webhooks=webhooks, metadata=wish["metadata"], started=lambda _: None)


if __name__ == "__main__":
    main(sys.argv[1])
