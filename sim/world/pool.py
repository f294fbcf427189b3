"""Pools of workers. Each worker runs one story at a time, and may die while it does."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from itertools import count, islice
from typing import Any

from simpy.events import Event

from sim.ledger.records import StationRecord
from sim.vocabulary import Answer
from sim.world.engine import Clock, Crash, Story
from sim.world.station import Presence


class Job:
    """Work for a pool: a story `about` a request or message, and what to call with its result or at its death."""

    __slots__ = ("about", "arrived_s", "died", "done", "pool", "skip", "started_s", "story", "target", "waits", "worker")

    def __init__(
        self,
        story: Story,
        done: Callable[[Any, Any], None],
        died: Callable[[Any, Crash], None],
        about: Any = None,
        skip: Callable[[Any], bool] | None = None,
    ) -> None:
        self.story = story
        self.done = done  # called with `about` and the story's result
        self.died = died  # called with `about` and what ended the story
        self.about = about
        self.skip = skip
        self.pool: Pool
        self.arrived_s: float
        self.started_s: float
        self.worker: int
        self.waits = False  # in the queue
        self.target: Event | None = None  # what the story waits for

    def go_on(self, event: Event | None) -> None:
        """Run the story up to the next event that it waits for."""
        story = self.story
        try:
            target = story.send(None) if event is None else story.send(event._value) if event._ok else _threw(story, event)
            while target.callbacks is None:  # has happened already
                target = story.send(target._value) if target._ok else _threw(story, target)
        except StopIteration as stop:
            self.pool.ended(self)
            self.done(self.about, stop.value)
            self.pool.free(self.worker)
        except Crash as crash:
            self.pool.ended(self)
            if not crash.lives:
                self.pool.take_down([self.worker], crash.restart_s)
            self.died(self.about, crash)
            if crash.lives:
                self.pool.free(self.worker)
        else:
            self.target = target
            target.callbacks.append(self.go_on)


def _threw(story: Story, event: Event) -> Event:
    """Raise in a story what an event has failed with; the event that it waits for next, if it goes on."""
    target: Event = story.throw(event._value)
    return target


@dataclass(eq=False)
class Ordered:
    """Workers that have been ordered and are not there yet."""

    number: int


class Pool(Presence):
    """Workers behind one queue, spread over instances that can crash. A worker is held for as long as its story takes.

    There may be more of them later, or fewer; `servers` is how many there are now.

    Stories are what simpy.Process runs, less the two events for their beginning and their end, for which nobody waits: one
    event in eight.
    """

    def __init__(self, env: Clock, name: str, workers: int, instances: int = 1) -> None:
        super().__init__(env, name, workers)
        self._instances = instances
        self.paid = workers  # including workers that have been ordered and are not there yet
        self._paid_until: list[tuple[float, int]] = []  # how many were paid for, up to which time
        self._ended_s = 0.0  # when a job ended last
        self._most = workers
        self._ordered: list[Ordered] = []
        self._workers = set(range(workers))
        self._idle = list(reversed(range(workers)))
        self._queue: deque[Job] = deque()
        self._withdrawn = 0  # of those in the queue: nobody will start them
        self._running: dict[int, Job] = {}  # by worker
        self._down_until: dict[int, float] = {}  # of workers
        self._handing_out = False

    @property
    def queued(self) -> int:
        return len(self._queue) - self._withdrawn

    def takes(self, limit: float) -> bool:
        """Whether a worker is up, and the next job would be started at once or have fewer than `limit` before it."""
        return bool(self._idle) or (self.up and self.queued < limit)

    @property
    def up(self) -> bool:
        return not self._down_until or len(self._down_until) < self.servers

    @property
    def at_work(self) -> int:
        """Workers that are there and up, idle or not."""
        return self.servers - len(self._down_until)

    @property
    def held_s(self) -> float:
        """Worker-seconds spent on stories so far."""
        return self._busy_s + sum(self._env.now - job.started_s for job in self._running.values())

    def submit(self, job: Job) -> None:
        """Start the job now if a worker is idle, else when one is."""
        job.pool = self
        job.arrived_s = self._env.now
        self._enter(job.arrived_s)
        if self._idle:
            self._start(job)
        else:
            job.waits = True
            self._queue.append(job)

    def withdraw(self, job: Job) -> bool:
        """Take a job out of the queue; False if it doesn't wait there (any more). Nobody is told of its end."""
        if not job.waits:
            return False
        job.waits = False
        self._withdrawn += 1
        self._ended_s = self._env.now
        self._exit(self._ended_s, job.arrived_s)
        return True

    def crash(self, instance: int, restart_s: float, answer: Answer = Answer.NONE) -> None:
        """Every story running on one instance dies where it stands; its workers are back after `restart_s`.

        `answer`: what those who wait for a story hear at once.
        """
        crash = Crash(restart_s, answer)
        mine = [worker for worker in sorted(self._workers) if worker % self._instances == instance]
        self._idle = [worker for worker in self._idle if worker % self._instances != instance]
        self.take_down(mine, restart_s)
        for job in [self._running[worker] for worker in mine if worker in self._running]:
            assert job.target is not None
            assert job.target.callbacks is not None
            job.target.callbacks.remove(job.go_on)
            job.story.close()
            self.ended(job)
            job.died(job.about, crash)

    def _start(self, job: Job) -> None:
        if job.skip is not None and job.skip(job.about):
            self._ended_s = self._env.now
            self._exit(self._ended_s, job.arrived_s)
            return
        job.worker = worker = self._idle.pop()
        job.started_s = self._env.now
        self._running[worker] = job
        job.go_on(None)

    def ended(self, job: Job) -> None:
        """The job's story has ended, or its worker has died."""
        now = self._ended_s = self._env.now
        self._busy_s += now - job.started_s
        del self._running[job.worker]
        self._exit(now, job.arrived_s)

    def take_down(self, workers: list[int], restart_s: float) -> None:
        """These workers have died; they are back after `restart_s`."""
        until = self._env.now + restart_s
        for worker in workers:
            self._down_until[worker] = max(until, self._down_until.get(worker, until))
        self._env.call(restart_s, self._bring_up, workers)

    def _bring_up(self, workers: list[int]) -> None:
        for worker in workers:
            if self._down_until.get(worker, float("inf")) <= self._env.now:
                del self._down_until[worker]
                self.free(worker)

    def free(self, worker: int) -> None:
        """A worker has nothing to do: give it what waits."""
        self._idle.append(worker)
        if not self._queue or self._handing_out:  # the loop below is already at it, further up the stack: a story took no time
            return
        self._handing_out = True
        while self._queue and self._idle:
            job = self._queue.popleft()
            if job.waits:
                job.waits = False
                self._start(job)
            else:
                self._withdrawn -= 1
        self._handing_out = False

    def order(self, number: int, warm_up_s: float) -> None:
        """Order `number` more workers: paid for at once, and there after `warm_up_s`. Until then no crash hits them."""
        self._pay_for(self.paid + number)
        order = Ordered(number)
        self._ordered.append(order)
        self._env.call(warm_up_s, self._welcome, order)

    def _welcome(self, order: Ordered) -> None:
        self._ordered.remove(order)
        free = (worker for worker in count() if worker not in self._workers)
        workers = list(islice(free, order.number))
        self._number(self.servers + len(workers))
        self._workers.update(workers)
        for worker in workers:
            self.free(worker)

    def let_go(self, number: int) -> None:
        """Let up to `number` workers go: first those that are not there yet, as in Kubernetes, then idle ones, and of these the
        ones with the highest numbers, so that no instance runs empty.
        """
        for order in reversed(self._ordered):
            cancelled = min(order.number, number)
            order.number -= cancelled
            number -= cancelled
            self._pay_for(self.paid - cancelled)
        leaving = set(sorted(self._idle, reverse=True)[:number])
        self._idle = [worker for worker in self._idle if worker not in leaving]
        self._workers -= leaving
        self._number(self.servers - len(leaving))
        self._pay_for(self.paid - len(leaving))

    def _number(self, servers: int) -> None:
        """From now on the pool has this many workers."""
        self._look_back(self._env.now)
        self.servers = servers
        self._most = max(self._most, servers)

    def _pay_for(self, workers: int) -> None:
        self._paid_until.append((self._env.now, self.paid))
        self.paid = workers

    def _stayed_s(self) -> float:
        waiting = (job for job in self._queue if job.waits)
        return sum(self._env.now - job.arrived_s for job in (*waiting, *self._running.values()))

    @property
    def last_s(self) -> float:
        """When the last job ended so far; now, if there is one. (An autoscaler that lets workers go is no job.)"""
        return self._env.now if self.present else self._ended_s

    def record(self, worked_s: float | None = None) -> StationRecord:
        record = super().record(worked_s)
        record.servers = self._most
        record.busy_s = self.held_s
        record.provisioned_s = self._paid_s(record.worked_s)
        return record

    def _paid_s(self, worked_s: float) -> float:
        """Worker-seconds until `worked_s`."""
        paid_s = since_s = 0.0
        for until_s, workers in [*self._paid_until, (worked_s, self.paid)]:
            if until_s >= worked_s:
                return paid_s + workers * (worked_s - since_s)
            paid_s += workers * (until_s - since_s)
            since_s = until_s
        return paid_s


class Lanes(Pool):
    """A queue before every instance. A balancer deals jobs out in turn, past the instances of which no worker is up.

    So one instance may have a queue while another has idle workers; and a crash of an instance takes its queue along.
    """

    def __init__(self, env: Clock, name: str, workers: int, instances: int) -> None:
        super().__init__(env, name, workers, instances)
        self._lanes: list[deque[Job]] = [deque() for _ in range(instances)]
        self._next = 0  # the instance that the next job is dealt to
        self._in_line = self._longest = 0  # jobs that wait, before any instance
        self._lined_s = self._line_since_s = 0.0  # so long somebody waited, until the line changed last

    def takes(self, limit: float) -> bool:
        lane = self._turn()
        return self._idle_in(lane) is not None or (self.up and sum(job.waits for job in self._lanes[lane]) < limit)

    @property
    def queued(self) -> int:
        return self._in_line

    def submit(self, job: Job) -> None:
        lane = self._turn()
        self._next = (lane + 1) % self._instances
        job.pool = self
        job.arrived_s = self._env.now
        self._enter(job.arrived_s)
        if (worker := self._idle_in(lane)) is not None:
            self._begin(job, worker)
        else:
            job.waits = True
            self._lanes[lane].append(job)
            self._line(+1)

    def withdraw(self, job: Job) -> bool:
        waited = super().withdraw(job)
        self._line(-waited)
        return waited

    def crash(self, instance: int, restart_s: float, answer: Answer = Answer.NONE) -> None:
        super().crash(instance, restart_s, answer)
        lost = [job for job in self._lanes[instance] if self.withdraw(job)]
        self._lanes[instance].clear()
        crash = Crash(restart_s, answer)
        crash.begun = False
        for job in lost:
            job.died(job.about, crash)

    def free(self, worker: int) -> None:
        self._idle.append(worker)
        if self._handing_out:
            return
        self._handing_out = True
        for lane, jobs in enumerate(self._lanes):  # of a story that took no time, another worker may have become free as well
            while jobs and (idle := self._idle_in(lane)) is not None:
                job = jobs.popleft()
                if job.waits:
                    job.waits = False
                    self._line(-1)
                    self._begin(job, idle)
        self._handing_out = False

    def note(self) -> None:
        super().note()
        self._line(0)
        self._notes[-1] = (*self._notes[-1][:2], self._lined_s)

    def record(self, worked_s: float | None = None) -> StationRecord:
        record = super().record(worked_s)
        self._line(0)
        record.waiting_s, record.queue_max = self._lined_s, self._longest
        return record

    def _line(self, more: int) -> None:
        """So many more wait, or fewer. (Elsewhere somebody waits if more are there than workers; here also if fewer are.)"""
        now = self._env.now
        if self._in_line:
            self._lined_s += now - self._line_since_s
        self._line_since_s = now
        self._in_line += more
        self._longest = max(self._longest, self._in_line)

    def _stayed_s(self) -> float:
        waiting = sum(self._env.now - job.arrived_s for jobs in self._lanes for job in jobs if job.waits)
        return waiting + super()._stayed_s()

    def _turn(self) -> int:
        """The instance whose turn it is: the next of which a worker is up; if none is, the next."""
        up = {worker % self._instances for worker in self._workers if worker not in self._down_until}
        lanes = [(self._next + step) % self._instances for step in range(self._instances)]
        return next((lane for lane in lanes if lane in up), self._next)

    def _idle_in(self, lane: int) -> int | None:
        return next((worker for worker in reversed(self._idle) if worker % self._instances == lane), None)

    def _begin(self, job: Job, worker: int) -> None:
        """Start it on this worker, which is idle."""
        self._idle.remove(worker)
        self._idle.append(worker)
        self._start(job)
