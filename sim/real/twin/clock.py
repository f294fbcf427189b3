"""The clock of the simulator, driven by the time that really passes: the same calls, the same events, no other thread."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from heapq import heappop, heappush
from math import inf
from time import monotonic
from typing import Any

from simpy.events import Event

from sim.world.engine import FIRST, Awaited, Clock

AT_ONCE = 100  # calls that are due, before others of the loop get their turn


class RealClock(Clock):
    """Makes every call when its time has come on the machine's monotonic clock, which all processes of the machine share.

    `now` is in seconds of the morning, which pass `speed` times as fast as those of the machine. A call is never early, and
    `now` is when it is really made. What others make happen (an answer has come) goes through `enter`. When the morning is
    `over`, nothing happens any more, and `now` stays: in all processes at the same moment.
    """

    def __init__(self, speed: float = 1.0, origin_s: float = inf, *, until_s: float = inf) -> None:
        super().__init__()
        self.speed = speed
        self._origin_s = origin_s  # on the machine's clock, when the morning begins
        self._loop = asyncio.get_running_loop()
        self._loop.set_exception_handler(self._fail)
        self._ended: asyncio.Future[None] = self._loop.create_future()
        self._timer: asyncio.TimerHandle | None = None
        self._due_s = inf
        self._tasks: set[asyncio.Task[Any]] = set()
        self.over = False
        self.now = max(self.real_s, 0.0)
        if until_s < inf:
            heappush(self._queue, (until_s, FIRST + next(self._eid), self._stop, until_s))

    @property
    def real_s(self) -> float:
        """Seconds of the morning that have passed by now; negative before it begins."""
        return (monotonic() - self._origin_s) * self.speed

    def begin(self, origin_s: float) -> None:
        """The morning begins at this moment of the machine's monotonic clock. Until then no call is made."""
        self._origin_s = origin_s
        self._arm()

    async def run_until_ended(self) -> None:
        """Wait for `end`. Raises what a call, a task, or a process for which nobody waits has raised."""
        await self._ended

    def end(self, _: None = None) -> None:
        if not self._ended.done():
            self._ended.set_result(None)

    def _stop(self, until_s: float) -> None:
        self.over = True
        self.now = until_s

    def enter(self, call: Callable[..., object], *arguments: Any) -> None:
        """Make a call now that comes from outside: an answer has arrived, another process is there."""
        if self.over:
            return
        self.now = max(self.now, self.real_s)
        call(*arguments)
        self._arm()

    def happen(self, awaited: Awaited, value: Any = None) -> None:
        """Let an event happen, unless it has."""
        if awaited.callbacks is not None:
            self.enter(awaited.happen, value)

    def spawn(self, work: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        """Start a task; what it raises ends the run."""
        task = self._loop.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._spawned)
        return task

    async def value_of(self, event: Event) -> Any:
        """Wait for an event of this clock outside of a story. Raises what it has failed with."""
        if event.callbacks is not None:
            there = self._loop.create_future()

            def tell(_: Event) -> None:
                if not there.done():  # who waited has hung up
                    there.set_result(None)

            event.callbacks.append(tell)
            await there
        if not event._ok:
            raise event._value
        return event._value

    def _spawned(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        if not task.cancelled():
            task.result()

    def _fail(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        error = context.get("exception")
        if error is None:
            loop.default_exception_handler(context)
        elif not self._ended.done():
            self._ended.set_exception(error)

    def _tick(self) -> None:
        self._timer = None
        queue = self._queue
        for _ in range(AT_ONCE):
            if self.over:
                return
            self.now = max(self.now, self.real_s)
            if not queue or queue[0][0] > self.now:
                break
            _, _, callback, what = heappop(queue)
            callback(what)
        self._arm()

    def _arm(self) -> None:
        """Have the next call made when it is due."""
        if not self._queue or self._origin_s == inf or self.over or self._ended.done():
            return
        due_s = self._queue[0][0]
        if self._timer is not None:
            if self._due_s <= due_s:
                return
            self._timer.cancel()
        self._due_s = due_s
        self._timer = self._loop.call_later(max(due_s - self.real_s, 0.0) / self.speed, self._tick)
