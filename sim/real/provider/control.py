"""What a test or a person asks the provider beside payments: its ledger, its log, and which mishaps are to come."""

from __future__ import annotations

import json
from typing import Any

from aiohttp import web

from sim.real.provider import shapes
from sim.real.provider.fates import KINDS, Kind, Script
from sim.real.provider.server import Provider

LOOPBACK = ("127.0.0.1", "localhost", "[::1]")
MOST_MISHAPS = 10_000


def control(app: web.Application, provider: Provider) -> None:
    """Routes below /coffee. They answer only who asks for this machine by name, so that no web page can reach them."""

    def guarded(handler: Any) -> Any:
        async def handle(request: web.Request) -> web.Response:
            if request.host.rpartition(":")[0] not in LOOPBACK and request.host not in LOOPBACK:
                return web.json_response({"error": "only for this machine"}, status=403)
            made: web.Response = await handler(request)
            return made

        return handle

    async def ledger(_: web.Request) -> web.Response:
        return web.json_response(books(provider))

    async def text(_: web.Request) -> web.Response:
        return web.Response(text=readable(provider))

    async def mishaps(_: web.Request) -> web.Response:
        return web.json_response(_told(provider))

    async def put(request: web.Request) -> web.Response:
        if not isinstance(provider.fates, Script):
            return web.json_response({"error": "the fates come from a scenario (--scenario); leave that out"}, status=409)
        try:
            wanted = script(json.loads(await request.text()))
        except ValueError as error:
            return web.json_response({"error": str(error)}, status=400)
        provider.fates.mishaps.clear()
        provider.fates.mishaps.update(wanted)
        return web.json_response(_told(provider))

    app.router.add_get("/coffee/ledger", guarded(ledger))
    app.router.add_get("/coffee/ledger.txt", guarded(text))
    app.router.add_get("/coffee/mishaps", guarded(mishaps))
    app.router.add_put("/coffee/mishaps", guarded(put))


def script(data: Any) -> dict[tuple[int | None, int], Kind]:
    """Mishaps as a scenario has them: `[{"call": 1, "is": "lost", "purchase": 7}]`. Raises ValueError."""
    if not isinstance(data, list) or len(data) > MOST_MISHAPS:
        raise ValueError(f'expected a list of at most {MOST_MISHAPS:,} mishaps, like [{{"call": 1, "is": "lost"}}]')
    wanted: dict[tuple[int | None, int], Kind] = {}
    for place, one in enumerate(data):
        if not isinstance(one, dict) or set(one) - {"call", "is", "purchase"} or not {"call", "is"} <= set(one):
            raise ValueError(f'mishap {place + 1}: expected call, is and perhaps purchase, like {{"call": 1, "is": "lost"}}')
        for key in ("call", "purchase"):
            value = one.get(key, 1)
            if isinstance(value, bool) or not isinstance(value, int) or value < (1 if key == "call" else 0):
                raise ValueError(f"mishap {place + 1}: {key}: expected a whole number (got {value!r})")
        if one["is"] not in KINDS:
            raise ValueError(f"mishap {place + 1}: is: expected one of {', '.join(KINDS)} (got {one['is']!r})")
        wanted[one.get("purchase"), one["call"]] = one["is"]
    return wanted


def _told(provider: Provider) -> list[dict[str, Any]]:
    if not isinstance(provider.fates, Script):
        return []
    return [
        ({} if purchase is None else {"purchase": purchase}) | {"call": nth, "is": kind}
        for (purchase, nth), kind in provider.fates.mishaps.items()
    ]


def books(provider: Provider) -> dict[str, Any]:
    """Charges, refunds and calls, as plain data."""
    ledger = provider.ledger
    return {
        "now_s": ledger.now_s(),
        "under_way": provider.busy,
        "live_key": provider.live_key,
        "charges": [
            shapes.charge(one) | {"purchase": one.purchase, "taken_s": one.taken_s, "refunded_s": one.refunded_s,
                                  "made_s": one.made_s, "released": one.released}
            for one in ledger.charges.values()
        ],
        "refunds": [shapes.refund(one) | {"made_s": one.made_s} for one in ledger.refunds.values()],
        "calls": [one.row() for one in provider.log.calls],
    }  # fmt: skip


def readable(provider: Provider) -> str:
    """The ledger and the last calls, a line each."""
    lines = ["charges", f"{'taken':>10}  {'amount':>10}  {'given back':>10}  {'purchase':>8}  card"]
    for one in provider.ledger.charges.values():
        when = f"{one.taken_s:.3f} s" if one.taken_s is not None else "declined" if not one.good else "held"
        lines.append(
            f"{when:>10}  {one.captured_cents / 100:>6.2f} {one.currency.upper()}  {one.refunded_cents / 100:>10.2f}  "
            f"{'?' if one.purchase is None else one.purchase:>8}  {one.card}"
        )
    lines += ["", "calls", f"{'at':>10}  {'status':>6}  what"]
    for call in provider.log.calls[-200:]:
        more = "".join([f" ({call.fate})" if call.fate else "", " (replayed)" if call.replayed else ""])
        lines.append(f"{call.at_s:>8.3f} s  {call.status or 'none':>6}  {call.method} {call.path}{more}")
    return "\n".join(lines) + "\n"
