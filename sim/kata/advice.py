"""Rules that turn a run's numbers into advice: what happened, and hints of three strengths for whoever asks for them.

A rule looks at a run and gives advice or None; the first rule of the open stage that gives some is used. The advice is drawn
from this run alone, so the same run always gets the same words. The finding says what happened and not why: the learner is
asked for that.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from sim.explanation.remedy import remedies
from sim.kata import first_advice, second_advice
from sim.kata.exercise import Exercise, Stage
from sim.kata.exercises import FIRST, SECOND
from sim.kata.look import Look
from sim.kata.moves import difference, moved
from sim.kata.saying import FRESH_START, Advice, Rule, leading
from sim.vocabulary import METRICS

RULES: Mapping[str, Mapping[int, tuple[Rule, ...]]] = {  # exercise -> number of the stage -> its rules
    FIRST.name: first_advice.RULES,
    SECOND.name: second_advice.RULES,
}
ALSO_WATCHED = (  # metrics watched besides the objectives, since a change may make them worse
    "confirmation_lag_p50", "read_model_lag_p99", "misinformed_rate", "retracted_rate", "confirmed_share",
    "requests_per_purchase", "failure_cost_per_1000",
)  # fmt: skip
BECAUSE = {"stale_read_rate": " (whoever has no confirmed order yet asks the status view)"}


def advice(look: Look, exercise: Exercise, stage: Stage | None) -> Advice | None:
    """The advice for `stage`, the first that is not passed; None if all stages are passed."""
    if stage is None:
        return None
    return next(
        given for rule in (*RULES[exercise.name][stage.number], _fallback(exercise, stage)) if (given := rule(look)) is not None
    )


def got_worse(exercise: Exercise, before: Sequence[dict[str, float]], now: Sequence[dict[str, float]]) -> list[str]:
    """The metrics that a change made worse: first the prices of stages, then objectives, then others.

    `confirmation_lag_p50 (no objective) +0.30 s [0.25, 0.35]`
    """
    prices = [stage.price for stage in exercise.stages if stage.price is not None]
    names = {metric: f"{metric} (no objective)" for metric in (*prices, *ALSO_WATCHED) if metric not in exercise.metrics}
    names = {metric: names[metric] for metric in prices} | {m: m for stage in exercise.stages for m in stage.criteria} | names
    columns = {name: (np.array([m[name] for m in before]), np.array([m[name] for m in now])) for name in names}
    return [
        f"{names[name]} {difference(name, *pair)}{BECAUSE.get(name, '')}"
        for name, pair in columns.items()
        if moved(name, *pair) == "worse"
    ]


def _fallback(exercise: Exercise, stage: Stage) -> Rule:
    """A rule for any run that hasn't passed `stage`: it names the objective, a harmed purchase if any, and what would help."""

    def rule(look: Look) -> Advice:
        metric = look.missed(*stage.criteria) or stage.leading
        return Advice(
            f"stage_{stage.number}", metric,
            f"{look.witness(metric)} {leading(look, metric)}.".strip(),
            (
                f"What happens to a purchase that counts in {metric}? ({METRICS[metric].summary})",
                "`coffee kata why` shows such a purchase step by step. Compare your design with one that meets this, and look "
                "in the report at which component saturates first: `coffee compare "
                f"{exercise.scenario} design.yaml {stage.beside}`.",
                _remedy(look, metric),
            ),
        )  # fmt: skip

    return rule


def _remedy(look: Look, metric: str) -> str:
    """A change that leaves this run's harmed purchase unharmed; or, if none does, a fresh start from a design that passes."""
    witness = look.harmed(metric) if look.architecture else None
    closing: Any = next(remedies(look.scenario, look.design, witness, most=1), None) if witness else None
    return f"In design.yaml: `{closing.text}`" if closing is not None else FRESH_START
