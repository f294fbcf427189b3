"""What a rule of an exercise gives: what happened to whom, and three hints; and how numbers of a run are said."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sim import words
from sim.kata.look import Look
from sim.vocabulary import METRICS

FRESH_START = "Take outbox with nothing else: `from: outbox`, and delete every other section of the file."


@dataclass(frozen=True)
class Advice:
    """The advice of one rule."""

    rule: str
    about: str  # a metric, component or knob
    finding: str  # what happened, and no cause of it
    hints: tuple[str, str, str]  # a question, where to look (with the cause), what to write


Rule = Callable[[Look], Advice | None]


def harm(look: Look, metric: str) -> str:
    """One customer, and how many such cases there are."""
    share = f"In all mornings together {look.shown(metric)} of the purchases are such cases ({metric})."
    return f"{look.witness(metric)} {share}".strip()


def machines(look: Look) -> str:
    metric = "infra_cost_per_1000"
    return f"{leading(look, metric)}: what machines cost for 1,000 correct purchases."


def leading(look: Look, metric: str) -> str:
    """`ack_latency_p95 is 10 s, and should be at most 1 s`; or that this is not certain."""
    limit = words.limit(metric, look.scenario.objectives[metric])
    if any(objective.metric == metric and objective.status == "undecided" for objective in look.result.objectives):
        return (
            f"{metric} is {words.estimate(look.value(metric), METRICS[metric].unit)}, so it is not certain that it is {limit}"
        )
    return f"{metric} is {look.shown(metric)}, and should be {limit}"
