"""What a design's capacity is made of, and how much of it the customers alone would keep busy."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from sim.config.design import Design
from sim.config.scenario import Scenario
from sim.experiment.altering import altered, has
from sim.world.faults import FaultPlan
from sim.world.streams import Streams, mean
from sim.world.traffic import arrival_times, rate_knots

Capacity = dict[str, int]  # component -> how many; only those that can be sized
STEP_S, REAL_STEP_S = 30.0, 300.0  # real arrivals are counted in longer steps: few people make a rate
TRANSACTIONS = 2  # of a request: its order, and the outcome


class Component(NamedTuple):
    """Where its number stands in a design's file, the station that says how busy it was, and how one of it is called."""

    path: tuple[str, str]
    station: str
    one: str


COMPONENTS = {
    "checkout workers": Component(("checkout", "workers"), "checkout", "checkout worker"),
    "payment workers": Component(("payment", "workers"), "payment", "payment worker"),
    "database connections": Component(("database", "connections"), "database", "database connection"),
}


def capacity_of(design: Design) -> Capacity:
    """How many a design has of each component that can be sized: not of those that it has not, or that scale by themselves."""
    scaling = autoscaled(design)
    return {name: _number(design, name) for name in COMPONENTS if _has(design, name) and name not in scaling}


def autoscaled(design: Design) -> list[str]:
    """Components whose number the design changes by itself."""
    sections = {name: getattr(design, component.path[0]) for name, component in COMPONENTS.items() if _has(design, name)}
    return [name for name, section in sections.items() if getattr(section, "autoscale", None) is not None]


def with_capacity(design: Design, capacity: Capacity) -> Design:
    """The same design with other numbers. Raises ConfigError if there can't be so many."""
    for name, number in capacity.items():
        if number != _number(design, name):
            design = altered(design, COMPONENTS[name].path, number)
    return design


def fewest(design: Design, name: str) -> int:
    """Of checkout workers there is at least one an instance: the number of instances is not a question of load."""
    return design.checkout.instances if name == "checkout workers" else 1


def offered_load(scenario: Scenario, design: Design) -> dict[str, float]:
    """Component -> how many would be busy on average at the worst moment, if people tapped once and nothing ever waited.

    Little's law, arrival rate times the time one is held, in Erlangs. A provider's call is held for its mean, as slow as the
    weather makes it, but no longer than our timeout. What retries and impatience add is left out.
    """
    plan = FaultPlan(scenario, Streams(0))
    times = np.arange(0.0, scenario.clock.duration, STEP_S)
    rates = _rates(scenario, times) * _slower(plan, "traffic", times)
    call_s = np.minimum(mean(scenario.provider.latency) * _slower(plan, "provider", times), design.payment.timeout)
    write_s = mean(design.database.write) * _slower(plan, "database", times)
    own_s = mean(design.checkout.service) * _slower(plan, "checkout", times)
    held_s = {
        "checkout workers": own_s + TRANSACTIONS * write_s + call_s if charges_within_the_request(design) else own_s + write_s,
        "payment workers": call_s + write_s,
        "database connections": TRANSACTIONS * write_s,
    }
    return {name: float(np.max(rates * held_s[name])) for name in COMPONENTS if _has(design, name)}


def slowest_call_s(scenario: Scenario, design: Design) -> float:
    """How long a call of the provider takes on average in the worst weather, as far as we wait for it."""
    slower = _slower(FaultPlan(scenario, Streams(0)), "provider", np.arange(0.0, scenario.clock.duration, STEP_S))
    return min(mean(scenario.provider.latency) * float(slower.max()), design.payment.timeout)


def charges_within_the_request(design: Design) -> bool:
    """Whether a checkout worker is held, and the customer waits, for as long as the provider takes."""
    return not _has(design, "payment workers")


def _rates(scenario: Scenario, times: np.ndarray) -> np.ndarray:
    """Purchases per second at these times, spikes left out."""
    if scenario.traffic.arrivals is None and scenario.traffic.times is None:
        knots, rates = rate_knots(scenario)
        return np.interp(times, knots, rates)
    edges = np.arange(0.0, scenario.clock.duration + REAL_STEP_S, REAL_STEP_S)
    arrivals = arrival_times(scenario, FaultPlan(scenario, Streams(0)).weather("traffic"), Streams(0))
    return np.histogram(arrivals, edges)[0][(times / REAL_STEP_S).astype(int)] / REAL_STEP_S


def _slower(plan: FaultPlan, component: str, times: np.ndarray) -> np.ndarray:
    weather = plan.weather(component)
    return np.array([weather.at(time).slower for time in times])


def _has(design: Design, name: str) -> bool:
    return has(design, COMPONENTS[name].path)


def _number(design: Design, name: str) -> int:
    section, key = COMPONENTS[name].path
    return int(getattr(getattr(design, section), key))
