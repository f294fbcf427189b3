"""Legal values, but enormous or tiny, at every key that takes a quantity."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sim.architectures import ARCHITECTURES, load_design
from sim.config.keys import Kind
from sim.config.knobs import Knob, knobs
from sim.config.library import parse_scenario
from sim.config.model import Distribution
from sim.config.units import CENTS, CLOCK, DURATION, FACTOR, PROBABILITY, RATE
from tests.cli.coffee import SCENARIO

BY_UNIT = {
    DURATION: ("1e-300s", "1us", "12h", "1e300s"),
    RATE: ("1e-300/s", "1e300/s"),
    PROBABILITY: ("1e-300%", "100%"),
    FACTOR: ("x1e-300", "x1e300"),
    CENTS: ("0.01 USD", "10000000 USD", "1e300 USD"),
    CLOCK: ("00:00", "360:00"),
}
BY_TYPE: dict[Any, tuple[str, ...]] = {
    int: ("1", "1000000", "99999999999999999999"),
    float: ("0", "999999999.0", "99999999999999999999.0"),
    Distribution: (
        "{constant: 1e300s}", "{constant: 0s}", "{exponential: 1e300s}", "{exponential: 1e-300s}",
        "{lognormal: {median: 1e300s, sigma: 5}}", "{uniform: [0s, 1e300s]}",
    ),
}  # fmt: skip
SECTIONS = (  # keys whose values are more than a quantity
    "traffic={rate: 1e300/s}", "traffic={rate: 1e-300/s}", "traffic={profile: {purchases: 1}}", "traffic={times: ['07:00']}",
    "traffic={shape: {'07:00': 1e300/s, '07:01': 0/s}}", f"traffic={{times: [{', '.join(['07:00'] * 10_000)}]}}",
    "provider.keys={ttl: 1e300s}", "provider.keys={ttl: 1e-300s}", "app.retry={fixed: {delay: 0s, attempts: 1000}}",
    "app.retry={exponential: {base: 1e300s, cap: 1e300s}}",
    "app.retry={exponential: {base: 1e-300s, cap: 1e-300s, attempts: 1000}}",
    "checkout.autoscale={min: 2, max: 100000}", "checkout.autoscale={min: 2, max: 100, every: 100ms, target: 1e-300%}",
    "payment.retry={fixed: {delay: 0s}}", "payment.breaker={failures: 1e-300%, window: 100000, open: 1e300s}",
    "loyalty.inbox={window: 1e-300s}", "loyalty.inbox={window: 1e300s}", "objectives={ack_latency_p95: 1e300s}",
    "faults=[{crash: checkout, every: {constant: 0s}, restart: 0s}]",
    "faults=[{brownout: provider, every: {constant: 1e-300s}, for: 0s}]",
    "faults=[{slow: database, at: '07:00', for: 1e300s, times: x1e300}]",
    "faults=[{spike: traffic, at: '07:00', for: 5min, times: x1e300}]",
    "faults=[{spike: traffic, at: '07:00', for: 5min, times: x0}]", "faults=[{pause: checkout, after: commit, for: 1e300s}]",
    "faults=[{pause: checkout, after: commit, for: 1e-300s}]", "faults=[{duplicates: broker, p: 100%}]",
    "faults=[{crash: checkout, after: insert, p: 100%, restart: 0s}]", "faults=[{outage: database, at: '07:00', for: 1e300s}]",
)  # fmt: skip


def values_of(kind: Kind) -> tuple[str, ...]:
    return BY_UNIT[kind.unit] if kind.unit in BY_UNIT else BY_TYPE.get(kind.type, ())


def settings() -> list[tuple[str, str]]:
    """A design, and what is set in it or in the scenario."""
    scenario = parse_scenario(SCENARIO)
    found = dict.fromkeys(("outbox", setting) for setting in (*_set(knobs(scenario, scenario)), *SECTIONS))
    for name in ARCHITECTURES:
        design = load_design(name)
        found |= dict.fromkeys((name, setting) for setting in _set(knobs(design, design)))
    return list(found)


def _set(every: Iterator[Knob]) -> Iterator[str]:
    return (f"{'.'.join(knob.path)}={value}" for knob in every for value in values_of(knob.kind))
