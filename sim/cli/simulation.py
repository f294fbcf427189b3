"""Simulating for a command: with a progress bar, and with whatever can end it told in a sentence and an exit code."""

from __future__ import annotations

import math
import shlex
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from sim.cli.messages import BUG, DONE, FAILED, INTERRUPTED, complain, note
from sim.cli.progress import progress_bar

MOST_IN_ONE = 100_000  # purchases of a morning in one piece, or of a cell, for which nobody needs to think of memory

if TYPE_CHECKING:
    from sim.config.design import Design
    from sim.config.scenario import Scenario
    from sim.experiment.compare import Comparison
    from sim.experiment.effort import Effort
    from sim.experiment.mornings import Progress


def command_line(verb: str, scenario: str, designs: Sequence[str], *, mornings: int, seed: int, cells: int = 1) -> str:
    """The command that gives the same numbers again."""
    dealt = ["--cells", str(cells)] if cells > 1 else []
    return shlex.join(["coffee", verb, scenario, *designs, "--mornings", str(mornings), *dealt, "--seed", str(seed)])


def simulated(
    scenario: Scenario,
    designs: Sequence[Design | str],
    effort: Effort,
    *,
    precision: float | None,
    command: str,
    meanwhile: Callable[[], None] | None = None,
) -> Comparison:
    """Designs on the same mornings. Raises ConfigError, or Exit after having said why on stderr.

    `meanwhile` is called once, while workers simulate.
    """
    from sim.experiment.compare import compare

    try:
        with answered_for(command), progress_bar("simulating", effort.mornings * len(designs) * effort.cells) as progress:
            told = progress if meanwhile is None else _with(progress, meanwhile)
            return compare(scenario, designs, effort, precision=precision, progress=told)
    except KeyboardInterrupt:
        note(f"interrupted before the first of {effort.mornings:,} mornings had finished; there are no results")
        raise typer.Exit(INTERRUPTED) from None


def _with(progress: Progress | None, meanwhile: Callable[[], None]) -> Progress:
    """Progress that also calls `meanwhile` after the first result: the workers have more tasks than that, and are not kept."""
    left = [meanwhile]

    def tell(done: int, of: int) -> None:
        if progress is not None:
            progress(done, of)
        if left:
            left.pop()()

    return tell


@contextmanager
def answered_for(command: str) -> Iterator[None]:
    """What ends a simulation and is nobody's wish is said on stderr. Raises Exit."""
    from concurrent.futures import BrokenExecutor

    from sim.experiment.batches import Lost
    from sim.ledger.laws import BrokenLaw

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


def tell_how_it_went(comparison: Comparison, *, precision: float | None, unwritten: str = "") -> None:
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


def tell_of_cells(cells: int, scenario: str, design: str) -> None:
    """On stderr, if there are several: that they are not one large back end, and how to see what that changes."""
    if cells > 1:
        command = shlex.join(["coffee", "cells", scenario, "--design", design, "--cells", str(cells)])
        note(f"each morning was dealt to {cells:,} cells; what that changes against one large back end: {command}")


def tell_of_tables(tables: str | None) -> None:
    """On stderr, if the option was given: that it does nothing any more."""
    if tables is not None:
        note("--tables has no effect any more; --cells N is what keeps memory small")


def tell_of_memory(scenario: Scenario, *, cells: int) -> None:
    """On stderr, for a large morning in one piece: how much memory it takes, and in how many cells it would take little."""
    from sim.world.traffic import expected

    purchases = expected(scenario)
    if cells == 1 and purchases > MOST_IN_ONE:
        least = math.ceil(purchases / MOST_IN_ONE)
        limit_mb = max(300, 50 + purchases / 10_000)  # the lags of all cells come together in one process (docs/nationwide.md)
        note(
            f"a morning of about {purchases:,.0f} purchases takes about {purchases / 1000:,.0f} MB, 1 KB a purchase; "
            f"--cells {least} would keep every process below {limit_mb:,.0f} MB"
        )


def leave(comparison: Comparison, code: int) -> None:
    """End with `code`, or with the code of an interruption if there was one."""
    raise typer.Exit(INTERRUPTED if comparison.interrupted else code)


def check_report_options(out: Path | None, *, report: bool) -> None:
    """A folder is not named for nothing. Raises ConfigError."""
    from sim.config.errors import ConfigError

    if out is not None and not report:
        raise ConfigError("--out names the folder of the report, and --no-report says there is none; leave out one of them")


def saved(write: Callable[[], Path]) -> tuple[Path | None, int]:
    """The page of a report that is written, or None after an error message; and the exit code."""
    from concurrent.futures import BrokenExecutor

    from sim.config.errors import ConfigError

    try:
        return write(), DONE
    except ConfigError as error:
        complain(*error.messages)
        return None, FAILED
    except BrokenExecutor:
        complain("a process that drew the report was killed, so there is none; perhaps memory ran out: fewer --jobs may help")
        return None, FAILED
    except KeyboardInterrupt:
        note("interrupted while the report was being written, so there is none")
        return None, INTERRUPTED
