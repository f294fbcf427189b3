"""What every single mishap does to a design, in a sentence: the last word about it, with its bound."""

from __future__ import annotations

from sim.config.design import Design
from sim.counterexamples.combinations import every
from sim.report.mishaps import mishap


def last_word(design: Design) -> str:
    """`Of 110 worlds with one customer and at most one mishap, none breaks a promise.`; or which mishap does.

    A fifth of a second. Raises ConfigError for whatever an architecture in a user's file does wrong.
    """
    found = every(design, (), mishaps=1, jobs=1)
    if found.found is None:
        return f"Of {found.runs:,} worlds with one customer and at most one mishap, none breaks a promise."
    scenario = found.scenario
    assert scenario is not None
    if not scenario.mishaps:
        return "It breaks a promise with one customer, without any mishap."
    return f"One mishap breaks it: {mishap(scenario.mishaps[0]).partition(': ')[2]}."
