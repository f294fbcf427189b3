"""`make bench`: speed as ratios to a bare event loop measured in the same interleaved run, memory, and growth.

Machines are noisy and differ: quote the ratios.
"""

from __future__ import annotations

import heapq
import multiprocessing
import random
import resource
import statistics
import time
from collections import deque
from collections.abc import Callable

from sim.architectures import ARCHITECTURES, load_design
from sim.config.design import Design
from sim.config.library import load_scenario, parse_scenario
from sim.config.scenario import Scenario
from sim.vocabulary import Answer
from sim.world.checkout import Reply
from sim.world.customer import Request
from sim.world.engine import Story
from sim.world.morning import Morning
from sim.world.shop import Shop

ROUNDS = 5
RETRY_MODEL = """
name: retry-model
summary: Poisson 5/s, eight exponential servers of mean 1 s, a client timeout of 4 s, up to three attempts
clock: {start: "00:00", duration: 2h, drain: 10min}
traffic: {rate: 5/s}
customers: {patience: {constant: 7d}, polling: {every: 1d}, max_submissions: 1}
network: {latency: {constant: 0s}}
"""


class Plain(Design):
    """Serve and answer: no order, no payment, nothing to be told to anybody."""

    def handle(self, shop: Shop, request: Request) -> Story:
        yield shop.compute(request)
        return Reply(Answer.CONFIRMED)

    def set_up(self, shop: Shop) -> None:
        pass


RETRY_DESIGN = {
    "name": "retry-model",
    "app": {"timeout": "4s", "retry": {"full_jitter": {"base": "500ms", "cap": "8s", "attempts": 3}}},
    "checkout": {"workers": 8, "instances": 1, "service": {"exponential": "1s"}, "queue_limit": None},
}


def bare_loop(purchases: int, seed: int = 1) -> int:
    """An M/M/8 queue in a bare heapq loop, two events a customer: the reference."""
    draw = random.Random(seed).expovariate
    queue: list[tuple[float, bool]] = [(0.0, True)]
    waiting: deque[float] = deque()
    idle, seen = 8, 0
    while queue:
        now, arrival = heapq.heappop(queue)
        if arrival:
            seen += 1
            if seen < purchases:
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


def bare_retry_loop(purchases: int, seed: int = 1) -> int:
    """The retry model in a bare heapq loop: arrivals, services that go on when nobody waits, timeouts, jittered retries."""
    rng = random.Random(seed)
    draw = rng.expovariate
    events: list[tuple[float, int, int, int]] = [(0.0, 0, 0, 1)]  # time, kind, request, attempt
    answered: list[bool] = []
    waiting: deque[int] = deque()
    idle, seen = 8, 0
    while events:
        now, kind, request, attempt = heapq.heappop(events)
        if kind == 0:  # a request arrives, first or repeated
            if attempt == 1:
                seen += 1
                if seen < purchases:
                    heapq.heappush(events, (now + draw(5.0), 0, 0, 1))
            request = len(answered)
            answered.append(False)
            heapq.heappush(events, (now + 4.0, 1, request, attempt))
            if idle:
                idle -= 1
                heapq.heappush(events, (now + draw(1.0), 2, request, 0))
            else:
                waiting.append(request)
        elif kind == 1:  # its client's timeout
            if not answered[request] and attempt < 3:
                pause = rng.random() * min(8.0, 0.5 * 2 ** (attempt - 1))
                heapq.heappush(events, (now + pause, 0, 0, attempt + 1))
        else:  # it has been served
            answered[request] = True
            if waiting:
                heapq.heappush(events, (now + draw(1.0), 2, waiting.popleft(), 0))
            else:
                idle += 1
    return seen


LOOPS: dict[str, Callable[[int, int], int]] = {"bare M/M/8 loop": bare_loop, "bare retry loop": bare_retry_loop}


def simulate(scenario: Scenario, design: Design, seed: int) -> int:
    return len(Morning(scenario, design, seed).run().purchases)


def rate(work: Callable[[int], int], seed: int) -> float:
    """Purchases per second of processor time."""
    begin = time.process_time()
    return work(seed) / (time.process_time() - begin)


def speed() -> None:
    """Each case and the bare loop in turn, several rounds; medians, and the median of the ratios round by round."""
    rush, retry = load_scenario("morning-rush"), parse_scenario(RETRY_MODEL)
    cases: dict[str, Callable[[int], int]] = {
        f"morning-rush, {name}": lambda seed, name=name: simulate(rush, load_design(name), seed) for name in ARCHITECTURES
    }
    plain = Plain.model_validate(RETRY_DESIGN)
    cases["retry model"] = lambda seed: simulate(retry, plain, seed)
    for work in cases.values():
        work(99)
    loops: dict[str, list[float]] = {name: [] for name in LOOPS}
    rates: dict[str, list[float]] = {name: [] for name in cases}
    for seed in range(ROUNDS):
        for name, loop in LOOPS.items():
            loops[name].append(rate(lambda seed, loop=loop: loop(60_000, seed), seed))
        for name, work in cases.items():
            rates[name].append(rate(work, seed))
    print(f"{'':28}{'purchases/s':>12}{'times slower than':>{20 * len(LOOPS)}}")
    print(f"{'':28}{'':12}" + "".join(f"{name:>20}" for name in LOOPS))
    for name, values in {**loops, **rates}.items():
        ratios = [statistics.median(a / b for a, b in zip(loop, values, strict=True)) for loop in loops.values()]
        print(f"{name:28}{statistics.median(values):12,.0f}" + "".join(f"{ratio:20.1f}" for ratio in ratios))


LONG_RUSH = """
name: long-rush
summary: the rush's traffic and bad luck, for as long as it takes
clock: {{start: "06:30", duration: {minutes}min, drain: 30min}}
traffic: {{rate: 60/min}}
customers: {{double_tap: {{p: 1%}}, reorder_when_stale: {{after: 90s, p: 5%}}}}
network: {{request_lost: 0.1%, answer_lost: 0.1%}}
provider: {{declined: 4%, failed: 0.2%, ambiguous: 0.2%}}
faults:
  - {{brownout: provider, every: {{exponential: 2h}}, for: 15min, latency: x10, failed: 5%, ambiguous: 10%}}
  - {{outage: provider, every: {{exponential: 2h}}, for: 1min}}
  - {{crash: checkout, after: charge, p: 0.1%}}
  - {{crash: payment, after: charge, p: 0.1%}}
  - {{crash: relay, after: publish, p: 0.1%}}
  - {{duplicates: broker, p: 0.5%}}
"""


def _growth(name: str, purchases: int) -> tuple[int, float, float]:
    """In a process of its own: purchases, processor seconds, and bytes a purchase above what an idle process has."""
    scenario = parse_scenario(LONG_RUSH.format(minutes=purchases // 60))
    design = load_design(name)
    base = _peak_bytes()
    begin = time.process_time()
    number = simulate(scenario, design, 0)
    return number, time.process_time() - begin, (_peak_bytes() - base) / number


def _peak_bytes() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def growth() -> None:
    """Time and memory against the number of purchases, each in a fresh process."""
    print(f"\n{'':28}{'purchases':>12}{'purchases/s':>14}{'bytes/purchase':>16}")
    context = multiprocessing.get_context("spawn")
    for name in ARCHITECTURES:
        for purchases in (3_000, 30_000, 300_000):
            with context.Pool(1) as pool:
                number, seconds, size = pool.apply(_growth, (name, purchases))
            print(
                f"{'long rush, ' + name:28}{number:12,}{number / seconds:14,.0f}{f'{size:,.0f}' if size > 0 else 'too few':>16}"
            )
