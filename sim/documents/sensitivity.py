"""Which inputs move the metrics: the JSON of `sensitivity`, sensitivity.json and sensitivity.csv."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal, NotRequired

from pydantic import Field
from typing_extensions import TypedDict

from sim.config.library import digest
from sim.documents import fields, numbers
from sim.documents.fields import SomeMetrics
from sim.experiment.screening import Index, Method, Screening
from sim.experiment.sensitivity import Effect
from sim.experiment.swings import Swing, Swings
from sim.version import VERSION

Turns = Annotated[
    Literal["never", "now finite"],
    Field(description="always finite before, infinite now on all mornings or on five at least; or the other way round"),
]
Input = Annotated[str, Field(description="key of the scenario's or the design's file")]
Value = Annotated[str, Field(description="its value as things are, as in a file")]
Altered = Annotated[str, Field(description="the value that it is altered to")]
Clear = Annotated[bool, Field(description="whether the 95 % interval of the difference lies on one side of zero")]


class _InputValue(TypedDict):
    value: Annotated[str, Field(description="the value that the input is altered to")]


class _Turning(TypedDict, total=False):
    turns: Turns


class InputEnd(_InputValue, numbers.Difference, _Turning):
    """What one end of an input does to a metric."""

    clear: Clear


class InputSwing(TypedDict):
    """What both ends of an input do to a metric."""

    value: Value
    clear: bool
    """whether either end has a clear effect"""
    low: NotRequired[InputEnd]
    """the lower end; not there if the input can't be lower"""
    high: NotRequired[InputEnd]
    """the upper end; not there if the input can't be higher"""


class SwingsOfMetric(TypedDict):
    """What every input does to one metric."""

    now: numbers.Number | Literal["never"]
    """mean as things are, in the metric's unit; never: infinite in some mornings; null: nothing to count"""
    inputs: dict[str, InputSwing]
    """by the input's key, the strongest first"""


MuStar = Annotated[numbers.Number, Field(description="mean size of its effect, mu*")]
MuStarHalf = Annotated[numbers.Number, Field(description="half the width of the 95 % interval of mu*")]
Sigma = Annotated[numbers.Number, Field(description="standard deviation of its effect: how much it depends on other inputs")]
First = Annotated[numbers.Number, Field(description="share that the input explains alone")]
Total = Annotated[numbers.Number, Field(description="share that the input explains alone and together with others")]
ShareHalf = Annotated[numbers.Number, Field(description="half the width of the 95 % interval of that share")]


class MorrisIndex(TypedDict):
    """Morris's measures of one input, in the metric's unit."""

    mu_star: MuStar
    mu_star_half: MuStarHalf
    sigma: Sigma


class SobolIndex(TypedDict):
    """Sobol's measures of one input: shares of the metric's variance."""

    first: First
    first_half: ShareHalf
    total: Total
    total_half: ShareHalf


class IndicesOfMetric(TypedDict):
    """What every input does to one metric."""

    inputs: dict[str, MorrisIndex | SobolIndex]
    """by the input's key, the strongest first"""


class NoIndices(TypedDict):
    """A metric that has no indices."""

    none: str
    """why"""


class _Sensitivity(TypedDict):
    scenario: fields.ScenarioName
    design: fields.DesignName


class _Simulated(TypedDict):
    seed: fields.Seed
    mornings: fields.Mornings
    version: fields.Version
    digest: fields.Digest


class _OneAtATime(TypedDict):
    method: Annotated[Literal["one at a time"], Field(description="every input by itself, at its two ends")]


class _Screened(TypedDict):
    method: Annotated[Method, Field(description="the inputs together: Morris's screening, or Sobol's shares of the variance")]


class _Again(TypedDict, total=False):
    command: fields.Command


class SensitivityOneAtATime(_Sensitivity, _OneAtATime, _Simulated, _Again):
    """What every input does by itself; sensitivity.json has `command` too."""

    metrics: Annotated[dict[str, SwingsOfMetric], SomeMetrics]
    """the metrics asked for"""


class SensitivityTogether(_Sensitivity, _Screened, _Simulated, _Again):
    """What inputs do when all are moved; sensitivity.json has `command` too."""

    samples: int
    """number of trajectories (Morris) or base samples (Sobol)"""
    points: int
    """number of different combinations of inputs that were simulated"""
    ends: dict[str, list[Any]]
    """input -> its lower and its upper end, as in a file"""
    metrics: Annotated[dict[str, IndicesOfMetric | NoIndices], SomeMetrics]
    """the metrics asked for"""


class _SwingOf(TypedDict):
    metric: fields.MetricName
    input: Input
    value: Value
    altered: Altered


class SwingRow(_SwingOf, numbers.Difference):
    """One end of an input and a metric: a line of sensitivity.csv; what is null in JSON is empty there."""

    clear: Clear
    turns: Turns | Literal[""]
    """whether the metric, always finite before, is infinite now on all mornings or on five at least, or the other way round"""


class _IndexOf(TypedDict):
    metric: fields.MetricName | Literal[""]
    input: Input


class MorrisRow(_IndexOf, MorrisIndex):
    """One input and metric: a line of sensitivity.csv with --method morris."""


class SobolRow(_IndexOf, SobolIndex):
    """One input and metric: a line of sensitivity.csv with --method sobol."""


NO_INDICES: dict[Method, dict[str, str]] = {
    "morris": dict.fromkeys(MorrisRow.__annotations__, ""),
    "sobol": dict.fromkeys(SobolRow.__annotations__, ""),
}  # the one row where no metric has any


def document(found: Swings | Screening, *, command: str | None = None) -> SensitivityOneAtATime | SensitivityTogether:
    """What every input does to every metric asked for; with the command, if it is given."""
    again: _Again = {} if command is None else {"command": command}
    return _swings_document(found, again) if isinstance(found, Swings) else _screening_document(found, again)


def rows(found: Swings | Screening) -> Sequence[Mapping[str, Any]]:
    """A SwingRow for each metric, input and end; or a MorrisRow or SobolRow for each metric and input."""
    if isinstance(found, Swings):
        return [_row(metric, swing, end) for metric in found.metrics for swing in found.ranked(metric) for end in swing.ends]
    made = [
        {"metric": metric, "input": factor.input.name, **_index(found.method, index)}
        for metric in found.metrics
        if not isinstance(found.indices[metric], str)
        for factor, index in found.ranked(metric)
    ]
    return made or [NO_INDICES[found.method]]


def _swings_document(found: Swings, again: _Again) -> SensitivityOneAtATime:
    return {
        "scenario": found.scenario.name,
        "design": found.design.name,
        "method": "one at a time",
        **_simulated(found),
        "metrics": {metric: _swings(found, metric) for metric in found.metrics},
        **again,
    }


def _screening_document(found: Screening, again: _Again) -> SensitivityTogether:
    return {
        "scenario": found.scenario.name,
        "design": found.design.name,
        "method": found.method,
        **_simulated(found),
        "samples": found.samples,
        "points": found.points,
        "ends": {factor.input.name: [factor.low, factor.high] for factor in found.factors},
        "metrics": {metric: _indices(found, metric) for metric in found.metrics},
        **again,
    }


def _simulated(found: Swings | Screening) -> _Simulated:
    return {
        "seed": found.seed,
        "mornings": found.mornings,
        "version": VERSION,
        "digest": digest(found.scenario, found.design),
    }


def _swings(found: Swings, metric: str) -> SwingsOfMetric:
    now = found.before(metric)
    return {
        "now": "never" if math.isinf(now) else numbers.rounded(now),
        "inputs": {swing.input.name: _swing(swing, metric) for swing in found.ranked(metric)},
    }


def _swing(swing: Swing, metric: str) -> InputSwing:
    document: InputSwing = {"value": swing.input.value, "clear": swing.clear(metric)}
    if swing.low is not None:
        document["low"] = _end(swing.low, metric)
    if swing.high is not None:
        document["high"] = _end(swing.high, metric)
    return document


def _end(end: Effect, metric: str) -> InputEnd:
    turned = _turned(end, metric)
    turning: _Turning = {"turns": turned} if turned else {}
    return {
        "value": end.value,
        **numbers.difference(end.differences[metric]),
        "clear": end.clear(metric),
        **turning,
    }


def _row(metric: str, swing: Swing, end: Effect) -> SwingRow:
    return {
        "metric": metric,
        "input": swing.input.name,
        "value": swing.input.value,
        "altered": end.value,
        **numbers.difference(end.differences[metric]),
        "clear": end.clear(metric),
        "turns": _turned(end, metric) or "",
    }


def _turned(end: Effect, metric: str) -> Literal["never", "now finite"] | None:
    """What was always finite and is so no more is `never`, and the other way round, if that is clear."""
    turned: dict[int, Literal["never", "now finite"]] = {1: "never", -1: "now finite"}
    return turned.get(end.turns[metric])


def _indices(found: Screening, metric: str) -> IndicesOfMetric | NoIndices:
    indices = found.indices[metric]
    if isinstance(indices, str):
        return {"none": indices}
    return {"inputs": {factor.input.name: _index(found.method, index) for factor, index in found.ranked(metric)}}


def _index(method: Method, index: Index) -> MorrisIndex | SobolIndex:
    main, main_half, other = numbers.rounded(index.main), numbers.rounded(index.main_half), numbers.rounded(index.other)
    if method == "morris":
        return {"mu_star": main, "mu_star_half": main_half, "sigma": other}
    return {"first": main, "first_half": main_half, "total": other, "total_half": numbers.rounded(index.other_half)}
