"""Simulating for a command: with a progress bar; whatever ends the work is said in a sentence and is an exit code."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import BrokenExecutor
from contextlib import contextmanager
from pathlib import Path

import typer

from sim.cli.again import again
from sim.cli.messages import BUG, DONE, FAILED, INTERRUPTED, complain, note
from sim.cli.work.progress import progress_bar
from sim.config.design import Design
from sim.config.errors import ConfigError
from sim.config.scenario import Scenario
from sim.config.units import probability_text
from sim.experiment.batches import Lost
from sim.experiment.compare import Comparison, compare
from sim.experiment.effort import Effort
from sim.experiment.mornings import Keep
from sim.ledger.laws import BrokenLaw

Progress = Callable[[int, int], None]


@contextmanager
def at_work(
    what: str, total: int | None, command: str, *, interrupted: str = "interrupted; there are no results"
) -> Iterator[Progress | None]:
    """With a progress bar, while `command` works. Ctrl-C ends with the note `interrupted`, accidents as below. Raises Exit."""
    try:
        with accidents_said(command), progress_bar(what, total) as progress:
            yield progress
    except KeyboardInterrupt:
        note(interrupted)
        raise typer.Exit(INTERRUPTED) from None


@contextmanager
def accidents_said(command: str) -> Iterator[None]:
    """Say on stderr what ends a simulation and is not the user's: killed workers, and bugs with the `command` to report."""
    try:
        yield
    except Lost as lost:
        complain(str(lost))
        raise typer.Exit(FAILED) from None
    except BrokenExecutor:
        complain("a worker process was killed, probably out of memory; fewer --jobs or a smaller scenario may help")
        raise typer.Exit(FAILED) from None
    except BrokenLaw as law:
        complain(
            f"the books of a simulated morning do not add up ({law})",
            f"this is a bug of the simulator, not of your files; please report it with this command: {command}",
        )
        raise typer.Exit(BUG) from None


def simulated(
    context: typer.Context, scenario: Scenario, chosen: Sequence[Design | str], effort: Effort, precision: float | None,
    keep: Keep | None = None, **instead: object,
) -> Comparison:  # fmt: skip
    """Designs on the same mornings. `instead` is as in `again`. Raises ConfigError, or Exit after it is said why on stderr."""
    command = again(context, precision=None if precision is None else probability_text(precision), **instead)
    too_early = f"interrupted before the first of {effort.mornings:,} mornings had finished; there are no results"
    total = effort.mornings * len(chosen) * effort.cells
    with at_work("simulating", total, command, interrupted=too_early) as progress:
        return compare(
            scenario, chosen, mornings=effort.mornings, cells=effort.cells, seed=effort.seed, jobs=effort.jobs,
            engine=effort.engine, precision=precision, keep=keep, progress=progress,
        )  # fmt: skip


def say_how_it_went(comparison: Comparison, precision: float | None, *, unwritten: str = "") -> None:
    """On stderr: how fast it was, and what is not so precise; or, after Ctrl-C, how far it got and what is `unwritten`."""
    if comparison.interrupted:
        note(f"interrupted after {comparison.mornings:,} of {comparison.asked:,} mornings; the numbers are theirs{unwritten}")
        return
    designs = f"{len(comparison.results)} designs × " if len(comparison.results) > 1 else ""
    mornings = "1 morning" if comparison.mornings == 1 else f"{comparison.mornings:,} mornings"
    if precision is not None:
        for name, result in comparison.results.items():
            if left := result.unsettled(precision):
                note(f"{name}: neither decided nor within {100 * precision:g} % after {mornings}: {', '.join(left)}")
    note(f"{designs}{mornings} in {comparison.wall_s:.1f} s ({comparison.purchases_per_s:,.0f} purchases/s and core)")


def say_what_cells_are(cells: int, scenario: str, design: str) -> None:
    """On stderr, if there are several: they are not one large back end, and this command shows what that changes."""
    if cells > 1:
        command = shlex.join(["coffee", "cells", scenario, design, "--cells", str(cells)])
        note(f"each morning was divided into {cells:,} cells; to compare them with one large back end: {command}")


def leave(comparison: Comparison, code: int) -> None:
    """End with `code`, or with the code of an interruption if there was one."""
    raise typer.Exit(INTERRUPTED if comparison.interrupted else code)


def check_report_options(out: Path | None, *, report: bool) -> None:
    """A folder is not named for nothing. Raises ConfigError."""
    if out is not None and not report:
        raise ConfigError("--out names the folder of the report, and --no-report says there is none; leave out one of them")


def saved(write: Callable[[], Path]) -> tuple[Path | None, int]:
    """The page of a report that is written, or None after an error message; and the exit code."""
    try:
        return write(), DONE
    except ConfigError as error:
        complain(*error.messages)
        return None, FAILED
    except KeyboardInterrupt:
        note("interrupted while the report was being written, so there is none")
        return None, INTERRUPTED
