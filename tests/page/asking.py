"""Ask the application as a server would, without one."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from starlette.applications import Starlette

HOST = {"host": "127.0.0.1:4711", "origin": "http://127.0.0.1:4711"}


@dataclass
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def lines(self) -> list[Any]:
        return [json.loads(line) for line in self.body.splitlines()]


def ask(app: Starlette, method: str, path: str, *, body: Any = None, headers: Mapping[str, str] = HOST) -> Answer:
    """The answer to one request; the other end stays there until the answer is whole."""
    return asyncio.run(_asked(app, method, path, b"" if body is None else json.dumps(body).encode(), headers))


async def _asked(app: Starlette, method: str, path: str, body: bytes, headers: Mapping[str, str]) -> Answer:
    sent: list[dict[str, Any]] = []
    coming = [{"type": "http.request", "body": body, "more_body": False}]
    done = asyncio.Event()

    async def receive() -> dict[str, Any]:
        if coming:
            return coming.pop()
        await done.wait()
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        sent.append(message)
        if message["type"] == "http.response.body" and not message.get("more_body"):
            done.set()

    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": method, "path": path,
        "raw_path": path.encode(), "query_string": b"", "root_path": "", "scheme": "http",
        "server": ("127.0.0.1", 4711), "client": ("127.0.0.1", 1),
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
    }  # fmt: skip
    await app(scope, receive, send)
    begin = sent[0]
    told = {name.decode(): value.decode() for name, value in begin["headers"]}
    return Answer(begin["status"], told, b"".join(message.get("body", b"") for message in sent[1:]))
