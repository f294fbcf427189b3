"""Warnings before any run: what can be known to be dangerous from a design's knobs, and a scenario's numbers.

A rule speaks of what is possible, whether or not the scenario makes it happen; with a scenario, the numbers are its own. The
rules on traffic and on objectives need one. Nothing is simulated. That nothing is found is no proof.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from sim.architectures import load_design
from sim.architectures.lint.registry import RULES
from sim.architectures.lint.rule import World
from sim.config.design import Design
from sim.config.library import load_scenario
from sim.config.scenario import Scenario


@dataclass(frozen=True)
class Hazard:
    """One warning: the rule, the knob to change (`app.key`; `from`: another architecture), what is wrong in numbers, why that
    does harm, and the failure windows that it leaves open (`W1` to `W15`), if any.
    """

    rule: str
    knob: str
    message: str
    reason: str
    windows: tuple[str, ...]

    def __str__(self) -> str:
        """One line, without the reason."""
        opens = f" [{', '.join(self.windows)}]" if self.windows else ""
        return f"{self.rule} ({self.knob}): {self.message}{opens}"


def lint(design: Design | Path | str, scenario: Scenario | Path | str | None = None) -> list[Hazard]:
    """All warnings about a design, in the order of the rules: by its name, by the path of its file, or loaded, and likewise the
    scenario. Raises ConfigError, also for a scenario that nobody would come to.
    """
    design = load_design(design)
    world = World(Scenario(name="ordinary"), given=False) if scenario is None else World(load_scenario(scenario))
    return [
        Hazard(name, found.knob, found.message, rule.reason, rule.windows if found.windows is None else found.windows)
        for name, rule in RULES.items()
        for found in rule.check(design, world)
    ]


__all__ = ["RULES", "Hazard", "lint"]
