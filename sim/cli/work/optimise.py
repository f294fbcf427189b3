"""`coffee optimise`: searches a space of designs, prints the front, and writes its designs and charts."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import typer
from rich.table import Table

from sim import words
from sim.cli.again import again
from sim.cli.messages import DONE, FAILED, note
from sim.cli.work.console import console, print_json
from sim.cli.work.names import scenario_called
from sim.cli.work.simulation import at_work
from sim.cli.work.tables import plain_table
from sim.documents.optimum import document
from sim.experiment.effort import Effort
from sim.experiment.optimise import CONSTRAINTS, MINIMISED, Optimum
from sim.experiment.optimise import optimise as optimised
from sim.experiment.search import Constraint, Finalist
from sim.experiment.space import load_space
from sim.report.folder import check_replaceable
from sim.report.optimise import CSV, FILES, JSON, write_designs, write_folder
from sim.report.result import Told
from sim.vocabulary import METRICS

MOST = 15  # designs in the table


def optimise(
    context: typer.Context, scenario: str, space: Path, minimise: Sequence[str], subject_to: Sequence[str], effort: Effort,
    trials: int, out: Path | None, write: Path | None, *, as_json: bool,
) -> None:  # fmt: skip
    for folder, ours in ((out, FILES), (write, frozenset[str]())):
        if folder is not None:
            check_replaceable(folder, ours=ours.__contains__)
    world, choices = scenario_called(scenario), load_space(space)
    command = again(context)
    with at_work("simulating mornings", 0, command, smaller="fewer --trials give a first look") as progress:
        found = optimised(
            world, choices, effort, minimise=minimise or MINIMISED, subject_to=subject_to or CONSTRAINTS, trials=trials,
            progress=progress,
        )  # fmt: skip
    if as_json:
        print_json(document(found))
    else:
        screen = console()
        if found.front:
            screen.print(_table(found))
        for line in _sentences(found):
            screen.print(line)
    if out is not None:
        note(f"written: {write_folder(found, out, _told(found, command))}")
    if write is not None and found.front:
        write_designs(found, write)
        note(f"written: {write}; coffee compare {scenario} {write}/*.yaml")
    raise typer.Exit(DONE if found.front else FAILED)


def _table(found: Optimum) -> Table:
    """The front, then those that may be on it; each with what differs, and both metrics."""
    table = plain_table("the front", "differs in", *found.minimised)
    for one in [*found.front, *found.perhaps()][:MOST]:
        mark = "" if one in found.front else "~ "
        tied = ", ".join(other.candidate.name for other in found.ties(one) if other in found.front)
        name = f"{mark}{one.candidate.name}" + (f"\n≈ {tied}" if tied else "")
        table.add_row(name, "\n".join(one.candidate.differs.split(", ")), *(_cell(found, one, m) for m in found.minimised))
    return table


def _cell(found: Optimum, one: Finalist, metric: str) -> str:
    """A metric, and how it differs from the first design's: mornings are the same, so that small differences can be seen."""
    text = words.estimate(one.estimates[metric], _unit(metric))
    if one is found.front[0]:
        return text
    return f"{text}\n{words.difference(found.difference(one, found.front[0], metric), _unit(metric))}"


def _told(found: Optimum, command: str) -> Told:
    from sim.lab.cards_of_searches import optimum as card  # matplotlib takes a second to import

    return Told(
        "which designs are beaten by no other?", card(found), found.scenario, [one.candidate.design for one in found.front],
        f"{words.mornings(found.mornings)} of each finalist, from seed {found.seed}", command,
        f"{CSV}, {JSON}, and the chart as PNG and SVG", list(_sentences(found)),
    )  # fmt: skip


def _sentences(found: Optimum) -> list[str]:
    """What was tried and what was not, how sure the front is, and what to do if there is none."""
    lines = [_tried(found)]
    if not found.front:
        return [_nobody(found), *lines]
    lines.append(
        f"Intervals are over {words.mornings(found.mornings)} that the search has not used. Second lines: the paired "
        f"difference from {found.front[0].candidate.name}."
    )
    lines += [_held(found, constraint) for constraint in found.constraints]
    if any(found.ties(one) for one in found.front) or found.perhaps():
        lines.append(
            "≈: a tie; on these mornings the other design is not clearly worse. ~: not clearly beaten, so it may be on the "
            "front as well. More --mornings may decide."
        )
    same = [f"{one.candidate.name} and {len(one.same)} more" for one in found.front if one.same]
    lines += [f"Exactly the same results: {'; '.join(same)}."] if same else []
    undecided = [one.candidate.name for one in found.finalists if "undecided" in one.statuses.values()]
    lines += [f"Left out because a limit is undecided: {', '.join(undecided)}."] if undecided else []
    return lines


def _held(found: Optimum, constraint: Constraint) -> str:
    """How sure it is that a limit holds on the whole front: by the interval's far end of the one that is nearest to it."""
    metric, unit = constraint.metric, _unit(constraint.metric)
    if constraint.is_absolute and not METRICS[metric].more_is_better:
        n = min(int(one.values["purchases"].sum()) for one in found.front)
        high = max(one.estimates[metric].high or 0.0 for one in found.front)
        below = f", so below {words.quantity(high, unit)} at 95 %" if high else ""
        return f"{metric}: none in {n:,} purchases of any design on the front{below}."
    worst = min if METRICS[metric].more_is_better else max
    nearest = worst(found.front, key=lambda one: one.estimates[metric].mean or 0.0)
    return (
        f"{metric}: {words.estimate(nearest.estimates[metric], unit)} or better on the front; "
        f"the limit is {words.limit(metric, constraint.limit)}."
    )


def _tried(found: Optimum) -> str:
    size, n = found.space.size, len(found.tried)
    of = "infinitely many" if size is None else f"{size:,}"
    how = {
        "all": f"all on {words.mornings(found.mornings)}",
        "halving": f"on 2 mornings, and the better ones on up to {found.mornings}",
        "sampling": f"chosen by a sampler, on {min(4, found.mornings)} mornings, and the better ones on up to {found.mornings}",
    }[found.method]
    cannot = f"; {found.impossible:,} are impossible" if found.impossible else ""
    never = "" if size == n + found.impossible else " The others were never tried."
    keys = ", ".join(variable.key for variable in found.space.variables)
    return f"{n:,} of {of} designs tried, {how}{cannot}: {found.runs:,} runs.{never} Only {keys} varied."


def _nobody(found: Optimum) -> str:
    """No design holds every limit: who came closest to each."""
    parts = []
    for constraint in found.constraints:
        best = found.reached(constraint)
        if best is None:
            reached = "no design came near it (never, or nothing was there to be counted)"
        else:
            reached = f"best reached {words.quantity(best[1], _unit(constraint.metric))} ({best[0].name})"
        parts.append(f"{constraint.metric} {words.limit(constraint.metric, constraint.limit)}: {reached}")
    undecided = [one.candidate.name for one in found.finalists if "undecided" in one.statuses.values()]
    perhaps = f" Undecided, so perhaps with more --mornings: {', '.join(undecided)}." if undecided else ""
    return f"No design holds every limit. {'; '.join(parts)}.{perhaps}"


def _unit(metric: str) -> str:
    return METRICS[metric].unit
