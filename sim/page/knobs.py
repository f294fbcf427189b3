"""Knobs as the page shows them: with their units, their defaults and the values along a scale."""

from __future__ import annotations

from typing import Any

from sim.config.design import Design
from sim.config.keys import Kind
from sim.config.knobs import Knob, inside
from sim.config.scenario import Scenario
from sim.config.units import DURATION, FACTOR, PROBABILITY
from sim.config.writing import flow
from sim.lab.controls import Control, offered

TIMES = (
    "0s", "1ms", "5ms", "10ms", "20ms", "50ms", "100ms", "200ms", "500ms", "1s", "2s", "3s", "5s", "8s", "10s", "15s", "20s",
    "30s", "1min", "2min", "5min", "10min", "15min", "20min", "30min", "1h", "2h", "12h", "1d", "7d",
)  # fmt: skip
NO_TIME = "0s"
COUNTS = ("1", "2", "3", "4", "6", "8", "12", "16", "24", "32", "48", "64", "96", "128", "200", "500", "1000", "10000")
SHARES = ("0%", "0.1%", "0.5%", "1%", "2%", "5%", "10%", "20%", "35%", "50%", "80%", "100%")
FACTORS = ("x1", "x2", "x3", "x5", "x7", "x10", "x15", "x20", "x30")
SCALES = {DURATION: TIMES, PROBABILITY: SHARES, FACTOR: FACTORS}


def knob_line(model: Scenario | Design, knob: Knob) -> dict[str, Any]:
    """A knob of a scenario or design."""
    key, kind = ".".join(knob.path), knob.kind
    return {
        "key": key,
        "value": flow(knob.value),
        "default": flow(knob.default),
        "about": knob.about,
        "words": list(kind.words) or (["true", "false"] if kind.type is bool else []),
        "unit": _unit(kind),
        "nullable": kind.nullable,
        "inside": [f"{name}: {meaning}" for name, meaning in inside(kind)],
        "offers": _offers(model, key, kind, knob.default),
    }


def _unit(kind: Kind) -> str:
    return kind.unit.examples[0] if kind.unit is not None else ""


def _offers(model: Scenario | Design, key: str, kind: Kind, default: Any) -> list[str]:
    """Values along a scale, the present one among them. No time at all is offered where it is usual, or in the world."""
    scale = SCALES.get(kind.unit, ()) if kind.unit is not None else COUNTS if kind.type is int else ()
    if not scale:
        return []
    known = offered(model, Control(key, key, scale, ""))
    return known if isinstance(model, Scenario) or flow(default) == NO_TIME else [text for text in known if text != NO_TIME]
