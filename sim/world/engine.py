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
    """SimPy's environment with its main loop in one piece, and a time that costs no call to read: a tenth of a morning."""

    now = 0.0  # a property in SimPy

    def run(self, until: float) -> None:  # type: ignore[override]
        """Everything before that time; what SimPy's `run` does. Raises what a process raises that nobody waits for."""
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


class Coming(Event):
    """An event that is sure to come after a delay, which is not negative. As SimPy's Timeout, in one call."""

    _ok = True

    def __init__(self, env: Environment, delay_s: float, value: Any = None) -> None:
        self.callbacks = []
        self._value = value
        self.delay_s = delay_s
        heappush(env._queue, (env._now + delay_s, NORMAL, next(env._eid), self))


class Timer(Event):
    """A delay, who is called when it is over, and what about."""

    _ok = True
    _value: Any = None

    def __init__(self, env: Environment, delay_s: float, callback: Callable[[Any], None], what: Any = None) -> None:
        self.callbacks = [callback]
        self.what = what
        heappush(env._queue, (env._now + delay_s, NORMAL, next(env._eid), self))


class Done(Event):
    """What takes no time has happened already: it costs no event, and a story goes on at once."""

    callbacks = None  # type: ignore[assignment]  # how SimPy marks what has happened
    _ok = True

    def __init__(self, value: Any = None) -> None:
        self._value = value


def pause(env: Environment, delay_s: float, value: Any = None) -> Event:
    """An event after a delay, perhaps of nothing."""
    return Coming(env, delay_s, value) if delay_s > 0.0 else Done(value)


class Alarms:
    """Timers with one fixed delay, most of which are switched off before they ring: one pending event serves them all."""

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
    """An event that is given its delay later than its listeners."""

    def start(self, delay_s: float) -> None:
        self._ok = True
        self._value = None
        self.env.schedule(self, NORMAL, delay_s)
