"""What mishaps do to a design, in a sentence: the last word about it, with its bound."""

from __future__ import annotations

from sim.config.design import Design
from sim.counterexamples.combinations import every
from sim.report.mishaps import clause


def last_word(design: Design, mishaps: int = 1) -> str:
    """`Of 110 worlds with one customer and at most one mishap, none breaks a promise.`; or which mishap does.

    A fifth of a second for one, some ten seconds for two. Raises KeyboardInterrupt after Ctrl-C, and ConfigError for whatever
    an architecture in a user's file does wrong.
    """
    found = every(design, (), mishaps=mishaps, jobs=1)
    if found.stopped:
        raise KeyboardInterrupt
    if found.found is None:
        bound = "at most one mishap" if mishaps == 1 else f"at most {mishaps} mishaps"
        return f"Of {found.runs:,} worlds with one customer and {bound}, none breaks a promise."
    scenario = found.scenario
    assert scenario is not None
    if not scenario.mishaps:
        return "It breaks a promise with one customer, without any mishap."
    number = "One mishap breaks" if len(scenario.mishaps) == 1 else f"{len(scenario.mishaps)} mishaps break"
    return f"{number} it: {'; '.join(clause(one) for one in scenario.mishaps)}."
