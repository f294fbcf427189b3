"""Simulating for a command: with a progress bar; whatever ends the work is said in a sentence and is an exit code."""

from __future__ import annotations

import _thread
import math
import shlex
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import BrokenExecutor
from contextlib import contextmanager
from pathlib import Path

import typer

from sim import words
from sim.cli.again import again
from sim.cli.messages import BUG, DONE, INTERRUPTED, KILLED, UNWRITTEN, complain, note
from sim.cli.work.progress import Tell, progress_bar
from sim.config.design import Design
from sim.config.errors import ConfigError
from sim.config.scenario import Scenario
from sim.config.units import probability_text
from sim.experiment.batches import Lost
from sim.experiment.compare import Comparison, compare
from sim.experiment.effort import Effort
from sim.experiment.workers import processors
from sim.ledger.laws import BrokenLaw
from sim.world.traffic import expected

Progress = Callable[[int, int], None]
PURCHASES_PER_S = 10_000  # of a processor, roughly (docs/speed.md)
LOOK = 2  # mornings of a first look
LONG_S = 60.0  # of work that is said beforehand to take long
MOST_IN_ONE = 100_000  # purchases of a morning in one piece, or of a cell, for which nobody needs to think of memory


@contextmanager
def at_work(
    what: str, total: int | None, command: str, *, smaller: str | None = "",
    interrupted: str = "interrupted; there are no results",
) -> Iterator[Tell]:  # fmt: skip
    """With a progress bar, while `command` works; `smaller` as there. Raises Exit: after Ctrl-C with the note `interrupted`."""
    try:
        with accidents_said(command), progress_bar(what, total, smaller) as progress:
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
        raise typer.Exit(KILLED) from None
    except BrokenExecutor:
        complain("a worker process was killed, probably out of memory; fewer --jobs or a smaller scenario may help")
        raise typer.Exit(KILLED) from None
    except BrokenLaw as law:
        complain(
            f"the books of a simulated morning do not add up ({law})",
            f"this is a bug of the simulator, not of your files; please report it with this command: {command}",
        )
        raise typer.Exit(BUG) from None


def simulated(
    context: typer.Context, scenario: Scenario, chosen: Sequence[Design | str], effort: Effort, precision: float | None,
    meanwhile: Callable[[], None] | None = None, **instead: object,
) -> Comparison:  # fmt: skip
    """Designs on the same mornings. Raises ConfigError, or Exit after it is said why on stderr.

    `meanwhile` is called once, while workers simulate; `instead` is as in `again`.
    """
    command = again(context, precision=None if precision is None else probability_text(precision), **instead)
    is_told = say_how_long_it_takes(scenario, len(chosen), effort)
    too_early = f"interrupted before the first of {effort.mornings:,} mornings had finished; there are no results"
    total = effort.mornings * len(chosen) * effort.cells
    smaller = None if is_told else first_look(effort)
    with at_work("simulating", total, command, smaller=smaller, interrupted=too_early) as progress:
        heard = progress if meanwhile is None else _with(progress, meanwhile)
        return compare(scenario, chosen, effort, precision=precision, progress=heard)


def _with(progress: Progress, meanwhile: Callable[[], None]) -> Progress:
    """Progress that also calls `meanwhile` after the first result: the workers have more tasks by then and do not wait."""
    left = [meanwhile]

    def call(done: int, of: int) -> None:
        progress(done, of)
        if left:
            left.pop()()

    return call


def say_how_it_went(comparison: Comparison, precision: float | None, *, unwritten: str = "") -> None:
    """On stderr: how fast it was, and what is not so precise; or, after Ctrl-C, how far it got and what is `unwritten`."""
    if comparison.interrupted:
        note(f"interrupted after {comparison.mornings:,} of {comparison.asked:,} mornings; the numbers are of these{unwritten}")
        return
    designs = f"{len(comparison.results)} designs × " if len(comparison.results) > 1 else ""
    mornings = "1 morning" if comparison.mornings == 1 else f"{comparison.mornings:,} mornings"
    if precision is not None:
        for name, result in comparison.results.items():
            if left := result.unsettled(precision):
                note(f"{name}: neither decided nor within {100 * precision:g} % after {mornings}: {', '.join(left)}")
    note(f"{designs}{mornings} in {comparison.wall_s:.1f} s ({comparison.purchases_per_s:,.0f} purchases per second and core)")


def say_what_cells_are(cells: int, scenario: str, design: str) -> None:
    """On stderr, if there are several: they are not one large back end, and this command shows what that changes."""
    if cells > 1:
        command = shlex.join(["coffee", "cells", scenario, design, "--cells", str(cells)])
        note(f"each morning was divided into {cells:,} cells; to compare them with one large back end: {command}")


def say_what_is_no_more(tables: str | None) -> None:
    """On stderr, if `--tables` was given: it has no effect any more."""
    if tables is not None:
        note("--tables has no effect any more; --cells N is what keeps memory small")


def first_look(effort: Effort) -> str:
    """What takes less time than this."""
    return f"-n {LOOK} gives a first look" if effort.mornings > LOOK else ""


def say_how_long_it_takes(scenario: Scenario, designs: int, effort: Effort) -> bool:
    """On stderr, for a run in which even the first mornings take long: about how many minutes. Whether there was cause.

    Not of a cluster: how many work there is known when it answers, and then the progress says how long it takes.
    """
    if effort.engine != "local":
        return False
    seconds = expected(scenario) * designs * effort.mornings / PURCHASES_PER_S / (effort.jobs or processors())
    if seconds <= LONG_S:
        return False
    mornings = f"{designs * effort.mornings:,} mornings of {expected(scenario):,.0f} purchases"
    note(f"simulating takes about {words.about(seconds)} or longer: {mornings}; a few --mornings give a first look")
    return True


def say_what_memory_it_takes(scenario: Scenario, *, cells: int) -> None:
    """On stderr, for a large morning in one piece: how much memory it takes, and in how many cells it would take little."""
    purchases = expected(scenario)
    if cells == 1 and purchases > MOST_IN_ONE:
        least = math.ceil(purchases / MOST_IN_ONE)
        limit_mb = max(300, 50 + purchases / 10_000)  # the lags of all cells come together in one process (docs/nationwide.md)
        note(
            f"a morning of about {purchases:,.0f} purchases takes about {purchases / 1000:,.0f} MB, 1 KB a purchase; "
            f"--cells {least} would keep every process below {limit_mb:,.0f} MB"
        )


@contextmanager
def ended_after(seconds: float | None) -> Iterator[None]:
    """As if by Ctrl-C, once so many seconds are over."""
    if seconds is None:
        yield
        return
    before = signal.getsignal(signal.SIGINT)
    if before == signal.SIG_IGN:  # a shell's command in the background is started deaf to it
        signal.signal(signal.SIGINT, signal.default_int_handler)
    timer = threading.Timer(seconds, _thread.interrupt_main)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        signal.signal(signal.SIGINT, before)


def leave(comparison: Comparison, code: int) -> None:
    """End with `code`, or with the code of an interruption if there was one."""
    raise typer.Exit(INTERRUPTED if comparison.interrupted else code)


def check_report_options(out: Path | None, *, report: bool) -> None:
    """A folder is not named for nothing. Raises ConfigError."""
    if out is not None and not report:
        raise ConfigError("--out names the folder of the report, but --no-report writes none; leave out one of them")


def saved(write: Callable[[], Path]) -> tuple[Path | None, int]:
    """The page of a report that is written, or None after an error message; and the exit code."""
    try:
        return write(), DONE
    except ConfigError as error:
        complain(*error.messages)
        return None, UNWRITTEN
    except Lost as lost:
        complain(str(lost))
        return None, KILLED
    except BrokenExecutor:
        complain("a process that drew the report was killed, so there is none; probably out of memory: fewer --jobs may help")
        return None, KILLED
    except KeyboardInterrupt:
        note("interrupted while the report was being written, so there is none")
        return None, INTERRUPTED
