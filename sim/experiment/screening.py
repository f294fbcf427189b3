"""Inputs moved together between their ends, on the same mornings: Morris's screening and Sobol's shares of the variance.

SALib (extra `lab`) chooses the points and works out the indices. M. D. Morris, Technometrics 33 (1991); A. Saltelli et al.,
Computer Physics Communications 181 (2010).
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from sim.architectures import load_design
from sim.config import showing
from sim.config.design import Design
from sim.config.errors import ArgumentError, ConfigError
from sim.config.library import load_scenario
from sim.config.scenario import Scenario
from sim.experiment import frames
from sim.experiment.effort import Effort, in_words
from sim.experiment.estimates import known_metrics, mean_of
from sim.experiment.extras import how_to_install
from sim.experiment.inputs import Factor, factors
from sim.experiment.measuring import Run, counting, measured
from sim.experiment.mornings import Progress
from sim.experiment.workers import crew
from sim.vocabulary import shown_in

if TYPE_CHECKING:
    import pandas as pd

Method = Literal["morris", "sobol"]
SAMPLES: dict[str, int] = {"morris": 10, "sobol": 64}
LEVELS = 4  # of Morris's grid
MOST_RUNS = 20_000  # mornings; more is hardly meant
COLUMNS = {"morris": ("mu_star", "mu_star_half", "sigma"), "sobol": ("first", "first_half", "total", "total_half")}
INSTALL = how_to_install("lab")


@dataclass(frozen=True)
class Index:
    """What one input does to one metric. Morris: mu* and sigma in the metric's unit; Sobol: first-order and total share."""

    main: float  # mu*, or S1
    main_half: float  # half the width of its 95 % interval
    other: float  # sigma, or ST
    other_half: float | None  # Morris gives sigma no interval

    @property
    def clear(self) -> bool:
        return self.main - self.main_half > 0 or (self.other_half is not None and self.other - self.other_half > 0)


@dataclass(frozen=True)
class Screening(showing.Shown):
    """What inputs of one design in one scenario do together: every input's indices, or why a metric has none.

    `scenario`, `design`, `method`, `metrics`, `factors` (inputs with their ends), `samples`, `points`, `seed`, `mornings`,
    `indices`; and as a DataFrame `effects`.
    """

    scenario: Scenario
    design: Design
    method: Method
    metrics: tuple[str, ...]
    factors: list[Factor]
    samples: int
    points: int
    seed: int
    mornings: int
    indices: dict[str, list[Index] | str]  # metric -> one an input, or what is wrong with it

    def ranked(self, metric: str) -> list[tuple[Factor, Index]]:
        """The largest first, by mu* or by the total share; equals in the order of the files."""
        indices = self.indices[metric]
        assert not isinstance(indices, str)
        pairs = list(zip(self.factors, indices, strict=True))
        return sorted(pairs, key=lambda pair: -(pair[1].main if self.method == "morris" else pair[1].other))

    @cached_property
    def effects(self) -> pd.DataFrame:
        """A row a metric and input, indexed by them; by metric the most influential input first. A metric without indices has
        no rows: `indices` says why.

        Morris: `mu_star`, the mean size of the effect over the whole range, in the metric's unit, and `sigma`, how much that
        depends on the other inputs. Sobol: `first`, the share of the variance that the input explains alone, and `total`, with
        all it does together with others. `…_half`: half the width of a 95 % interval.
        """
        names = COLUMNS[self.method]
        rows = [
            {"metric": metric, "input": factor.input.name, **dict(zip(names, vars(index).values(), strict=False))}
            for metric in self.metrics if not isinstance(self.indices[metric], str) for factor, index in self.ranked(metric)
        ]  # fmt: skip
        return frames.framed(rows, ["metric", "input"], names).astype(float)

    def __repr__(self) -> str:
        how = f"{self.method} on {self.points:,} points"
        return f"<inputs of {self.design.name} in {self.scenario.name}, {how}: {in_words(self.mornings)} a point>"


def screen(
    scenario: Scenario | Path | str,
    design: Design | Path | str,
    inputs: Sequence[str] = (),
    effort: Effort = Effort(mornings=2),
    *,
    method: Method,
    metrics: Sequence[str] = (),
    samples: int | None = None,
    say: Callable[[str], None] | None = None,
    progress: Progress | None = None,
) -> Screening:
    """Move all inputs at once: `samples` trajectories for Morris, or a power of two of base points for Sobol.

    Times, rates and counts are moved in ratios, probabilities in steps. `say` is told the number of runs and the time they may
    take. Raises ConfigError, also if SALib is not installed.
    """
    effort.check()
    chosen = known_metrics(metrics, shown_in("swings"))
    world = load_scenario(scenario)
    story = load_design(design)
    moved = _independent(factors(world, story, inputs), asked=bool(inputs))
    _check_together(moved, (world, story))
    samples = SAMPLES[method] if samples is None else samples
    _check_samples(method, samples, len(moved), effort.mornings)
    problem = {"num_vars": len(moved), "names": [one.input.name for one in moved], "bounds": [[0.0, 1.0]] * len(moved)}
    points = _points(method, problem, samples, effort.seed)
    runs = [_at(moved, point, (world, story)) for point in points]
    seeds = effort.seeds
    total = len(runs) * effort.mornings
    with crew(effort.jobs, effort.engine, most=total) as workers:
        begin = time.perf_counter()
        measured(workers, [(world, story)], seeds[:1])
        expected = total * (time.perf_counter() - begin) / min(workers.at_a_time, total)
        if say is not None:
            say(f"{len(runs):,} points × {in_words(effort.mornings)} = {total:,} runs, about {_lasts(expected)}")
        made = measured(workers, runs, seeds, tell=counting(progress, total))
    means = {metric: np.array([mean_of(metric, values) for values in made]) for metric in chosen}
    indices = {metric: _indices(method, problem, points, means[metric], effort.seed) for metric in chosen}
    return Screening(world, story, method, chosen, moved, samples, len(runs), effort.seed, effort.mornings, indices)


def _independent(moved: list[Factor], *, asked: bool) -> list[Factor]:
    """What people do after their patience adds up to 100 %, so that only one of the three can be moved at will."""
    shares = [one for one in moved if "after_patience" in one.input.path]
    if len(shares) > 1 and asked:
        names = " and ".join(one.input.name for one in shares)
        raise ArgumentError("inputs", f"{names} add up to 100 %; move one of them, and the others keep their proportion")
    return [one for one in moved if one not in shares[1:]]


def _check_together(moved: Sequence[Factor], run: Run) -> None:
    """Raises ArgumentError if what can be large one at a time can't be large at once, as shares of one draw can't."""
    try:
        _at(moved, np.ones(len(moved)), run)
    except ConfigError as error:
        raise ArgumentError(
            "inputs", f"they can't all be at their upper ends at once ({error}); choose a few inputs, or give those other ends"
        ) from None


def _check_samples(method: Method, samples: int, inputs: int, mornings: int) -> None:
    if samples < 2:
        raise ArgumentError("samples", f"expected a whole number of at least 2 (got {samples})")
    if method == "sobol" and samples & (samples - 1):
        below = 1 << (samples.bit_length() - 1)
        raise ArgumentError("samples", f"expected a power of two for sobol, such as {below} or {2 * below} (got {samples})")
    points = samples * (inputs + (1 if method == "morris" else 2))
    if points * mornings > MOST_RUNS:
        raise ArgumentError(
            "samples",
            f"{samples} samples of {inputs} inputs are {points:,} points, on {in_words(mornings)} {points * mornings:,} runs "
            f"(at most {MOST_RUNS:,}); choose a few inputs, or fewer samples",
        )


def _points(method: Method, problem: dict[str, Any], samples: int, seed: int) -> np.ndarray:
    """Shape (points, inputs), each between 0 and 1."""
    try:
        from SALib.sample import morris, sobol
    except ImportError:
        raise ArgumentError("method", f"{method} needs SALib, which is not installed: {INSTALL}") from None
    if method == "morris":
        return np.asarray(morris.sample(problem, samples, num_levels=LEVELS, seed=seed))
    return np.asarray(sobol.sample(problem, samples, calc_second_order=False, seed=seed))


def _at(moved: Sequence[Factor], point: np.ndarray, run: Run) -> Run:
    for factor, share in zip(moved, point, strict=True):
        run = factor.set(run, factor.at(float(share)))
    return run


def _indices(method: Method, problem: dict[str, Any], points: np.ndarray, means: np.ndarray, seed: int) -> list[Index] | str:
    from SALib.analyze import morris, sobol

    missing = int((~np.isfinite(means)).sum())
    if missing:
        return f"never, or nothing to count, at {missing:,} of {len(means):,} points"
    if np.ptp(means) == 0:
        return "nothing moves it"
    if method == "morris":
        made = morris.analyze(problem, points, means, num_levels=LEVELS, seed=seed)
        return [Index(float(made["mu_star"][i]), float(made["mu_star_conf"][i]), float(made["sigma"][i]), None)
                for i in range(len(points[0]))]  # fmt: skip
    made = sobol.analyze(problem, means, calc_second_order=False, seed=seed + 1)  # 0 would be no seed to it
    return [Index(*(float(made[name][i]) for name in ("S1", "S1_conf", "ST", "ST_conf"))) for i in range(len(points[0]))]


def _lasts(seconds: float) -> str:
    return f"{math.ceil(seconds)} s" if seconds < 90 else f"{math.ceil(seconds / 60)} min"
