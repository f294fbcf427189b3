"""The provider alone, for whoever wants only that: serves until Ctrl-C."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from contextlib import suppress

from sim.real.provider.asking import Owners
from sim.real.provider.control import control
from sim.real.provider.fates import Fates
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
