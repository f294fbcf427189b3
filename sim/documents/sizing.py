"""How much capacity a design needs, and what it costs: the JSON of `size`."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field
from typing_extensions import TypedDict

from sim.documents import fields, numbers
from sim.experiment import fitting, size
from sim.experiment.compare import Result
from sim.vocabulary import PARTS_OF_COST

Capacity = Annotated[dict[str, int], Field(description="component -> how many of it")]
Costs = Annotated[
    numbers.SomeEstimates,
    Field(description="cost per 1,000 correct purchases, in all and by part, and by month"),
]
FreshMornings = Annotated[int, Field(description="number of fresh mornings on which the answer is measured")]
SearchMornings = Annotated[int, Field(description="number of mornings on which a capacity is searched for")]


class SizingInterrupted(TypedDict):
    """There only if Ctrl-C came before every design was sized."""

    asked: list[str]
    """names of the designs asked for"""


class CapacityInPlenty(TypedDict):
    """The large capacity from which the search came down, and with which the answer is compared."""

    capacity: Capacity
    nobody_waits: bool
    """whether nobody waits with it, so that more of anything changes nothing"""


class StandIn(TypedDict):
    """A finite measure in place of objectives that never come at any capacity, on fresh mornings."""

    metric: fields.MetricName
    of_those_who_got_there: bool
    """whether a percentile of lags leaves out those who never got there"""
    measured: numbers.Estimate
    in_plenty: numbers.Estimate
    """with the capacity that the answer is compared with, perhaps on the first of these mornings only"""


class Changed(TypedDict):
    """What one fewer breaks, or one more improves: an objective, what stands in for one, or the cost."""

    metric: fields.MetricName
    of_those_who_got_there: bool
    """whether a percentile of lags leaves out those who never got there"""
    value: numbers.Estimate
    instead_of: numbers.Estimate
    """the same of the answer on the same mornings; with one fewer, of the capacity in plenty where that is what counts"""


class Neighbour(TypedDict):
    """What one fewer or one more of a component does, as it was simulated."""

    number: int
    """how many that are"""
    mornings: int
    """number of mornings on which it was simulated, and the answer as well"""
    fresh: bool
    """whether they are fresh ones, or those of the search"""
    changes: list[Changed]
    """with one fewer what it breaks, the worst first; with one more what it improves"""
    cost: numbers.Difference
    """cost_per_1000, to that of the answer, morning by morning"""
    cost_to_plenty: bool
    """whether `cost` and the change of the cost are to the capacity in plenty instead, than which the answer isn't dearer"""


class BestReached(TypedDict):
    """The best value of an objective that capacity in plenty doesn't meet, on the fresh mornings."""

    value: numbers.Estimate
    capacity: Capacity


class SizingObjective(TypedDict):
    """An objective, and how the sized design stands against it on fresh mornings."""

    metric: fields.MetricName
    limit: fields.Limit
    status: fields.Status
    measured: numbers.Estimate
    held_to: Literal["limit", "best", "stand-ins"] | None
    """what the capacity was held to: the limit, the best that any capacity reaches, `stand_ins`, or nothing (null)"""
    best: BestReached | None
    """null if capacity in plenty meets the objective"""


class SizedDesign(TypedDict):
    """One design's answer."""

    capacity: Capacity
    warnings: Annotated[
        list[str], Field(description="a sentence for each component of which there are fewer than its offered load")
    ]
    compared_with: CapacityInPlenty
    autoscaled: Annotated[
        list[str], Field(description="components whose number the design changes by itself; they are left as they are")
    ]
    offered_load: Annotated[
        dict[str, numbers.Number],
        Field(description="component -> how many of it the customers alone keep busy at the worst moment (erlangs)"),
    ]
    one_fewer: Annotated[
        dict[str, Neighbour],
        Field(description="component -> what one fewer breaks; without components of which there can't be fewer"),
    ]
    one_more: Annotated[dict[str, Neighbour], Field(description="component -> what one more improves")]
    bottleneck: Annotated[
        str | None,
        Field(description="the component with the longest waiting of those that can't have one fewer; null: there is none"),
    ]
    binding: Annotated[
        str | None,
        Field(description="metric of what gets worse first with one fewer of the bottleneck; null: there is none"),
    ]
    stand_ins: Annotated[
        list[StandIn], Field(description="what the capacity was held to instead of objectives that never come")
    ]
    objectives: Annotated[list[SizingObjective], Field(description="every objective")]
    verdict: fields.Status
    cost: Costs
    capacities_tried: Annotated[int, Field(description="number of capacities tried")]


class _InSizings(TypedDict, total=False):
    interrupted: SizingInterrupted
    file: Annotated[str, Field(description="path of the design's file that was written, with --write")]


class Sizings(_InSizings):
    """The smallest capacities with which designs meet the objectives."""

    scenario: fields.ScenarioName
    seed: fields.Seed
    mornings: SearchMornings
    fresh: FreshMornings
    version: fields.Version
    digest: fields.Digest
    designs: dict[str, SizedDesign]
    """by the design's name"""
    verdict: fields.Status


def document(sizings: size.Sizings, *, file: str | None = None) -> Sizings:
    """Every design's answer, and the file to which a sized design was written."""
    interrupted: _InSizings = {"interrupted": {"asked": sizings.asked}} if sizings.interrupted else {}
    document: Sizings = {
        "scenario": sizings.scenario.name,
        "seed": sizings.seed,
        "mornings": sizings.mornings,
        "fresh": sizings.fresh,
        "version": sizings.version,
        "digest": sizings.digest,
        "designs": {name: sized(sizing) for name, sizing in sizings.sizings.items()},
        "verdict": sizings.verdict,
        **interrupted,
    }
    if file is not None:
        document["file"] = file
    return document


def sized(sizing: size.Sizing) -> SizedDesign:
    """One design, measured on the fresh mornings."""
    result = sizing.result
    return {
        "capacity": sizing.capacity,
        "warnings": sizing.warnings,
        "compared_with": {"capacity": sizing.reference, "nobody_waits": sizing.nobody_waits},
        "autoscaled": sizing.autoscaled,
        "offered_load": {name: numbers.rounded(load) for name, load in sizing.load.items()},
        "one_fewer": {name: _neighbour(one) for name, one in sizing.fewer.items()},
        "one_more": {name: _neighbour(one) for name, one in sizing.more.items()},
        "bottleneck": sizing.bottleneck,
        "binding": None if sizing.binding is None else sizing.binding.metric,
        "stand_ins": [
            {"metric": one.metric, "of_those_who_got_there": one.reached,
             "measured": numbers.estimate(result.estimate(one)), "in_plenty": numbers.estimate(sizing.plenty.estimate(one))}
            for one in sizing.goals.stand_ins
        ],
        "objectives": [
            {
                "metric": objective.metric,
                "limit": objective.limit,
                "status": objective.status,
                "measured": numbers.estimate(objective.estimate),
                "held_to": sizing.held_to(objective.metric),
                "best": _best(sizing.best.get(objective.metric)),
            }
            for objective in result.objectives
        ],
        "verdict": result.verdict,
        "cost": costs(result),
        "capacities_tried": sizing.tried,
    }  # fmt: skip


def _neighbour(one: fitting.Neighbour) -> Neighbour:
    changes: list[Changed] = [
        {"metric": measure.metric, "of_those_who_got_there": measure.reached,
         "value": numbers.estimate(one.values[measure]), "instead_of": numbers.estimate(one.instead_of[measure])}
        for measure in one.changed
    ]  # fmt: skip
    return {
        "number": one.number,
        "mornings": one.mornings,
        "fresh": one.fresh,
        "changes": changes,
        "cost": numbers.difference(one.cost),
        "cost_to_plenty": one.to_plenty,
    }


def costs(result: Result) -> dict[str, numbers.Estimate]:
    """The costs of a design: in all, by part, and by month."""
    metrics = ("cost_per_1000", *PARTS_OF_COST.values(), "monthly_cost")
    return {metric: numbers.estimate(result.metrics[metric]) for metric in metrics}


def _best(best: size.Best | None) -> BestReached | None:
    return None if best is None else {"value": numbers.estimate(best.value), "capacity": best.capacity}
