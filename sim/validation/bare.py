"""A bare world as data of files: customers wait for ever, and nothing takes time unless a case changes that."""

from __future__ import annotations

from typing import Any

from sim.config.design import merged

Sections = dict[str, Any]  # a scenario or design, as the data of its file

NO_TIME = {"constant": "0s"}
PATIENT = {
    "patience": {"constant": "7d"},
    "after_patience": {"tap_again": 0, "refresh": 0, "leave": "100%"},
    "polling": {"every": "7d"},
    "max_submissions": 1,
}
BARE: Sections = {
    "name": "bare",
    "clock": {"start": "07:00", "drain": "2h"},
    "customers": PATIENT,
    "network": {"latency": NO_TIME},
    "provider": {"latency": NO_TIME},
}
PLENTY: Sections = {
    "app": {"timeout": "1d", "retry": {"never": True}},
    "checkout": {"workers": 1000, "instances": 1, "service": NO_TIME, "queue_limit": None},
    "database": {"connections": 1, "write": NO_TIME, "read": NO_TIME},
    "broker": {"publish": NO_TIME, "deliver": "0s"},
    "read_model": {"inline": True},
    "loyalty": {"award": NO_TIME},
    "recovery": {"reconcile_every": None},
}


def bare_world(purchases: int, per_s: float, changes: Sections | None = None) -> Sections:
    """A scenario with Poisson arrivals at a constant rate, and `changes` to it.

    Customers arrive for as long as the expected number of purchases takes.
    """
    traffic = {"clock": {"duration": f"{purchases / per_s}s"}, "traffic": {"rate": f"{per_s}/s"}}
    sections = merged(merged(BARE, traffic), changes or {})
    if len(sections["traffic"]) > 1:  # `changes` has another kind of traffic than a rate
        sections["traffic"] = (changes or {})["traffic"]
    return sections


def bare_design(name: str, changes: Sections | None = None) -> Sections:
    """A design in which every pool is ample and every step takes no time, without retries or recovery; and `changes` to it."""
    return {"from": name, "name": name, **merged(PLENTY, changes or {})}
