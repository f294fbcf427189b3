"""Sizings and cost curves as text, for people."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from sim import words
from sim.architectures.load import charges_within_the_request, slowest_call_s
from sim.cli.work.console import print_title
from sim.cli.work.tables import COLOURS, plain_table, stations, value_and_interval
from sim.config.units import duration_text
from sim.experiment.capacity import COMPONENTS, Capacity, fewest
from sim.experiment.compare import Objective, Result
from sim.experiment.cost_curve import CostCurve, rate_text_of
from sim.experiment.estimates import holds, judge
from sim.experiment.size import SLACK, Best, Sizing, Sizings
from sim.vocabulary import METRICS, PARTS_OF_COST

PARTS = ("servers", "fees", "failures")  # the parts of the cost, in few characters


def print_sizings(out: Console, sizings: Sizings) -> None:
    """Each design: its capacity, how it stands against the objectives, what binds, and what no capacity can do."""
    print_title(out, sizings.scenario.name, sizings.scenario.summary)
    last = sizings.seed + sizings.mornings
    searched = f"searched on {sizings.mornings:,} mornings (seeds {sizings.seed} to {last - 1})"
    out.print(f"{searched}, measured on {sizings.fresh:,} fresh ones (seeds {last} to {last + sizings.fresh - 1})", style="dim")
    for name, sizing in sizings.sizings.items():
        out.print()
        out.print(Text.assemble((name, "bold"), f"  {counted(sizing.capacity)}"))
        out.print()
        out.print(_components(sizing))
        out.print()
        out.print(_objectives(sizing))
        out.print()
        for sentence in sentences(sizing):
            out.print(sentence)


def counted(capacity: Capacity) -> str:
    """`9 checkout workers, 1 database connection`."""
    return ", ".join(_count(number, name) for name, number in capacity.items())


def sentences(sizing: Sizing) -> Iterable[str]:
    """What binds, what no capacity can do and why, and what it all costs."""
    result = sizing.result
    if sizing.bottleneck is not None and sizing.binding is not None:
        cut = sizing.cuts[sizing.bottleneck]
        value = " ".join(value_and_interval(cut.values[sizing.binding], METRICS[sizing.binding].unit)).strip()
        yield f"Binding: with {_count(cut.number, sizing.bottleneck)}, {sizing.binding} is the first that is not met: {value}."
    elif not (*sizing.goals.met, *sizing.goals.held):
        yield "No objective depends on the capacity, so this is the smallest possible capacity."
    else:
        enough = "and more is no better" if sizing.goals.held or sizing.left_out else "and enough"
        least = all(number == fewest(sizing.design, name) for name, number in sizing.capacity.items())
        fewer = "one fewer of any component was enough on the mornings of the search, but not on the fresh ones"
        yield f"Binding: nothing; {f'this is the smallest possible capacity, {enough}' if least else fewer}."
    yield from _out_of_reach(sizing)
    if sizing.autoscaled:
        yield f"Not changed, because they scale by themselves: {', '.join(sizing.autoscaled)}."
    parts = ", ".join(f"{part} {words.mean_number(result.metrics[metric])}" for part, metric in PARTS_OF_COST.items())
    yield f"Cost: {words.mean_number(result.metrics['cost_per_1000'])} USD per 1,000 correct purchases ({parts})."


def _out_of_reach(sizing: Sizing) -> Iterable[str]:
    held, left = sizing.goals.held, sizing.left_out
    if held:
        perhaps = any(judge(m, sizing.goals.limits[m], sizing.best[m].value) != "violated" for m in held)
        yield (
            f"No capacity {'is sure to meet' if perhaps else 'meets'} {_listed(held)}: the answer is not clearly worse, by "
            f"more than {words.percent(SLACK)}, than {counted(sizing.widest)}"
            f"{', with which nobody waits, so that more would change nothing' if sizing.nobody_waits else ''}."
        )
    if left:
        yield f"No capacity meets {_listed(left)}, which are never reached on some mornings: the answer need not meet them."
    if charges_within_the_request(sizing.design) and any(metric.startswith("ack_latency") for metric in sizing.best):
        call = words.seconds(slowest_call_s(sizing.result.scenario, sizing.design))
        yield f"It answers after the provider has, at the worst moment {call} on average: no worker makes that shorter."


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} or {names[-1]}"


def _components(sizing: Sizing) -> Table:
    table = plain_table("component", "number", "offered load", "busy", "with a queue", "one fewer breaks", right=range(1, 5))
    about = {station["station"]: station for station in stations(sizing.result)}
    for name, number in sizing.capacity.items():
        station = about[COMPONENTS[name].station]
        cut = sizing.cuts.get(name)
        if cut is None:
            what = "impossible: one per instance" if fewest(sizing.design, name) > 1 else "impossible"
        else:
            what = ", ".join(cut.broken) or "nothing on the mornings of the search"
        load, busy, queueing = words.number(sizing.load[name]), words.share(station["busy"]), words.share(station["queueing"])
        table.add_row(name, f"{number:,}", load, busy, queueing, what)
    return table


def _objectives(sizing: Sizing) -> Table:
    reached = ["best reached"] if sizing.best else []
    table = plain_table("objective", "limit", "measured", "", "margin", *reached, right=range(4, 5))
    table.columns[0].no_wrap = True
    for objective in sizing.result.objectives:
        measured = " ".join(value_and_interval(objective.estimate, METRICS[objective.metric].unit)).strip()
        status = Text(objective.status, style=COLOURS[objective.status])
        limit, best = words.limit(objective.metric, objective.limit), sizing.best.get(objective.metric)
        cells = [_reached(objective.metric, best)] if reached else []
        table.add_row(objective.metric, limit, measured, status, _margin(objective), *cells)
    return table


def _reached(metric: str, best: Best | None) -> str:
    if best is None:
        return ""
    return "never" if best.value.mean is None else words.quantity(best.value.mean, METRICS[metric].unit)


def _margin(objective: Objective) -> str:
    """How far the nearer end of the interval is from the limit, as a share of the limit."""
    value, limit = objective.estimate, objective.limit
    if value.low is None or value.high is None or not limit:
        return ""
    room = value.low - limit if METRICS[objective.metric].more_is_better else limit - value.high
    return words.share(room / limit) if room >= 0 else ""


def print_curve(out: Console, curve: CostCurve) -> None:
    """Capacity and cost by peak, and cost by the length of the brownout, a row each."""
    print_title(out, curve.scenario.name, curve.scenario.summary)
    objectives = ", ".join(f"{metric} {words.limit(metric, limit)}" for metric, limit in curve.scenario.objectives.items())
    out.print(f"held to {objectives}", style="dim")
    if curve.peaks_per_s:
        out.print()
        out.print(_peaks(curve))
    if curve.lengths_s:
        out.print()
        out.print(_brownouts(curve))
        for name, sizing in curve.sized.items():
            out.print(f"{name}: {counted(sizing.capacity)}, with every brownout")


def _peaks(curve: CostCurve) -> Table:
    table = plain_table("peak", "design", "capacity", "USD per 1,000", *PARTS, "objectives", right=range(3, 7))
    for number, peak in enumerate(curve.peaks_per_s):
        for name, points in curve.points.items():
            if number < len(points):
                sizing = points[number].sizing
                capacity = " + ".join(f"{n:,} {COMPONENTS[c].station}" for c, n in sizing.capacity.items())
                table.add_row(rate_text_of(peak), name, capacity, *_costs(sizing.result), _verdict(sizing.result))
        table.add_section()
    return table


def _brownouts(curve: CostCurve) -> Table:
    table = plain_table("brownout", "design", "USD per 1,000", *PARTS, "objectives", right=range(2, 6))
    for number, length in enumerate((0.0, *curve.lengths_s)):
        for name, spells in curve.spells.items():
            if number < len(spells):
                result = spells[number].result
                table.add_row(duration_text(length) if length else "none", name, *_costs(result), _verdict(result))
        table.add_section()
    return table


def _costs(result: Result) -> list[str]:
    total = result.metrics["cost_per_1000"]
    if total.mean is None or total.low is None or total.high is None:
        in_all = words.mean_number(total)
    else:
        in_all = f"{total.mean:,.0f} [{total.low:,.0f}, {total.high:,.0f}]"
    return [in_all, *(words.mean_number(result.metrics[metric]) for metric in PARTS_OF_COST.values())]


def _verdict(result: Result) -> Text:
    missed = [objective.metric for objective in result.objectives if not holds(objective.status)]
    return Text(", ".join([result.verdict, *missed]), style=COLOURS[result.verdict])


def _count(number: int, name: str) -> str:
    return f"{number:,} {COMPONENTS[name].one if number == 1 else name}"
