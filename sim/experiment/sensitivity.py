"""What the metrics owe to each assumption: one at a time halved and doubled, on the same mornings.

Differences are paired, so that an effect is seen through the noise; one whose interval holds zero is no clear effect.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from sim.architectures import COMPARED, Designs, load_designs
from sim.config.design import Design, Retry
from sim.config.errors import ConfigError, closest
from sim.config.knobs import Knob, knobs
from sim.config.library import load_scenario
from sim.config.model import Distribution
from sim.config.scenario import Scenario
from sim.config.units import DURATION, Unit
from sim.config.writing import flow
from sim.experiment.altering import altered
from sim.experiment.effort import Effort
from sim.experiment.estimates import Status, Values, difference_of, judge, mean_of
from sim.experiment.measuring import counting, estimate_of, measured
from sim.experiment.mornings import Progress
from sim.experiment.statistics import CONFIDENCE, FEW, Difference
from sim.experiment.workers import crew
from sim.vocabulary import METRICS

FACTORS = (0.5, 2.0)
ASSUMED = "assumption"
TIMES = {"exponential": "base", "full_jitter": "base", "equal_jitter": "base", "fixed": "delay", "lognormal": "median"}


@dataclass(frozen=True)
class Input:
    """A key that can be altered: where it stands in the file of a scenario or a design, what it is, and its value there."""

    of: str  # "scenario" or "design"
    path: tuple[str, ...]
    about: str
    value: str

    @property
    def name(self) -> str:
        return "".join(f"[{step}]" if step.isdecimal() else f".{step}" for step in self.path).lstrip(".")


@dataclass(frozen=True)
class Effect:
    """What an altered input does to one design."""

    input: Input
    value: str  # that it was altered to
    design: str
    before: dict[str, float]  # metric -> its mean as things are
    after: dict[str, float]  # and altered; infinite if it is so in any morning
    differences: dict[str, Difference]  # metric -> altered, less as things are
    turns: dict[str, int]  # metric -> 1 if it becomes infinite, -1 if it ceases to be, 0 if neither is clear
    turned: dict[str, tuple[Status, Status]]  # metric of an objective -> its verdict before and after, where that is another

    def clear(self, metric: str) -> bool:
        """Whether the whole interval of the difference lies on one side of zero, or the metric turns infinite or finite."""
        low, high = self.differences[metric].low, self.differences[metric].high
        return self.turns[metric] != 0 or (low is not None and high is not None and (low > 0 or high < 0))


def assumptions(model: Scenario | Design) -> Iterator[tuple[Input, list[Any]]]:
    """Every key that is called an assumption where it is described, with the values to alter it to; none if it is zero here."""
    for knob in knobs(model, model):
        if ASSUMED in knob.about:
            about = knob.about.split(f"({ASSUMED}")[0].strip(" ;,")
            varied = [value for factor in FACTORS if (value := scaled(knob, factor)) not in (None, knob.value)]
            varied = [value for value in varied if can_be(model, knob.path, value)]
            yield Input("scenario" if isinstance(model, Scenario) else "design", knob.path, about, flow(knob.value)), varied


def can_be(model: Scenario | Design, path: Sequence[str], value: Any) -> bool:
    """Not a share above 1, and not fewer workers than instances."""
    try:
        altered(model, path, value)
    except ConfigError:
        return False
    return True


def scaled(knob: Knob, factor: float) -> Any:
    """Its value as written in a file, so many times larger; None if it can't be: zero, nothing, or a file's content."""
    value, kind = knob.value, knob.kind
    if kind.unit is not None:
        return _larger(kind.unit, value, factor, whole=kind.type is int)
    if isinstance(value, int) and not isinstance(value, bool):
        return max(1, round(value * factor))
    if isinstance(value, float):
        return value * factor or None
    if kind.model not in (Distribution, Retry):
        return None
    [(choice, inner)] = value.items()
    if choice == "percentiles":
        return {choice: {key: _larger(DURATION, seconds, factor) or seconds for key, seconds in inner.items()}}
    if isinstance(inner, dict):
        once = _larger(DURATION, inner[TIMES[choice]], factor)
        return None if once is None else {choice: {**inner, TIMES[choice]: once}}
    if isinstance(inner, list):
        return {choice: [_larger(DURATION, end, factor) or end for end in inner]}
    once = _larger(DURATION, inner, factor) if choice in ("constant", "exponential") else None
    return None if once is None else {choice: once}


def _larger(unit: Unit, value: Any, factor: float, *, whole: bool = False) -> str | None:
    if value == "none" or not (number := unit.parse(value)):
        return None
    most = 1.0 if str(value).endswith("%") else np.inf
    larger = min(number * factor, most)
    return unit.text(round(larger) if whole else larger)


def sensitivity(
    scenario: Scenario | Path | str,
    designs: Designs = COMPARED,
    effort: Effort = Effort(mornings=6),
    *,
    only: Sequence[str] = (),
    progress: Progress | None = None,
) -> list[Effect]:
    """Every assumption of the scenario and of each design, halved and doubled; or `only` those of these names.

    Raises ConfigError for a name that is no assumption's.
    """
    effort.check()
    world = load_scenario(scenario)
    chosen = load_designs(designs)
    models: list[Scenario | Design] = [world, *chosen]
    names = list(dict.fromkeys(known.name for model in models for known, _ in assumptions(model)))
    for name in only:
        if name not in names:
            raise ConfigError(f'no assumption "{name}"{closest(name, names) or "; known: " + ", ".join(names)}')
    plans = [
        Plan(known, value, design, altered(world, known.path, value), design)
        for known, values in assumptions(world)
        if not only or known.name in only
        for value in values
        for design in chosen
    ]
    plans += [
        Plan(known, value, design, world, altered(design, known.path, value))
        for design in chosen
        for known, values in assumptions(design)
        if not only or known.name in only
        for value in values
    ]
    return effects(world, chosen, plans, effort, progress)


def effects(
    world: Scenario, designs: Sequence[Design], plans: Sequence[Plan], effort: Effort, progress: Progress | None,
    *, confidence: float = CONFIDENCE,
) -> list[Effect]:  # fmt: skip
    """What each plan does to its design, on the same mornings as the designs in the scenario as it is; with intervals that hold
    with that confidence.
    """
    runs = [(world, design) for design in designs] + [(plan.world, plan.changed) for plan in plans]
    total = len(runs) * effort.mornings
    with crew(effort.jobs, effort.engine, most=total) as workers:
        made = measured(workers, runs, effort.seeds, tell=counting(progress, total))
    before = {design.name: values for design, values in zip(designs, made, strict=False)}
    return [
        _effect(plan, before[plan.design.name], made[number], confidence) for number, plan in enumerate(plans, len(designs))
    ]


@dataclass(frozen=True)
class Plan:
    """One input altered, for one design: the scenario and the design that are simulated."""

    input: Input
    value: Any
    design: Design
    world: Scenario
    changed: Design


def _effect(plan: Plan, before: Values, after: Values, confidence: float) -> Effect:
    verdicts = {metric: (_verdict(metric, limit, before), _verdict(metric, limit, after))
                for metric, limit in plan.world.objectives.items()}  # fmt: skip
    return Effect(
        plan.input,
        flow(plan.value),
        plan.design.name,
        {metric: mean_of(metric, before) for metric in METRICS},
        {metric: mean_of(metric, after) for metric in METRICS},
        {metric: difference_of(metric, after, before, confidence) for metric in METRICS},
        {metric: _turns(before[metric], after[metric]) for metric in METRICS},
        {metric: both for metric, both in verdicts.items() if both[0] != both[1]},
    )


def _turns(before: np.ndarray, after: np.ndarray) -> int:
    """1 if what was always finite is infinite on all mornings, or on FEW at least; -1 the other way round; else 0.

    A single morning may turn by chance.
    """
    was, now = int(np.isinf(before).sum()), int(np.isinf(after).sum())
    if min(was, now) or max(was, now) < min(FEW, len(before)):
        return 0
    return 1 if now else -1


def _verdict(metric: str, limit: float, values: Values) -> Status:
    return judge(metric, limit, estimate_of(metric, values))
