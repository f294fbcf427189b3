"""Purchases and events per second, as ratios to references measured in the same interleaved run."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from sim.architectures import COMPARED, load_design
from sim.config.design import Design
from sim.config.library import load_scenario, parse_scenario
from sim.config.scenario import Scenario
from sim.counterexamples.combinations import every
from sim.vocabulary import Answer
from sim.world.checkout import Reply
from sim.world.customer import Request
from sim.world.engine import Story
from sim.world.morning import Morning
from sim.world.shop import Shop
from tests.bench.references import bare_queue, bare_retries, plain_simpy

ROUNDS = 9
SEARCHED = ("idempotent", "outbox")
SCENARIOS = ("morning-rush", "provider-outage", "calm-tuesday")
RETRY_MODEL = """
name: retry-model
summary: Poisson 5/s, eight exponential servers of mean 1 s, a client timeout of 4 s, up to three attempts
clock: {start: "00:00", duration: 1h, drain: 10min}
traffic: {rate: 5/s}
customers: {patience: {constant: 7d}, polling: {every: 1d}, max_submissions: 1}
network: {latency: {constant: 0s}}
"""
RETRY_DESIGN = {
    "name": "retry-model",
    "app": {"timeout": "4s", "retry": {"full_jitter": {"base": "500ms", "cap": "8s", "attempts": 3}}},
    "checkout": {"workers": 8, "instances": 1, "service": {"exponential": "1s"}, "queue_limit": None},
}
LOOP, SIMPY = "retry model, bare heapq loop", "retry model, plain SimPy"  # the references of the ratios
QUEUE = "M/M/8, bare heapq loop"
REFERENCES = (LOOP, SIMPY, QUEUE)


class Plain(Design):
    """Serve and answer: no order, no payment, nothing to be told to anybody."""

    def handle(self, shop: Shop, request: Request) -> Story:
        yield shop.compute(request)
        return Reply(Answer.CONFIRMED)

    def set_up(self, shop: Shop) -> None:
        pass


@dataclass(frozen=True)
class Speed:
    """Of one case: medians over the rounds, and the medians of the ratios round by round."""

    purchases_per_s: float
    events_per_s: float | None  # None: not counted
    to_loop: float  # how many times slower than the bare loop of the retry model
    to_simpy: float  # how many times slower than plain SimPy's


Work = Callable[[int], tuple[int, int | None]]  # seed -> purchases, events


def simulated(scenario: Scenario, design: Design, seed: int) -> tuple[int, int]:
    """A morning without its audit: purchases, and events of the simulation."""
    morning = Morning(scenario, design, seed)
    return len(morning.run().purchases), next(morning.env._eid)


def cases(*, all_scenarios: bool = True) -> Iterator[tuple[str, Work]]:
    """References first."""
    yield LOOP, lambda seed: (bare_retries(20_000, seed).customers, None)
    yield SIMPY, lambda seed: (plain_simpy(5_000, seed).customers, None)
    yield QUEUE, lambda seed: (bare_queue(20_000, seed), None)
    retry, plain = parse_scenario(RETRY_MODEL), Plain.model_validate(RETRY_DESIGN)
    yield "retry model, this simulator", lambda seed: simulated(retry, plain, seed)
    for name in SCENARIOS if all_scenarios else SCENARIOS[:1]:
        for design in (*COMPARED, "inquiry") if name == SCENARIOS[0] else COMPARED:
            scenario, chosen = load_scenario(name), load_design(design)
            yield f"{name}, {design}", lambda seed, scenario=scenario, chosen=chosen: simulated(scenario, chosen, seed)
    for design in SEARCHED:
        chosen = load_design(design)
        yield f"worlds of one customer, {design}", lambda _, chosen=chosen: (every(chosen, (), mishaps=1, jobs=1).runs, None)


def measured(*, rounds: int = ROUNDS, all_scenarios: bool = True) -> dict[str, Speed]:
    """Every case in turn, several rounds; processor time, so that others on the machine count little."""
    works = dict(cases(all_scenarios=all_scenarios))
    took: dict[str, list[tuple[float, float | None]]] = {name: [] for name in works}  # rates of purchases and events
    for seed in range(-1, rounds):
        for name, work in works.items():
            begin = time.process_time()
            purchases, events = work(abs(seed))
            seconds = time.process_time() - begin
            if seed >= 0:  # the first round warms up
                took[name].append((purchases / seconds, None if events is None else events / seconds))
    loop, plain = ([rate for rate, _ in took[name]] for name in (LOOP, SIMPY))
    return {
        name: Speed(
            statistics.median(rate for rate, _ in rates),
            None if rates[0][1] is None else statistics.median(events for _, events in rates if events is not None),
            statistics.median(theirs / ours for theirs, (ours, _) in zip(loop, rates, strict=True)),
            statistics.median(theirs / ours for theirs, (ours, _) in zip(plain, rates, strict=True)),
        )
        for name, rates in took.items()
    }
