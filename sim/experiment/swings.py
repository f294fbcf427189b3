"""Which inputs move the headline metrics: one at a time, each to both of its ends, on the same mornings."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from sim.architectures import load_design
from sim.config import showing
from sim.config.design import Design
from sim.config.library import load_scenario
from sim.config.scenario import Scenario
from sim.config.writing import flow
from sim.experiment import frames
from sim.experiment.effort import Effort, in_words
from sim.experiment.estimates import known_metrics
from sim.experiment.inputs import Factor, factors
from sim.experiment.mornings import Progress
from sim.experiment.sensitivity import Effect, Input, Plan, effects
from sim.experiment.statistics import Difference
from sim.vocabulary import shown_in

if TYPE_CHECKING:
    import pandas as pd

    from sim.lab.plots import SwingsPlots


@dataclass(frozen=True)
class Swing:
    """One input, and what either end does; None where it can't be further that way."""

    input: Input
    low: Effect | None
    high: Effect | None

    def clear(self, metric: str) -> bool:
        return any(end.clear(metric) for end in self.ends)

    def size(self, metric: str) -> float:
        """The larger of the two differences; infinite if the metric becomes or ceases to be so, zero if there is none."""
        return max((reach(end, metric) for end in self.ends), default=0.0)

    @property
    def ends(self) -> list[Effect]:
        return [end for end in (self.low, self.high) if end is not None]


@dataclass(frozen=True)
class Swings(showing.Shown):
    """What inputs of one design in one scenario do, one at a time.

    `scenario`, `design`, `metrics`, `seed`, `mornings`, `swings` (one an input); and as a DataFrame `effects`.
    """

    scenario: Scenario
    design: Design
    metrics: tuple[str, ...]
    seed: int
    mornings: int
    swings: list[Swing]

    def before(self, metric: str) -> float:
        """As things are; infinite if it was so in any morning."""
        return next(end.before[metric] for swing in self.swings for end in swing.ends)

    def ranked(self, metric: str) -> list[Swing]:
        """Those with a clear effect first, then by size; equals in the order of the files."""
        return sorted(self.swings, key=lambda swing: (not swing.clear(metric), -swing.size(metric)))

    @cached_property
    def effects(self) -> pd.DataFrame:
        """A row a metric, input and end, indexed by `metric`, `input` and `altered` (the value at that end); by metric those
        with a clear effect first, then by size.

        `value` (as things are); `difference` of the metric, morning by morning, and its 95 % interval `low` to `high`; `clear`:
        the interval excludes zero, or the metric turns; `turns`: 1 if what was always finite is infinite on all mornings, or on
        five at least, -1 the other way round, else 0.
        """
        rows = [
            {"metric": metric, "input": swing.input.name, "altered": end.value, "value": swing.input.value,
             **vars(end.differences[metric]),
             "clear": end.clear(metric), "turns": end.turns[metric]}
            for metric in self.metrics for swing in self.ranked(metric) for end in swing.ends
        ]  # fmt: skip
        columns = ["value", "difference", "low", "high", "clear", "turns"]
        frame = frames.framed(rows, ["metric", "input", "altered"], columns)
        return frame.astype(dict.fromkeys(("difference", "low", "high"), float))

    @property
    def plot(self) -> SwingsPlots:
        """The charts, such as `swings.plot.tornado()`."""
        return showing.plots(self)

    def __repr__(self) -> str:
        moved = f"{len(self.swings)} input{'s' * (len(self.swings) != 1)}"
        return f"<{moved} of {self.design.name} in {self.scenario.name}, one at a time: {in_words(self.mornings)}>"


def reach(effect: Effect, metric: str) -> float:
    return math.inf if effect.turns[metric] else abs(effect.differences[metric].difference or 0.0)


def no_effect(effect: Effect, metric: str) -> bool:
    """Whether every morning came out the same, or there was nothing to count before and after."""
    if math.isnan(effect.before[metric]) and math.isnan(effect.after[metric]):
        return True
    return effect.differences[metric] in (Difference(0.0, 0.0, 0.0), Difference(0.0, None, None))


def swings(
    scenario: Scenario | Path | str,
    design: Design | Path | str,
    inputs: Sequence[str] = (),
    effort: Effort = Effort(mornings=4),
    *,
    metrics: Sequence[str] = (),
    progress: Progress | None = None,
) -> Swings:
    """Each input alone at its low and its high end: all of them halved and doubled, or those named (see `factors`).

    Raises ConfigError.
    """
    effort.check(fewest=2)
    chosen = known_metrics(metrics, shown_in("swings"))
    world = load_scenario(scenario)
    story = load_design(design)
    plans, moved = [], factors(world, story, inputs)
    for factor in moved:
        for end in _ends(factor):
            changed = factor.set((world, story), end)
            plans.append(Plan(factor.input, end, story, *changed))
    made = iter(effects(world, [story], plans, effort, progress))
    found = []
    for factor in moved:
        low, high = (next(made) if end in _ends(factor) else None for end in (factor.low, factor.high))
        found.append(Swing(factor.input, low, high))
    return Swings(world, story, chosen, effort.seed, effort.mornings, found)


def _ends(factor: Factor) -> list[object]:
    return [end for end in (factor.low, factor.high) if flow(end) != factor.input.value]
