"""Warnings before any run: the JSON of `lint`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from pydantic import Field
from typing_extensions import TypedDict

from sim.architectures.lint import Hazard
from sim.documents import fields


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
