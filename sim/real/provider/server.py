"""The provider as an HTTP server: reads a call, lets happen to it what its fate says, does its work, and answers or doesn't."""

from __future__ import annotations

import asyncio
import base64
import json
import socket
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from sim.real.provider import form, plain_dialect, shapes, stripe_dialect
from sim.real.provider.asking import Ask, Owners
from sim.real.provider.calls import Call, Log
from sim.real.provider.fates import Fate, Fates
from sim.real.provider.keys import Kept, Keys
from sim.real.provider.ledger import Charge, Event, Ledger
from sim.real.provider.refusal import Refusal, invalid
from sim.real.provider.webhooks import Webhooks

LONGEST_KEY = 255
MOST_BODY = 256_000  # bytes
LIVE = ("sk_live_", "rk_live_", "pk_live_")
HOST = "127.0.0.1"


@dataclass
class Watch:
    """Who wants to know of what at the very moment: money is taken, an answer has gone out, a webhook is under way."""

    taken: Callable[[Charge], None] | None = None
    answered: Callable[[Call], None] | None = None
    webhook: Callable[[Event], None] | None = None


class Provider:
    """One provider: its ledger, its log, its keys, and how it is reached."""

    def __init__(self, fates: Fates, *, owners: Owners | None = None, watch: Watch | None = None) -> None:
        self.watch = watch or Watch()
        self.ledger = Ledger(taken=self._taken)
        self.log = Log()
        self.fates = fates
        self.owners = owners or Owners()
        self.keys = Keys(fates.keys)
        self.webhooks: Webhooks | None = None
        self.live_key = False  # somebody has called with a key for real money
        self._told = 0
        self._runner: web.AppRunner | None = None
        self.port = 0

    @property
    def address(self) -> str:
        return f"http://{HOST}:{self.port}"

    @property
    def busy(self) -> bool:
        """Whether a call or the delivery of a webhook is under way."""
        return self.log.under_way > 0 or (self.webhooks is not None and self.webhooks.busy)

    def send_webhooks(self, url: str, secret: str, *, delay_s: float = 0.0) -> None:
        self.webhooks = Webhooks(url, secret, delay_s=delay_s, clock=self.ledger.now_s, sent=self._webhook)

    async def start(
        self, listening: socket.socket, *, control: Callable[[web.Application, Provider], None] | None = None
    ) -> None:
        """Serve on a socket that is bound."""
        app = web.Application(client_max_size=MOST_BODY)
        for dialect, routes in (("stripe", stripe_dialect.ROUTES), ("plain", plain_dialect.ROUTES)):
            for route, handler in routes.items():
                method, path = route.split(" ")
                app.router.add_route(method, path, self._handler(dialect, handler), expect_handler=None)
        if control is not None:
            control(app, self)
        app.router.add_route("*", "/{path:.*}", self._nothing)
        self._runner = web.AppRunner(app, access_log=None, handle_signals=False, shutdown_timeout=0.2)
        await self._runner.setup()
        await web.SockSite(self._runner, listening).start()
        self.port = listening.getsockname()[1]

    async def close(self) -> None:
        if self.webhooks is not None:
            await self.webhooks.close()
        if self._runner is not None:
            await self._runner.cleanup()

    def _taken(self, charge: Charge) -> None:
        if self.watch.taken is not None:
            self.watch.taken(charge)

    def _webhook(self, event: Event) -> None:
        if self.watch.webhook is not None:
            self.watch.webhook(event)

    def tell(self) -> None:
        """Send webhooks of what has happened since the last time."""
        events = list(self.ledger.events.values())[self._told :] if self.webhooks is not None else []
        self._told = len(self.ledger.events)
        for event in events:
            assert self.webhooks is not None
            self.webhooks.tell(event)

    async def _nothing(self, request: web.Request) -> web.Response:
        error = invalid(f"Unrecognized request URL ({request.method}: {request.path}).", status=404)
        return web.json_response(error.body, status=404)

    def _handler(self, dialect: str, handler: Callable[..., dict[str, Any]]) -> Callable[[web.Request], Any]:
        async def handle(request: web.Request) -> web.StreamResponse:
            try:
                self._check(request, dialect)
                params = await self._params(request, dialect)
            except Refusal as refusal:
                return web.json_response(refusal.body, status=refusal.status)
            except ConnectionError:  # the caller died while it was asking: nothing was asked
                return web.Response()
            return await self._answer(request, handler, params)

        return handle

    def _check(self, request: web.Request, dialect: str) -> None:
        secret = _secret(request.headers.get("Authorization", ""))
        if secret.startswith(LIVE):
            self.live_key = True
            raise Refusal(401, "invalid_request_error", "This is a rehearsal: a key for real money is refused. Use sk_test_….")
        if dialect == "stripe" and not secret:
            raise Refusal(401, "invalid_request_error", "You did not provide an API key.")
        if self.log.full:
            raise Refusal(503, "api_error", "This provider has had as many calls as it takes; start it anew.")
        if len(request.headers.get("Idempotency-Key", "")) > LONGEST_KEY:
            raise invalid(f"Idempotency keys have at most {LONGEST_KEY} characters.")

    async def _params(self, request: web.Request, dialect: str) -> dict[str, Any]:
        if request.method in ("GET", "DELETE"):
            return form.parsed(request.query_string)
        try:
            text = await request.text()
        except (UnicodeDecodeError, LookupError):
            raise invalid("The body is no text in UTF-8.") from None
        if dialect == "stripe":
            if "json" in request.headers.get("Content-Type", ""):
                raise invalid("The body is to be form-encoded (application/x-www-form-urlencoded), not JSON.")
            return form.parsed(text)
        try:
            body = json.loads(text or "{}")
        except (ValueError, RecursionError):
            raise invalid("The body is no JSON.") from None
        if not isinstance(body, dict):
            raise invalid("The body is to be a JSON object.")
        return body

    async def _answer(
        self, request: web.Request, handler: Callable[..., dict[str, Any]], params: dict[str, Any]
    ) -> web.StreamResponse:
        names = list(request.match_info.values())
        purchase = self.owners.of(self.ledger, params, names)
        key = request.headers.get("Idempotency-Key") if request.method != "GET" else None
        amount = str(params.get("amount", ""))
        call = self.log.begin(
            request.method, request.path, purchase, key, self.ledger.now_s(), int(amount) if amount.isdecimal() else None
        )
        status = 0
        try:
            fate = self.fates.of(purchase, call.nth, call.at_s) if call.nth else Fate()
            call.fate = fate.kind
            status, body = await self._work(request, handler, params, names, call, fate)
            self.tell()
            if fate.kind == "lost":
                status = 0
                return _cut(request)
            response = web.Response(body=body, status=status, content_type="application/json")
            response.headers["Request-Id"] = f"req_{call.number}"
            if call.replayed:
                response.headers["Idempotent-Replayed"] = "true"
            if request.transport is None or request.transport.is_closing():
                status = 0
                return response
            await response.prepare(request)
            await response.write_eof()
            return response
        except ConnectionError:  # the caller is dead
            status = 0
            return web.Response()
        finally:
            self.log.end(call, self.ledger.now_s(), status)
            if status and self.watch.answered is not None:
                self.watch.answered(call)

    async def _work(
        self, request: web.Request, handler: Callable[..., dict[str, Any]], params: dict[str, Any], names: list[str],
        call: Call, fate: Fate,
    ) -> tuple[int, bytes]:  # fmt: skip
        """Status and body of the answer."""
        if fate.kind == "refused":
            await asyncio.sleep(fate.after_s)
            return 503, _bytes({"error": {"type": "api_error", "message": "The provider is down; nothing was done."}})
        fingerprint = json.dumps([request.method, request.path, params], sort_keys=True)
        known = self.keys.find(call.key, self.ledger.now_s()) if call.nth else None
        if known is not None and fate.kind != "broke":
            return await self._again(known, fingerprint, call, fate)
        kept = self.keys.begin(call.key, fingerprint, self.ledger.now_s()) if call.nth and known is None else None
        status, body = 0, b""
        try:
            await asyncio.sleep(fate.after_s)
            status, body = self._done(handler, request, params, names, call, fate)
        finally:
            self.keys.end(call.key, kept, status or 400, body)
        return status, body

    def _done(
        self, handler: Callable[..., dict[str, Any]], request: web.Request, params: dict[str, Any], names: list[str],
        call: Call, fate: Fate,
    ) -> tuple[int, bytes]:  # fmt: skip
        if fate.kind == "broke":
            return 500, _bytes({"error": {"type": "api_error", "message": "An error of the provider's own."}})
        ask = Ask(request.method, request.path, params, call.purchase, fate.kind == "declined")
        try:
            made = handler(self.ledger, ask, *names)
            call.done_s = self.ledger.now_s()
            return 200, _bytes(shapes.expanded(self.ledger, made, ask.listed("expand")))
        except Refusal as refusal:
            return refusal.status, _bytes(refusal.body)

    async def _again(self, known: Kept, fingerprint: str, call: Call, fate: Fate) -> tuple[int, bytes]:
        """A call with a key that is known."""
        rules = self.keys.rules
        assert rules is not None
        if known.fingerprint != fingerprint and rules.mismatch == "error":
            message = (
                "Keys for idempotent requests can only be used with the same parameters they were first used with. "
                f"Try using a key other than '{call.key}' if you meant to execute a different request."
            )
            return 400, _bytes({"error": {"type": "idempotency_error", "message": message}})
        if known.answer is None and rules.in_flight == "conflict":
            message = "There is currently another in-progress request using this Idempotent Key. Please try again later."
            error = {"type": "idempotency_error", "code": "idempotency_key_in_use", "message": message}
            return 409, _bytes({"error": error})
        await known.done.wait()
        assert known.answer is not None
        await asyncio.sleep(fate.after_s)
        call.replayed = True
        return known.answer


def _cut(request: web.Request) -> web.Response:
    """The caller never hears: its connection is cut after the work was done."""
    if request.transport is not None:
        request.transport.abort()
    return web.Response()


def _secret(header: str) -> str:
    """The secret key of `Bearer KEY`, or the user of `Basic …`."""
    kind, _, rest = header.partition(" ")
    if kind.lower() == "bearer":
        return rest.strip()
    if kind.lower() == "basic":
        try:
            return base64.b64decode(rest).decode("utf-8", "replace").partition(":")[0]
        except ValueError:
            return ""
    return ""


def _bytes(body: dict[str, Any]) -> bytes:
    return json.dumps(body, separators=(",", ":")).encode()
