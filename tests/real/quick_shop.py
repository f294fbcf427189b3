"""A shop that is right and quick: aiohttp, everything in memory. `python quick_shop.py PORT PROVIDER`."""

from __future__ import annotations

import sys
from typing import Any

import aiohttp
from aiohttp import web

ORDERS: dict[str, dict[str, Any]] = {}


def main(port: int, provider: str) -> None:
    async def order(request: web.Request) -> web.Response:
        wanted, key = await request.json(), request.headers["Idempotency-Key"]
        made = ORDERS.setdefault(key, {"email": wanted["email"], "status": "pending"})
        if made["status"] == "pending":
            made["status"] = await charge(request.app["session"], wanted, key)
        return web.json_response({"id": key}, status={"paid": 201, "declined": 402, "pending": 503}[made["status"]])

    async def charge(session: aiohttp.ClientSession, wanted: dict[str, Any], key: str) -> str:
        body = {"amount": wanted["amount"], "card": wanted["card"]}
        try:
            async with session.post(f"{provider}/plain/charges", json=body, headers={"Idempotency-Key": key}) as answer:
                return {200: "paid", 402: "declined"}.get(answer.status, "pending")
        except (aiohttp.ClientError, TimeoutError):
            return "pending"

    async def orders(_: web.Request) -> web.Response:
        return web.json_response({"data": list(ORDERS.values())})

    async def session(app: web.Application) -> Any:
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=1.5)) as made:
            app["session"] = made
            yield

    app = web.Application()
    app.cleanup_ctx.append(session)
    app.router.add_post("/orders", order)
    app.router.add_get("/orders", orders)
    web.run_app(app, host="127.0.0.1", port=port, print=None)


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2])
