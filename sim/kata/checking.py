"""Check the design in a folder or a file, and keep the result if a kata is under way there."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from sim.architectures import load_design
from sim.config.errors import ArgumentError, ConfigError
from sim.kata.attempt import step
from sim.kata.brief import DESIGN, typed
from sim.kata.check import Graded, check
from sim.kata.exercise import UNSEEN_SEED, Exercise
from sim.kata.progress import FILE, Check, Progress
from sim.kata.written import missing, written


def design_file(where: Path) -> Path:
    """The design's file in a folder, or the file itself. Raises ConfigError."""
    path = where / DESIGN if where.is_dir() else where
    if not path.is_file():
        if (where / FILE).exists():
            raise ConfigError(missing(where))
        raise ConfigError(f"{path}: no such file; a kata's folder holds a {DESIGN} ({typed('start', where)})")
    return path


def checked(
    where: Path, progress: Progress | None, exercise: Exercise, *, seed: int | None, now: float, jobs: int | None = None,
    tell: Callable[[int, int], None] | None = None,
) -> Graded:  # fmt: skip
    """Check a design, and keep the result in `progress` if there is one. Raises ConfigError, KeyboardInterrupt."""
    if seed is not None and not 0 <= seed <= 2**62:
        raise ArgumentError("seed", f"expected a whole number of at least 0 (got {seed})")
    path = design_file(where)
    files = written(where) if progress is not None else None  # read before the check, as they may be edited while it runs
    seed = UNSEEN_SEED if seed is None else seed
    graded = check(load_design(str(path)), exercise, seed=seed, jobs=jobs, progress=tell)
    if progress is not None and files is not None:
        outcome = {"score": graded.score, "passed": graded.passed, "reasons": graded.reasons}
        progress.checks.append(Check(at=now, **files._asdict(), seed=seed, **outcome))
        step(where, progress, now=now)
    return graded
