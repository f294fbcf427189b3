"""`coffee check`: simulates one design, and exits with the verdict."""

from __future__ import annotations

import time
from dataclasses import replace

import typer

from sim.architectures import load_design
from sim.cli.messages import DONE, FAILED, UNDECIDED, note
from sim.cli.work.console import console, print_json
from sim.cli.work.lint import warn
from sim.cli.work.names import scenario_called
from sim.cli.work.sentences import verdict
from sim.cli.work.simulation import ended_after, leave, say_how_it_went, simulated
from sim.cli.work.tables import COLOURS, objectives_table
from sim.documents.comparison import run as document
from sim.experiment.compare import check_judgeable
from sim.experiment.effort import Effort

CODES = {"met": DONE, "so far": UNDECIDED, "violated": FAILED, "undecided": UNDECIDED}


def check(
    context: typer.Context, scenario: str, design: str, effort: Effort, precision: float | None, seconds: float | None,
    *, as_json: bool,
) -> None:  # fmt: skip
    world = scenario_called(scenario)
    check_judgeable(world, scenario)
    warn(load_design(design), world, names=[scenario, design])
    since = time.monotonic()
    with ended_after(seconds):
        comparison = simulated(context, world, [design], effort, precision)
    in_time = seconds is not None and time.monotonic() - since >= seconds
    if comparison.interrupted and in_time:
        note(f"judged after {seconds:g} s by {comparison.mornings:,} of {comparison.asked:,} mornings")
        comparison = replace(comparison, asked=comparison.mornings, interrupted=False)
    result = next(iter(comparison.results.values()))
    if as_json:
        print_json(document(comparison))
    else:
        out = console()
        out.print(objectives_table(result.objectives))
        out.print(f"{result.design.name} {verdict(result)}: ", end="")
        out.print(result.verdict, style=f"bold {COLOURS[result.verdict]}")
    say_how_it_went(comparison, precision)
    leave(comparison, CODES[result.verdict])
