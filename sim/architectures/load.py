"""The offered load: how many of a design's workers and connections customers keep busy at a scenario's worst moment."""

from __future__ import annotations

import numpy as np

from sim.config.design import Design
from sim.config.scenario import Scenario
from sim.world.faults import FaultPlan
from sim.world.streams import Streams, mean
from sim.world.traffic import arrival_times, rate_knots

STEP_S, REAL_STEP_S = 30.0, 300.0  # real arrivals are counted in longer steps: too few people come in 30 s to make a rate
TRANSACTIONS = 2  # of a request: it inserts the order, then saves the outcome


def offered_load(scenario: Scenario, design: Design) -> dict[str, float]:
    """Component -> how many would be busy on average at the worst moment, if people tapped once and nothing ever waited.

    By Little's law, in Erlangs: the arrival rate times the time for which a request holds a worker. A call of the provider
    takes its mean latency, slowed down by brownouts, and the mean way of its answer, but no longer than our timeout (which is
    a little too much: it cuts off only the longest calls). Retries and impatience add to this load, and are left out.
    """
    plan, times = moments(scenario)
    rates = purchases_per_s(scenario)
    call_s = np.minimum(_call_s(scenario, plan, times), design.payment.timeout)
    write_s = mean(design.database.write) * slower(plan, times, "database")
    own_s = mean(design.checkout.service) * slower(plan, times, "checkout")
    within = charges_within_the_request(design)
    held_s = {"checkout workers": own_s + (TRANSACTIONS * write_s + call_s if within else write_s)}
    if hasattr(design.payment, "workers"):
        held_s["payment workers"] = call_s if within else call_s + write_s
    held_s["database connections"] = TRANSACTIONS * write_s + (call_s if design.payment.in_transaction else 0.0)
    return {name: float(np.max(rates * seconds)) for name, seconds in held_s.items()}


def purchases_per_s(scenario: Scenario) -> np.ndarray:
    """The arrival rate, spikes included, at each of the times of `moments`."""
    plan, times = moments(scenario)
    return _rates(scenario, times) * slower(plan, times, "traffic")


def slowest_call_s(scenario: Scenario, design: Design) -> float:
    """How long a call of the provider takes on average during the worst brownout, capped at our timeout."""
    return min(float(_call_s(scenario, *moments(scenario)).max()), design.payment.timeout)


def _call_s(scenario: Scenario, plan: FaultPlan, times: np.ndarray) -> np.ndarray:
    """Infinite while the provider hangs."""
    hangs = np.array([plan.weather("provider").at(time).hangs for time in times])
    answered_s = mean(scenario.provider.latency) * slower(plan, times, "provider") + mean(scenario.provider.answer)
    return np.where(hangs, np.inf, answered_s)


def charges_within_the_request(design: Design) -> bool:
    """Whether a checkout worker is held, and the customer waits, for as long as the provider takes."""
    return not hasattr(design.payment, "workers") or getattr(design.payment, "capture", None) is not None


def slower(plan: FaultPlan, times: np.ndarray, component: str) -> np.ndarray:
    """The factor by which a component is slowed down at each of `times` (for traffic: how many times more people come)."""
    weather = plan.weather(component)
    return np.array([weather.at(time).slower for time in times])


def moments(scenario: Scenario) -> tuple[FaultPlan, np.ndarray]:
    """A scenario's faults, and the times (s) at which its load is computed: every 30 s, and whenever a fault begins."""
    plan = FaultPlan(scenario, Streams(0))
    begins = [begin for _, begin, _ in plan.windows if begin < scenario.clock.duration]
    return plan, np.union1d(np.arange(0.0, scenario.clock.duration, STEP_S), begins)


def _rates(scenario: Scenario, times: np.ndarray) -> np.ndarray:
    """Purchases per second at each of `times`, without spikes."""
    if scenario.traffic.arrivals is None and scenario.traffic.times is None:
        knots, rates = rate_knots(scenario)
        return np.interp(times, knots, rates)
    edges = np.arange(0.0, scenario.clock.duration + REAL_STEP_S, REAL_STEP_S)
    arrivals = arrival_times(scenario, FaultPlan(scenario, Streams(0)).weather("traffic"), Streams(0))
    return np.histogram(arrivals, edges)[0][(times / REAL_STEP_S).astype(int)] / REAL_STEP_S
