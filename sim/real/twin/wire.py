"""How the processes of a twin talk: HTTP where customers, shop and provider meet, lines of JSON inside the shop."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import Callable, Coroutine
from typing import Any

import aiohttp
from aiohttp import web

from sim.real.loopback import HOST
from sim.real.twin.clock import RealClock

Told = dict[str, Any]
HANGS_UP = object()  # instead of an answer: the connection is cut
HELLO = "/hello"
KEPT_S = 3600.0  # how long a connection is kept that nobody uses: longer than any morning


class Link(asyncio.Protocol):
    """A connection on which both sides say one line of JSON after the other; `closed` when the other side is gone."""

    def __init__(self, heard: Callable[[Link, Told], None], closed: Callable[[Link], None]) -> None:
        self._heard = heard
        self._closed = closed
        self._rest = b""
        self._transport: asyncio.WriteTransport | None = None
        self.who: Any = None  # at the other end, once it has said so

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.WriteTransport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        *lines, self._rest = (self._rest + data).split(b"\n")
        for line in lines:
            self._heard(self, json.loads(line))

    def connection_lost(self, _: Exception | None) -> None:
        self._closed(self)

    def say(self, **what: Any) -> None:
        """Say something; nothing happens if the other side is gone. It is on its way when this returns."""
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(json.dumps(what).encode() + b"\n")


async def listen(bound: socket.socket, heard: Callable[[Link, Told], None], closed: Callable[[Link], None]) -> None:
    await asyncio.get_running_loop().create_server(lambda: Link(heard, closed), sock=bound)


async def connect(port: int, heard: Callable[[Link, Told], None], closed: Callable[[Link], None]) -> Link:
    _, link = await asyncio.get_running_loop().create_connection(lambda: Link(heard, closed), HOST, port)
    return link


class Cut(Exception):
    """Nobody has answered: the connection was cut, or nobody listens."""


class Caller:
    """The client side: one pool of connections for a process."""

    def __init__(self, port: int) -> None:
        self._base = f"http://{HOST}:{port}"
        connector = aiohttp.TCPConnector(limit=0, keepalive_timeout=KEPT_S)
        self._session = aiohttp.ClientSession(connector=connector, trust_env=False)

    async def ask(self, path: str, what: Told, *, within_s: float | None = None) -> Any:
        """What is answered. Who doesn't hear it within so many seconds of the machine hangs up. Raises Cut."""
        patience = aiohttp.ClientTimeout(total=within_s)
        try:
            async with self._session.post(self._base + path, data=json.dumps(what).encode(), timeout=patience) as answer:
                return json.loads(await answer.read())
        except (aiohttp.ClientError, TimeoutError):
            raise Cut from None

    async def warm_up(self, connections: int = 1) -> None:
        """Have so many connections, before they are needed."""
        await asyncio.gather(*(self.ask(HELLO, {}) for _ in range(connections)))

    async def close(self) -> None:
        await self._session.close()


async def serve(clock: RealClock, bound: socket.socket, answer: Callable[[str, Told], Coroutine[Any, Any, Any]]) -> None:
    """Answer HTTP requests on a bound socket with what `answer(path, told)` returns. Who hangs up cancels it.

    What it raises ends the process, since it is a bug of ours. When the morning is over, nobody is answered.
    """

    async def handle(request: web.BaseRequest) -> web.StreamResponse:
        told = json.loads(await request.read())
        if request.path == HELLO:
            said: Any = True
        else:
            said = HANGS_UP if clock.over else await clock.spawn(answer(request.path, told))
        if said is HANGS_UP:
            if request.transport is not None:
                request.transport.abort()
            return web.Response()
        return web.Response(body=json.dumps(said).encode(), content_type="application/json")

    server = web.Server(handle, handler_cancellation=True, access_log=None, keepalive_timeout=KEPT_S)
    runner = web.ServerRunner(server, handle_signals=False, shutdown_timeout=0.1)
    await runner.setup()
    await web.SockSite(runner, bound).start()
