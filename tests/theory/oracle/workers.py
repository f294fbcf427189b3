"""Pools of workers, who die with whatever they are working on."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from math import inf

from sim.config.design import Design
from sim.config.scenario import Scenario
from tests.theory.oracle.provider import Provider
from tests.theory.oracle.records import Order, Request, Struck, Try


@dataclass(eq=False)
class Pool:
    """Numbered workers; the one that became idle last is the first to be given work."""

    name: str
    workers: int
    instances: int
    idle: list[int]
    queue: deque[Job] = field(default_factory=deque)
    running: dict[int, Job] = field(default_factory=dict)
    down_until_s: dict[int, float] = field(default_factory=dict)


@dataclass(eq=False)
class Job:
    """What a process is working on. When it is dead, whatever it waited for still happens, but nobody goes on."""

    component: str
    begin: Callable[[Job], None]
    request: Request | None = None
    order: Order | None = None
    pool: Pool | None = None
    then: Callable[[], None] | None = None
    one: Try | None = None  # of a proxy
    last: Callable[[Job], None] | None = None  # of the story, if it is not a reply by the outcome
    calls: int = 0  # of one charge, by a client library
    worker: int = -1
    outcome: str = ""
    dead: bool = False

    @property
    def purchase(self) -> int:
        owner = self.request or self.order
        assert owner is not None
        return owner.purchase


class Workers(Provider):
    """A worker is a number, a dead process is a flag."""

    def __init__(self, scenario: Scenario, design: Design, seed: int) -> None:
        super().__init__(scenario, design, seed)
        self.pools = {"checkout": new_pool("checkout", design.checkout.workers, design.checkout.instances)}
        if self.keyed:
            self.pools["completer"] = new_pool("completer", self.knobs.completer.batch, 1)
        for component, at_s, restart_s in self.instances_die:
            self.after(at_s, self.crash_instance, component, restart_s)
        self.network_s = self.streams.times("network.latency", scenario.network.latency)
        self.network_luck = self.streams.uniform("network.lost")

    def submit(self, job: Job) -> None:
        assert job.pool is not None
        job.pool.queue.append(job)
        self.hand_out(job.pool)

    def hand_out(self, pool: Pool) -> None:
        while pool.idle and pool.queue:
            job = pool.queue.popleft()
            if job.request and self.design.checkout.deadline_drop and self.now >= job.request.sent_s + self.design.app.timeout:
                self.drop(job)
                continue
            job.worker = pool.idle.pop()
            pool.running[job.worker] = job
            job.begin(job)

    def drop(self, job: Job) -> None:
        assert job.request is not None
        job.request.fate = "dropped"

    def reply_to(self, job: Job, answer: str, *, replayed: bool) -> None:
        assert job.request is not None
        job.request.fate = "replayed" if replayed else "executed"
        self.send_answer(job.request, answer, job.order)

    def finish(self, job: Job, answer: str, *, replayed: bool = False) -> None:
        if job.request is not None:
            self.reply_to(job, answer, replayed=replayed)
        if job.pool is not None:
            del job.pool.running[job.worker]
            job.pool.idle.append(job.worker)
            self.hand_out(job.pool)
        if job.then is not None:
            job.then()

    def send_answer(self, request: Request, answer: str, order: Order | None) -> None:
        turn = 2 * request.number + 1
        if self.network_luck(request.purchase, turn) >= self.scenario.network.answer_lost:
            self.after(self.network_s(request.purchase, turn), request.heard, request, answer, order)

    def go_on(self, job: Job, stage: Callable[[Job], None]) -> None:
        if not job.dead:
            stage(job)

    def took(self, job: Job, step: str, go_on: Callable[[Job], None]) -> None:
        """A step has been taken; the process may die now, or stand still for a while."""
        if job.dead:
            return
        pause_s = 0.0
        for strike in self.strikes.get((job.component, step), []):
            fault = strike.fault
            turn = strike.turns[job.purchase]
            strike.turns[job.purchase] += 1
            limit = getattr(fault, "times", None)
            if strike.luck(job.purchase, turn) >= fault.p or (limit is not None and strike.struck >= limit):
                continue
            strike.struck += 1
            if hasattr(fault, "crash"):
                self.crashes.append(Struck(job.component, self.now, step, job.purchase))
                self.die(job)
                self.take_down(job.pool, [job.worker], fault.restart)
                return
            self.crashes.append(Struck(job.component, self.now, step, job.purchase, fault.lasts))
            pause_s = max(pause_s, fault.lasts)
        if pause_s:
            self.after(pause_s, self.go_on, job, go_on)
        else:
            go_on(job)

    def die(self, job: Job) -> None:
        assert job.pool is not None
        del job.pool.running[job.worker]
        job.dead = True
        if job.request is not None:
            self.died_with(job)

    def died_with(self, job: Job) -> None:
        assert job.request is not None
        job.request.fate = "executed"

    def crash_instance(self, component: str, restart_s: float) -> None:
        """The first instance of a pool: every so many workers, the first one included."""
        pool = self.pools[component]
        mine = range(0, pool.workers, pool.instances)
        self.crashes.append(Struck(component, self.now))
        pool.idle = [worker for worker in pool.idle if worker not in mine]
        for worker in mine:
            if worker in pool.running:
                self.die(pool.running[worker])
        self.take_down(pool, list(mine), restart_s)

    def take_down(self, pool: Pool | None, workers: list[int], restart_s: float) -> None:
        assert pool is not None
        for worker in workers:
            pool.down_until_s[worker] = max(self.now + restart_s, pool.down_until_s.get(worker, 0.0))
        self.after(restart_s, self.bring_up, pool, workers)

    def bring_up(self, pool: Pool, workers: list[int]) -> None:
        for worker in workers:
            if pool.down_until_s.get(worker, inf) <= self.now:
                del pool.down_until_s[worker]
                pool.idle.append(worker)
                self.hand_out(pool)


def new_pool(name: str, workers: int, instances: int) -> Pool:
    return Pool(name, workers, instances, idle=list(reversed(range(workers))))
