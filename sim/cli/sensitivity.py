"""`coffee sensitivity`: which inputs move the metrics."""

from __future__ import annotations

import shlex
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from sim.cli.messages import DONE, INTERRUPTED, note
from sim.cli.options import EngineName, Jobs, Json, ScenarioName, Seed, whole_number

if TYPE_CHECKING:
    from rich.table import Table

    from sim.experiment.screening import Screening
    from sim.experiment.sensitivity import Effect
    from sim.experiment.swings import Swings

MOST = 12  # inputs in a table


class Method(StrEnum):
    """How inputs are moved."""

    ONE = "one"
    MORRIS = "morris"
    SOBOL = "sobol"


METHODS: dict[Method, Literal["morris", "sobol"]] = {Method.MORRIS: "morris", Method.SOBOL: "sobol"}


def sensitivity(
    scenario: ScenarioName,
    design: Annotated[
        str, typer.Option("--design", "-d", metavar="NAME", help="A design's name, or a file of yours.", show_default=False)
    ],
    inputs: Annotated[
        list[str] | None,
        typer.Option(
            "--input", "-i", metavar="KEY[=A..B]", show_default=False,
            help="Move this key of the scenario or design, halved and doubled or from A to B. Can be repeated. [default: all]",
        ),
    ] = None,
    metric: Annotated[
        list[str] | None,
        typer.Option(
            "--metric", "-m", metavar="NAME", show_default=False,
            help="A metric to look at. Can be repeated. [default: double_charge_rate, ack_latency_p95, confirmation_lag_p99, "
            "cost_per_1000]",
        ),
    ] = None,
    method: Annotated[Method, typer.Option(help="One input at a time, or all at once (needs the extra lab).")] = Method.ONE,
    samples: Annotated[
        int | None,
        typer.Option(
            "--samples", metavar="N", parser=whole_number, show_default=False,
            help="Trajectories of morris [default: 10], base points of sobol [default: 64].",
        ),
    ] = None,
    mornings: Annotated[
        int | None,
        typer.Option(
            "--mornings", "-n", metavar="N", parser=whole_number, show_default=False,
            help="How many mornings for every value. [default: 4, or 2 with morris or sobol]",
        ),
    ] = None,
    seed: Seed = 0,
    jobs: Jobs = None,
    engine: EngineName = "local",
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", metavar="DIR", help="Write chart, CSV and JSON to this folder.", show_default=False),
    ] = None,
    as_json: Json = False,
) -> None:  # fmt: skip
    """Which inputs move the metrics?

    Halves and doubles every number of the scenario and the design, one at a time and on the same mornings, and ranks what that
    does. An effect whose 95 % interval holds zero is not clear. With many inputs some seem clear by chance: one in twenty.

    morris and sobol move all inputs at once between their ends, and so see what inputs do together. morris: mu* is the mean
    size of an input's effect over its whole range, sigma how much that depends on the others. sobol: first is the share of the
    variance that an input explains alone, total with all it does together with others. Screen with morris, then give sobol the
    few that matter.

    Examples:
      coffee sensitivity morning-rush --design outbox
      coffee sensitivity morning-rush -d naive -i app.timeout=2s..16s -i provider.latency --metric double_charge_rate
      coffee sensitivity morning-rush -d outbox --out reports/sensitivity
      coffee sensitivity morning-rush -d idempotent --method morris --samples 6
      coffee sensitivity morning-rush -d idempotent --method sobol -i payment.timeout=1s..10s -i checkout.workers=8..64
    """
    from sim.cli.console import console, print_json
    from sim.cli.names import scenario_called
    from sim.cli.progress import progress_bar
    from sim.cli.simulation import answered_for
    from sim.config.errors import ConfigError
    from sim.documents.sensitivity import document
    from sim.experiment.screening import Screening, screen
    from sim.experiment.swings import swings
    from sim.report.folder import check_replaceable
    from sim.report.sensitivity import FILES, write_folder

    if samples is not None and method is Method.ONE:
        raise ConfigError("--samples: is for --method morris or sobol")
    if out is not None:
        check_replaceable(out, ours=FILES.__contains__)
    mornings = mornings if mornings is not None else 4 if method is Method.ONE else 2
    world, wanted, metrics = scenario_called(scenario), inputs or [], metric or []
    command = _command(scenario, design, wanted, metrics, method, samples, mornings, seed)
    found: Swings | Screening
    try:
        with answered_for(command), progress_bar("simulating mornings", 0) as progress:
            if method is Method.ONE:
                found = swings(
                    world,
                    design,
                    wanted,
                    metrics=metrics,
                    mornings=mornings,
                    seed=seed,
                    jobs=jobs,
                    engine=engine,
                    progress=progress,
                )
            else:
                found = screen(
                    world, design, wanted, method=METHODS[method], metrics=metrics, samples=samples, mornings=mornings,
                    seed=seed, jobs=jobs, engine=engine, say=note, progress=progress,
                )  # fmt: skip
    except KeyboardInterrupt:
        note("interrupted; there are no results")
        raise typer.Exit(INTERRUPTED) from None
    if as_json:
        print_json(document(found))
    else:
        screen_ = console()
        for table in _tables(found) if isinstance(found, Screening) else _swing_tables(found):
            screen_.print(table)
    if out is not None:
        note(f"written: {write_folder(found, out, command=command)}")
    raise typer.Exit(DONE)


def _command(
    scenario: str,
    design: str,
    inputs: list[str],
    metrics: list[str],
    method: Method,
    samples: int | None,
    mornings: int,
    seed: int,
) -> str:
    parts = ["coffee", "sensitivity", scenario, "--design", design]
    parts += [part for one in inputs for part in ("--input", one)] + [part for one in metrics for part in ("--metric", one)]
    parts += ["--method", method.value] if method is not Method.ONE else []
    parts += ["--samples", str(samples)] if samples is not None else []
    return shlex.join([*parts, "--mornings", str(mornings), "--seed", str(seed)])


def _swing_tables(found: Swings) -> list[Table | str]:
    """A table a metric: inputs with a clear effect (of a few all that have any), and a line about the others."""
    from sim import words
    from sim.cli.tables import plain_table
    from sim.experiment.inputs import called, shown
    from sim.experiment.swings import no_effect
    from sim.vocabulary import METRICS

    made: list[Table | str] = []
    for metric in found.metrics:
        unit, before = METRICS[metric].unit, found.before(metric)
        now = "never, in some mornings" if before == float("inf") else words.quantity(before, unit)
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
    from sim import words
    from sim.experiment.inputs import shown
    from sim.experiment.swings import turns
    from sim.vocabulary import METRICS

    if end is None:
        return "–"
    if turns(end, metric):
        return f"{shown(end.value)}: {'never' if turns(end, metric) > 0 else 'no longer never'}"
    says = words.difference(end.differences[metric], METRICS[metric].unit)
    return f"{shown(end.value)}: {says if end.clear(metric) or not end.differences[metric].difference else f'({says})'}"


def _rest(found: Swings, metric: str, clear: int) -> str:
    """How many more have a clear effect, how many may have one, and how many have none at all."""
    from sim.experiment.swings import no_effect

    none = sum(all(no_effect(end, metric) for end in swing.ends) for swing in found.swings)
    unclear = len(found.swings) - clear - none
    parts = [f"{clear - MOST} more with a smaller effect"] if clear > MOST else []
    parts += [f"no clear effect of {unclear}"] if unclear else []
    parts += [f"none whatever of {none}"] if none else []
    of = f"{len(found.swings)} input{'s' * (len(found.swings) > 1)}"
    return f"{of}, {found.mornings} mornings: {'; '.join([f'a clear effect of {clear}', *parts])}. In brackets: not clear."


def _tables(found: Screening) -> list[Table | str]:
    """A table a metric, the most influential input first."""
    from sim.cli.tables import plain_table
    from sim.config.writing import flow
    from sim.experiment.inputs import called, shown
    from sim.vocabulary import METRICS
    from sim.words import quantity

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
        made += [metric, table, f"and {more} more, below those\n" if more > 0 else ""]
    return made
