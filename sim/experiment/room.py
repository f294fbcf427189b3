"""Designs with room for a scenario's traffic: bundled ones have sixteen workers, whatever the traffic is."""

from __future__ import annotations

from sim.architectures.lint import lint
from sim.architectures.lint.rule import Change
from sim.config.design import Design
from sim.config.scenario import Scenario
from sim.experiment.altering import altered, split, value_of

# The rules of `coffee lint` that compare work with capacity: of first taps, and of what an outage leaves to a completer.
TOO_SMALL = ("overloaded", "completer-falls-behind")
MOST_CHANGES = 20  # a design has fewer stations


def with_room(design: Design, scenario: Scenario) -> tuple[Design, list[Change]]:
    """The design with every station that first taps alone would keep busier than it can be made large enough (80 % busy at the
    worst moment), and a completer that is through with what an outage leaves before the clock ends; and the changes: keys with
    their new values. Retries come on top: `coffee size` finds what they need.
    """
    made: list[Change] = []
    for _ in range(MOST_CHANGES):
        found = next((hazard for hazard in lint(design, scenario) if hazard.rule in TOO_SMALL and hazard.enough), None)
        if found is None:
            break
        key, value = found.enough[0]
        design = altered(design, split(key), value_of(value))
        made.append((key, value))
    return design, made
