"""A bare world: customers who wait for ever, and everything that takes time takes none unless the test says so."""

from __future__ import annotations

from typing import Any

import yaml

from sim.config.design import Design, merged
from sim.config.scenario import Scenario
from tests.worlds import design, world

NO_TIME = {"constant": "0s"}
PATIENT = {
    "patience": {"constant": "7d"},
    "after_patience": {"tap_again": 0, "refresh": 0, "leave": "100%"},
    "polling": {"every": "7d"},
    "max_submissions": 1,
}
BARE: dict[str, Any] = {
    "name": "bare",
    "clock": {"start": "07:00", "drain": "2h"},
    "customers": PATIENT,
    "network": {"latency": NO_TIME},
    "provider": {"latency": NO_TIME},
}
PLENTY: dict[str, Any] = {
    "app": {"timeout": "1d", "retry": {"never": True}},
    "checkout": {"workers": 1000, "instances": 1, "service": NO_TIME, "queue_limit": None},
    "database": {"connections": 1, "write": NO_TIME, "read": NO_TIME},
    "broker": {"publish": NO_TIME, "deliver": "0s"},
    "read_model": {"inline": True},
    "loyalty": {"award": NO_TIME},
    "recovery": {"reconcile_every": None},
}


def bare_world(purchases: int, per_s: float, changes: dict[str, Any] | None = None) -> Scenario:
    """Poisson arrivals at a constant rate, for as long as the expected number of purchases takes; unless changed."""
    sections = merged(merged(BARE, {"clock": {"duration": f"{purchases / per_s}s"}}), changes or {})
    return world(yaml.safe_dump({"traffic": {"rate": f"{per_s}/s"}, **sections}), arrivals=None)


def bare_design(name: str, changes: dict[str, Any] | None = None) -> Design:
    """Every pool ample, every step instant, no retries, no recovery."""
    return design(name, merged(PLENTY, changes or {}), constant=False)
