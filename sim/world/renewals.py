"""Charges that no customer waits for: a job of the shop makes their orders and charges them, one after the other.

The job is a client of the same story as a request of the app, and takes its steps in a process of its own. If that dies, it
starts again at the beginning: what it knew of its progress is gone, unless the database says so.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from sim.config.design import RenewalJob
from sim.vocabulary import Answer, Status
from sim.world.customer import MOST_REQUESTS
from sim.world.database import NOBODY
from sim.world.engine import Awaited, Story
from sim.world.observer import Observer

if TYPE_CHECKING:
    from sim.world.checkout import Reply
    from sim.world.shop import Shop

DONE = (Answer.CONFIRMED, Answer.PENDING, Answer.DECLINED, Answer.USED_UP, Answer.REDIRECT)  # nothing for another round
LEFT_ALONE = tuple(status for status in Status if status is not Status.FAILED)


class Due:
    """A renewal as a story sees it: like a request of the app, but that nobody waits for it."""

    __slots__ = ("cents", "key", "number", "purchase")
    returning = None
    waits = False
    card = 0  # the one on file

    def __init__(self, purchase: int, number: int, cents: int, key: int | None) -> None:
        self.purchase = purchase
        self.number = number  # among the tries of this renewal
        self.cents = cents
        self.key = key


class Renewals:
    """The job, on all of its machines, and its lock."""

    def __init__(
        self, handle: Callable[[Shop, Any], Story], knobs: RenewalJob, *, purchases: range, due_s: float, cents: int,
        observer: Observer | None = None,
    ) -> None:  # fmt: skip
        self._handle = handle
        self._knobs = knobs
        self._purchases = purchases
        self._due_s = due_s
        self._cents = cents
        self._observer = observer
        self._tried: dict[int, int] = {}  # purchase -> how often
        self._runs = 0
        self._over: set[int] = set()  # machines whose scheduler begins no more, whatever becomes of the process
        self._locked_by = ""
        self._locked_until_s = 0.0

    def start(self, shop: Shop, reruns: list[float]) -> None:
        """Have every machine begin at the hour, and one more whenever it is run again."""
        for machine in range(self._knobs.machines):
            self._begin(shop, machine + 1, self._due_s)
        for number, at_s in enumerate(reruns):
            self._begin(shop, self._knobs.machines + number + 1, at_s)

    def _begin(self, shop: Shop, machine: int, at_s: float) -> None:
        shop.background("renewals", lambda seen: self._job(seen, machine, at_s), machine=machine)

    def _job(self, shop: Shop, machine: int, at_s: float) -> Story:
        """One machine's job, from its hour, or from the beginning after a crash, until it is done for good."""
        if machine not in self._over:
            if shop.env.now < at_s:
                yield shop.sleep(at_s - shop.env.now)
            locked = yield from self._lock(shop, f"machine {machine}")
            if locked:
                self._runs += 1
                yield from self._run(shop, self._runs, machine)
                yield from self._unlock(shop, f"machine {machine}")
            self._over.add(machine)
        yield Awaited()  # until tomorrow

    def _run(self, shop: Shop, run: int, machine: int) -> Story:
        left = list(self._purchases)
        for number in range(self._knobs.tries):
            if number:
                yield shop.sleep(self._knobs.wait)
            again = []
            for purchase in left:
                reply = yield from self._renew(shop, purchase, run, machine)
                if reply is not None and reply.answer not in DONE:
                    again.append(purchase)
            left = again
            if not left:
                return

    def _renew(self, shop: Shop, purchase: int, run: int, machine: int) -> Story:
        """Charge one, by the story of a request. Returns its reply; None: it is left alone."""
        if self._knobs.looks_first:
            database = shop.database
            found = yield database.query(purchase, lambda: database.orders_of(purchase))
            if any(status in LEFT_ALONE for _, status in found):
                if self._observer is not None:
                    self._observer.left_alone(purchase, order=found[0][0], machine=machine)
                return None
        number = self._tried.get(purchase, 0)
        self._tried[purchase] = number + 1
        if self._observer is not None:
            self._observer.renews(purchase, run=run, machine=machine, key=self._knobs.key, cents=self._cents)
        reply: Reply = yield from self._handle(shop, Due(purchase, number, self._cents, self._key(purchase, run)))
        if self._observer is not None:
            self._observer.renewed(purchase, reply)
        return reply

    def _key(self, purchase: int, run: int) -> int | None:
        if self._knobs.key == "none":
            return None
        return purchase * MOST_REQUESTS + (run if self._knobs.key == "run" else 0)

    def _lock(self, shop: Shop, who: str) -> Story:
        """Get the lock, if there is one to get; who has died with it gets it again."""
        lasts_s = self._knobs.lock
        if lasts_s is None:
            return True

        def commit() -> bool:
            if self._locked_by != who and shop.env.now < self._locked_until_s:
                return False
            self._locked_by, self._locked_until_s = who, shop.env.now + lasts_s
            return True

        return (yield shop.database.transaction(NOBODY, commit))

    def _unlock(self, shop: Shop, who: str) -> Story:
        if self._knobs.lock is None:
            return

        def commit() -> None:
            if self._locked_by == who:
                self._locked_until_s = shop.env.now

        yield shop.database.transaction(NOBODY, commit)
