"""How much capacity a design needs, and what it costs: the JSON of `size`."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field
from typing_extensions import TypedDict

from sim.documents import fields, numbers
from sim.experiment import size
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


class WidestCapacity(TypedDict):
    """The large capacity from which the search came down."""

    capacity: Capacity
    nobody_waits: bool
    """whether nobody waits with it, so that more of anything changes nothing"""


class OneFewer(TypedDict):
    """What one fewer of a component would do."""

    number: int
    """how many that would be"""
    mornings: int
    """number of mornings on which it was tried"""
    breaks: numbers.SomeEstimates
    """the objectives that it would break, the worst first, with their values"""


class BestReached(TypedDict):
    """The best value of an objective that no capacity meets, on the mornings of the search."""

    value: numbers.Estimate
    capacity: Capacity


class SizingObjective(TypedDict):
    """An objective, and how the sized design stands against it on fresh mornings."""

    metric: fields.MetricName
    limit: fields.Limit
    status: fields.Status
    measured: numbers.Estimate
    held_to: Literal["limit", "best"] | None
    """what the capacity was held to: the limit, the best that any capacity reaches, or nothing (null)"""
    best: BestReached | None
    """null if a capacity meets the objective"""


class SizedDesign(TypedDict):
    """One design's answer."""

    capacity: Capacity
    compared_with: WidestCapacity
    autoscaled: Annotated[
        list[str], Field(description="components whose number the design changes by itself; they are left as they are")
    ]
    offered_load: Annotated[
        dict[str, numbers.Number],
        Field(description="component -> how many of it the customers alone keep busy at the worst moment (erlangs)"),
    ]
    one_fewer: Annotated[
        dict[str, OneFewer],
        Field(description="component -> what one fewer would break; without components of which there can't be fewer"),
    ]
    bottleneck: Annotated[
        str | None,
        Field(description="the component with the longest waiting of those that can't have one fewer; null: there is none"),
    ]
    binding: Annotated[
        str | None,
        Field(description="metric of the objective that breaks first with one fewer of the bottleneck; null: there is none"),
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
    timing: fields.Timing


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
        "timing": {"wall_s": round(sizings.wall_s, 3)},
    }
    if file is not None:
        document["file"] = file
    return document


def sized(sizing: size.Sizing) -> SizedDesign:
    """One design; `measured` is on the fresh mornings, `best` on those of the search."""
    result = sizing.result
    return {
        "capacity": sizing.capacity,
        "compared_with": {"capacity": sizing.widest, "nobody_waits": sizing.nobody_waits},
        "autoscaled": sizing.autoscaled,
        "offered_load": {name: numbers.rounded(load) for name, load in sizing.load.items()},
        "one_fewer": {
            name: {"number": cut.number, "mornings": cut.mornings,
                   "breaks": {metric: numbers.estimate(cut.values[metric]) for metric in cut.broken}}
            for name, cut in sizing.cuts.items()
        },
        "bottleneck": sizing.bottleneck,
        "binding": sizing.binding,
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


def costs(result: Result) -> dict[str, numbers.Estimate]:
    """The costs of a design: in all, by part, and by month."""
    metrics = ("cost_per_1000", *PARTS_OF_COST.values(), "monthly_cost")
    return {metric: numbers.estimate(result.metrics[metric]) for metric in metrics}


def _best(best: size.Best | None) -> BestReached | None:
    return None if best is None else {"value": numbers.estimate(best.value), "capacity": best.capacity}
