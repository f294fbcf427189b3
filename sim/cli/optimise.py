"""`coffee optimise`: the designs that nobody beats in two metrics, among those that keep to the limits."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sim.cli.messages import DONE, FAILED, INTERRUPTED, note
from sim.cli.options import EngineName, Jobs, Json, ScenarioName, Seed, whole_number

if TYPE_CHECKING:
    from rich.table import Table

    from sim.experiment.optimise import Optimum
    from sim.experiment.search import Constraint, Finalist

MOST = 15  # designs in the table


def optimise(
    scenario: ScenarioName,
    space: Annotated[
        Path, typer.Option("--design-space", "-s", metavar="FILE", help="What may be chosen, as YAML.", show_default=False)
    ],
    minimise: Annotated[
        list[str] | None,
        typer.Option(
            "--minimise", "-m", metavar="NAME", show_default=False,
            help="One of two metrics to make small (large where more is better); twice. "
            "[default: cost_per_1000, confirmation_lag_p99]",
        ),
    ] = None,
    subject_to: Annotated[
        list[str] | None,
        typer.Option(
            "--subject-to", metavar="METRIC=LIMIT", show_default=False,
            help="A limit that must hold, instead of the default ones. Can be repeated. "
            "[default: double_charge_rate=0, duplicate_order_rate=0]",
        ),
    ] = None,
    mornings: Annotated[
        int,
        typer.Option(
            "--mornings", "-n", metavar="N", parser=whole_number, help="How many mornings to search on, and as many fresh ones."
        ),
    ] = 8,
    trials: Annotated[
        int, typer.Option("--trials", metavar="N", parser=whole_number, help="Designs that a sampler may try in a large space.")
    ] = 96,
    seed: Seed = 0,
    jobs: Jobs = None,
    engine: EngineName = "local",
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", metavar="DIR", help="Write chart, CSV and JSON to this folder.", show_default=False),
    ] = None,
    write: Annotated[
        Path | None,
        typer.Option("--write", "-w", metavar="DIR", help="Write the front's designs to this new folder.", show_default=False),
    ] = None,
    as_json: Json = False,
) -> None:  # fmt: skip
    """Find the designs that nobody beats.

    Of all designs that hold every limit, those that no other beats in both metrics: the Pareto front of cost and confirmation
    lag, unless told otherwise. A limit of 0 is violated by one witness; any other holds when the whole 95 % interval is within.

    \b
    The design space is a file:
      from: [idempotent, outbox]            designs to start from
      vary:
        checkout.workers: [8, 16, 32]       values to try
        relay.poll_every: [100ms, 2s]       in the designs that have it
        payment.timeout: 2s..10s            any value between
        app.timeout: log:2s..32s:5          or five values, as in `coffee sweep`

    Up to 32 designs are all tried on all mornings. Up to 512 begin with two mornings, and the better half goes on with twice as
    many. Of more, or with ranges, a sampler tries --trials (needs the extra lab). The best meet fresh mornings, and only those
    count: who looked good before may have been lucky. Exits with 1 if no design holds every limit.

    Examples:
      coffee optimise morning-rush --design-space space.yaml
      coffee optimise morning-rush -s space.yaml --subject-to double_charge_rate=0 --subject-to ack_latency_p95=1s
      coffee optimise morning-rush -s space.yaml -m infra_cost_per_1000 -m ack_latency_p95 --out reports/front
      coffee optimise morning-rush -s space.yaml --write front && coffee compare morning-rush front/*.yaml
    """  # noqa: D301  a backspace keeps the lines of a paragraph apart
    from sim.cli.console import console, print_json
    from sim.cli.names import scenario_called
    from sim.cli.progress import progress_bar
    from sim.cli.simulation import answered_for
    from sim.documents.optimum import document
    from sim.experiment.optimise import CONSTRAINTS, MINIMISED
    from sim.experiment.optimise import optimise as optimised
    from sim.experiment.space import load_space
    from sim.report.folder import check_replaceable
    from sim.report.optimise import FILES, write_designs, write_folder

    for folder, ours in ((out, FILES), (write, frozenset[str]())):
        if folder is not None:
            check_replaceable(folder, ours=ours.__contains__)
    world, choices = scenario_called(scenario), load_space(space)
    metrics, limits = minimise or MINIMISED, subject_to or CONSTRAINTS
    parts = ["coffee", "optimise", scenario, "--design-space", str(space)]
    parts += [part for one in minimise or [] for part in ("--minimise", one)]
    parts += [part for one in subject_to or [] for part in ("--subject-to", one)]
    parts += ["--trials", str(trials)] if choices.size is None else []
    command = shlex.join([*parts, "--mornings", str(mornings), "--seed", str(seed)])
    try:
        with answered_for(command), progress_bar("simulating mornings", 0) as progress:
            found = optimised(
                world, choices, minimise=metrics, subject_to=limits, mornings=mornings, trials=trials, seed=seed, jobs=jobs,
                engine=engine,
                progress=progress,
            )  # fmt: skip
    except KeyboardInterrupt:
        note("interrupted; there are no results")
        raise typer.Exit(INTERRUPTED) from None
    if as_json:
        print_json(document(found))
    else:
        screen = console()
        if found.front:
            screen.print(_table(found))
        for line in _sentences(found):
            screen.print(line)
    if out is not None:
        note(f"written: {write_folder(found, out, command=command)}")
    if write is not None and found.front:
        write_designs(found, write)
        note(f"written: {write}; coffee compare {scenario} {write}/*.yaml")
    raise typer.Exit(DONE if found.front else FAILED)


def _table(found: Optimum) -> Table:
    """The front, then those that may be on it; each with what differs, and both metrics."""
    from sim.cli.tables import plain_table

    table = plain_table("the front", "differs in", *found.minimised)
    for one in [*found.front, *found.perhaps()][:MOST]:
        mark = "" if one in found.front else "~ "
        tied = ", ".join(other.candidate.name for other in found.ties(one) if other in found.front)
        name = f"{mark}{one.candidate.name}" + (f"\n≈ {tied}" if tied else "")
        table.add_row(name, "\n".join(one.candidate.differs.split(", ")), *(_cell(found, one, m) for m in found.minimised))
    return table


def _cell(found: Optimum, one: Finalist, metric: str) -> str:
    """A metric, and how it differs from the first design's: mornings are the same, so that small differences can be seen."""
    from sim import words

    text = words.estimate(one.estimates[metric], _unit(metric))
    if one is found.front[0]:
        return text
    return f"{text}\n{words.difference(found.difference(one, found.front[0], metric), _unit(metric))}"


def _sentences(found: Optimum) -> list[str]:
    """What was tried and what was not, how sure the front is, and what to do if there is none."""
    from sim import words

    lines = [_tried(found)]
    if not found.front:
        return [_nobody(found), *lines]
    lines.append(
        f"Intervals are of {words.mornings(found.mornings)} that nobody had met before; in second lines, the paired difference "
        f"from {found.front[0].candidate.name}."
    )
    lines += [_held(found, constraint) for constraint in found.constraints]
    if any(found.ties(one) for one in found.front) or found.perhaps():
        lines.append(
            "≈: a tie, that one may be as good or better for all these mornings can tell. ~: not clearly beaten, so perhaps on "
            "the front as well. More --mornings may tell."
        )
    same = [f"{one.candidate.name} and {len(one.same)} more" for one in found.front if one.same]
    lines += [f"The same results to the last figure: {'; '.join(same)}."] if same else []
    undecided = [one.candidate.name for one in found.finalists if "undecided" in one.statuses.values()]
    lines += [f"Left out, since a limit is undecided: {', '.join(undecided)}."] if undecided else []
    return lines


def _held(found: Optimum, constraint: Constraint) -> str:
    """How sure it is that a limit holds on the whole front: by the interval's far end of the one that is nearest to it."""
    from sim import words
    from sim.vocabulary import METRICS

    metric, unit = constraint.metric, _unit(constraint.metric)
    if constraint.is_zero:
        n = min(int(one.values["purchases"].sum()) for one in found.front)
        high = max(one.estimates[metric].high or 0.0 for one in found.front)
        below = f", so below {words.quantity(high, unit)} at 95 %" if high else ""
        return f"{metric}: none in {n:,} purchases of any design on the front{below}."
    worst = max if METRICS[metric].better == "lower" else min
    nearest = worst(found.front, key=lambda one: one.estimates[metric].mean or 0.0)
    return (
        f"{metric}: {words.estimate(nearest.estimates[metric], unit)} or better on the front; "
        f"the limit is {words.limit(metric, constraint.limit)}."
    )


def _tried(found: Optimum) -> str:
    from sim import words

    size, n = found.space.size, len(found.tried)
    of = "endlessly many" if size is None else f"{size:,}"
    how = {
        "all": f"all on {words.mornings(found.mornings)}",
        "halving": f"on 2 mornings, and the better ones on up to {found.mornings}",
        "sampling": f"chosen by a sampler, on {min(4, found.mornings)} mornings, and the better ones on up to {found.mornings}",
    }[found.method]
    cannot = f"; {found.impossible:,} can't be" if found.impossible else ""
    never = "" if size == n + found.impossible else " The others were never tried."
    keys = ", ".join(variable.key for variable in found.space.variables)
    return f"{n:,} of {of} designs tried, {how}{cannot}: {found.runs:,} runs.{never} Only {keys} varied; all else is as it was."


def _nobody(found: Optimum) -> str:
    """No design holds every limit: who came closest to each."""
    from sim import words

    parts = []
    for constraint in found.constraints:
        best = found.reached(constraint)
        reached = (
            "nothing to count" if best is None else f"{words.quantity(best[1], _unit(constraint.metric))} ({best[0].name})"
        )
        parts.append(f"{constraint.metric} {words.limit(constraint.metric, constraint.limit)}: best reached {reached}")
    undecided = [one.candidate.name for one in found.finalists if "undecided" in one.statuses.values()]
    perhaps = f" Undecided, so perhaps with more --mornings: {', '.join(undecided)}." if undecided else ""
    return f"No design holds every limit. {'; '.join(parts)}.{perhaps}"


def _unit(metric: str) -> str:
    from sim.vocabulary import METRICS

    return METRICS[metric].unit
