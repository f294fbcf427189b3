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
    plan, times = moments(scenario)
    rates = purchases_per_s(scenario)
    call_s = np.minimum(mean(scenario.provider.latency) * slower(plan, times, "provider"), design.payment.timeout)
    write_s = mean(design.database.write) * slower(plan, times, "database")
    own_s = mean(design.checkout.service) * slower(plan, times, "checkout")
    if charges_within_the_request(design):
        held_s = {"checkout workers": own_s + TRANSACTIONS * write_s + call_s}
    else:
        held_s = {"checkout workers": own_s + write_s, "payment workers": call_s + write_s}
    held_s["database connections"] = TRANSACTIONS * write_s
    return {name: float(np.max(rates * seconds)) for name, seconds in held_s.items()}


def purchases_per_s(scenario: Scenario) -> np.ndarray:
    """The arrival rate at those moments, spikes included."""
    plan, times = moments(scenario)
    return _rates(scenario, times) * slower(plan, times, "traffic")


def slowest_call_s(scenario: Scenario, design: Design) -> float:
    """How long a call of the provider takes on average in the worst weather, as far as we wait for it."""
    factors = slower(*moments(scenario), "provider")
    return min(mean(scenario.provider.latency) * float(factors.max()), design.payment.timeout)


def charges_within_the_request(design: Design) -> bool:
    """Whether a checkout worker is held, and the customer waits, for as long as the provider takes."""
    return not hasattr(design.payment, "workers")


def slower(plan: FaultPlan, times: np.ndarray, component: str) -> np.ndarray:
    """By which factor a component is slowed down at these times (for traffic: how many times more people come)."""
    weather = plan.weather(component)
    return np.array([weather.at(time).slower for time in times])


def moments(scenario: Scenario) -> tuple[FaultPlan, np.ndarray]:
    """What goes wrong, and times to look at, in seconds: every 30 s of the arrivals, and the beginnings of bad weather."""
    plan = FaultPlan(scenario, Streams(0))
    begins = [begin for _, begin, _ in plan.windows if begin < scenario.clock.duration]
    return plan, np.union1d(np.arange(0.0, scenario.clock.duration, STEP_S), begins)


def _rates(scenario: Scenario, times: np.ndarray) -> np.ndarray:
    """Purchases per second at these times, spikes left out."""
    if scenario.traffic.arrivals is None and scenario.traffic.times is None:
        knots, rates = rate_knots(scenario)
        return np.interp(times, knots, rates)
    edges = np.arange(0.0, scenario.clock.duration + REAL_STEP_S, REAL_STEP_S)
    arrivals = arrival_times(scenario, FaultPlan(scenario, Streams(0)).weather("traffic"), Streams(0))
    return np.histogram(arrivals, edges)[0][(times / REAL_STEP_S).astype(int)] / REAL_STEP_S
