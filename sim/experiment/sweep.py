"""Knobs varied over several values, crossed or side by side, every design on the same mornings in every cell.

Each morning goes into a store as it is finished, and those that are there already are not simulated again.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import product
from math import prod
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from sim.architectures import COMPARED, Designs, load_designs
from sim.config import showing
from sim.config.design import Design
from sim.config.errors import ArgumentError, ConfigError
from sim.config.library import load_scenario
from sim.config.prices import Prices, load_prices
from sim.config.scenario import Scenario
from sim.experiment import frames
from sim.experiment.altering import changed, has, split
from sim.experiment.effort import Effort, in_words
from sim.experiment.estimates import Status, estimates, judge, values_of
from sim.experiment.mornings import Progress, count
from sim.experiment.statistics import Estimate
from sim.experiment.store import Measured, Pair, Store, pair_of, version
from sim.experiment.varying import Varied, check_apart, check_count, listed, varied
from sim.experiment.workers import crew
from sim.ledger.metrics import counted as numbers_of
from sim.ledger.metrics import measure

if TYPE_CHECKING:
    import pandas as pd

    from sim.lab.plots import SweepPlots

TASK_S = 0.3  # of work handed out at once: long against the 1 ms that handing it out takes, short against a person's patience
MOST_AT_ONCE = 50  # mornings

Vary = Mapping[str, Any]  # key -> values, one value, or a range such as "2s..10s:5"


@dataclass(frozen=True)
class Axis:
    """One direction of a sweep: a knob and its values, or several knobs that take theirs side by side."""

    knobs: tuple[Varied, ...]

    def __len__(self) -> int:
        return len(self.knobs[0].values)

    @property
    def name(self) -> str:
        return ", ".join(knob.key for knob in self.knobs)

    @property
    def texts(self) -> list[str]:
        return [" / ".join(texts) for texts in zip(*(knob.texts for knob in self.knobs), strict=True)]

    def values(self, step: int) -> dict[str, Any]:
        return {knob.key: knob.values[step] for knob in self.knobs}


@dataclass(frozen=True)
class Point:
    """One design in one cell: every metric with its interval, and how it stands against the cell's objectives."""

    pair: Pair
    metrics: dict[str, Estimate]

    def status(self, metric: str) -> Status | None:
        limit = self.pair.scenario.objectives.get(metric)
        return None if limit is None else judge(metric, limit, self.metrics[metric])


@dataclass
class Sweep(showing.Shown):
    """What a sweep found. A point that Ctrl-C left unfinished is not there.

    `scenario`, `designs`, `axes`, `cells`, `points`, `mornings`, `seed`, `interrupted`; and as a DataFrame `metrics`.
    """

    scenario: Scenario
    designs: list[str]
    axes: list[Axis]
    cells: list[tuple[int, ...]]  # the step on each axis
    points: dict[tuple[tuple[int, ...], str], Point]
    level: dict[str, list[str]]  # design -> the varied keys that it doesn't have
    mornings: int
    seed: int
    total: int  # mornings of all different pairs
    stored: int  # of them, taken from the store
    done: int  # of them, there now
    interrupted: bool
    wall_s: float = field(repr=False)

    @property
    def drawn(self) -> list[int]:
        """The axes that have a direction: those with more than one value, or the first if none has."""
        return [number for number, axis in enumerate(self.axes) if len(axis) > 1] or [0]

    @property
    def version(self) -> str:
        return version()

    def values(self, cell: tuple[int, ...]) -> dict[str, Any]:
        """The varied keys of a cell with their values as they would stand in a file."""
        return {key: value for axis, step in zip(self.axes, cell, strict=True) for key, value in axis.values(step).items()}

    def texts(self, cell: tuple[int, ...]) -> list[str]:
        """The values of a cell in words, one for each key."""
        return [knob.texts[step] for axis, step in zip(self.axes, cell, strict=True) for knob in axis.knobs]

    @property
    def keys(self) -> list[str]:
        return [knob.key for axis in self.axes for knob in axis.knobs]

    @cached_property
    def metrics(self) -> pd.DataFrame:
        """A row a cell, design and metric, with a column for each varied key.

        Then `mean`, its 95 % interval `low` to `high`, `n`, `never` and `harmed`, as in a comparison.
        """
        import pandas as pd

        rows = [
            {
                **dict(zip(self.keys, self.values(cell).values(), strict=True)),
                "design": design,
                "metric": metric,
                **frames.estimate(value),
            }
            for (cell, design), point in self.points.items()
            for metric, value in point.metrics.items()
        ]
        return pd.DataFrame(rows, columns=[*self.keys, "design", "metric", *frames.ESTIMATE])

    @property
    def plot(self) -> SweepPlots:
        """The charts, such as `sweep.plot.lines("ack_latency_p95")`."""
        return showing.plots(self)

    def __repr__(self) -> str:
        by = " × ".join(axis.name for axis in self.axes)
        return f"<{', '.join(self.designs)} in {self.scenario.name} by {by}: {in_words(self.mornings)} a point>"


def sweep(
    scenario: Scenario | Path | str,
    vary: Vary | str | Sequence[str],
    designs: Designs = COMPARED,
    effort: Effort = Effort(),
    *,
    zipped: bool = False,
    results: Path | str | None = None,
    progress: Progress | None = None,
) -> Sweep:
    """Every design in every cell on the same mornings.

    `vary`: `{"checkout.workers": [8, 16], "app.timeout": "2s..10s:5"}`, or what `coffee sweep --vary` takes. The values of
    several keys are crossed; with `zipped` the first goes with the first, and so on. `results`: a file that keeps every morning
    as it is finished and spares those that it holds; None keeps none. After Ctrl-C the sweep holds the finished points.

    Raises ConfigError for keys and values that can't be, before anything is simulated.
    """
    begin = time.perf_counter()
    effort.check()
    world = load_scenario(scenario)
    chosen = load_designs(designs)
    axes = axes_of(vary, [world, *chosen], zipped=zipped)
    cells = list(product(*(range(len(axis)) for axis in axes)))
    places = {(cell, name): pair for cell in cells for name, pair in _pairs(world, chosen, axes, cell)}
    different = {pair.digests: pair for pair in places.values()}
    with Store(Path(results) if results is not None else None, create=True) as store:
        stored, interrupted = _fill(store, list(different.values()), effort, progress)
        there = {known_by: store.mornings(pair, effort.seeds) for known_by, pair in different.items()}
    whole = {known_by: _estimates(list(found.values())) for known_by, found in there.items() if len(found) == effort.mornings}
    points = {place: Point(pair, whole[pair.digests]) for place, pair in places.items() if pair.digests in whole}
    keys = [knob.key for axis in axes for knob in axis.knobs if not has(world, split(knob.key))]
    level = {design.name: [key for key in keys if not has(design, split(key))] for design in chosen}
    names = [design.name for design in chosen]
    return Sweep(
        world, names, axes, cells, points, {name: missing for name, missing in level.items() if missing},
        effort.mornings, effort.seed, len(different) * effort.mornings, stored, sum(map(len, there.values())), interrupted,
        time.perf_counter() - begin,
    )  # fmt: skip


def level_words(swept: Sweep) -> list[str]:
    """`naive and idempotent have no relay.poll_every`: designs that a varied key doesn't concern."""
    lacking: dict[tuple[str, ...], list[str]] = {}
    for name, keys in swept.level.items():
        lacking.setdefault(tuple(keys), []).append(name)
    return [
        f"{', '.join(names[:-1])}{' and ' if names[:-1] else ''}{names[-1]} "
        f"{'have' if len(names) > 1 else 'has'} no {' and no '.join(keys)}"
        for keys, names in lacking.items()
    ]


def axes_of(vary: Vary | str | Sequence[str], models: Sequence[Scenario | Design], *, zipped: bool = False) -> list[Axis]:
    """The axes of a sweep: one a key, or one for all keys. Raises ConfigError."""
    if isinstance(vary, Mapping):
        knobs = [varied(f"{key}={values}", models) if isinstance(values, str) else listed(key, _several(values), models)
                 for key, values in vary.items()]  # fmt: skip
    else:
        knobs = [varied(text, models) for text in ([vary] if isinstance(vary, str) else vary)]
    if not knobs:
        raise ArgumentError("vary", "expected at least one KEY=VALUES, like checkout.workers=8,16")
    check_apart([knob.key for knob in knobs])
    if not zipped:
        check_count(prod(len(knob.values) for knob in knobs))
        return [Axis((knob,)) for knob in knobs]
    if len({len(knob.values) for knob in knobs}) > 1:
        counts = ", ".join(f"{knob.key} has {len(knob.values)}" for knob in knobs)
        raise ArgumentError("zipped", f"takes keys with equally many values ({counts})")
    check_count(len(knobs[0].values))
    return [Axis(tuple(knobs))]


def _several(values: Any) -> list[Any]:
    """The values of a key as a file could say them: one by itself is one, and those of an array are plain numbers."""
    given = values if isinstance(values, Iterable) and not isinstance(values, Mapping) else [values]
    return [value.item() if isinstance(value, np.generic) else value for value in given]


def _pairs(world: Scenario, designs: list[Design], axes: list[Axis], cell: tuple[int, ...]) -> Iterator[tuple[str, Pair]]:
    """The designs of a cell by name, with the cell's scenario. Raises ConfigError."""
    values = {key: value for axis, step in zip(axes, cell, strict=True) for key, value in axis.values(step).items()}
    try:
        there, altered = changed(world, designs, values)
    except ConfigError as error:
        texts = [f"{knob.key}={knob.texts[step]}" for axis, step in zip(axes, cell, strict=True) for knob in axis.knobs]
        raise ConfigError(*(f"{' '.join(texts)}: {message}" for message in error.messages)) from None
    for design in altered:
        has_it = {key: has(world, split(key)) or has(design, split(key)) for key in values}
        yield design.name, pair_of(there, design, {key: value for key, value in values.items() if has_it[key]})


def _fill(store: Store, pairs: list[Pair], effort: Effort, progress: Progress | None) -> tuple[int, bool]:
    """Simulate what the store lacks; `progress` is of that. Returns how much it had, and whether Ctrl-C cut the rest short."""
    seeds = effort.seeds
    there = [store.mornings(pair, seeds) for pair in pairs]
    stored, done = sum(map(len, there)), 0
    lacking = len(pairs) * len(seeds) - stored
    store.label(pair for pair, found in zip(pairs, there, strict=True) if found)
    missing = [(pair, [seed for seed in seeds if seed not in found]) for pair, found in zip(pairs, there, strict=True)]
    _tell(progress, done, lacking)
    pace = Pace()
    try:
        with crew(effort.jobs, effort.engine, most=max(lacking, 1)) as workers:
            for pair, (found, took_s) in workers.results(measured, _tasks(missing, pace)):
                store.add(pair, found)
                pace.learn(len(found), took_s)
                done += len(found)
                _tell(progress, done, lacking)
    except KeyboardInterrupt:
        return stored, True
    return stored, False


@dataclass
class Pace:
    """How many mornings make up a task: few when they are long, many when they are short."""

    at_once: int = 1

    def learn(self, mornings: int, took_s: float) -> None:
        self.at_once = min(max(int(TASK_S * mornings / max(took_s, 1e-9)), 1), MOST_AT_ONCE)


Task = tuple[Pair, tuple[Scenario, Design, Prices, list[int]]]


def _tasks(missing: list[tuple[Pair, list[int]]], pace: Pace) -> Iterator[Task]:
    for pair, seeds in missing:
        prices = load_prices(pair.scenario.prices)
        while seeds:
            now, seeds = seeds[: pace.at_once], seeds[pace.at_once :]
            yield pair, (pair.scenario, pair.design, prices, now)


def measured(scenario: Scenario, design: Design, prices: Prices, seeds: list[int]) -> tuple[list[Measured], float]:
    """Mornings boiled down to what a store keeps, and how long that took in seconds."""
    begin = time.perf_counter()
    made = []
    for seed in seeds:
        counted = count(scenario, design, prices, seed)
        made.append(Measured(seed, measure(counted.tally, counted.bill), counted.bill.parts, numbers_of(counted.tally)))
    return made, time.perf_counter() - begin


def _estimates(mornings: list[Measured]) -> dict[str, Estimate]:
    return estimates(
        values_of([one.metrics for one in mornings], [one.counted for one in mornings], [one.costs for one in mornings])
    )


def _tell(progress: Progress | None, done: int, of: int) -> None:
    if progress is not None:
        progress(done, of)
