"""Sizings and cost curves as text, for people."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table
from rich.text import Text

from sim import words
from sim.cli.work.console import print_title
from sim.cli.work.sizing_sentences import counted, measured, sentences
from sim.cli.work.tables import COLOURS, plain_table, stations
from sim.config.units import duration_text
from sim.experiment.capacity import COMPONENTS, fewest
from sim.experiment.compare import Objective, Result
from sim.experiment.cost_curve import CostCurve, rate_text_of
from sim.experiment.estimates import holds
from sim.experiment.size import Best, Sizing, Sizings
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


def _components(sizing: Sizing) -> Table:
    table = plain_table("component", "number", "offered load", "busy", "with a queue", "one fewer breaks", right=range(1, 5))
    about = {station["station"]: station for station in stations(sizing.result)}
    for name, number in sizing.capacity.items():
        station = about[COMPONENTS[name].station]
        fewer = sizing.fewer.get(name)
        if fewer is None:
            what = "impossible: one per instance" if fewest(sizing.design, name) > 1 else "impossible"
        else:
            what = ", ".join(one.name for one in fewer.changed) or "nothing that was seen"
        load, busy, queueing = words.number(sizing.load[name]), words.share(station["busy"]), words.share(station["queueing"])
        table.add_row(name, f"{number:,}", load, busy, queueing, what)
    return table


def _objectives(sizing: Sizing) -> Table:
    reached = ["best reached"] if sizing.best else []
    table = plain_table("objective", "limit", "measured", "", "margin", *reached, right=range(4, 5))
    table.columns[0].no_wrap = True
    for objective in sizing.result.objectives:
        value = measured(objective.estimate, objective.metric, objective.limit)
        status = Text(objective.status, style=COLOURS[objective.status])
        limit, best = words.limit(objective.metric, objective.limit), sizing.best.get(objective.metric)
        cells = [_reached(objective.metric, best)] if reached else []
        table.add_row(objective.metric, limit, value, status, _margin(objective), *cells)
    return table


def _reached(metric: str, best: Best | None) -> str:
    if best is None:
        return ""
    if best.value.mean is None:
        return "never" if best.value.never else "nothing to count"
    return words.quantity(best.value.mean, METRICS[metric].unit)


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
