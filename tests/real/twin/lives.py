"""Small mornings on real parts, whose result is certain; and the same mornings as the simulator tells them."""

from __future__ import annotations

from typing import Any

from sim.config.design import Design, merged
from sim.config.prices import load_prices
from sim.config.scenario import Scenario
from sim.experiment.mornings import examine
from sim.ledger.metrics import Evidence
from sim.real.twin.lived import Lived
from sim.real.twin.supervisor import live
from tests.worlds import design, judged, world

SMALL: dict[str, Any] = {"checkout": {"workers": 2, "instances": 2}}
SMALL_OUTBOX = merged(SMALL, {"payment": {"workers": 2}})
PATIENT = """
name: small
clock: {start: "07:00", duration: 5s, drain: %s}
customers: {patience: {constant: 1h}, max_submissions: 1}
provider: {latency: {constant: 450ms}}
"""


def small(name: str, knobs: dict[str, Any] | None = None) -> Design:
    """A built-in with few workers and constant times."""
    return design(name, merged(SMALL_OUTBOX if name == "outbox" else SMALL, knobs or {}))


def patient(more: str = "", *, drain: str = "15s", arrivals: tuple[float, ...] = (0.0,)) -> Scenario:
    """Customers at these seconds, who wait for ever and tap once."""
    return world(PATIENT % drain + more, arrivals=arrivals)


def with_more(text: str, *, arrivals: tuple[float, ...] = (0.0,)) -> Scenario:
    """The same, with sections that take the place of its own."""
    sections = {line.partition(":")[0] for line in text.splitlines()}
    own = [line for line in (PATIENT % "20s").splitlines() if line.partition(":")[0] not in sections]
    return world("\n".join([*own, text]), arrivals=arrivals)


def both(scenario: Scenario, chosen: Design, *, seed: int = 0, speed: float = 10.0) -> tuple[Lived, Evidence, Evidence]:
    """A morning on real parts, and the evidence of it and of the simulated one. (The conservation laws hold on both.)"""
    lived = live(scenario, chosen, seed, speed=speed)
    _, model = judged(scenario, chosen, seed)
    return lived, examine(lived.tables, scenario, chosen, load_prices(scenario.prices)), model


def counted(evidence: Evidence) -> dict[str, list[int]]:
    """Per purchase."""
    audit = evidence.audit
    return {name: getattr(audit, name).tolist() for name in ("charged", "ordered", "awarded")}
