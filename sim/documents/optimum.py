"""The best designs of a design space: the JSON of `optimise`, front.json and tried.csv."""

from __future__ import annotations

from typing import Annotated, Any, Literal, NotRequired

from pydantic import Field
from typing_extensions import TypedDict

from sim.config.library import digest
from sim.documents import fields, numbers
from sim.documents.columns import with_columns
from sim.documents.fields import SomeMetrics
from sim.experiment import optimise
from sim.experiment.estimates import mean_of
from sim.experiment.search import Finalist, Tried
from sim.experiment.space import Candidate
from sim.version import VERSION

Changes = Annotated[dict[str, Any], Field(description="changed key -> its value, as in a file")]

FrontDesign = TypedDict(
    "FrontDesign",
    {
        "design": fields.DesignName,
        "from": Annotated[str, Field(description="name of the design that it starts from")],
        "changes": Changes,
        "metrics": Annotated[
            numbers.SomeEstimates,
            Field(description="on fresh mornings: the two metrics, those of the constraints, and purchases"),
        ],
        "against_first": Annotated[
            numbers.SomeDifferences,
            Field(description="differences of the two metrics from the first design of the front, on the same mornings"),
        ],
        "holds": Annotated[
            dict[str, fields.Status],
            SomeMetrics,
            Field(description="metric of each constraint -> whether it holds, on all mornings that the design met"),
        ],
        "purchases": Annotated[int, Field(description="number of purchases simulated on fresh mornings")],
        "ties": Annotated[list[str], Field(description="names of designs that may be as good or better in both metrics")],
        "same": Annotated[list[str], Field(description="names of other designs with the same numbers")],
    },
)
FrontDesign.__doc__ = "One of the best designs, on fresh mornings."


class ClosestDesign(TypedDict):
    """The design that comes closest to a constraint."""

    design: fields.DesignName
    changes: Changes
    value: numbers.Number
    """its mean of the constraint's metric, in the metric's unit; null: infinite"""


Optimum = TypedDict(
    "Optimum",
    {
        "scenario": fields.ScenarioName,
        "seed": fields.Seed,
        "mornings": Annotated[int, Field(description="number of mornings of a search, and of fresh ones after it")],
        "version": fields.Version,
        "digest": fields.Digest,
        "from": Annotated[list[str], Field(description="names of the designs that the space starts from")],
        "vary": Annotated[dict[str, str], Field(description="varied key -> its values, or the ends of its range")],
        "minimise": Annotated[list[fields.MetricName], Field(description="the two metrics to minimise")],
        "subject_to": Annotated[
            dict[str, float], SomeMetrics, Field(description="the constraints' limits, in the metrics' units")
        ],
        "method": Annotated[
            optimise.Method, Field(description="all designs on all mornings; halving of the designs; or sampling of the space")
        ],
        "size": Annotated[int | None, Field(description="number of combinations in the space; null: it has a range")],
        "tried": Annotated[int, Field(description="number of designs tried")],
        "impossible": Annotated[int, Field(description="number of combinations that make no valid design")],
        "runs": Annotated[int, Field(description="number of mornings simulated in all")],
        "front": Annotated[list[FrontDesign], Field(description="designs that hold and that no other beats in both metrics")],
        "perhaps": Annotated[list[FrontDesign], Field(description="designs that more mornings might put on the front")],
        "dropped": Annotated[list[FrontDesign], Field(description="designs that did not hold on fresh mornings")],
        "closest": Annotated[
            dict[str, ClosestDesign | None],
            SomeMetrics,
            Field(description="metric of each constraint -> the design that came closest; null: none had a value"),
        ],
        "command": NotRequired[fields.Command],
    },
)
Optimum.__doc__ = "The designs of a space that hold their constraints at the best of two metrics; front.json has `command` too."


@with_columns(
    "after `design`, a column for each varied key (its value as in a file; empty: as in the design it starts from); after "
    "`mornings`, the mean of each metric on the mornings of the search, in its unit, and with _fresh that on fresh mornings of "
    "the two metrics to minimise (empty: infinite, nothing to count, or no fresh mornings)",
    {},
)
class TriedRow(TypedDict):
    """One design that was tried: a line of tried.csv."""

    design: fields.DesignName
    mornings: fields.Mornings
    place: Literal["front", "perhaps", "beaten", "undecided", "violates"]
    """what became of it: on the front, perhaps on it, beaten; or whether it holds is undecided, or it violates a constraint"""


def document(found: optimise.Optimum, *, command: str | None = None) -> Optimum:
    """The front and what is near it; with the command, if it is given."""
    document: Optimum = {
        "scenario": found.scenario.name,
        "seed": found.seed,
        "mornings": found.mornings,
        "version": VERSION,
        "digest": digest(found.scenario, *found.space.bases),
        "from": [base.name for base in found.space.bases],
        "vary": {variable.key: str(variable) for variable in found.space.variables},
        "minimise": list(found.minimised),
        "subject_to": {constraint.metric: constraint.limit for constraint in found.constraints},
        "method": found.method,
        "size": found.space.size,
        "tried": len(found.tried),
        "impossible": found.impossible,
        "runs": found.runs,
        "front": [_finalist(found, one) for one in found.front],
        "perhaps": [_finalist(found, one) for one in found.perhaps()],
        "dropped": [_finalist(found, one) for one in found.finalists if not one.holds],
        "closest": {constraint.metric: _closest(found.reached(constraint)) for constraint in found.constraints},
    }
    if command is not None:
        document["command"] = command
    return document


def rows(found: optimise.Optimum) -> list[dict[str, Any]]:
    """A TriedRow for each design: its means on the mornings that it met, those of the best on fresh ones ("" for others,
    None where a metric was infinite or had nothing to count), and what became of it, which the fresh mornings decide.
    """
    metrics = dict.fromkeys([*found.minimised, *(constraint.metric for constraint in found.constraints)])
    keys = [variable.key for variable in found.space.variables]
    return [
        {
            "design": one.candidate.name,
            **{key: one.candidate.changes.get(key, "") for key in keys},
            "mornings": one.mornings,
            **{metric: numbers.rounded(mean_of(metric, one.values)) for metric in metrics},
            **{f"{metric}_fresh": _on_fresh_mornings(found, one, metric) for metric in found.minimised},
            "place": found.place(one),
        }
        for one in found.tried
    ]


def _on_fresh_mornings(found: optimise.Optimum, one: Tried, metric: str) -> float | str | None:
    final = next((each for each in found.finalists if one.candidate in (each.candidate, *each.same)), None)
    return "" if final is None else numbers.rounded(final.estimates[metric].mean)


def _finalist(found: optimise.Optimum, one: Finalist) -> FrontDesign:
    first = found.front[0] if found.front else one
    return {
        "design": one.candidate.name,
        "from": one.candidate.base,
        "changes": dict(one.candidate.changes),
        "metrics": {metric: numbers.estimate(value) for metric, value in one.estimates.items()},
        "against_first": {metric: numbers.difference(found.difference(one, first, metric)) for metric in found.minimised},
        "holds": one.statuses,
        "purchases": int(one.values["purchases"].sum()),
        "ties": [other.candidate.name for other in found.ties(one)],
        "same": [other.name for other in one.same],
    }


def _closest(best: tuple[Candidate, float] | None) -> ClosestDesign | None:
    if best is None:
        return None
    candidate, value = best
    return {"design": candidate.name, "changes": dict(candidate.changes), "value": numbers.rounded(value)}
