"""How much of a design the customers alone would keep busy, at the worst moment of a scenario."""

from __future__ import annotations

import numpy as np

from sim.config.design import Design
from sim.config.scenario import Scenario
from sim.world.faults import FaultPlan
from sim.world.streams import Streams, mean
from sim.world.traffic import arrival_times, rate_knots

STEP_S, REAL_STEP_S = 30.0, 300.0  # real arrivals are counted in longer steps: few people make a rate
TRANSACTIONS = 2  # of a request: its order, and the outcome


def offered_load(scenario: Scenario, design: Design) -> dict[str, float]:
    """Component -> how many would be busy on average at the worst moment, if people tapped once and nothing ever waited.

    Little's law, arrival rate times the time one is held, in Erlangs. A provider's call is held for its mean, as slow as the
    weather makes it, but no longer than our timeout. What retries and impatience add is left out.
    """
    plan, times = FaultPlan(scenario, Streams(0)), _times(scenario)
    rates = purchases_per_s(scenario)
    call_s = np.minimum(mean(scenario.provider.latency) * slower(plan, "provider", times), design.payment.timeout)
    write_s = mean(design.database.write) * slower(plan, "database", times)
    own_s = mean(design.checkout.service) * slower(plan, "checkout", times)
    if charges_within_the_request(design):
        held_s = {"checkout workers": own_s + TRANSACTIONS * write_s + call_s}
    else:
        held_s = {"checkout workers": own_s + write_s, "payment workers": call_s + write_s}
    held_s["database connections"] = TRANSACTIONS * write_s
    return {name: float(np.max(rates * seconds)) for name, seconds in held_s.items()}


def purchases_per_s(scenario: Scenario) -> np.ndarray:
    """The arrival rate at every 30 s of the morning, spikes included."""
    plan, times = FaultPlan(scenario, Streams(0)), _times(scenario)
    return _rates(scenario, times) * slower(plan, "traffic", times)


def slowest_call_s(scenario: Scenario, design: Design) -> float:
    """How long a call of the provider takes on average in the worst weather, as far as we wait for it."""
    factors = slower(FaultPlan(scenario, Streams(0)), "provider", _times(scenario))
    return min(mean(scenario.provider.latency) * float(factors.max()), design.payment.timeout)


def charges_within_the_request(design: Design) -> bool:
    """Whether a checkout worker is held, and the customer waits, for as long as the provider takes."""
    return not hasattr(design.payment, "workers")


def slower(plan: FaultPlan, component: str, times: np.ndarray) -> np.ndarray:
    """By which factor a component is slowed down at these times (for traffic: how many times more people come)."""
    weather = plan.weather(component)
    return np.array([weather.at(time).slower for time in times])


def _times(scenario: Scenario) -> np.ndarray:
    return np.arange(0.0, scenario.clock.duration, STEP_S)


def _rates(scenario: Scenario, times: np.ndarray) -> np.ndarray:
    """Purchases per second at these times, spikes left out."""
    if scenario.traffic.arrivals is None and scenario.traffic.times is None:
        knots, rates = rate_knots(scenario)
        return np.interp(times, knots, rates)
    edges = np.arange(0.0, scenario.clock.duration + REAL_STEP_S, REAL_STEP_S)
    arrivals = arrival_times(scenario, FaultPlan(scenario, Streams(0)).weather("traffic"), Streams(0))
    return np.histogram(arrivals, edges)[0][(times / REAL_STEP_S).astype(int)] / REAL_STEP_S
