"""What designs cost at other peaks and in longer brownouts: the JSON of `size` with --peak or --brownout, and
cost-curve.json and cost-curve.csv.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal, NotRequired

from pydantic import Field
from typing_extensions import TypedDict

from sim.documents import fields, numbers
from sim.documents.columns import with_columns
from sim.documents.fields import SomeMetrics
from sim.documents.sizing import Capacity, Costs, FreshMornings, SearchMornings, SizedDesign, SizingInterrupted, costs, sized
from sim.experiment import cost_curve

MorningsMeasured = Annotated[int, Field(description="number of mornings on which this was measured")]


class _Peak(TypedDict):
    peak_per_min: Annotated[numbers.Number, Field(description="purchases per minute at the busiest moment")]
    mornings: MorningsMeasured


class CurvePeak(_Peak, SizedDesign):
    """A design sized for one peak."""


class CurveBrownout(TypedDict):
    """A design in a brownout of one length, with the capacity that it has for the scenario's own."""

    brownout_s: numbers.Number
    """length of the brownout in seconds; 0: none"""
    mornings: MorningsMeasured
    objectives: Annotated[dict[str, fields.Status], SomeMetrics]
    """metric of each objective -> how the design stands against it"""
    measured: numbers.SomeEstimates
    """the metrics of the objectives"""
    cost: Costs


class CostCurve(TypedDict):
    """What designs cost at other peaks, each sized for them, and in longer brownouts."""

    scenario: fields.ScenarioName
    objectives: Annotated[dict[str, float], SomeMetrics]
    """the objectives' limits, in the metrics' units"""
    seed: fields.Seed
    mornings: Annotated[SearchMornings, Field(description="number of mornings of a search; fewer at higher peaks")]
    fresh: FreshMornings
    version: fields.Version
    digest: fields.Digest
    own_peak_per_min: numbers.Number
    """the scenario's own peak, in purchases per minute; null: no peaks were asked for"""
    peaks: dict[str, list[CurvePeak]]
    """design -> a point for each peak"""
    brownouts: dict[str, list[CurveBrownout]]
    """design -> a point for each length"""
    capacity_in_brownouts: dict[str, Capacity]
    """design -> the capacity that it has in every brownout"""
    interrupted: NotRequired[SizingInterrupted]


@with_columns(
    "after `mornings`, how many there are of each component (checkout_workers, payment_workers, …; empty if the design has "
    "none or scales it by itself); then cost_per_1000 and its parts in US dollars, each also with _low and _high, the ends "
    "of its 95 % interval",
    {"type": ["number", "null"]},
)
class CurveRow(TypedDict):
    """One design at one peak or in one brownout: a line of cost-curve.csv."""

    design: fields.DesignName
    varied: Literal["peak", "brownout"]
    """what is varied"""
    value: str
    """the peak (`36/min`), or the length of the brownout (`10min`)"""
    mornings: MorningsMeasured
    objectives: fields.Status


def document(curve: cost_curve.CostCurve) -> CostCurve:
    """Each design's points by peak, and its bills by the length of the brownout."""
    document: CostCurve = {
        "scenario": curve.scenario.name,
        "objectives": dict(curve.scenario.objectives),
        "seed": curve.seed,
        "mornings": curve.mornings,
        "fresh": curve.fresh,
        "version": curve.version,
        "digest": curve.digest,
        "own_peak_per_min": numbers.rounded(None if curve.own_peak_per_s is None else curve.own_peak_per_s * 60),
        "peaks": {name: [_peak(point) for point in points] for name, points in curve.points.items()},
        "brownouts": {name: [_brownout(spell) for spell in spells] for name, spells in curve.spells.items()},
        "capacity_in_brownouts": {name: sizing.capacity for name, sizing in curve.sized.items() if curve.spells.get(name)},
    }
    if curve.interrupted:
        document["interrupted"] = {"asked": [design.name for design in curve.designs]}
    return document


def rows(curve: cost_curve.CostCurve) -> list[dict[str, Any]]:
    """A CurveRow for each design and peak, and for each design and length of the brownout."""
    return [numbers.plain(row) for row in curve.rows()]


def _peak(point: cost_curve.Point) -> CurvePeak:
    return {
        "peak_per_min": numbers.rounded(point.peak_per_s * 60),
        "mornings": len(point.sizing.result.summaries),
        **sized(point.sizing),
    }


def _brownout(spell: cost_curve.Spell) -> CurveBrownout:
    statuses = {objective.metric: objective.status for objective in spell.result.objectives}
    return {
        "brownout_s": numbers.rounded(spell.length_s),
        "mornings": len(spell.result.summaries),
        "objectives": statuses,
        "measured": {metric: numbers.estimate(spell.result.metrics[metric]) for metric in statuses},
        "cost": costs(spell.result),
    }
