"""The plain timeout-and-retry model: one pool of servers, an app that gives up and tries again, and work that goes on anyway.

Customers come as a Poisson process; the app waits for so long, backs off with full jitter, and tries up to three times in all.
The server can't see that its caller has left. As files, so that anybody can run it; and as a bare event loop, for comparison.
"""

from __future__ import annotations

from heapq import heappop, heappush, heapreplace
from random import Random
from typing import NamedTuple

from sim.architectures import parse_design
from sim.config.design import Design
from sim.config.library import parse_scenario
from sim.config.scenario import Scenario

SCENARIO = """
name: timeout-and-retry
summary: Poisson customers who wait for the app, and leave when it gives up
clock: {{start: "07:00", duration: {duration_s}s, drain: 10min}}
traffic: {{rate: {per_s}/s}}
customers:
  patience: {{constant: 7d}}
  after_patience: {{tap_again: 0, refresh: 0, leave: 100%}}
  polling: {{every: 7d}}
  max_submissions: 1
network: {{latency: {{constant: 0s}}}}
provider: {{latency: {{constant: 0s}}}}
"""

DESIGN = """
name: eight-servers
from: naive
app: {{timeout: {timeout_s}s, retry: {{full_jitter: {{base: 500ms, cap: 8s, attempts: 3}}}}}}
checkout: {{workers: 8, instances: 1, service: {{exponential: 1s}}, queue_limit: null}}
database: {{write: {{constant: 0s}}, read: {{constant: 0s}}}}
broker: {{publish: {{constant: 0s}}, deliver: 0s}}
read_model: {{inline: true}}
loyalty: {{award: {{constant: 0s}}}}
"""


def retry_model(*, per_s: float = 5.0, timeout_s: float = 4.0, duration_s: float = 60.0) -> tuple[Scenario, Design]:
    """Five customers a second, eight exponential servers of mean 1 s, unless said otherwise."""
    return parse_scenario(SCENARIO.format(per_s=per_s, duration_s=duration_s)), parse_design(DESIGN.format(timeout_s=timeout_s))


class Counted(NamedTuple):
    customers: int
    requests: int
    gave_up: int


def bare_loop(seed: int, *, per_s: float = 5.0, timeout_s: float = 4.0, duration_s: float = 60.0) -> Counted:
    """The same model without a simulator: requests in order of time, first come, first served, whoever still waits."""
    random = Random(seed)
    free_s = [0.0] * 8
    requests: list[tuple[float, int]] = []  # when sent, which attempt
    now = random.expovariate(per_s)
    while now < duration_s:
        requests.append((now, 1))
        now += random.expovariate(per_s)
    customers, sent, gave_up = len(requests), 0, 0
    while requests:
        sent_s, attempt = heappop(requests)
        sent += 1
        end_s = max(sent_s, free_s[0]) + random.expovariate(1.0)
        heapreplace(free_s, end_s)
        if end_s - sent_s <= timeout_s:
            continue
        if attempt == 3:
            gave_up += 1
        else:
            backoff_s = random.uniform(0.0, 0.5 * 2 ** (attempt - 1))
            heappush(requests, (sent_s + timeout_s + backoff_s, attempt + 1))
    return Counted(customers, sent, gave_up)
