"""The load version: customers come at their own times, whatever the service does, and the provider is flaky.

The provider runs in a process of its own, so that its work makes no customer late. A run whose customers were late all the
same is no evidence: who measures is not to be what is measured.
"""

from __future__ import annotations

import asyncio
import json
import secrets
import sys
import tempfile
import time
import urllib.request
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from sim.config.errors import ConfigError
from sim.config.library import load_scenario
from sim.config.service import Service, places_in
from sim.orphans import end_with_parent
from sim.real.evidence import LATE_S
from sim.real.loopback import HOST, check_target, listening
from sim.real.provider import alone
from sim.real.provider.calls import Call
from sim.real.provider.fates import APART
from sim.real.rehearse.app import App, Purchase
from sim.real.rehearse.books import FROM_ORDERS, Charged, Judgement, Ordered, judge, judged_kinds
from sim.real.rehearse.orders import read_orders
from sim.real.rehearse.process import Running, Undecided
from sim.real.rehearse.stage import LEAST_CENTS
from sim.world.streams import Streams

PROVIDER_UP_S = 30.0
QUIET_MOST_S = 30.0  # how long calls may go on after the last customer has left, beside `settle.most`
FLAKY = """name: flaky
summary: what a rush meets unless a scenario says otherwise
provider:
  latency: {lognormal: {median: 150ms, sigma: 0.5}}
  declined: 1%
  failed: 2%
  ambiguous: 3%
  errored: 1%
  late: {p: 1%, by: {constant: 3s}}
customers: {double_tap: {p: 2%}}
"""


@dataclass
class Rushed:
    """What a rush has shown. Times are seconds since its beginning."""

    seconds: float
    rate: float
    purchases: list[Purchase] = field(default_factory=list)
    lateness_s: list[float] = field(default_factory=list)
    charges: list[Charged] = field(default_factory=list)
    orders: list[Ordered] | None = None
    kinds: tuple[str, ...] = ()
    not_judged: dict[str, str] = field(default_factory=dict)
    calls: list[Call] = field(default_factory=list)
    until_s: float = 0.0
    undecided: str = ""
    interrupted: bool = False
    judgement: Judgement | None = None

    @property
    def broken(self) -> dict[str, np.ndarray]:
        return {} if self.judgement is None else self.judgement.broken(self.kinds)

    @property
    def confirmed(self) -> int:
        return sum(each.confirmed_s is not None for each in self.purchases)

    @property
    def answers_s(self) -> list[float]:
        """How long those who were told anything waited for it."""
        told = ((each.acknowledged_s, each.submitted_s) for each in self.purchases)
        return [at_s - since_s for at_s, since_s in told if at_s is not None]

    @property
    def fates(self) -> Counter[str]:
        return Counter(str(call.fate) for call in self.calls if call.fate)

    def lateness(self, percent: float) -> float:
        return float(np.percentile(self.lateness_s, percent)) if self.lateness_s else 0.0

    @property
    def why(self) -> str:
        """Why nobody can say anything; empty if one can."""
        if self.undecided:
            return self.undecided
        if self.lateness(99) > LATE_S:
            return (
                f"the customers themselves were late (p99 {self.lateness(99) * 1000:.0f} ms, above {LATE_S * 1000:.0f} ms): "
                "this machine is too busy for this rate; a lower one may do"
            )
        return "" if self.confirmed or not self.purchases else "nobody was told that they have paid"

    @property
    def verdict(self) -> str:
        return "undecided" if self.why or self.interrupted else "violated" if self.broken else "holds"


class Rush:
    """One rush, from the start of all processes to their end."""

    def __init__(
        self, service: Service, *, seconds: float, rate: float, seed: int, scenario: str | None, allowed: tuple[str, ...] = ()
    ) -> None:  # fmt: skip
        """Raises ConfigError."""
        check_target("service.url", service.service.url, allowed)
        if service.webhooks is not None:
            check_target("webhooks.url", service.webhooks.url, allowed)
        order = service.order
        told = places_in([order.body or {}, order.form or {}, order.headers, order.request])
        if not told & {"card", "cents"} and service.provider.metadata is None:
            raise ConfigError(
                "order: nothing in it says whose a charge is; give {card} or {cents} in the request, or provider.metadata"
            )
        self.service, self.found = service, Rushed(seconds, rate)
        self.world = load_scenario(scenario) if scenario else None
        self._scenario, self._seed = scenario, seed
        self._since = time.monotonic()
        with listening(service.provider.port, "provider.port") as bound:
            self._port = bound.getsockname()[1]
        self.address = f"http://{HOST}:{self._port}"
        self.running = Running(service, provider=self.address)
        self.app = App(service, clock=self._now_s, up=self.running.up, mark=f"coffee-{secrets.token_hex(3)}")
        self.app.provide(self.address)
        self._provider: asyncio.subprocess.Process | None = None

    def _now_s(self) -> float:
        return time.monotonic() - self._since

    async def go(self, progress: Callable[[int, int], None]) -> None:
        """Fill `found`."""
        self.running.check()
        try:
            with tempfile.TemporaryDirectory(prefix="coffee-rush-") as folder:
                await self._start_provider(Path(folder))
                await self.running.start()
                await self._customers(progress)
                await self._settle()
        except Undecided as error:
            self.found.undecided = str(error)

    async def close(self) -> str | None:
        await self.app.close()
        left = await self.running.close()
        if self._provider is not None and self._provider.returncode is None:
            self._provider.kill()
            await self._provider.wait()
        return left

    async def _start_provider(self, folder: Path) -> None:
        scenario = self._scenario
        if scenario is None:
            (folder / "flaky.yaml").write_text(FLAKY, encoding="utf-8")
            self.world = load_scenario(folder / "flaky.yaml")
            scenario = str(folder / "flaky.yaml")
        hooks = self.service.webhooks
        wish = {
            "port": self._port, "scenario": scenario, "seed": self._seed, "metadata": self.service.provider.metadata,
            "webhooks": None if hooks is None else [hooks.url, hooks.secret],
        }  # fmt: skip
        words = [sys.executable, "-m", alone.__name__, json.dumps(wish)]
        self._provider = await asyncio.create_subprocess_exec(
            *words, stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL,
            start_new_session=True, preexec_fn=end_with_parent,
        )  # fmt: skip
        until = time.monotonic() + PROVIDER_UP_S
        while True:
            try:
                await self._books()
                return
            except OSError:
                if time.monotonic() > until or self._provider.returncode is not None:
                    raise Undecided(f"our own provider could not be started at {self.address}") from None
                await asyncio.sleep(0.05)

    async def _books(self) -> dict[str, Any]:
        def read() -> dict[str, Any]:
            with urllib.request.urlopen(f"{self.address}/coffee/ledger", timeout=60) as answer:  # noqa: S310  our own, on loopback
                made: dict[str, Any] = json.load(answer)
                return made

        return await asyncio.to_thread(read)

    async def _customers(self, progress: Callable[[int, int], None]) -> None:
        """Each at the moment that was drawn for them, whether or not the ones before have been served."""
        found, streams = self.found, Streams(self._seed)
        number = int(found.seconds * found.rate * 2) + 100
        gaps_s = streams.generator("rehearse.arrivals").exponential(1 / found.rate, number)
        arrivals = [float(at_s) for at_s in np.cumsum(gaps_s) if at_s < found.seconds]
        twice = streams.uniform("rehearse.double_tap")
        assert self.world is not None
        p_twice = self.world.customers.double_tap.p
        first = (100 + secrets.randbelow(900)) * APART
        self._since = time.monotonic()
        tasks = []
        for place, at_s in enumerate(arrivals):
            await asyncio.sleep(max(at_s - self._now_s(), 0.0))
            purchase = self.app.purchase(first + place, LEAST_CENTS + place)
            found.purchases.append(purchase)
            tasks.append(asyncio.create_task(self._customer(purchase, at_s, twice=twice(place, 0) < p_twice)))
            progress(int(self._now_s()), int(found.seconds) + 1)
        await asyncio.gather(*tasks)

    async def _customer(self, purchase: Purchase, meant_s: float, *, twice: bool) -> None:
        self.found.lateness_s.append(self._now_s() - meant_s)
        await self.app.buy(purchase, twice=twice)

    async def _settle(self) -> None:
        """Wait until nobody calls any more and no charge waits for its order, and read all books."""
        found, settle = self.found, self.service.settle
        until = time.monotonic() + settle.most + QUIET_MOST_S
        while True:
            books = await self._quiet(until)
            if books["live_key"]:
                raise Undecided("the service calls the provider with a key for real money: give it sk_test_…")
            ahead_s = books["now_s"] - self._now_s()
            taken = [row for row in books["charges"] if row["purchase"] is not None and row["status"] == "succeeded"]
            found.calls = [_called(row, ahead_s) for row in books["calls"]]
            found.charges = [_charged(row, ahead_s) for row in taken]
            found.until_s = self._now_s()
            await self._read_orders()
            found.judgement = judge(found.purchases, found.charges, found.orders, until_s=found.until_s)
            if "orphan_charge" not in found.broken or time.monotonic() > until:
                return
            await asyncio.sleep(1.0)

    async def _quiet(self, until: float) -> dict[str, Any]:
        """The provider's books, once nobody has called for a while."""
        seen, quiet = -1, time.monotonic()
        while True:
            books = await self._books()
            if books["under_way"] or len(books["calls"]) != seen:
                seen, quiet = len(books["calls"]), time.monotonic()
            if time.monotonic() - quiet >= max(self.service.settle.quiet, 1.0) or time.monotonic() > until:
                return books
            await asyncio.sleep(0.2)

    async def _read_orders(self) -> None:
        found, told = self.found, self.service.orders
        if told is not None and places_in([told.request]) & {"purchase", "card", "cents"}:
            found.orders = []
            for purchase in found.purchases:
                found.orders += await read_orders(self.app, self.running, [purchase]) or []
        else:
            found.orders = await read_orders(self.app, self.running, found.purchases)
        missing = _missing(found)
        found.kinds = judged_kinds(orders=found.orders is not None and not missing)
        if told is None:
            found.not_judged = dict.fromkeys(FROM_ORDERS, "the adapter has no orders:")
        elif missing:
            said = f"{missing} of those who were told that they have paid are not in {told.request}: is the list too short?"
            found.not_judged = dict.fromkeys(FROM_ORDERS, said)


def _missing(found: Rushed) -> int:
    """Purchases that were told “paid” and have no order at all in the list: a list that ends early looks like that."""
    if found.orders is None:
        return 0
    there = {order.purchase for order in found.orders}
    return sum(each.confirmed_s is not None and each.number not in there for each in found.purchases)


def _called(row: dict[str, Any], ahead_s: float) -> Call:
    """A call as the provider's log has it, by the customers' clock."""
    times = {name: None if row[name] is None else row[name] - ahead_s for name in ("at_s", "done_s", "until_s")}
    return Call(**{**row, **times})


def _charged(row: dict[str, Any], ahead_s: float) -> Charged:
    """A charge as the provider's books have it; `ahead_s`: by how much its clock is ahead of the customers'."""
    return Charged(
        row["purchase"], row["amount"], row["made_s"] - ahead_s, None if row["taken_s"] is None else row["taken_s"] - ahead_s,
        row["amount_captured"], row["amount_refunded"], None if row["refunded_s"] is None else row["refunded_s"] - ahead_s,
        row["status"] == "succeeded" and row["taken_s"] is None and not row["released"],
    )  # fmt: skip
