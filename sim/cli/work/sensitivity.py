"""`coffee sensitivity`: changes inputs, one or all at a time, and prints, draws and writes their effects."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import typer
from rich.table import Table

from sim import words
from sim.cli.again import again
from sim.cli.messages import DONE, note
from sim.cli.work.console import console, print_json
from sim.cli.work.names import scenario_called
from sim.cli.work.simulation import Progress, at_work, first_look
from sim.cli.work.tables import plain_table
from sim.config.errors import ConfigError
from sim.config.scenario import Scenario
from sim.config.writing import flow
from sim.documents.sensitivity import document
from sim.experiment.effort import Effort
from sim.experiment.inputs import called, shown
from sim.experiment.screening import Method, Screening, screen
from sim.experiment.sensitivity import Effect
from sim.experiment.swings import Swings, no_effect, swings
from sim.report.folder import check_replaceable
from sim.report.result import Told
from sim.report.sensitivity import CSV, FILES, JSON, write_folder
from sim.vocabulary import METRICS
from sim.words import quantity

MOST = 12  # inputs in a table


def sensitivity(
    context: typer.Context, scenario: str, design: str, inputs: Sequence[str], metrics: Sequence[str],
    method: Method | None, samples: int | None, effort: Effort, out: Path | None, *, as_json: bool,
) -> None:  # fmt: skip
    if samples is not None and method is None:
        raise ConfigError("--samples: is for --method morris or sobol")
    if out is not None:
        check_replaceable(out, ours=FILES.__contains__)
    world = scenario_called(scenario)
    command = again(context, mornings=effort.mornings)
    with at_work("simulating mornings", 0, command, smaller=first_look(effort)) as progress:
        found = _found(world, design, inputs, metrics, method, samples, effort, progress)
    if as_json:
        print_json(document(found))
    else:
        screen_ = console()
        for table in _tables(found) if isinstance(found, Screening) else _swing_tables(found):
            screen_.print(table)
    if out is not None:
        note(f"written: {write_folder(found, out, _told(found, command))}")
    raise typer.Exit(DONE)


def _told(found: Swings | Screening, command: str) -> Told:
    from sim.lab import cards_of_searches as cards  # matplotlib takes a second to import

    return Told(
        "which inputs matter?", cards.swings(found) if isinstance(found, Swings) else cards.screening(found), found.scenario,
        [found.design], f"{words.mornings(found.mornings)} a point, from seed {found.seed}", command,
        f"{CSV}, {JSON}{', and the chart as PNG and SVG' if isinstance(found, Swings) else ''}",
    )  # fmt: skip


def _found(
    world: Scenario, design: str, inputs: Sequence[str], metrics: Sequence[str], method: Method | None,
    samples: int | None, effort: Effort, progress: Progress | None,
) -> Swings | Screening:  # fmt: skip
    if method is None:
        return swings(
            world, design, inputs, effort, metrics=metrics, progress=progress,
        )  # fmt: skip
    return screen(
        world, design, inputs, effort, method=method, metrics=metrics, samples=samples, say=note, progress=progress,
    )  # fmt: skip


def _swing_tables(found: Swings) -> list[Table | str]:
    """A table a metric: inputs with a clear effect (of a few all that have any), and a line about the others."""
    made: list[Table | str] = []
    for metric in found.metrics:
        now = words.measured(found.before(metric), METRICS[metric].unit)
        ranked = found.ranked(metric)
        clear = [swing for swing in ranked if swing.clear(metric)]
        moving = [swing for swing in ranked if not all(no_effect(end, metric) for end in swing.ends)]
        listed = moving if len(ranked) <= MOST else clear[:MOST]
        table = plain_table("input", "value", "low end", "high end")
        for swing in listed:
            table.add_row(
                called(swing.input), shown(swing.input.value), *(_end(one, metric) for one in (swing.low, swing.high))
            )
        made += [f"{metric}, now {now}", *([table] if listed else []), f"{_rest(found, metric, len(clear))}\n"]
    return made


def _end(end: Effect | None, metric: str) -> str:
    """`16s: +1.2 points [0.8, 1.6]`."""
    if end is None:
        return "–"
    says = words.effect(end, metric)
    return f"{shown(end.value)}: {says if end.clear(metric) or end.differences[metric].difference == 0 else f'({says})'}"


def _rest(found: Swings, metric: str, clear: int) -> str:
    """How many more have a clear effect, how many may have one, and how many have none at all."""
    none = sum(all(no_effect(end, metric) for end in swing.ends) for swing in found.swings)
    unclear = len(found.swings) - clear - none
    parts = [f"{clear - MOST} more with smaller effects"] if clear > MOST else []
    parts += [f"no clear effect: {unclear}"] if unclear else []
    parts += [f"no effect: {none}"] if none else []
    of = f"{len(found.swings)} input{'s' * (len(found.swings) > 1)}"
    return f"{of}, {found.mornings} mornings: {'; '.join([f'clear effect: {clear}', *parts])}. In brackets: not clear."


def _tables(found: Screening) -> list[Table | str]:
    """A table a metric, the most influential input first."""
    made: list[Table | str] = []
    for metric in found.metrics:
        unit = METRICS[metric].unit
        if isinstance(reason := found.indices[metric], str):
            made.append(f"{metric}: {reason}\n")
            continue
        titles = ("mu*", "sigma") if found.method == "morris" else ("first", "total")
        table = plain_table("input", "from", "to", *titles)
        for factor, index in found.ranked(metric)[:MOST]:
            if found.method == "morris":
                cells = (f"{quantity(index.main, unit)} ± {quantity(index.main_half, unit)}", quantity(index.other, unit))
            else:
                cells = (f"{index.main:.2f} ± {index.main_half:.2f}", f"{index.other:.2f} ± {index.other_half or 0:.2f}")
            table.add_row(called(factor.input), shown(flow(factor.low)), shown(flow(factor.high)), *cells)
        more = len(found.factors) - MOST
        made += [metric, table, f"and {more} more with smaller effects\n" if more > 0 else ""]
    return made
