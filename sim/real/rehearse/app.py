"""The app and its customer, over HTTP: taps, requests with a timeout, retries with back-off, and what the customer is told."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import aiohttp

from sim.config.service import Condition, Service, at, condition, filled, filled_text

MOST_BODY = 4_000_000  # bytes of an answer
LONGER_S = 0.1  # after the app's timeout the customer taps again


@dataclass
class Request:
    """One request of the app. `meaning`: of its answer, in the adapter's words; empty: none arrived."""

    submission: int
    attempt: int
    key: str
    sent_s: float
    status: int = 0
    meaning: str = ""
    lost: bool = False
    answered_s: float | None = None


@dataclass
class Purchase:
    """One person who wants one basket once, and what became of it as the app has it."""

    number: int
    cents: int
    card: str
    said: dict[str, str] = field(default_factory=dict)  # texts that only this purchase's requests have
    taps: list[tuple[float, str]] = field(default_factory=list)
    requests: list[Request] = field(default_factory=list)
    order: str | None = None
    submitted_s: float = 0.0
    acknowledged_s: float | None = None
    confirmed_s: float | None = None
    failed_s: float | None = None
    declined_s: float | None = None
    over_s: float | None = None
    rubbish: int = 0  # answers that can't be read

    @property
    def settled(self) -> bool:
        return self.confirmed_s is not None or self.declined_s is not None or self.failed_s is not None


class App:
    """Sends what customers tap. `up`: set while the service can be used, if it is we who kill it."""

    def __init__(self, service: Service, *, clock: Callable[[], float], up: asyncio.Event, mark: str) -> None:
        self.service = service
        self._clock = clock
        self._up = up
        self._mark = mark
        self._session: aiohttp.ClientSession | None = None
        self.values: dict[str, Any] = {}

    def provide(self, address: str) -> None:
        self.values["provider"] = address

    @property
    def session(self) -> aiohttp.ClientSession:
        if self._session is None:
            connector = aiohttp.TCPConnector(limit=0, force_close=True)
            self._session = aiohttp.ClientSession(connector=connector, trust_env=False, cookie_jar=aiohttp.DummyCookieJar())
        return self._session

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()

    def purchase(self, number: int, cents: int) -> Purchase:
        made = Purchase(number, cents, f"pm_coffee_{number}")
        order = self.service.order
        made.said = _leaves(
            {"headers": order.headers, "json": order.body or {}, "form": order.form or {}}, self._filling(made, "")
        )
        return made

    def _filling(self, purchase: Purchase, key: str) -> dict[str, Any]:
        order = {} if purchase.order is None else {"order": purchase.order}
        return {**self.values, "purchase": purchase.number, "key": key, "card": purchase.card, "cents": purchase.cents, **order}

    def key(self, purchase: Purchase, submission: int, attempt: int) -> str:
        scope = self.service.app.key
        parts = [self._mark, str(purchase.number)]
        if scope != "purchase":
            parts.append(str(submission))
        if scope == "request":
            parts.append(str(attempt))
        return "-".join(parts)

    async def buy(
        self, purchase: Purchase, *, lost: frozenset[int] = frozenset(), twice: bool = False, again: bool = False
    ) -> list[str]:
        """Everything that this customer does. `lost`: which requests' answers are lost. Returns which taps came about."""
        purchase.submitted_s = self._clock()
        came: list[str] = []
        submissions = [asyncio.create_task(self._submit(purchase, 1, "the customer taps on Pay", lost))]
        if twice:
            await asyncio.sleep(self.service.provider.latency / 2)  # while the first one is being charged
            came.append("twice")
            submissions.append(asyncio.create_task(self._submit(purchase, 2, "the customer taps twice", lost)))
        if again:
            await asyncio.wait(submissions, timeout=max(self.again_s - (self._clock() - purchase.submitted_s), 0.0))
            if purchase.confirmed_s is None and purchase.declined_s is None:
                came.append("again")
                submissions.append(
                    asyncio.create_task(self._submit(purchase, len(submissions) + 1, "the customer taps again", lost))
                )
        try:
            await asyncio.gather(*submissions)
        finally:
            for one in submissions:
                one.cancel()
        purchase.over_s = self._clock()
        return came

    @property
    def again_s(self) -> float:
        """When a customer taps again, from the first tap on."""
        return self.service.app.timeout + LONGER_S

    async def _submit(self, purchase: Purchase, submission: int, words: str, lost: frozenset[int]) -> None:
        app = self.service.app
        purchase.taps.append((self._clock(), words))
        pause_s = app.backoff
        for attempt in range(1, app.attempts + 1):
            request = Request(submission, attempt, self.key(purchase, submission, attempt), self._clock())
            purchase.requests.append(request)
            body = await self._send(purchase, request, lost=len(purchase.requests) in lost)
            if request.meaning and not request.lost and await self._told(purchase, request, body):
                return
            if attempt < app.attempts:
                await asyncio.sleep(pause_s)
                pause_s *= 2
                await asyncio.wait_for(self._up.wait(), self.service.service.ready_within + 60)

    async def _send(self, purchase: Purchase, request: Request, *, lost: bool) -> Any:
        order = self.service.order
        method, path = order.request.split(" ", 1)
        values = self._filling(purchase, request.key)
        more: dict[str, Any] = {}
        if order.body is not None:
            more["json"] = filled(order.body, values)
        if order.form is not None:
            more["data"] = {key: filled_text(text, values) for key, text in order.form.items()}
        headers = {key: filled_text(text, values) for key, text in order.headers.items()}
        status, body = await self.ask(
            method, filled_text(path, values), headers=headers, timeout_s=self.service.app.timeout, **more
        )
        request.lost = lost
        if not lost:
            request.status, request.answered_s = status, self._clock() if status else None
            request.meaning = self.service.order.answers.meaning(status) if status else ""
        return body

    async def ask(self, method: str, path: str, *, headers: dict[str, str], timeout_s: float, **more: Any) -> tuple[int, Any]:
        """Status and body of an answer; 0: none came in time. A body that is no JSON is None."""
        url = self.service.service.url.rstrip("/") + path
        try:
            async with self.session.request(
                method, url, headers=headers, allow_redirects=False, timeout=aiohttp.ClientTimeout(total=timeout_s), **more
            ) as answer:
                text = await answer.content.read(MOST_BODY)
                while chunk := await answer.content.read(MOST_BODY):
                    text += chunk
                    if len(text) > MOST_BODY:
                        return answer.status, None
                try:
                    return answer.status, json.loads(text) if text else None
                except (ValueError, RecursionError):
                    return answer.status, None
        except (aiohttp.ClientError, TimeoutError, ConnectionError, ValueError):
            return 0, None

    async def _told(self, purchase: Purchase, request: Request, body: Any) -> bool:
        """What an answer says to the app; whether this tap is over with it."""
        where = self.service.order.order
        if where is not None and request.meaning in ("confirmed", "pending"):
            found = at(body, where)
            if isinstance(found, str | int) and not isinstance(found, bool):
                purchase.order = str(found)
            else:
                purchase.rubbish += 1
        now = self._clock()
        match request.meaning:
            case "confirmed":
                purchase.acknowledged_s = purchase.acknowledged_s or now
                purchase.confirmed_s = purchase.confirmed_s or now
            case "pending":
                purchase.acknowledged_s = purchase.acknowledged_s or now
                await self._look(purchase)
            case "declined":
                purchase.declined_s = purchase.declined_s or now
            case "failed" | "mismatch":
                purchase.failed_s = purchase.failed_s or now
            case _:
                return False
        return True

    async def _look(self, purchase: Purchase) -> None:
        """Poll what has become of a pending order."""
        status = self.service.status
        if status is None or (purchase.order is None and "{order}" in status.request):
            return
        done, gone = condition(status.confirmed), condition(status.failed) if status.failed else None
        until = self._clock() + status.most
        method, path = status.request.split(" ", 1)
        while self._clock() < until and not purchase.settled:
            values = self._filling(purchase, self.key(purchase, 1, 1))
            code, body = await self.ask(method, filled_text(path, values), headers={}, timeout_s=self.service.app.timeout)
            if code == 200:
                self._look_at(purchase, body, done, gone)
            await asyncio.sleep(status.every)

    def _look_at(self, purchase: Purchase, body: Any, done: Condition, gone: Condition | None) -> None:
        if done.holds(body):
            purchase.confirmed_s = purchase.confirmed_s or self._clock()
        elif gone is not None and gone.holds(body):
            purchase.failed_s = purchase.failed_s or self._clock()


def _leaves(data: Any, values: dict[str, Any], path: str = "") -> dict[str, str]:
    """The texts of a request that only its purchase has: those with {purchase}, {key} or {card} in them, filled in."""
    if isinstance(data, dict):
        found: dict[str, str] = {}
        for key, child in data.items():
            found |= _leaves(child, values, f"{path}.{key}")
        return found
    if isinstance(data, str) and any(f"{{{place}}}" in data for place in ("purchase", "card")):
        return {path: filled_text(data, values)}
    return {}
