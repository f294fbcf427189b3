"""Sizings and cost curves as plain data: the JSON of `size`, and rows for CSV. No infinities, no NaN."""

from __future__ import annotations

from typing import Any

from sim.experiment.compare import Result
from sim.experiment.cost_curve import CostCurve, Point, Spell
from sim.experiment.export import plain, plain_rows, rounded
from sim.experiment.size import Sizing, Sizings
from sim.vocabulary import PARTS_OF_COST


def sizings_json(sizings: Sizings) -> dict[str, Any]:
    """What `coffee size --json` prints. Wall times stand under `timing` and nowhere else."""
    document: dict[str, Any] = {
        "scenario": sizings.scenario.name,
        "seed": sizings.seed,
        "mornings": sizings.mornings,
        "fresh": sizings.fresh,
        "version": sizings.version,
        "digest": sizings.digest,
        "designs": {name: sizing_json(sizing) for name, sizing in sizings.sizings.items()},
        "verdict": sizings.verdict,
    }
    if sizings.interrupted:
        document["interrupted"] = {"asked": sizings.asked}
    return document | {"timing": {"wall_s": round(sizings.wall_s, 3)}}


def sizing_json(sizing: Sizing) -> dict[str, Any]:
    """One design's answer; `measured` is on the fresh mornings, `best` on those of the search."""
    result = sizing.result
    return {
        "capacity": sizing.capacity,
        "compared_with": {"capacity": sizing.widest, "nobody_waits": sizing.nobody_waits},
        "autoscaled": sizing.autoscaled,
        "offered_load": {name: rounded(load) for name, load in sizing.load.items()},
        "one_fewer": {
            name: {"number": cut.number, "mornings": cut.mornings,
                   "breaks": {metric: plain(cut.values[metric]) for metric in cut.broken}}
            for name, cut in sizing.cuts.items()
        },
        "bottleneck": sizing.bottleneck,
        "binding": sizing.binding,
        "objectives": [
            {
                "metric": objective.metric,
                "limit": objective.limit,
                "status": objective.status,
                "measured": plain(objective.estimate),
                "held_to": sizing.held_to(objective.metric),
                "best": {"value": plain(best.value), "capacity": best.capacity} if best is not None else None,
            }
            for objective in result.objectives
            for best in [sizing.best.get(objective.metric)]
        ],
        "verdict": result.verdict,
        "cost": _costs(result),
        "capacities_tried": sizing.tried,
    }  # fmt: skip


def _costs(result: Result) -> dict[str, Any]:
    metrics = ("cost_per_1000", *PARTS_OF_COST.values(), "monthly_cost")
    return {metric: plain(result.metrics[metric]) for metric in metrics}


def curve_json(curve: CostCurve) -> dict[str, Any]:
    """A cost curve: each design's points by peak, and its bills by the length of the brownout."""
    document: dict[str, Any] = {
        "scenario": curve.scenario.name,
        "objectives": dict(curve.scenario.objectives),
        "seed": curve.seed,
        "mornings": curve.mornings,
        "fresh": curve.fresh,
        "version": curve.version,
        "digest": curve.digest,
        "own_peak_per_min": rounded(None if curve.own_peak_per_s is None else curve.own_peak_per_s * 60),
        "peaks": {name: [_point(point) for point in points] for name, points in curve.points.items()},
        "brownouts": {name: [_spell(spell) for spell in spells] for name, spells in curve.spells.items()},
        "capacity_in_brownouts": {name: sizing.capacity for name, sizing in curve.sized.items() if curve.spells.get(name)},
    }
    if curve.interrupted:
        document["interrupted"] = {"asked": [design.name for design in curve.designs]}
    return document | {"timing": {"wall_s": round(curve.wall_s, 3)}}


def _point(point: Point) -> dict[str, Any]:
    about = {"peak_per_min": rounded(point.peak_per_s * 60), "mornings": len(point.sizing.result.summaries)}
    return about | sizing_json(point.sizing)


def _spell(spell: Spell) -> dict[str, Any]:
    statuses = {objective.metric: objective.status for objective in spell.result.objectives}
    measured = {metric: plain(spell.result.metrics[metric]) for metric in statuses}
    about = {"brownout_s": rounded(spell.length_s), "mornings": len(spell.result.summaries)}
    return about | {"objectives": statuses, "measured": measured, "cost": _costs(spell.result)}


def curve_rows(curve: CostCurve) -> list[dict[str, Any]]:
    """One row a design and peak, or a design and length of the brownout, for `cost-curve.csv`."""
    return plain_rows(curve.rows())
