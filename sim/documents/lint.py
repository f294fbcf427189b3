"""Warnings before any run: the JSON of `lint`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated

from pydantic import Field
from typing_extensions import TypedDict

from sim.architectures.lint import Hazard
from sim.config.scenario import Scenario
from sim.documents import fields, numbers
from sim.world.traffic import expected, peak_per_s


class Warned(TypedDict):
    """One warning."""

    rule: str
    """name of the rule"""
    knob: str
    """key of the design's file to change; from: the architecture"""
    message: str
    """what is wrong, in numbers"""
    reason: str
    """why that does harm"""
    windows: list[str]
    """the failure windows that it leaves open: W1, W2, …"""
    enough: list[dict[str, str]]
    """changes of which each alone silences the rule: key -> its value, as in a file; empty if none is known to"""


class Lint(TypedDict):
    """What a design's knobs make dangerous."""

    design: fields.DesignName
    scenario: Annotated[str | None, Field(description="name of the scenario; null: none was given")]
    warnings: list[Warned]
    """empty if there is nothing to warn of"""


class Hidden(TypedDict):
    """A failure window that can't show."""

    window: str
    """W1, W2, …"""
    needs: str
    """what the scenario would need for it"""


class Overloaded(TypedDict):
    """A station of a bundled design that is too small."""

    design: fields.DesignName
    message: str
    """which, and by how much"""


class LintOfScenario(TypedDict):
    """What a scenario's file means."""

    scenario: fields.ScenarioName
    purchases: float
    """expected in a morning, spikes left out"""
    peak_per_s: float | None
    """the highest rate at which people come, spikes left out; null: real arrivals"""
    hidden: list[Hidden]
    """failure windows that can't show for want of a trouble"""
    overloaded: list[Overloaded]
    """what is too small for first taps alone in the bundled designs, as they are"""


def of_scenario(
    scenario: Scenario, hidden: Sequence[tuple[str, str]], overloaded: Mapping[str, Sequence[Hazard]]
) -> LintOfScenario:
    traffic = scenario.traffic
    return {
        "scenario": scenario.name,
        "purchases": numbers.rounded(expected(scenario)) or 0.0,
        "peak_per_s": None if traffic.arrivals or traffic.times else numbers.rounded(peak_per_s(scenario)),
        "hidden": [{"window": window, "needs": what} for window, what in hidden],
        "overloaded": [
            {"design": name, "message": f"{hazard.knob}: {hazard.message}"}
            for name, found in overloaded.items()
            for hazard in found
        ],
    }


def document(design: str, scenario: str | None, hazards: Sequence[Hazard]) -> Lint:
    """Warnings about a design, in a scenario if one is given."""
    return {"design": design, "scenario": scenario, "warnings": [_warning(hazard) for hazard in hazards]}


def _warning(hazard: Hazard) -> Warned:
    return {
        "rule": hazard.rule,
        "knob": hazard.knob,
        "message": hazard.message,
        "reason": hazard.reason,
        "windows": list(hazard.windows),
        "enough": [{key: value} for key, value in hazard.enough],
    }
