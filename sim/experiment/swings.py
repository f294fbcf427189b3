"""Which inputs move the headline metrics: one at a time, each to both of its ends, on the same mornings."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from sim.architectures import load_design
from sim.config.design import Design
from sim.config.errors import ArgumentError, closest
from sim.config.library import load_scenario
from sim.config.scenario import Scenario
from sim.config.writing import flow
from sim.experiment.compare import check_numbers
from sim.experiment.engines import Engine
from sim.experiment.inputs import Factor, factors
from sim.experiment.mornings import Progress
from sim.experiment.sensitivity import Effect, Input, Plan, effects
from sim.experiment.statistics import Difference
from sim.vocabulary import METRICS

HEADLINES = ("double_charge_rate", "ack_latency_p95", "confirmation_lag_p99", "cost_per_1000")


@dataclass(frozen=True)
class Swing:
    """One input, and what either end does; None where it can't be further that way."""

    input: Input
    low: Effect | None
    high: Effect | None

    def clear(self, metric: str) -> bool:
        return any(turns(end, metric) != 0 or end.clear(metric) for end in self.ends)

    def size(self, metric: str) -> float:
        """The larger of the two differences; infinite if the metric becomes or ceases to be so, zero if there is none."""
        return max((reach(end, metric) for end in self.ends), default=0.0)

    @property
    def ends(self) -> list[Effect]:
        return [end for end in (self.low, self.high) if end is not None]


@dataclass(frozen=True)
class Swings:
    """All inputs of one design in one scenario."""

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


def turns(effect: Effect, metric: str) -> int:
    """1 if a metric that is always finite is infinite in some morning with this value, -1 the other way round, else 0."""
    return int(math.isinf(effect.after[metric])) - int(math.isinf(effect.before[metric]))


def reach(effect: Effect, metric: str) -> float:
    return math.inf if turns(effect, metric) else abs(effect.differences[metric].difference or 0.0)


def no_effect(effect: Effect, metric: str) -> bool:
    """Whether every morning came out the same."""
    return effect.differences[metric] in (Difference(0.0, 0.0, 0.0), Difference(0.0, None, None))


def known_metrics(names: Sequence[str], default: Sequence[str] = HEADLINES, *, argument: str = "metrics") -> tuple[str, ...]:
    """Those metrics, each once. Raises ConfigError for one that there isn't."""
    for name in names:
        if name not in METRICS:
            hint = closest(name, METRICS) or "; `coffee list` shows them all"
            raise ArgumentError(argument, f'unknown metric "{name}"{hint}')
    return tuple(dict.fromkeys(names or default))


def swings(
    scenario: Scenario | Path | str,
    design: Design | Path | str,
    inputs: Sequence[str] = (),
    *,
    metrics: Sequence[str] = (),
    mornings: int = 4,
    seed: int = 0,
    jobs: int | None = None,
    engine: Engine = "local",
    progress: Progress | None = None,
) -> Swings:
    """Each input alone at its low and its high end: all of them halved and doubled, or those named (see `factors`).

    The result does not depend on `jobs`. Raises ConfigError.
    """
    check_numbers(mornings, seed, jobs, fewest=2)
    chosen = known_metrics(metrics)
    world = load_scenario(scenario)
    story = load_design(design)
    plans, moved = [], factors(world, story, inputs)
    for factor in moved:
        for end in _ends(factor):
            changed = factor.set((world, story), end)
            plans.append(Plan(factor.input, end, story, *changed))
    made = iter(effects(world, [story], plans, seeds=range(seed, seed + mornings), jobs=jobs, engine=engine, progress=progress))
    found = []
    for factor in moved:
        low, high = (next(made) if end in _ends(factor) else None for end in (factor.low, factor.high))
        found.append(Swing(factor.input, low, high))
    return Swings(world, story, chosen, seed, mornings, found)


def _ends(factor: Factor) -> list[object]:
    return [end for end in (factor.low, factor.high) if flow(end) != factor.input.value]
