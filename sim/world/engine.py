"""What SimPy leaves to its users: FIFO stations in closed form, pools of workers that can die, and interrupted stories.

A plain FIFO station needs no process: when somebody arrives, the time at which they will be served is already known. It
costs one event a visit. Processes are kept for what has a story: a request at the checkout, a payment worker, the relay.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator
from functools import partial
from heapq import heapreplace
from typing import Any, Protocol

from simpy import Environment
from simpy.events import NORMAL, Event, Timeout

from sim.ledger.records import StationRecord
from sim.world.timetable import UP, Timetable

Story = Generator[Event, Any, Any]


class Crash(Exception):
    """The process taking this step dies here. Raised by a fault, caught only where the process was started."""

    def __init__(self, restart_s: float) -> None:
        super().__init__()
        self.restart_s = restart_s


class Timer(Event):
    """A delay, who is called when it is over, and what about."""

    def __init__(self, env: Environment, delay_s: float, callback: Callable[[Any], None], what: Any = None) -> None:
        self.env = env
        self.callbacks = [callback]
        self._ok = True
        self._value = None
        self.what = what
        env.schedule(self, NORMAL, delay_s)


class Done(Event):
    """What takes no time has happened already: it costs no event, and a story goes on at once."""

    def __init__(self, env: Environment, value: Any = None) -> None:
        self.env = env
        self.callbacks = None  # type: ignore[assignment]  # how SimPy marks what has happened
        self._ok = True
        self._value = value


def pause(env: Environment, delay_s: float, value: Any = None) -> Event:
    """An event after a delay, perhaps of nothing."""
    return Timeout(env, delay_s, value) if delay_s > 0.0 else Done(env, value)


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


class _Presence:
    """Counts who is in a station, so that Little's law can be checked against the sum of their stays."""

    def __init__(self, env: Environment, name: str, servers: int) -> None:
        self._env = env
        self.name = name
        self.servers = servers
        self.present = 0
        self._since_s = 0.0
        self._area_s = 0.0
        self._sojourn_s = 0.0
        self._busy_s = 0.0
        self._waiting_s = 0.0
        self._queue_max = 0
        self._arrivals = 0

    def _enter(self, now: float) -> None:
        present = self.present
        if now > self._since_s:
            self._area_s += present * (now - self._since_s)
            if present > self.servers:
                self._waiting_s += now - self._since_s
            self._since_s = now
        self._arrivals += 1
        self.present = present + 1
        if present >= self.servers + self._queue_max:
            self._queue_max = present + 1 - self.servers

    def _exit(self, now: float, arrived_s: float) -> None:
        present = self.present
        if now > self._since_s:
            self._area_s += present * (now - self._since_s)
            if present > self.servers:
                self._waiting_s += now - self._since_s
            self._since_s = now
        self.present = present - 1
        self._sojourn_s += now - arrived_s

    def _stayed_s(self) -> float:
        """Seconds spent so far by those still inside."""
        raise NotImplementedError

    def record(self) -> StationRecord:
        """What happened until now; those still inside count for the time they have spent."""
        horizon_s = self._env.now
        area_s = self._area_s + self.present * (horizon_s - self._since_s)
        return StationRecord(
            name=self.name,
            servers=self.servers,
            arrivals=self._arrivals,
            served=self._arrivals - self.present,
            busy_s=self._busy_s,
            waiting_s=self._waiting_s,
            queue_max=self._queue_max,
            area_s=area_s,
            sojourn_s=self._sojourn_s + self._stayed_s(),
        )


class Later(Event):
    """An event after a delay; its value is what `effect` returned then, whether or not anybody still waits for it."""

    def __init__(self, env: Environment, delay_s: float, effect: Callable[[], Any]) -> None:
        self.env = env
        self.callbacks = [self._happen]
        self._ok = True
        self._value = None
        self._effect = effect
        env.schedule(self, NORMAL, delay_s)

    def _happen(self, _: Event) -> None:
        self._value = self._effect()


class Starter(Event):
    """An event that is given its delay later than its listeners."""

    def start(self, delay_s: float) -> None:
        self._ok = True
        self._value = None
        self.env.schedule(self, NORMAL, delay_s)


class Visit(Event):
    """A stay in a station; its value is what `effect` returned when it ended, whether or not anybody still waits for it."""

    def __init__(self, station: Station, delay_s: float, effect: Callable[[], Any] | None) -> None:
        self.env = env = station._env
        self.callbacks = [station._leave]
        self._ok = True
        self._value = None
        self.arrived_s = env.now
        self.effect = effect
        env.schedule(self, NORMAL, delay_s)


class Station(_Presence):
    """`servers` servers behind one FIFO queue. Work that has been handed over goes on when its caller dies."""

    def __init__(self, env: Environment, name: str, servers: int, weather: Timetable = UP) -> None:
        super().__init__(env, name, servers)
        self._free_at = [0.0] * servers
        self._span = weather.span if weather.spells else None
        self._arrived_sum_s = 0.0  # of those inside

    def serve(self, service_s: float, effect: Callable[[], Any] | None = None, travel_s: float = 0.0) -> Event:
        """An event at the end of the service; `effect` is then called once. `travel_s`: time on the way to the queue."""
        now = self._env.now
        start = self._free_at[0]
        if start < now + travel_s:
            start = now + travel_s
        if self._span is None:
            finish = start + service_s
        else:
            start, finish = self._span(start, service_s)
        if finish <= now:
            self._arrivals += 1
            return Done(self._env, None if effect is None else effect())
        heapreplace(self._free_at, finish)
        self._busy_s += finish - start
        self._arrived_sum_s += now
        self._enter(now)
        return Visit(self, finish - now, effect)

    def _leave(self, visit: Event) -> None:
        assert type(visit) is Visit
        arrived_s = visit.arrived_s
        self._arrived_sum_s -= arrived_s
        self._exit(self._env.now, arrived_s)
        if visit.effect is not None:
            visit._value = visit.effect()

    def _stayed_s(self) -> float:
        return self.present * self._env.now - self._arrived_sum_s


def _nobody(_: Event) -> None:
    raise AssertionError("a story that is not being told cannot go on")


class Job:
    """Work for a pool: its story, and what to do with the story's result or its death."""

    __slots__ = ("arrived_s", "died", "done", "go_on", "skip", "started_s", "story", "target", "worker")

    def __init__(
        self,
        story: Story,
        done: Callable[[Any], None],
        died: Callable[[], None],
        skip: Callable[[], bool] | None = None,
    ) -> None:
        self.story = story
        self.done = done
        self.died = died
        self.skip = skip
        self.arrived_s = self.started_s = 0.0
        self.worker = -1
        self.target: Event | None = None  # what the story waits for
        self.go_on: Callable[[Event], None] = _nobody  # is called when that has happened


class Pool(_Presence):
    """Workers behind one queue, spread over instances that can crash. A worker is held for as long as its story takes.

    Stories are what simpy.Process runs, less the two events for their beginning and their end, for which nobody waits: they
    made up a fifth of all events.
    """

    def __init__(self, env: Environment, name: str, workers: int, instances: int = 1) -> None:
        super().__init__(env, name, workers)
        self._instances = instances
        self._idle = list(reversed(range(workers)))
        self._queue: deque[Job] = deque()
        self._running: dict[int, Job] = {}  # by worker
        self._down_until: dict[int, float] = {}  # of workers
        self._handing_out = False

    @property
    def queued(self) -> int:
        return len(self._queue)

    @property
    def has_idle(self) -> bool:
        return bool(self._idle)

    @property
    def up(self) -> bool:
        return len(self._down_until) < self.servers

    def submit(self, job: Job) -> None:
        """Start the job now if a worker is idle, else when one is."""
        job.arrived_s = self._env.now
        self._enter(job.arrived_s)
        if self._idle:
            self._start(job)
        else:
            self._queue.append(job)

    def crash(self, instance: int, restart_s: float) -> None:
        """Every story running on one instance dies where it stands; its workers are back after `restart_s`."""
        mine = [worker for worker in range(self.servers) if worker % self._instances == instance]
        self._idle = [worker for worker in self._idle if worker % self._instances != instance]
        self._take_down(mine, restart_s)
        for job in [self._running[worker] for worker in mine if worker in self._running]:
            assert job.target is not None
            assert job.target.callbacks is not None
            job.target.callbacks.remove(job.go_on)
            job.story.close()
            self._end(job)
            job.died()

    def _start(self, job: Job) -> None:
        if job.skip is not None and job.skip():
            self._exit(self._env.now, job.arrived_s)
            return
        job.worker = self._idle.pop()
        job.started_s = self._env.now
        self._running[job.worker] = job
        job.go_on = partial(self._go_on, job)
        self._go_on(job, None)

    def _go_on(self, job: Job, event: Event | None) -> None:
        """Tell the story up to the next event that it waits for."""
        try:
            target = job.story.send(None if event is None else event.value)
            while target.callbacks is None:  # has happened already
                target = job.story.send(target.value)
        except StopIteration as stop:
            self._end(job)
            job.done(stop.value)
            self._free(job.worker)
        except Crash as crash:
            self._end(job)
            self._take_down([job.worker], crash.restart_s)
            job.died()
        else:
            job.target = target
            target.callbacks.append(job.go_on)

    def _end(self, job: Job) -> None:
        now = self._env.now
        self._busy_s += now - job.started_s
        del self._running[job.worker]
        job.go_on = _nobody  # the partial would keep the job alive
        self._exit(now, job.arrived_s)

    def _take_down(self, workers: list[int], restart_s: float) -> None:
        until = self._env.now + restart_s
        for worker in workers:
            self._down_until[worker] = max(until, self._down_until.get(worker, until))
        Timer(self._env, restart_s, self._bring_up, workers)

    def _bring_up(self, timer: Timer) -> None:
        for worker in timer.what:
            if self._down_until.get(worker, float("inf")) <= self._env.now:
                del self._down_until[worker]
                self._free(worker)

    def _free(self, worker: int) -> None:
        self._idle.append(worker)
        if self._handing_out:  # a story that took no time: the loop below, further up the stack, goes on
            return
        self._handing_out = True
        while self._queue and self._idle:
            self._start(self._queue.popleft())
        self._handing_out = False

    def _stayed_s(self) -> float:
        return sum(self._env.now - job.arrived_s for job in (*self._queue, *self._running.values()))

    def record(self) -> StationRecord:
        record = super().record()
        record.busy_s += sum(self._env.now - job.started_s for job in self._running.values())
        return record
