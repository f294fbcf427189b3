"""Worlds made for tests: one customer and constant times, or one queue and nothing else."""

from __future__ import annotations

from typing import Any

import numpy as np

from sim.architectures import ARCHITECTURES
from sim.config.design import Design, merged
from sim.config.library import parse_scenario
from sim.config.prices import load_prices
from sim.config.scenario import Arrivals, Scenario
from sim.experiment.mornings import simulate
from sim.ledger.audit import Audit
from sim.ledger.metrics import Evidence
from sim.ledger.records import Tables
from sim.vocabulary import Answer, Outcome
from sim.world.cell import WHOLE, Cell

ONE_CUSTOMER = """
name: one-customer
clock: {start: "07:00", duration: 10s, drain: 10min}
customers:
  patience: {constant: 1h}
provider:
  latency: {constant: 450ms}
"""

CONSTANT_TIMES: dict[str, Any] = {
    "app": {"retry": {"fixed": {"delay": "1s", "attempts": 3}}},
    "checkout": {"service": {"constant": "10ms"}},
    "database": {"write": {"constant": "4ms"}, "read": {"constant": "1ms"}},
    "broker": {"publish": {"constant": "3ms"}, "deliver": "5ms"},
    "read_model": {"apply": {"constant": "20ms"}},
    "loyalty": {"award": {"constant": "10ms"}},
}


def world(text: str = ONE_CUSTOMER, *, arrivals: tuple[float, ...] | None = (0.0,)) -> Scenario:
    """A scenario from YAML, with customers at the given seconds instead of its own traffic."""
    scenario = parse_scenario(text)
    if arrivals is None:
        return scenario
    times = tuple(scenario.clock.start + arrival for arrival in arrivals)
    real = Arrivals.model_construct(file="", column=None, times=times)
    traffic = scenario.traffic.model_copy(update={"arrivals": real, "profile": None})
    return scenario.model_copy(update={"traffic": traffic})


def design(name: str, knobs: dict[str, Any] | None = None, *, constant: bool = True) -> Design:
    """A built-in with some knobs changed; with constant times unless told otherwise."""
    base = CONSTANT_TIMES if constant else {}
    return ARCHITECTURES[name].model_validate({"name": name, **merged(base, knobs or {})})


def morning(scenario: Scenario, chosen: Design, seed: int = 0) -> tuple[Tables, Audit]:
    """Simulate (conservation laws included) and audit."""
    tables, evidence = judged(scenario, chosen, seed)
    return tables, evidence.audit


def judged(scenario: Scenario, chosen: Design, seed: int = 0, cell: Cell = WHOLE) -> tuple[Tables, Evidence]:
    return simulate(scenario, chosen, load_prices(scenario.prices), seed, cell)


def timeline(tables: Tables) -> list[str]:
    """Everything that was recorded, in order of time: `0.484 charge 0 captured`."""
    events: list[tuple[float, int, str]] = []

    def note(times: np.ndarray, what: Any) -> None:
        events.extend((float(time), len(events), what(row)) for row, time in enumerate(times) if not np.isnan(time))

    requests, charges, orders, purchases = tables.requests, tables.charges, tables.orders, tables.purchases
    note(requests["sent_s"], lambda row: f"request {row} sent")
    note(requests["answered_s"], lambda row: f"request {row} answered {Answer(requests['answer'][row]).name}")
    note(charges["sent_s"], lambda row: f"charge {row} of order {charges['order'][row]} sent")
    note(charges["captured_s"], lambda row: f"charge {row} captured")
    note(charges["answered_s"], lambda row: f"charge {row} known {Outcome(charges['outcome'][row]).name}")
    note(tables.holds["authorised_s"], lambda row: f"charge {tables.holds['charge'][row]} held")
    note(tables.holds["released_s"], lambda row: f"charge {tables.holds['charge'][row]} held no more")
    note(charges["refunded_s"], lambda row: f"charge {row} refunded")
    note(orders["created_s"], lambda row: f"order {row} created")
    note(orders["confirmed_s"], lambda row: f"order {row} confirmed")
    note(orders["visible_s"], lambda row: f"order {row} visible")
    note(tables.awards["awarded_s"], lambda row: f"award for order {tables.awards['order'][row]}")
    note(purchases["seen_s"], lambda row: f"purchase {row} seen")
    note(purchases["left_s"], lambda row: f"purchase {row} left")
    for struck in tables.crashes:
        what = f"pause of {struck.pause_s:g} s:" if struck.pause_s else "error" if struck.lives else "crash"
        events.append((struck.at_s, len(events), f"{what} {struck.component} after {struck.step}"))
    return [f"{time:.3f} {what}" for time, _, what in sorted(events)]
