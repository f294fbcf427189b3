"""Signed webhooks: each event of the ledger, posted until somebody takes it.

The signature is Stripe's: `Stripe-Signature: t=…,v1=…`, where v1 is the HMAC-SHA256 of `t.body` under the endpoint's secret
(docs.stripe.com/webhooks/signature).
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import aiohttp

from sim.real.provider import shapes
from sim.real.provider.ledger import Event

TIMEOUT_S = 5.0
BACK_OFF_S = (0.25, 0.5, 1.0, 2.0, 4.0)  # before the second, third, … delivery; Stripe's go on for days


def signature(secret: str, body: bytes, at: int) -> str:
    digest = hmac.new(secret.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={at},v1={digest}"


@dataclass(frozen=True)
class Delivery:
    """One attempt to deliver an event: from when to when, and the status of the answer; 0: there was none."""

    event: str
    kind: str
    purchase: int | None
    attempt: int
    at_s: float
    until_s: float
    status: int


class Webhooks:
    """Delivers to one address. `sent` is called as soon as a delivery is under way."""

    def __init__(
        self, url: str, secret: str, *, delay_s: float = 0.0, clock: Callable[[], float],
        sent: Callable[[Event], None] | None = None,
    ) -> None:  # fmt: skip
        self.url, self.secret, self.delay_s = url, secret, delay_s
        self.deliveries: list[Delivery] = []
        self.sent = sent
        self._clock = clock
        self._session: aiohttp.ClientSession | None = None
        self._under_way: set[asyncio.Task[None]] = set()

    @property
    def busy(self) -> bool:
        return bool(self._under_way)

    def tell(self, event: Event) -> None:
        task = asyncio.get_running_loop().create_task(self._deliver(event))
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)

    async def _deliver(self, event: Event) -> None:
        await asyncio.sleep(self.delay_s)
        body = json.dumps(shapes.event(event), separators=(",", ":")).encode()
        for attempt, pause_s in enumerate((*BACK_OFF_S, None), 1):
            at_s = self._clock()
            status = await self._post(event, body)
            self.deliveries.append(Delivery(event.id, event.kind, event.purchase, attempt, at_s, self._clock(), status))
            if 200 <= status < 300 or pause_s is None:
                return
            await asyncio.sleep(pause_s)

    async def _post(self, event: Event, body: bytes) -> int:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                timeout=aiohttp.ClientTimeout(total=TIMEOUT_S), trust_env=False, trace_configs=[self._trace()]
            )
        headers = {
            "Content-Type": "application/json; charset=utf-8",
            "Stripe-Signature": signature(self.secret, body, int(time.time())),
        }
        try:
            async with self._session.post(
                self.url, data=body, headers=headers, allow_redirects=False, trace_request_ctx=event
            ) as answer:
                await answer.read()
                return answer.status
        except (aiohttp.ClientError, TimeoutError):
            return 0

    def _trace(self) -> aiohttp.TraceConfig:
        """Says when a request has been written: then the other side can have it."""
        trace = aiohttp.TraceConfig()

        async def written(_session: Any, context: Any, _params: Any) -> None:
            if self.sent is not None:
                self.sent(context.trace_request_ctx)

        trace.on_request_chunk_sent.append(written)
        return trace

    async def close(self) -> None:
        for task in list(self._under_way):
            task.cancel()
        await asyncio.gather(*self._under_way, return_exceptions=True)
        if self._session is not None:
            await self._session.close()
