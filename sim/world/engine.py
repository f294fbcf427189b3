"""What SimPy leaves to its users: calls after a delay, steps that take no time, alarms, and the death of a story.

Processes are kept for what has a story (a request at the checkout, a payment worker, the relay); the rest is callbacks.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator
from heapq import heappop, heappush
from operator import itemgetter
from typing import Any, Protocol

from simpy import Environment
from simpy.core import StopSimulation
from simpy.events import NORMAL, Event, EventPriority

from sim.vocabulary import Answer

Story = Generator[Event, Any, Any]
FIRST = -(1 << 62)  # added to the number of a call that comes before all others of its moment
MOMENT_S = 1.0  # after which a background loop that has thrown an error starts again (assumption)


class Crash(Exception):
    """The process taking this step dies here. Raised by a fault, caught only where the process was started.

    `answer`: what a caller who waits for the process hears at once; none: nothing. `lives`: the story alone ends.
    """

    lives = False

    def __init__(self, restart_s: float, answer: Answer = Answer.NONE) -> None:
        super().__init__()
        self.restart_s = restart_s
        self.answer = answer
        self.begun = True  # the story had begun; else it was still in the queue of the process


class Thrown(Crash):
    """The story ends with an error, of which its caller hears at once (500). Its process lives and takes what comes next."""

    lives = True

    def __init__(self) -> None:
        super().__init__(MOMENT_S, Answer.FAILED)


class Clock(Environment):
    """SimPy's environment with a queue of calls: most of what happens in a morning needs no event that others could wait for.

    `now` is a plain attribute, and the main loop is short.
    """

    now = 0.0  # a property in SimPy
    _queue: list[tuple[float, int, Callable[[Any], object], Any]]  # type: ignore[assignment]  # (when, number, callback, what)

    def call(self, delay_s: float, callback: Callable[[Any], object], what: Any = None) -> None:
        """Call `callback(what)` after a delay."""
        heappush(self._queue, (self.now + delay_s, next(self._eid), callback, what))

    def schedule(self, event: Event, priority: EventPriority = NORMAL, delay: float = 0.0) -> None:
        """Have an event happen after a delay: how SimPy's own events come into the queue."""
        number = next(self._eid) + (FIRST if priority < NORMAL else 0)
        heappush(self._queue, (self.now + delay, number, _happen, event))

    def run(self, until: float) -> None:  # type: ignore[override]
        """Make every call before `until`. Raises what a process raises for which nobody waits."""
        heappush(self._queue, (until, FIRST + next(self._eid), _stop, None))
        queue = self._queue
        try:
            while True:
                self.now, _, callback, what = heappop(queue)
                callback(what)
        except StopSimulation:
            return

    def pending(self, callback: Callable[[Any], object]) -> list[Any]:
        """What `callback` would still be called with, in the order in which these calls were asked for."""
        mine = [(number, what) for _, number, called, what in self._queue if called == callback]
        return [what for _, what in sorted(mine, key=itemgetter(0))]

    def stop(self) -> None:
        """End the run before any later call."""
        self.call(0.0, _stop)


def _stop(_: Any) -> None:
    raise StopSimulation


def _happen(event: Event) -> None:
    """What SimPy does with an event whose time has come."""
    callbacks, event.callbacks = event.callbacks, None  # type: ignore[assignment]
    for callback in callbacks:
        callback(event)
    if not event._ok and not hasattr(event, "_defused"):
        raise event._value


class Awaited(Event):
    """An event that happens when somebody calls `happen`, without a place of its own in the queue."""

    _ok = True
    _value: Any = None

    def __init__(self) -> None:
        self.callbacks = []

    def happen(self, value: Any = None) -> None:
        self._value = value
        callbacks, self.callbacks = self.callbacks, None  # type: ignore[assignment]  # how SimPy marks what has happened
        for callback in callbacks:
            callback(self)

    def fail_with(self, error: Exception) -> None:
        """Happen as an error, which is raised where a story waits for this; if none does, nobody hears of it."""
        self._ok = False
        self.happen(error)


class Coming(Awaited):
    """An event after a delay of 0 s or more: SimPy's Timeout."""

    def __init__(self, env: Clock, delay_s: float, value: Any = None) -> None:
        self.callbacks = []
        self.delay_s = delay_s
        heappush(env._queue, (env.now + delay_s, next(env._eid), self.happen, value))  # `env.call`, in a hot place


class Done(Event):
    """An event that has happened already: a step that takes no time costs no event, and its story goes on at once."""

    callbacks = None  # type: ignore[assignment]
    _ok = True

    def __init__(self, value: Any = None) -> None:
        self._value = value


def pause(env: Clock, delay_s: float, value: Any = None) -> Event:
    """An event after a delay, which may be 0 s."""
    return Coming(env, delay_s, value) if delay_s > 0.0 else Done(value)


class Alarms:
    """Alarms with the same delay, most of which are not needed any more when they ring. One pending call serves them all."""

    def __init__(self, env: Clock, delay_s: float) -> None:
        self._env = env
        self._delay_s = delay_s
        self._set: deque[tuple[float, Alarmed]] = deque()

    @property
    def silent(self) -> bool:
        """Whether nobody needs any of them any more."""
        return all(whom.closed for _, whom in self._set)

    def set(self, whom: Alarmed) -> None:
        """Call `whom.expired()` after the delay, unless it is `closed` by then."""
        if not self._set:
            self._env.call(self._delay_s, self._ring)
        self._set.append((self._env.now + self._delay_s, whom))

    def _ring(self, _: None) -> None:
        now, waiting = self._env.now, self._set
        while waiting:
            at_s, whom = waiting[0]
            if not whom.closed:
                if at_s > now:
                    self._env.call(at_s - now, self._ring)
                    return
                whom.expired()
            waiting.popleft()


class Alarmed(Protocol):
    closed: bool

    def expired(self) -> None: ...
