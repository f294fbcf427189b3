"""`coffee check`: simulates one design, and exits with the verdict."""

from __future__ import annotations

import time
from dataclasses import replace

import typer

from sim.architectures import load_design
from sim.cli.again import again
from sim.cli.messages import DONE, FAILED, INTERRUPTED, UNDECIDED, note
from sim.cli.work.console import console, print_json
from sim.cli.work.every import code_of, sentences
from sim.cli.work.lint import warn
from sim.cli.work.names import scenario_called
from sim.cli.work.progress import TRYING, by_level
from sim.cli.work.sentences import verdict
from sim.cli.work.simulation import at_work, ended_after, leave, say_how_it_went, simulated
from sim.cli.work.tables import COLOURS, objectives_table
from sim.counterexamples.combinations import every as combinations
from sim.documents.comparison import run as document
from sim.experiment.compare import check_judgeable
from sim.experiment.effort import Effort

CODES = {"met": DONE, "so far": UNDECIDED, "violated": FAILED, "undecided": UNDECIDED}


def check(
    context: typer.Context, scenario: str, design: str, effort: Effort, precision: float | None, seconds: float | None,
    every: int | None, *, as_json: bool,
) -> None:  # fmt: skip
    world = scenario_called(scenario)
    check_judgeable(world, scenario)
    warn(load_design(design), world, names=[scenario, design])
    since = time.monotonic()

    def time_is_up() -> bool:
        return seconds is not None and time.monotonic() - since >= seconds

    try:
        with ended_after(seconds):
            comparison = simulated(context, world, [design], effort, precision)
    except typer.Exit as ended:
        if not time_is_up() or ended.exit_code != INTERRUPTED:
            raise
        note(f"no morning was finished within {seconds:g} s, so nothing can be judged; give it more --seconds")
        raise typer.Exit(UNDECIDED) from None
    if comparison.interrupted and time_is_up():
        note(f"judged after {seconds:g} s by {comparison.mornings:,} of {comparison.asked:,} mornings")
        comparison = replace(comparison, asked=comparison.mornings, interrupted=False)
    result = next(iter(comparison.results.values()))
    tried = None
    if every is not None and not comparison.interrupted:
        with at_work(TRYING, 0, again(context), smaller="a smaller --every takes less") as tell:
            tried = combinations(result.design, (), mishaps=every, jobs=effort.jobs, progress=by_level(tell))
    if as_json:
        print_json(document(comparison, tried=tried))
    else:
        out = console()
        out.print(objectives_table(result.objectives))
        out.print(f"{result.design.name} {verdict(result)}: ", end="")
        out.print(result.verdict, style=f"bold {COLOURS[result.verdict]}")
        for line in () if tried is None else sentences(tried):
            out.print(line)
    say_how_it_went(comparison, precision)
    if tried is not None and tried.stopped == "interrupted":
        note("interrupted: these are the levels of mishaps that were finished")
        raise typer.Exit(INTERRUPTED)
    codes = [CODES[result.verdict], *([] if tried is None else [code_of(tried)])]
    leave(comparison, FAILED if FAILED in codes else max(codes))
