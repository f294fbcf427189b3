"""What the simulator is measured against: bare event loops, and the retry model as one would first write it in SimPy."""

from __future__ import annotations

import heapq
import random
from collections import deque
from collections.abc import Iterator
from typing import NamedTuple

import simpy

PER_S, SERVERS, TIMEOUT_S, ATTEMPTS = 5.0, 8, 4.0, 3  # of the retry model; services take 1 s in the mean


class Counted(NamedTuple):
    """What came out, so that they can be compared with each other."""

    customers: int
    requests: int
    gave_up: int


def bare_queue(customers: int, seed: int = 1) -> int:
    """M/M/8 in a bare heapq loop, two events a customer."""
    draw = random.Random(seed).expovariate
    queue: list[tuple[float, bool]] = [(0.0, True)]
    waiting: deque[float] = deque()
    idle, seen = 8, 0
    while queue:
        now, arrival = heapq.heappop(queue)
        if arrival:
            seen += 1
            if seen < customers:
                heapq.heappush(queue, (now + draw(6.4), True))
            if idle:
                idle -= 1
                heapq.heappush(queue, (now + draw(1.0), False))
            else:
                waiting.append(now)
        elif waiting:
            waiting.popleft()
            heapq.heappush(queue, (now + draw(1.0), False))
        else:
            idle += 1
    return seen


def bare_retries(customers: int, seed: int = 1, *, per_s: float = PER_S) -> Counted:
    """The retry model in a bare heapq loop: arrivals, services that go on when nobody waits, timeouts, jittered retries."""
    rng = random.Random(seed)
    draw = rng.expovariate
    events: list[tuple[float, int, int, int]] = [(0.0, 0, 0, 1)]  # time, kind, request, attempt
    answered: list[bool] = []
    waiting: deque[int] = deque()
    idle, seen, gave_up = SERVERS, 0, 0
    while events:
        now, kind, request, attempt = heapq.heappop(events)
        if kind == 0:  # a request arrives, first or repeated
            if attempt == 1:
                seen += 1
                if seen < customers:
                    heapq.heappush(events, (now + draw(per_s), 0, 0, 1))
            request = len(answered)
            answered.append(False)
            heapq.heappush(events, (now + TIMEOUT_S, 1, request, attempt))
            if idle:
                idle -= 1
                heapq.heappush(events, (now + draw(1.0), 2, request, 0))
            else:
                waiting.append(request)
        elif kind == 1:  # its client's timeout
            if answered[request]:
                continue
            if attempt < ATTEMPTS:
                pause_s = rng.random() * min(8.0, 0.5 * 2 ** (attempt - 1))
                heapq.heappush(events, (now + pause_s, 0, 0, attempt + 1))
            else:
                gave_up += 1
        else:  # it has been served
            answered[request] = True
            if waiting:
                heapq.heappush(events, (now + draw(1.0), 2, waiting.popleft(), 0))
            else:
                idle += 1
    return Counted(seen, len(answered), gave_up)


def plain_simpy(customers: int, seed: int = 1, *, per_s: float = PER_S) -> Counted:
    """The retry model as SimPy's documentation would have it: a process each, a Resource, and an event or a timeout."""
    rng = random.Random(seed)
    env = simpy.Environment()
    servers = simpy.Resource(env, SERVERS)
    requests, gave_up = 0, 0

    def served(answer: simpy.Event) -> Iterator[simpy.Event]:
        with servers.request() as turn:
            yield turn
            yield env.timeout(rng.expovariate(1.0))
        answer.succeed()

    def customer() -> Iterator[simpy.Event]:
        nonlocal requests, gave_up
        for attempt in range(1, ATTEMPTS + 1):
            requests += 1
            answer = env.event()
            env.process(served(answer))
            yield answer | env.timeout(TIMEOUT_S)
            if answer.triggered:
                return
            if attempt < ATTEMPTS:
                yield env.timeout(rng.random() * min(8.0, 0.5 * 2 ** (attempt - 1)))
        gave_up += 1

    def arrivals() -> Iterator[simpy.Event]:
        for _ in range(customers):
            env.process(customer())
            yield env.timeout(rng.expovariate(per_s))

    env.process(arrivals())
    env.run()
    return Counted(customers, requests, gave_up)
