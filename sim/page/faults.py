"""The faults of a scenario as blocks on the morning's axis, and those that can be added."""

from __future__ import annotations

from typing import Any

from sim.config.faults import FAULTS
from sim.config.knobs import Knob, knobs
from sim.config.scenario import Scenario
from sim.config.units import time_and_day
from sim.config.writing import flow
from sim.lab.recipe import item
from sim.page.knobs import knob_line
from sim.report.knobs import fault

AT = "AT"  # stands for the clock time at which a fault is added
ADDED = {
    "brownout": "{brownout: provider, at: AT, for: 5min, latency: x10, failed: 5%, ambiguous: 10%}",
    "outage": "{outage: provider, at: AT, for: 2min}",
    "slow": "{slow: database, at: AT, for: 5min, times: x10}",
    "spike": "{spike: traffic, at: AT, for: 5min, times: x3}",
    "crash": "{crash: checkout, at: AT, restart: 20s}",
    "duplicates": "{duplicates: broker, p: 1%}",
    "rebalance": "{rebalance: all, at: AT}",
    "pause": "{pause: checkout, after: commit, for: 5s, p: 1%}",
    "errors": "{errors: checkout, after: charge, at: AT, for: 10min}",
    "rerun": "{rerun: renewals, at: AT}",
}
"""What a fault of each kind is when it is added; all numbers are assumptions, to be changed."""


def blocks(world: Scenario) -> list[dict[str, Any]]:
    """Every fault: what it says, its text as in a file, when it begins and how long it lasts if it is at a time, its knobs."""
    return [_block(world, number) for number in range(len(world.faults))]


def kinds() -> list[dict[str, str]]:
    """Every kind of fault that can be added."""
    return [
        {"kind": kind, "about": next(iter((model.__doc__ or "").strip().splitlines()), ""), "adds": ADDED[kind]}
        for kind, model in FAULTS.items()
    ]


def _block(world: Scenario, number: int) -> dict[str, Any]:
    what = world.faults[number]
    at, lasts = getattr(what, "at", None), getattr(what, "lasts", None)
    return {
        "number": number,
        "kind": type(what).__name__.lower(),
        "says": fault(what),
        "text": flow(item(what)),
        "at_s": None if at is None else world.clock.since_start_s(at),
        "at": None if at is None else time_and_day(at),
        "for_s": getattr(lasts, "constant", None) if at is not None else None,
        "knobs": [_knob(world, number, knob) for knob in knobs(what, what)],
    }


def _knob(world: Scenario, number: int, knob: Knob) -> dict[str, Any]:
    return knob_line(world, Knob((f"faults[{number}]", *knob.path), knob.value, knob.default, knob.about, knob.kind))
