"""One run of the exercise: the design as it stands is simulated, compared with an earlier run, and kept in the progress."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from sim.architectures import load_design
from sim.config.design import Design
from sim.config.errors import ArgumentError, ConfigError, nearest
from sim.config.files import write_text
from sim.config.library import digest
from sim.config.scenario import Scenario
from sim.documents.kata import Move
from sim.experiment.compare import Result, compare
from sim.experiment.effort import Effort
from sim.experiment.estimates import holds
from sim.kata import progress as kept
from sim.kata.advice import advice, got_worse
from sim.kata.brief import BRIEF, DESIGN, as_text, typed
from sim.kata.exercise import SEEN, Exercise, Stage
from sim.kata.look import Look
from sim.kata.moves import moved
from sim.kata.progress import Progress, Run
from sim.kata.saying import Advice
from sim.kata.written import Written, changes, written

MOVES: tuple[Move, ...] = ("better", "worse", "same")


@dataclass(frozen=True)
class Attempt:
    """A run and its results, and the earlier run that it is compared with, if there is one in the same world."""

    run: Run
    before: Run | None
    number: int
    result: Result
    advice: Advice | None  # None: all stages are passed
    stage: Stage | None  # the first that is not passed


def begin(folder: Path, exercise: Exercise, *, now: float) -> Progress:
    """Make a folder with the exercise's brief, its starting design and no progress. A design that is there already is kept.

    Raises ConfigError if there is progress already, or if it can't be written.
    """
    if (folder / kept.FILE).exists():
        raise ConfigError(f"{folder}: a kata is under way here; {typed('status', folder)}")
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigError(f"{folder}: cannot be made: {error.strerror}; name a folder that you may write to") from None
    write_text(folder / BRIEF, as_text(exercise), replace=True)
    if not (folder / DESIGN).exists():
        write_text(folder / DESIGN, exercise.start)
    progress = Progress(exercise=exercise.name, world=digest(exercise.seen()), steps=[now])
    kept.save(folder, progress)
    return progress


def step(folder: Path, progress: Progress, *, now: float) -> None:
    """Save the progress with a step at the time `now`. Raises ConfigError if another command has saved progress meanwhile."""
    if kept.load(folder).steps != progress.steps:
        raise ConfigError(f"{folder}: another coffee kata has kept something here meanwhile; do this once more")
    progress.steps.append(now)
    kept.save(folder, progress)


def simulated(world: Scenario, design: Design, *, mornings: int = SEEN, seed: int = 0, jobs: int = 1) -> Result:
    """A design on so many mornings. Raises KeyboardInterrupt if it is cut short, as fewer mornings would tell another tale."""
    comparison = compare(world, [design], Effort(mornings, seed, jobs=jobs))
    if comparison.interrupted:
        raise KeyboardInterrupt
    return next(iter(comparison.results.values()))


def asked_for(progress: Progress) -> str:
    """The metric to predict: the first objective of the open stage that the last run did not meet."""
    exercise = progress.of
    stage = exercise.current(progress.passed) or exercise.stages[-1]
    statuses = progress.runs[-1].statuses if progress.runs else {}
    return next((metric for metric in stage.criteria if not holds(statuses.get(metric, "met"))), stage.leading)


def predictions(texts: list[str], exercise: Exercise, usual: str) -> dict[str, Move]:
    """Parse predictions: `better` is about the `usual` metric, `ack_latency_p95=better` about that one. Raises ConfigError."""
    predicted: dict[str, Move] = {}
    known = exercise.metrics
    for text in texts:
        metric, sign, word = text.partition("=")
        if not sign:
            metric, word = usual, text
        if metric not in known:
            raise ArgumentError("predict", f'"{metric}" is no objective of the kata{nearest(metric, known)}')
        move = next((move for move in MOVES if move == word), None)
        if move is None:
            raise ArgumentError("predict", f'expected better, worse or same (got "{word}"), like {metric}=better')
        predicted[metric] = move
    return predicted


def attempt(
    folder: Path, progress: Progress, *, predicted: Mapping[str, Move], now: float, clock: Callable[[], float]
) -> Attempt:
    """Run the design in the folder; `clock` returns the time after the simulation.

    The predictions are saved before the simulation begins, so that an interruption doesn't lose them. Raises ConfigError and
    leaves the progress as it was, also if another command has saved progress in the folder meanwhile: each run is compared with
    an earlier one.
    """
    exercise = progress.of
    world = exercise.seen()
    files = written(folder)
    design = load_design(str(folder / DESIGN))
    progress.predicted = {**progress.predicted, **predicted}
    step(folder, progress, now=now)
    result = simulated(world, design)
    against = _against(progress, files) if progress.runs and progress.world == digest(world) else None
    before = progress.runs[against - 1] if against else None
    statuses = {objective.metric: objective.status for objective in result.objectives}
    done = exercise.passed(statuses)
    mornings = [dict(summary.metrics) for summary in result.summaries]
    look = Look(world, design, result)
    stage = exercise.current(done)
    given = advice(look, exercise, stage)
    run = Run(
        at=now, design=files.design, code=files.code, against=against,
        changes=changes(before.written if before else Written(exercise.start), files), predicted=dict(progress.predicted),
        moved=_moves(progress.predicted, before.mornings, mornings) if before else {},
        mornings=mornings, statuses=statuses, passed=done,
        rule=given.rule if given else "", finding=given.finding if given else "", hints=list(given.hints) if given else [],
        worse=got_worse(exercise, before.mornings, mornings) if before else [],
    )  # fmt: skip
    progress.runs.append(run)
    progress.predicted = {}
    progress.world = digest(world)
    step(folder, progress, now=clock())
    return Attempt(run, before, len(progress.runs), result, given, stage)


def _against(progress: Progress, files: Written) -> int:
    """The number of the run to compare with: the last; or, if several things changed since, the one with the fewest changes."""
    runs = progress.runs
    first = max((number for number, run in enumerate(runs, 1) if run.against is None), default=1)
    apart = {number: len(changes(runs[number - 1].written, files)) for number in range(len(runs), first - 1, -1)}
    others = [number for number in apart if runs[number - 1].written != files]
    return len(runs) if apart[len(runs)] <= 1 or not others else min(others, key=lambda number: apart[number])


def _moves(metrics: Iterable[str], before: list[dict[str, float]], now: list[dict[str, float]]) -> dict[str, Move]:
    return {metric: moved(metric, column(before, metric), column(now, metric)) for metric in metrics}


def column(mornings: list[dict[str, float]], metric: str) -> np.ndarray:
    """A metric's values, one a morning."""
    return np.array([values[metric] for values in mornings])
