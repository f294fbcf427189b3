"""The server of the page, for one person on this machine: nobody else may ask it anything.

It listens on the loopback interface only. The token in the address keeps other users of the machine out; the check of Host
keeps out pages that rebind their name to this machine, and the check of Origin those that post to it.
"""

from __future__ import annotations

import asyncio
import json
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sim.config.errors import ConfigError
from sim.page.running import Runs
from sim.page.saving import saved
from sim.page.shelf import catalogue

STATIC = Path(__file__).parent / "static"
FILES = {"": "index.html", "page.js": "page.js", "page.css": "page.css"}
MOST_ASKED = 1_000_000  # bytes of a request
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}

OF_DEBRIEF = {  # a page with its style within it, and no script
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data:; frame-ancestors 'none'"
}


class Guarded:
    """Lets nobody in but the page itself, and tells browsers what the page may do."""

    def __init__(self, app: ASGIApp, *, token: str, port: int) -> None:
        self.app, self.token, self.port = app, token, port

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        if (refusal := self._refusal(Request(scope))) is not None:
            await _with_headers(refusal, scope, receive, send)
        else:
            await _with_headers(self.app, scope, receive, send)

    def _refusal(self, request: Request) -> Response | None:
        own = [f"{host}:{self.port}" for host in ("127.0.0.1", "localhost")]
        origins = [f"http://{host}" for host in own]
        if request.headers.get("host", "") not in own:
            return PlainTextResponse("this server answers only to its own address", 403)
        given = request.url.path.split("/")[1]
        if not secrets.compare_digest(given.encode(), self.token.encode()):
            return PlainTextResponse("open the address that `coffee serve` has printed, with its token", 403)
        if request.method not in ("GET", "HEAD") and request.headers.get("origin", "") not in origins:
            return PlainTextResponse("only the page itself may ask for this", 403)
        return None


async def _with_headers(app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
    async def sent(message: Message) -> None:
        if message["type"] == "http.response.start":
            given = {name for name, _ in message.get("headers", [])}
            own = [(name.lower().encode(), value.encode()) for name, value in HEADERS.items()]
            more = [(name, value) for name, value in own if name not in given]
            message = {**message, "headers": [*message.get("headers", []), *more]}
        await send(message)

    await app(scope, receive, sent)


def application(runs: Runs, *, token: str, port: int, start: dict[str, Any], kata: Path | None = None) -> Starlette:
    """The page and what it asks for. `start` is the wish that the page begins with; `kata` the folder of an exercise."""

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        """The first morning is simulated while the browser still asks for the page."""
        runs.begin(start)
        yield
        runs.end()

    async def first(_: Request) -> Response:
        return JSONResponse(start)

    async def run(request: Request) -> Response:
        data = await _asked(request)
        return StreamingResponse(_texts(runs.lines(data, request.is_disconnected)), media_type="application/x-ndjson")

    async def story(request: Request) -> Response:
        return JSONResponse(await runs.story(await _asked(request), request.is_disconnected))

    async def save(request: Request) -> Response:
        return JSONResponse(await asyncio.to_thread(saved, await _asked(request), runs.shelf))

    async def names(_: Request) -> Response:
        return JSONResponse(await asyncio.to_thread(catalogue, runs.shelf))

    async def standing(_: Request) -> Response:
        from sim.page import exercise

        try:
            return JSONResponse(await asyncio.to_thread(exercise.standing, folder))
        except ConfigError as error:
            return JSONResponse({"messages": list(error.messages)})

    async def step(request: Request) -> Response:
        name = request.path_params["name"]
        return JSONResponse(await runs.step(folder, name, await _asked(request), request.is_disconnected))

    async def debrief(_: Request) -> Response:
        page = folder / "debrief" / "debrief.html"
        return FileResponse(page, headers=OF_DEBRIEF) if page.is_file() else PlainTextResponse("no debrief yet", 404)

    folder = kata or Path()
    exercising = [
        Route(f"/{token}/kata", standing),
        Route(f"/{token}/kata/debrief", debrief),
        Route(f"/{token}/kata/{{name}}", step, methods=["POST"]),
    ]
    inside = f"/{token}"
    return Starlette(
        routes=[
            *(Route(f"{inside}/{address}", _served(name)) for address, name in FILES.items()),
            Route(f"{inside}/start", first),
            Route(f"{inside}/catalogue", names),
            Route(f"{inside}/run", run, methods=["POST"]),
            Route(f"{inside}/story", story, methods=["POST"]),
            Route(f"{inside}/save", save, methods=["POST"]),
            *(exercising if kata is not None else []),
        ],
        middleware=[Middleware(Guarded, token=token, port=port)],
        lifespan=lifespan,
    )


def _served(name: str) -> Callable[[Request], Awaitable[Response]]:
    async def file(_: Request) -> Response:
        return FileResponse(STATIC / name)

    return file


async def _asked(request: Request) -> Any:
    """The JSON of a request; None if it is none, or too long to be one of the page's."""
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > MOST_ASKED:
            return None
    try:
        return json.loads(body)
    except ValueError:
        return None


async def _texts(lines: AsyncIterator[dict[str, Any]]) -> AsyncIterator[str]:
    async for line in lines:
        yield json.dumps(line, ensure_ascii=False, allow_nan=False) + "\n"
