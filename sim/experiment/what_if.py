"""What to change first: each pool of a design doubled, and each of its knobs one step, alone and on the same mornings."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sim.architectures import load_design
from sim.config import showing
from sim.config.design import Design
from sim.config.errors import ConfigError
from sim.config.knobs import Knob, knobs
from sim.config.library import load_scenario
from sim.config.scenario import Scenario
from sim.config.writing import flow
from sim.experiment import frames
from sim.experiment.altering import altered
from sim.experiment.capacity import COMPONENTS
from sim.experiment.effort import Effort, in_words
from sim.experiment.estimates import judgement
from sim.experiment.mornings import Progress
from sim.experiment.sensitivity import FACTORS, Effect, Input, Plan, effects, scaled
from sim.experiment.statistics import CONFIDENCE
from sim.vocabulary import METRICS, shown_in

if TYPE_CHECKING:
    import pandas as pd

LOOKED_AT = shown_in("what-if")
LEAST, LEAST_SHARE = 0.01, 0.001  # smaller differences count as none: of the value as it is; of a share, as such
FEWEST = 5  # mornings: with fewer hardly any difference is clear, so many changes being looked at
_POOLS = {component.path for component in COMPONENTS.values()}
_TEXTS = ("name", "summary")


@dataclass(frozen=True)
class WhatIf(showing.Shown):
    """What single changes of a design do to it in a scenario.

    `scenario`, `design`, `seed`, `mornings`, `effects` (one a change); and as a DataFrame `changes`.
    """

    scenario: Scenario
    design: Design
    seed: int
    mornings: int
    effects: list[Effect]

    @property
    def clear(self) -> list[Effect]:
        """Those that clearly move any of LOOKED_AT: who makes one correct purchase cheapest comes first."""
        return sorted((one for one in self.effects if any(said(one, metric) for metric in LOOKED_AT)), key=_saved)

    @property
    def unclear(self) -> list[Effect]:
        """The others, in the order of the design's file."""
        return [one for one in self.effects if not any(said(one, metric) for metric in LOOKED_AT)]

    @cached_property
    def changes(self) -> pd.DataFrame:
        """A row a change and metric, indexed by `key`, `value` and `metric`; the cheapest first, then those that move nothing.

        `was` (the value as things are); `difference` of the metric, morning by morning, and its interval `low` to `high`, which
        is so wide that of all changes together one in twenty times any is taken for clear by chance; `said`: better, worse, or
        nothing. What is infinite in some morning has no difference: what was always finite, and is infinite on five mornings at
        least, is worse, and the other way round better.
        """
        rows = [
            {"key": one.input.name, "value": one.value, "metric": metric, "was": one.input.value,
             **vars(one.differences[metric]), "said": said(one, metric)}
            for one in (*self.clear, *self.unclear) for metric in LOOKED_AT
        ]  # fmt: skip
        frame = frames.framed(rows, ["key", "value", "metric"], ["was", "difference", "low", "high", "said"])
        return frame.astype(dict.fromkeys(("difference", "low", "high"), float))

    def __repr__(self) -> str:
        return f"<{len(self.effects)} changes of {self.design.name} in {self.scenario.name}: {in_words(self.mornings)} each>"


def said(effect: Effect, metric: str) -> str:
    """`better` or `worse` if it clearly is and anybody minds, or if it turns infinite or finite; else nothing."""
    if turned := effect.turns[metric]:
        return "worse" if turned > 0 else "better"
    value = effect.differences[metric]
    judged = judgement(metric, value)
    least = LEAST_SHARE if METRICS[metric].unit == "share" else LEAST * abs(effect.before[metric])
    return judged if judged in ("better", "worse") and abs(value.difference or 0.0) >= least else ""


def steps(design: Design) -> Iterator[tuple[Input, Any]]:
    """Each knob with the values one step away: a pool doubled, another number halved and doubled, a word or a switch changed to
    each of the others, and a part that can be left out left out. Values that cannot be are left out.
    """
    for knob in knobs(design, design):
        if knob.path[0] in _TEXTS:
            continue
        for value in _beside(knob):
            try:
                changed = altered(design, knob.path, value)
            except ConfigError:
                continue
            if changed != design:
                yield Input("design", knob.path, knob.about, flow(knob.value)), value


def what_if(
    scenario: Scenario | Path | str,
    design: Design | Path | str,
    effort: Effort = Effort(mornings=10),
    *,
    progress: Progress | None = None,
) -> WhatIf:
    """Every change of `steps` on the same mornings as the design as it is. Raises ConfigError."""
    effort.check(fewest=FEWEST)
    world, story = load_scenario(scenario), load_design(design)
    plans = [Plan(known, value, story, world, altered(story, known.path, value)) for known, value in steps(story)]
    confidence = 1 - (1 - CONFIDENCE) / max(len(plans), 1)  # Bonferroni: so many changes are looked at
    made = effects(world, [story], plans, effort, progress, confidence=confidence)
    return WhatIf(world, story, effort.seed, effort.mornings, made)


def _beside(knob: Knob) -> Iterator[Any]:
    if knob.kind.words:
        yield from (word for word in knob.kind.words if word != knob.value)
    elif knob.kind.type is bool:
        yield not knob.value
    else:
        for factor in FACTORS[1:] if knob.path in _POOLS else FACTORS:
            value = scaled(knob, factor) if knob.value != "none" else None
            if value not in (None, knob.value):
                yield value
    if knob.kind.nullable and knob.value != "none":
        yield "none"


def _saved(effect: Effect) -> tuple[int, float]:
    metric = "cost_per_1000"
    return effect.turns[metric], effect.differences[metric].difference or 0.0
