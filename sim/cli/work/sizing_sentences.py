"""What a sizing says in sentences: what one fewer breaks, what one more improves, what no capacity reaches, what it costs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from sim import words
from sim.architectures.load import charges_within_the_request, slowest_call_s
from sim.cli.work.tables import value_and_interval
from sim.experiment.bench import Measure, Trial
from sim.experiment.capacity import COMPONENTS, Capacity
from sim.experiment.estimates import judge
from sim.experiment.fitting import Neighbour
from sim.experiment.goals import COST, SLACK
from sim.experiment.size import Sizing
from sim.experiment.statistics import Difference, Estimate
from sim.vocabulary import METRICS, PARTS_OF_COST

MOST_DECIMALS = 6


def sentences(sizing: Sizing) -> Iterator[str]:
    """Warnings first."""
    for warning in sizing.warnings:
        yield f"Warning: {warning}."
    if sizing.goals.held or sizing.goals.never or any(one.to_plenty for one in sizing.fewer.values()):
        waits = ", with which nobody waits" if sizing.nobody_waits else ""
        yield f"More than enough capacity is here {counted(sizing.reference)}{waits}."
    yield from _one_fewer(sizing)
    yield from _one_more(sizing)
    yield from _out_of_reach(sizing)
    if sizing.autoscaled:
        yield f"Not changed, because they scale by themselves: {', '.join(sizing.autoscaled)}."
    yield _cost(sizing)


def counted(capacity: Capacity) -> str:
    """`9 checkout workers, 1 database connection`."""
    return ", ".join(count(number, name) for name, number in capacity.items())


def count(number: int, name: str) -> str:
    return f"{number:,} {COMPONENTS[name].one if number == 1 else name}"


def measured(estimate: Estimate, metric: str, limit: float | None = None) -> str:
    """`216 s [192, 240.3]`: with so many digits that one sees on which side of the limit the ends of the interval are."""
    unit = METRICS[metric].unit
    text = " ".join(value_and_interval(estimate, unit)).strip()
    if limit is None or estimate.mean is None or estimate.low is None or estimate.high is None or "[" not in text:
        return text
    scale = 100 if unit == "share" else 1
    numbers = [scale * number for number in (estimate.mean, estimate.low, estimate.high)]
    decimals = len(text.partition("[")[2].partition(",")[0].partition(".")[2])
    apart = [number for number in numbers[1:] if number != scale * limit]
    while decimals < MOST_DECIMALS and any(round(number, decimals) == round(scale * limit, decimals) for number in apart):
        decimals += 1
    mean, low, high = (f"{number:,.{decimals}f}" for number in numbers)
    return f"{mean}{words.UNITS[unit]} [{low}, {high}]"


def _one_fewer(sizing: Sizing) -> Iterator[str]:
    """Of each component of which there can be one fewer; first of that which is short for the longest time."""
    if not sizing.fewer:
        yield "This is the smallest capacity that the design can have."
    for name in sorted(sizing.fewer, key=lambda name: name != sizing.bottleneck):
        one = sizing.fewer[name]
        if not one.changed:
            yield f"With {count(one.number, name)}, one fewer, nothing was seen to get worse{_where(one)}."
            continue
        rest = len(one.changed) - 1
        more = f", and {rest} more {'measure gets' if rest == 1 else 'measures get'} worse" if rest else ""
        yield f"With {count(one.number, name)}, one fewer, {_worse(sizing, one)}{more}{_where(one)}."


def _worse(sizing: Sizing, one: Neighbour) -> str:
    """What gets worse most with one fewer."""
    measure = one.changed[0]
    value = one.values[measure]
    if measure == COST:
        return _dearer(one)
    limit = sizing.goals.limits.get(measure.metric)
    if measure.metric not in sizing.goals.met or measure.reached or limit is None:
        instead = f"{_value(measure, value)} instead of {_value(measure, one.instead_of[measure])}"
        return f"{measure.name} is clearly worse than with more than enough capacity: {instead}"
    said = f"{measure.name} is {measured(value, measure.metric, limit)}"
    if judge(measure.metric, limit, value) == "violated":
        return f"{said} and no longer {words.limit(measure.metric, limit)}"
    if value.mean is None or value.low is None:
        return f"{said}, and may be more than the limit of {words.quantity(limit, METRICS[measure.metric].unit)}"
    return f"{said}: the limit, {words.limit(measure.metric, limit)}, lies within the interval"


def _dearer(one: Neighbour) -> str:
    if one.cost.difference is None:
        return "nobody gets a correct purchase on more of the mornings"
    than = " than with more than enough capacity; the answer's don't clearly" if one.to_plenty else ""
    return f"1,000 correct purchases cost {_usd(one.cost)} more{than}"


def _one_more(sizing: Sizing) -> Iterator[str]:
    helping = {name: one for name, one in sizing.more.items() if one.changed}
    for name, one in helping.items():
        changes = [
            f"1,000 correct purchases cost {_usd(one.cost, -1)} less" if measure == COST else _instead(one, measure)
            for measure in one.changed
        ]
        yield f"With {count(one.number, name)}, one more, {', and '.join(changes)}{_where(one)}."
    if not helping and sizing.more:
        objectives = "every objective that capacity can meet is met" if sizing.goals.met else ""
        reached = "what no capacity meets gets no better by more than " + words.percent(SLACK)
        missed = sizing.goals.held or sizing.goals.never
        reasons = [reason for reason in (objectives, reached if missed else "", "no purchase gets cheaper") if reason]
        yield f"One more of a component doesn't help: {_listed(reasons, 'and')}{_where(next(iter(sizing.more.values())))}."


def _where(one: Neighbour) -> str:
    return f" (simulated on {one.mornings:,} {'fresh mornings' if one.fresh else 'mornings of the search'})"


def _out_of_reach(sizing: Sizing) -> Iterator[str]:
    goals = sizing.goals
    as_good = f"not clearly worse, by more than {words.percent(SLACK)}, than with more than enough capacity"
    hopeless = [m for m in goals.held if judge(m, goals.limits[m], sizing.best[m].value) == "violated"]
    if hopeless:
        yield f"No capacity meets {_listed(hopeless)}: {_they_are(hopeless)} {as_good}."
    if perhaps := [metric for metric in goals.held if metric not in hopeless]:
        yield f"These mornings can't tell whether any capacity meets {_listed(perhaps)}: {_they_are(perhaps)} {as_good}."
    if goals.never:
        often = ", ".join(f"{metric} (on {words.never_in(sizing.best[metric].value)})" for metric in goals.never)
        yield f"Whatever the capacity, some never get there, and then there is no value: {often}."
        values = ", ".join(
            f"{one.name} {_mean(one, sizing.result)} (with more than enough {_mean(one, sizing.plenty)})"
            for one in goals.stand_ins
        )
        yield f"What can be reached stands in for that, and is {as_good}: {values}."
    if goals.uncounted:
        says = "it says" if len(goals.uncounted) == 1 else "they say"
        yield f"There was nothing to count for {_listed(goals.uncounted, 'and')}, so {says} nothing about capacity."
    missed = (*goals.held, *goals.never)
    if charges_within_the_request(sizing.design) and any(metric.startswith("ack_latency") for metric in missed):
        call = words.seconds(slowest_call_s(sizing.result.scenario, sizing.design))
        yield f"The answer waits for the provider, at the worst moment {call} on average: no worker makes that shorter."


def _cost(sizing: Sizing) -> str:
    result = sizing.result
    if result.metrics["cost_per_1000"].mean is not None:
        parts = ", ".join(f"{part} {words.mean_number(result.metrics[metric])}" for part, metric in PARTS_OF_COST.items())
        return f"1,000 correct purchases cost {words.mean_number(result.metrics['cost_per_1000'])} USD: {parts}."
    if not result.metrics["purchases"].mean:
        return "Nobody came, so there is no cost of a purchase."
    none = int(np.isinf(result.costs).sum())
    return f"On {none:,} of {words.mornings(len(result.summaries))} nobody got a correct purchase, so none has a cost."


def _instead(one: Neighbour, measure: Measure) -> str:
    value, before = _value(measure, one.values[measure]), _value(measure, one.instead_of[measure])
    return f"{measure.name} is {value} instead of {before}"


def _value(measure: Measure, value: Estimate) -> str:
    return "nothing to count" if value.mean is None and not value.never else measured(value, measure.metric)


def _mean(measure: Measure, trial: Trial) -> str:
    return words.mean(trial.estimate(measure), METRICS[measure.metric].unit)


def _usd(cost: Difference, sign: int = 1) -> str:
    """`0.77 USD [0.35, 1.18]`, of a difference or, with a sign of -1, of the opposite."""
    if cost.difference is None:
        return "infinitely"
    low, high = sorted(sign * end for end in (cost.low, cost.high) if end is not None) or (None, None)
    return words.difference(Difference(sign * cost.difference, low, high), "USD").replace("+", "")


def _listed(names: Sequence[str], last: str = "or") -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} {last} {names[-1]}"


def _they_are(names: Sequence[str]) -> str:
    return "it is" if len(names) == 1 else "they are"
