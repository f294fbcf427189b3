"""The result of a comparison in sentences, written from its numbers."""

from __future__ import annotations

from typing import get_args

from sim import words
from sim.experiment.compare import Comparison, Result
from sim.experiment.estimates import Status


def findings(comparison: Comparison) -> dict[str, str]:
    """Design -> what it did, as the rest of a sentence that begins with its name."""
    return {name: _finding(result) for name, result in comparison.results.items()}


def _finding(result: Result) -> str:
    if not result.values("purchases").any():
        return f"had no customers{_objectives(result)}."
    if result.metrics["confirmed_share"].mean is None:
        return f"{_charged(result)}, and had nobody with a good card to serve{_objectives(result)}."
    return f"{_charged(result)}, {_confirmed(result)}, and {_told(result)}{_objectives(result)}."


def _charged(result: Result) -> str:
    value = result.metrics["double_charge_rate"]
    if value.mean == 0:
        n = int(result.values("purchases").sum())
        return f"charged nobody twice ({words.none_of(n, value)})"
    return f"charged {words.estimate(value, 'share')} of the purchases twice"


def _confirmed(result: Result) -> str:
    value = result.metrics["confirmed_share"]
    assert value.mean is not None, "somebody had a good card"
    if value.mean == 1:
        return "confirmed the order of everybody with a good card"
    return f"left {words.share(1 - value.mean)} of the people with a good card without a confirmed order"


def _told(result: Result) -> str:
    value = result.metrics["ack_latency_p95"]
    if value.never:
        return f"left more than 5 % of them without a “we have your order” in {words.never_in(value)}"
    if value.mean is None:
        return "had nobody who waits for an answer"
    retracted = result.metrics["retracted_rate"].mean
    back = f", and had to take that back from {words.share(retracted)} of the purchases" if retracted else ""
    return f"told 95 % of them “we have your order” within {words.estimate(value, 's')}{back}"


def _objectives(result: Result) -> str:
    n = len(result.objectives)
    if not n:
        return ""
    met, so_far, violated, undecided = (result.standing[status] for status in get_args(Status))
    if met + so_far == n:
        what = "its one objective" if n == 1 else f"all {n} objectives"
        return f"; it meets {what}" + (f", {so_far} of them only so far" if 0 < so_far < n else " so far" if so_far else "")
    first = f"violates {violated}" if violated else f"meets {met + so_far}"
    return f"; it {first} of {n} objectives" + (f" and leaves {undecided} undecided" if undecided else "")
