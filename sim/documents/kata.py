"""The kata: the JSON of `kata start`, `run`, `hint`, `status`, `check`, `debrief` and `grade`, debrief.json, and grades as CSV.

`sim.kata.documents` fills them in: the kata stands above this package.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field
from typing_extensions import TypedDict

from sim.documents import fields, numbers
from sim.documents.columns import with_columns
from sim.documents.fields import SomeMetrics

Move = Literal["better", "worse", "same", "not clear"]
StageNumber = Annotated[int, Field(description="number of the stage, from 1")]
Points = Annotated[int, Field(description="points for the stage")]
Reasons = Annotated[list[str], Field(description="why points are missing; empty if none are, or if nothing could be checked")]
Submission = Annotated[str, Field(description="name of the folder or file that was handed in")]
MostPoints = Annotated[int, Field(description="most points that there can be")]


class KataStarted(TypedDict):
    """A kata that was started: the files to read and to edit."""

    folder: str
    """path of the folder"""
    brief: str
    """path of the task"""
    design: str
    """path of the design to edit"""


class Prediction(TypedDict):
    """What was predicted of a metric, and what happened."""

    said: Move
    """the prediction"""
    went: Move | None
    """what the metric did; null: there was nothing to compare with"""


class KataObjective(TypedDict):
    """An objective of the kata."""

    stage: StageNumber
    metric: fields.MetricName
    limit: fields.Limit
    status: fields.Status
    mean: numbers.Number
    """mean over mornings, in the metric's unit; null: nothing to count, or infinite in some mornings"""
    change: Move | None
    """against the run before; null: there is none"""


class KataRun(TypedDict):
    """One run of the design as it stands."""

    run: int
    """number of the run, from 1"""
    spent_s: fields.SpentS
    changes: list[str]
    """what was changed in the files since the run before"""
    predicted: Annotated[dict[str, Prediction], SomeMetrics, Field(description="the predicted metrics")]
    objectives: list[KataObjective]
    """every objective"""
    passed: fields.Passed
    worse: list[str]
    """the watched metrics that got worse, in words"""
    finding: str | None
    """what happened that stands in the way now; null: all stages are passed"""


class KataHint(TypedDict):
    """A hint for the design as it stands."""

    stage: int | None
    """number of the stage that it helps with, from 1; null: all are passed"""
    strength: int
    """1: a question; 2: where to look; 3: what to write"""
    hint: str
    """the hint"""


class KataStatus(TypedDict):
    """How far somebody has come."""

    spent_s: fields.SpentS
    runs: int
    """number of runs"""
    passed: fields.Passed
    stage: int | None
    """number of the first stage that is not passed, from 1; null: all are passed"""
    hints: int
    """number of hints given"""
    score: int | None
    """points of the last check; null: there was none"""


class StageChecked(TypedDict):
    """One stage of a check."""

    stage: StageNumber
    title: str
    """what it is about"""
    passed: bool
    """whether it is passed"""
    points: Points
    reasons: Reasons


class KataCheck(TypedDict):
    """A check of a design on mornings that nobody has seen."""

    score: int
    """points in all"""
    of: MostPoints
    stages: list[StageChecked]
    """every stage"""
    design: str
    """digest of the design"""


class KataDebrief(TypedDict):
    """A debrief that was written."""

    page: str
    """path of the page"""


class DebriefRun(TypedDict):
    """One run, in the debrief."""

    number: int
    """number of the run, from 1"""
    changes: list[str]
    """what was changed in the files since the run that it is compared with"""
    predicted: list[tuple[str, Move, Move]]
    """metric, what was predicted, and what it did"""
    passed: fields.Passed
    lost: list[int]
    """numbers of the stages that were passed before and are not any more"""
    worse: list[str]
    """the watched metrics that got worse, in words"""
    finding: str
    """what stood in the way; empty: all stages were passed"""
    note: str
    """why it came out so, in the learner's words; may be empty"""
    spent_s: fields.SpentS


class HintGiven(TypedDict):
    """A hint, in the debrief."""

    stage: StageNumber
    strength: int
    """1: a question; 2: where to look; 3: what to write"""
    rule: str
    """name of the advice"""


class Predictions(TypedDict):
    """Predictions, in the debrief."""

    right: int
    """number of those that came true"""
    of: int
    """number of those that the mornings could tell"""


class CheckMade(TypedDict):
    """A check, in the debrief."""

    score: int
    """points in all"""
    passed: fields.Passed


class DebriefResult(TypedDict):
    """A design's result for one objective."""

    mean: float | None
    """mean over mornings, in the metric's unit; null: nothing to count, or infinite in some mornings"""
    status: fields.Status


class Debrief(TypedDict):
    """What somebody did in the kata, and how the design compares with the built-in ones."""

    spent_s: fields.SpentS
    runs: list[DebriefRun]
    """every run"""
    hints: list[HintGiven]
    """every hint"""
    predictions: Predictions
    checks: list[CheckMade]
    """every check"""
    design: fields.DesignName
    results: dict[str, Annotated[dict[str, DebriefResult], SomeMetrics]]
    """design -> metric of each objective"""
    version: fields.Version


class StageGraded(TypedDict):
    """One stage of a submission."""

    stage: StageNumber
    points: Points
    reasons: Reasons


class Graded(TypedDict):
    """One submission."""

    submission: Submission
    score: int
    """points in all"""
    error: str | None
    """why it could not be checked; null: it was"""
    stages: list[StageGraded]
    """every stage"""
    design: str | None
    """digest of the design; null: it could not be checked"""


class Grades(TypedDict):
    """A class's points."""

    seed: fields.Seed
    of: MostPoints
    submissions: list[Graded]
    """by name"""


@with_columns(
    "after `submission`, stage_1 to stage_5 (the second exercise: stage_3): points for the stage", {"type": "integer"}
)
class GradeRow(TypedDict):
    """One submission: a line of `kata grade --csv`; texts that a spreadsheet would compute start with an apostrophe."""

    submission: Submission
    score: int
    """points in all"""
    reasons: str
    """why points are missing; empty if none are"""
    design: str
    """digest of the design; empty: it could not be checked"""
