"""Pools of workers that tell stories, one at a time each, and may die while they do."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from functools import partial
from typing import Any

from simpy import Environment
from simpy.events import Event

from sim.ledger.records import StationRecord
from sim.world.engine import Crash, Story, Timer
from sim.world.station import Presence


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


class Pool(Presence):
    """Workers behind one queue, spread over instances that can crash. A worker is held for as long as its story takes.

    Stories are what simpy.Process runs, less the two events for their beginning and their end, for which nobody waits: one
    event in eight.
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
