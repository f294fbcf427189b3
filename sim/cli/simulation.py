"""Simulating for a command: with a progress bar, and with whatever can end it told in a sentence and an exit code."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from sim.cli.messages import BUG, DONE, FAILED, INTERRUPTED, complain, note
from sim.cli.progress import progress_bar

if TYPE_CHECKING:
    from sim.config.design import Design
    from sim.config.scenario import Scenario
    from sim.experiment.compare import Comparison
    from sim.experiment.effort import Effort
    from sim.experiment.mornings import Keep


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
    keep: Keep | None = None,
    command: str,
) -> Comparison:
    """Designs on the same mornings. Raises ConfigError, or Exit after having said why on stderr."""
    from sim.experiment.compare import compare

    try:
        with answered_for(command), progress_bar("simulating", effort.mornings * len(designs) * effort.cells) as progress:
            return compare(scenario, designs, effort, precision=precision, keep=keep, progress=progress)
    except KeyboardInterrupt:
        note(f"interrupted before the first of {effort.mornings:,} mornings had finished; there are no results")
        raise typer.Exit(INTERRUPTED) from None


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
    from sim.config.errors import ConfigError

    try:
        return write(), DONE
    except ConfigError as error:
        complain(*error.messages)
        return None, FAILED
    except KeyboardInterrupt:
        note("interrupted while the report was being written, so there is none")
        return None, INTERRUPTED
