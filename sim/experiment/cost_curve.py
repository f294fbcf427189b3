"""What a correct purchase costs as the chain grows, each design sized anew; and what a longer brownout does to the bill.

Growth: the same morning with more people, up to a given rate at its peak. Each design gets the cheapest capacity that meets the
same objectives there. A brownout isn't announced, so under longer ones each design keeps the capacity that was sized for the
scenario as it is: a capacity that was chosen for 15 minutes is then tested with 30.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sim.architectures import COMPARED, Designs, load_designs
from sim.config import showing
from sim.config.design import Design
from sim.config.errors import ConfigError
from sim.config.faults import Brownout
from sim.config.library import digest, load_scenario
from sim.config.prices import load_prices
from sim.config.scenario import Scenario
from sim.config.units import clock_text, duration_text, rate_text, time_and_day
from sim.experiment import frames
from sim.experiment.altering import altered
from sim.experiment.bench import Bench, Spent
from sim.experiment.capacity import COMPONENTS, Capacity
from sim.experiment.compare import Result
from sim.experiment.effort import Effort
from sim.experiment.mornings import Progress
from sim.experiment.size import Forecast, Sizer, Sizing, check_effort, check_objectives, usual, with_objectives
from sim.experiment.workers import Crew, crew
from sim.version import VERSION
from sim.vocabulary import PARTS_OF_COST
from sim.world.traffic import peak_per_s

if TYPE_CHECKING:
    import pandas as pd

    from sim.lab.plots import CostCurvePlots

# The same for every design, and such that each can meet them at some capacity, or there would be nothing to compare. A design
# that charges within the request can't answer before the provider does (4.5 s in a brownout x10), and naive tells people that
# it failed, so that they tap again: at best 95 % of them have an answer after 11 s. What is left to capacity is that nobody
# queues on top of that. And 95 % have their order confirmed while it is being made: a service goal of the trade.
OBJECTIVES = {"ack_latency_p95": 15.0, "confirmation_lag_p95": 240.0}
FACTORS = (0.5, 1.0, 2.0, 4.0)  # of the scenario's own peak
LENGTHS_S = (120.0, 300.0, 600.0, 1800.0)
MORNINGS = 10  # of a search at the scenario's own traffic, and as many fresh ones: three designs take some three minutes
LEAST_MORNINGS = 4


@dataclass(frozen=True)
class Point:
    """One design at one peak (purchases per s)."""

    peak_per_s: float
    sizing: Sizing


@dataclass(frozen=True)
class Spell:
    """One design under a brownout of some length, at the capacity sized for the scenario's own."""

    length_s: float
    result: Result


@dataclass
class CostCurve(showing.Shown):
    """What a correct purchase costs as the chain grows, and as the brownout lasts longer. After Ctrl-C what was finished.

    `scenario` (with the objectives that all designs are held to), `points` and `spells` (design -> them), `sized`,
    `peaks_per_s`, `lengths_s`, `interrupted`; and as a DataFrame `costs`.
    """

    scenario: Scenario
    points: dict[str, list[Point]]  # by peak
    spells: dict[str, list[Spell]]  # by length, the first of them no brownout at all
    sized: dict[str, Sizing]  # for the scenario as it is, for the brownouts
    peaks_per_s: tuple[float, ...]
    lengths_s: tuple[float, ...]
    seed: int
    mornings: int  # at the scenario's own traffic; fewer at more
    fresh: int
    designs: list[Design] = field(repr=False)
    interrupted: bool = False
    wall_s: float = 0.0

    @property
    def own_peak_per_s(self) -> float | None:
        """Of the scenario as it is; real arrivals have none that could grow."""
        return peak_per_s(self.scenario) if self.peaks_per_s else None

    @property
    def own_length_s(self) -> float | None:
        """Of the scenario's own brownout, if it has one of a fixed length."""
        number = _brownout(self.scenario)
        return None if number is None else _length_s(self.scenario, number)

    @property
    def digest(self) -> str:
        return digest(self.scenario, *self.designs)

    @property
    def version(self) -> str:
        return VERSION

    @cached_property
    def costs(self) -> pd.DataFrame:
        """A row a design and peak, or a design and length of the brownout, indexed by `design`, `varied` (peak, brownout) and
        `value` as a file would say it.

        `mornings`; the number of each component (missing: it has none); `cost_per_1000` and what it is made of in USD per 1,000
        correct purchases, each with its 95 % interval `…_low` to `…_high`; `objectives`: met, so far, violated, undecided.
        """
        columns = [component.replace(" ", "_") for component in COMPONENTS]
        frame = frames.framed(self.rows(), ["design", "varied", "value"])
        return frame.astype({column: "Int64" for column in columns if column in frame.columns})

    def rows(self) -> list[dict[str, Any]]:
        """A row a design and peak, then a row a design and length of the brownout."""
        grown = [
            _row(name, "peak", rate_text_of(point.peak_per_s), point.sizing.result, point.sizing)
            for name, points in self.points.items()
            for point in points
        ]
        prolonged = [
            _row(name, "brownout", duration_text(spell.length_s), spell.result, self.sized[name])
            for name, spells in self.spells.items()
            for spell in spells
        ]
        return grown + prolonged

    @property
    def plot(self) -> CostCurvePlots:
        """The charts, such as `curve.plot.cost_by_peak()`."""
        return showing.plots(self)

    def __repr__(self) -> str:
        return f"<costs of {', '.join(self.points or self.spells)} in {self.scenario.name}>"


def rate_text_of(per_s: float) -> str:
    """`36/min`: a peak to three digits, which is how well it can be told apart from another."""
    return f"{float(f'{per_s * 60:.3g}'):,g}/min"


def _row(name: str, varied: str, value: str, result: Result, sizing: Sizing) -> dict[str, Any]:
    row: dict[str, Any] = {"design": name, "varied": varied, "value": value, "mornings": len(result.summaries)}
    row |= {component.replace(" ", "_"): sizing.capacity.get(component) for component in COMPONENTS}
    for metric in ("cost_per_1000", *PARTS_OF_COST.values()):
        estimate = result.metrics[metric]
        row |= {metric: estimate.mean, f"{metric}_low": estimate.low, f"{metric}_high": estimate.high}
    return row | {"objectives": result.verdict}


def cost_curve(
    scenario: Scenario | Path | str,
    designs: Designs = COMPARED,
    effort: Effort = Effort(mornings=MORNINGS),
    *,
    peaks_per_s: Sequence[float] | None = None,
    brownouts_s: Sequence[float] | None = None,
    objectives: str | Sequence[str] = (),
    fresh: int = MORNINGS,
    progress: Progress | None = None,
    forecast: Callable[[Forecast], None] | None = None,
) -> CostCurve:
    """Size designs at each peak (purchases per s), and bill them under brownouts of each length (s); () leaves one out.

    By default the peaks are FACTORS of the scenario's own, and the brownouts LENGTHS_S and its own, if it has one. Objectives
    (`ack_latency_p95=8s`) take the place of those in OBJECTIVES, or are added to them. `forecast` is called with how long it
    will take before the work begins. Raises ConfigError; KeyboardInterrupt if nothing was finished before Ctrl-C.
    """
    check_effort(effort, fresh)
    given = load_scenario(scenario)
    world = with_objectives(given.model_copy(update={"objectives": dict(OBJECTIVES)}), objectives)
    check_objectives(world)
    chosen = load_designs(designs)
    peaks = default_peaks(world) if peaks_per_s is None else _growing("peaks_per_s", peaks_per_s)
    lengths = default_lengths(world) if brownouts_s is None else _growing("brownouts_s", brownouts_s)
    curve = CostCurve(world, {}, {}, {}, peaks, lengths, effort.seed, effort.mornings, fresh, chosen)
    begin = time.perf_counter()
    try:
        with crew(effort.jobs, effort.engine, most=max(effort.mornings, fresh)) as workers:
            made = _Made(curve, workers, progress)
            if forecast is not None:
                forecast(made.forecast())
            for design in chosen:
                made.grow(design)
                made.prolong(design)
    except KeyboardInterrupt:
        if not any((*curve.points.values(), *curve.spells.values())):
            raise
        curve.interrupted = True
    curve.wall_s = time.perf_counter() - begin
    return curve


def default_peaks(scenario: Scenario) -> tuple[float, ...]:
    own = peak_per_s(scenario)
    return tuple(factor * own for factor in FACTORS)


def default_lengths(scenario: Scenario) -> tuple[float, ...]:
    """LENGTHS_S as far as they fit into the morning, and the scenario's own; none without a brownout."""
    number = _brownout(scenario)
    if number is None:
        return ()
    own_s, most_s = _length_s(scenario, number), _longest_s(scenario, number)
    return tuple(sorted({length for length in (*LENGTHS_S, own_s) if length is not None and length <= most_s}))


def at_peak(scenario: Scenario, per_s: float) -> Scenario:
    """The same scenario with so many more or fewer people that this is the highest rate at which they come, spikes left out.

    A profile's purchases are a whole number, so its peak is met to within one of them. Raises ConfigError for real arrivals.
    """
    factor, traffic = per_s / peak_per_s(scenario), scenario.traffic
    if factor == 1:
        return scenario
    if traffic.rate is not None:
        return altered(scenario, ("traffic", "rate"), rate_text(traffic.rate * factor))
    if (rates := traffic.shape or traffic.steps) is not None:
        scaled = {time: rate_text(rate * factor) for time, rate in rates.items()}
        return altered(scenario, ("traffic", traffic.chosen), scaled)
    assert traffic.profile is not None
    return altered(scenario, ("traffic", "profile", "purchases"), max(round(traffic.profile.purchases * factor), 1))


def with_brownout(scenario: Scenario, length_s: float) -> Scenario:
    """The same scenario with its brownout (the first, if there are several) lasting so long; 0 is no brownout.

    Raises ConfigError if there is none, or if it would last longer than customers come.
    """
    number = _brownout(scenario)
    if number is None:
        raise ConfigError(
            f"{scenario.name}: has no brownout to lengthen; give it one, such as "
            '{brownout: provider, at: "07:15", for: 15min, latency: x10}'
        )
    most_s, fault = _longest_s(scenario, number), scenario.faults[number]
    assert isinstance(fault, Brownout)
    if length_s > most_s:
        begins = "" if fault.at is None else f", and it begins at {clock_text(fault.at)}"
        until = time_and_day(scenario.clock.start + scenario.clock.duration)
        raise ConfigError(
            f"{scenario.name}: a brownout of {duration_text(length_s)} is longer than the morning: customers come until "
            f"{until}{begins}; expected at most {duration_text(most_s)}"
        )
    return altered(scenario, ("faults", str(number), "for"), duration_text(length_s))


def _growing(name: str, values: Sequence[float]) -> tuple[float, ...]:
    """Raises ConfigError unless each is more than the one before, and the first more than nothing."""
    if not all(low < high for low, high in pairwise((0.0, *values))):
        raise ConfigError(f"{name}: expected numbers of more than 0 in ascending order (got {', '.join(map(str, values))})")
    return tuple(values)


def _brownout(scenario: Scenario) -> int | None:
    """Which of the faults is its brownout."""
    return next((number for number, fault in enumerate(scenario.faults) if isinstance(fault, Brownout)), None)


def _length_s(scenario: Scenario, number: int) -> float | None:
    fault = scenario.faults[number]
    assert isinstance(fault, Brownout)
    return fault.lasts.constant


def _longest_s(scenario: Scenario, number: int) -> float:
    """Until the last customer comes."""
    fault, clock = scenario.faults[number], scenario.clock
    assert isinstance(fault, Brownout)
    return clock.duration if fault.at is None else max(clock.duration - clock.since_start_s(fault.at), 0.0)


class _Made:
    """Fills a curve, design by design, and says how far it is. The unit of work is a morning at the scenario's own traffic."""

    def __init__(self, curve: CostCurve, workers: Crew, progress: Progress | None) -> None:
        self._curve, self._workers = curve, workers
        self._prices = load_prices(curve.scenario.prices)
        world = curve.scenario
        self._grown = {peak: at_peak(world, peak) for peak in curve.peaks_per_s}
        self._weathers = {length: with_brownout(world, length) for length in (0.0, *curve.lengths_s)} if curve.lengths_s else {}
        own = curve.own_peak_per_s
        self._growth = {peak: peak / own for peak in curve.peaks_per_s} if own is not None else {}
        sized = [*self._growth.values(), *([1.0] if self._weathers and 1.0 not in self._growth.values() else [])]
        self._per_design = sum(factor * usual(*self._mornings(factor)) for factor in sized) + len(self._weathers) * curve.fresh
        self._spent = Spent(progress, self._per_design * len(curve.designs))

    def forecast(self) -> Forecast:
        """From some mornings of each design at the scenario's own traffic."""
        seconds = [self._sizer(self._curve.scenario, 1.0).seconds_a_morning(design) for design in self._curve.designs]
        return Forecast.of(seconds, self._per_design, self._workers.at_a_time)

    def grow(self, design: Design) -> None:
        """At one peak after the other, each from what was needed at the one before: chains grow faster than what they need."""
        start: Capacity | None = None
        points = self._curve.points.setdefault(design.name, [])
        for number, (peak, factor) in enumerate(self._growth.items()):
            if number:
                last = points[-1]
                start = {name: math.ceil(peak / last.peak_per_s * n) for name, n in last.sizing.capacity.items()}
            sizing = self._sizer(self._grown[peak], factor).size(design, start=start)
            points.append(Point(peak, sizing))
            if factor == 1:
                self._curve.sized[design.name] = sizing

    def prolong(self, design: Design) -> None:
        """The brownout, longer and longer, at the capacity sized for the scenario as it is."""
        curve = self._curve
        if not self._weathers:
            return
        if design.name not in curve.sized:
            curve.sized[design.name] = self._sizer(curve.scenario, 1.0).size(design)
        sizing = curve.sized[design.name]
        spells = curve.spells.setdefault(design.name, [])
        seeds = range(curve.seed + curve.mornings, curve.seed + curve.mornings + curve.fresh)
        for length, weather in self._weathers.items():
            bench = Bench(weather, sizing.design, self._prices, self._workers, seeds=seeds, ran=self._spent.ran)
            spells.append(Spell(length, bench.at(sizing.capacity)))

    def _sizer(self, scenario: Scenario, factor: float) -> Sizer:
        mornings, fresh = self._mornings(factor)
        return Sizer(
            scenario, self._prices, self._workers, self._curve.seed, mornings, fresh, self._spent, weight=factor
        )  # fmt: skip

    def _mornings(self, factor: float) -> tuple[int, int]:
        """More people tell more of a morning, but nothing of how mornings differ by chance: a compromise, by the root."""
        return fewer(self._curve.mornings, factor), fewer(self._curve.fresh, factor)


def fewer(mornings: int, factor: float) -> int:
    return mornings if factor <= 1 else max(math.ceil(mornings / math.sqrt(factor)), min(LEAST_MORNINGS, mornings))
