"""A rehearsal of a service: the JSON of `rehearse`."""

from __future__ import annotations

from typing import Annotated, Any, Literal, NotRequired

from pydantic import Field
from typing_extensions import TypedDict

from sim.documents import fields

Verdict = Literal["holds", "violated", "undecided"]
ServiceName = Annotated[str, Field(description="name of the service under test")]
Url = Annotated[str, Field(description="its address")]
Judged = Annotated[list[str], Field(description="kinds of harm that were looked for")]
NotJudged = Annotated[dict[str, str], Field(description="kind of harm that could not be looked for -> why")]
Why = Annotated[str, Field(description="why it is undecided; empty: it isn't")]
Interrupted = Annotated[Literal[True], Field(description="there only if Ctrl-C came")]
Left = Annotated[str | None, Field(description="what of the service could not be ended; null: nothing is left")]


class FailingRun(TypedDict):
    """A run that did harm to its customer."""

    mishaps: list[dict[str, Any]]
    """what went wrong, as in the section `mishaps` of a scenario file"""
    told: str
    """the same in words"""
    harm: list[str]
    """kinds of harm"""
    charged: int
    """charges taken"""
    orders: int | None
    """confirmed orders; null: nobody can read them"""
    reproduced: bool
    """whether the same mishaps did harm once more"""
    scenario: str
    """the text of a scenario file with these mishaps"""
    story: list[str]
    """what happened, a line each"""


class Rehearsal(TypedDict):
    """Every combination of at most so many mishaps."""

    kind: Literal["every"]
    """what it is"""
    service: ServiceName
    url: Url
    verdict: Verdict
    """holds: nothing broke up to the bound; violated: one run did harm; undecided: nobody can say"""
    why: Why
    bound: int
    """the most mishaps of a run"""
    runs: dict[str, int]
    """number of mishaps -> number of runs"""
    left: int
    """combinations that were not tried, since there were too many"""
    unreached: int
    """runs in which one of the mishaps had no occasion"""
    reached: dict[str, int]
    """kind of mishap -> in how many runs it came about; 0: it never did"""
    judged: Judged
    not_judged: NotJudged
    failing: list[FailingRun]
    """runs that did harm, those with the fewest mishaps first"""
    seconds: Annotated[float, Field(description="how long it took")]
    leftover: Left
    version: fields.Version
    interrupted: NotRequired[Interrupted]


class RushHarm(TypedDict):
    """How many purchases of a rush had one kind of harm."""

    purchases: int
    """how many"""
    share: float
    """out of all"""
    low: float
    """lower end of the 95 % interval (Clopper-Pearson)"""
    high: float
    """upper end of the 95 % interval"""


class Rush(TypedDict):
    """A service under load."""

    kind: Literal["rush"]
    """what it is"""
    service: ServiceName
    url: Url
    verdict: Verdict
    """holds: no purchase was harmed; violated: one was; undecided: the run is no evidence"""
    why: Why
    seconds: Annotated[float, Field(description="for how long customers came")]
    rate_per_s: Annotated[float, Field(description="purchases per second that were offered")]
    purchases: int
    """how many there were"""
    confirmed: int
    """of these, told that they have paid"""
    lateness_p50_s: Annotated[float, Field(description="median of how late taps were, against when they were meant to be")]
    lateness_p99_s: Annotated[float, Field(description="99th percentile of it; above 0.02 the run is no evidence")]
    answer_p50_s: Annotated[float | None, Field(description="median time to the answer; null: there was none")]
    answer_p99_s: Annotated[float | None, Field(description="99th percentile of it; null: there was none")]
    calls: int
    """calls of the provider"""
    fates: dict[str, int]
    """what went wrong with calls -> how many"""
    judged: Judged
    not_judged: NotJudged
    harm: dict[str, RushHarm]
    """kind of harm -> how many purchases"""
    stories: list[str]
    """one harmed purchase of each kind, told"""
    leftover: Left
    version: fields.Version
    interrupted: NotRequired[Interrupted]
