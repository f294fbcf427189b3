"""Warn of dangers that are known from a design's knobs and a scenario's numbers alone, before any run.

A rule warns of what is possible, whether or not the scenario makes it happen; with a scenario, it uses the scenario's numbers.
The rules on traffic and on objectives need a scenario. Nothing is simulated, and a design without warnings is not proven safe.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from sim.architectures import load_design
from sim.architectures.lint.registry import RULES
from sim.architectures.lint.rule import Change, World
from sim.config.design import Design
from sim.config.library import load_scenario
from sim.config.scenario import Scenario


@dataclass(frozen=True)
class Hazard:
    """One warning.

    It has the name of the rule, the knob to change (`app.key`; `from` means: take another architecture), what is wrong in
    numbers, why that does harm, and the failure windows (`W1`, `W2`, …) that are open because of it, if any. `enough` are
    changes, each a key and its new value as in a file, of which any alone silences the rule.
    """

    rule: str
    knob: str
    message: str
    reason: str
    windows: tuple[str, ...]
    enough: tuple[Change, ...] = ()

    def __str__(self) -> str:
        """The warning in one line, without its reason."""
        opens = f" [{', '.join(self.windows)}]" if self.windows else ""
        return f"{self.rule} ({self.knob}): {self.message}{opens}"


def lint(design: Design | Path | str, scenario: Scenario | Path | str | None = None) -> list[Hazard]:
    """All warnings about a design, in the order of the rules. Raises ConfigError, also for a scenario without any customers.

    Both design and scenario are given by name, by the path of a file, or loaded.
    """
    design = load_design(design)
    world = World(Scenario(name="ordinary"), given=False) if scenario is None else World(load_scenario(scenario))
    return [
        Hazard(name, hit.knob, hit.message, rule.reason, rule.windows if hit.windows is None else hit.windows, hit.enough)
        for name, rule in RULES.items()
        for hit in rule.check(design, world)
    ]


__all__ = ["RULES", "Hazard", "lint"]
