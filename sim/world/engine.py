"""What SimPy leaves to its users: timers with a callback, steps that take no time, alarms, and the death of a story.

Processes are kept for what has a story (a request at the checkout, a payment worker, the relay); the rest is callbacks.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator
from heapq import heappop, heappush
from typing import Any, Protocol

from simpy import Environment
from simpy.core import StopSimulation
from simpy.events import NORMAL, URGENT, Event

Story = Generator[Event, Any, Any]


class Crash(Exception):
    """The process taking this step dies here. Raised by a fault, caught only where the process was started."""

    def __init__(self, restart_s: float) -> None:
        super().__init__()
        self.restart_s = restart_s


class Clock(Environment):
    """SimPy's environment, with its main loop inlined and `now` as a plain attribute: together a tenth of a morning's time."""

    now = 0.0  # a property in SimPy

    def run(self, until: float) -> None:  # type: ignore[override]
        """Run every event before `until`, as SimPy's `run` does. Raises what a process raises for which nobody waits."""
        end = Event(self)
        end._ok, end._value = True, None
        end.callbacks.append(StopSimulation.callback)
        self.schedule(end, URGENT, until - self.now)
        queue = self._queue
        try:
            while True:
                now, _, _, event = heappop(queue)
                self.now = self._now = now
                callbacks, event.callbacks = event.callbacks, None  # type: ignore[assignment]
                for callback in callbacks:
                    callback(event)
                if not event._ok and not hasattr(event, "_defused"):
                    raise event._value
        except StopSimulation:
            return

    def stop(self) -> None:
        """End the run before any later event."""
        Timer(self, 0.0, StopSimulation.callback)


class Coming(Event):
    """An event after a delay of 0 s or more: SimPy's Timeout, made in one call."""

    _ok = True

    def __init__(self, env: Environment, delay_s: float, value: Any = None) -> None:
        self.callbacks = []
        self._value = value
        self.delay_s = delay_s
        heappush(env._queue, (env._now + delay_s, NORMAL, next(env._eid), self))


class Timer(Event):
    """An event that calls `callback(timer)` after a delay; `what` is what the callback needs to know."""

    _ok = True
    _value: Any = None

    def __init__(self, env: Environment, delay_s: float, callback: Callable[[Any], None], what: Any = None) -> None:
        self.callbacks = [callback]
        self.what = what
        heappush(env._queue, (env._now + delay_s, NORMAL, next(env._eid), self))


class Done(Event):
    """An event that has happened already: a step that takes no time costs no event, and its story goes on at once."""

    callbacks = None  # type: ignore[assignment]  # how SimPy marks what has happened
    _ok = True

    def __init__(self, value: Any = None) -> None:
        self._value = value


def pause(env: Environment, delay_s: float, value: Any = None) -> Event:
    """An event after a delay, which may be 0 s."""
    return Coming(env, delay_s, value) if delay_s > 0.0 else Done(value)


class Alarms:
    """Timers with the same delay, most of which are not needed any more when they ring. One pending event serves them all."""

    def __init__(self, env: Environment, delay_s: float) -> None:
        self._env = env
        self._delay_s = delay_s
        self._set: deque[tuple[float, Alarmed]] = deque()

    def set(self, whom: Alarmed) -> None:
        """Call `whom.expired()` after the delay, unless it is `closed` by then."""
        self._set.append((self._env.now + self._delay_s, whom))
        if len(self._set) == 1:
            Timer(self._env, self._delay_s, self._ring)

    def _ring(self, _: Timer) -> None:
        now, waiting = self._env.now, self._set
        while waiting and (waiting[0][1].closed or waiting[0][0] <= now):
            whom = waiting[0][1]
            if not whom.closed:
                whom.expired()
            waiting.popleft()
        if waiting:
            Timer(self._env, waiting[0][0] - now, self._ring)


class Alarmed(Protocol):
    closed: bool

    def expired(self) -> None: ...


class Starter(Event):
    """An event whose delay becomes known only after others wait for it."""

    def start(self, delay_s: float) -> None:
        self._ok = True
        self._value = None
        self.env.schedule(self, NORMAL, delay_s)
