"""The learner's progress, kept between sittings in one file beside the design, which is written whole after every step."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, ValidationError, field_validator, model_validator

from sim.config.errors import ConfigError
from sim.config.files import read_text, write_text
from sim.documents.kata import Move
from sim.experiment.estimates import Status
from sim.kata.brief import typed
from sim.kata.exercise import UNSEEN_SEED, Exercise
from sim.kata.exercises import EXERCISES, FIRST
from sim.kata.written import Written
from sim.version import VERSION

FILE = ".kata.json"
FORMAT = 2  # 1: without `exercise`, as there was one
LAST = 1e11  # seconds since 1970: no clock says more
PAUSE_S = 600.0  # a longer gap between two steps is a pause, which doesn't count as time spent (assumption)


class Kept(BaseModel):
    model_config = ConfigDict(extra="forbid", ser_json_inf_nan="strings")


class Tried(Kept):
    """The texts of the learner's files when they were simulated."""

    at: float  # seconds since 1970
    design: str
    code: str = ""

    @property
    def written(self) -> Written:
        return Written(self.design, self.code)


class Run(Tried):
    """One run of the design on the mornings that the learner sees."""

    against: int | None = None  # the number of the run that it is compared with; None: the first in this world
    changes: list[str]  # of the files since the run `against`
    predicted: dict[str, Move]
    moved: dict[str, Move]  # how the predicted metrics really moved
    mornings: list[dict[str, float]]  # metrics by morning
    statuses: dict[str, Status]
    passed: list[bool]
    rule: str = ""  # the rule that gave the advice; "" if all stages are passed
    finding: str
    hints: list[str] = []
    worse: list[str]
    note: str = ""  # the learner's own explanation


class Hint(Kept):
    at: float
    stage: int
    strength: int
    rule: str


class Check(Tried):
    """A check on mornings that the learner hasn't seen."""

    seed: int = UNSEEN_SEED
    score: int
    passed: list[bool]
    reasons: list[list[str]]  # by stage


class Progress(Kept):
    """All runs, hints and checks so far."""

    kata: int = FORMAT
    version: str = VERSION
    exercise: str = FIRST.name
    world: str  # the digest of the scenario, so that runs of another one are not compared
    steps: list[float]  # the times of all commands, seconds since 1970
    predicted: dict[str, Move] = {}  # predictions for a run that has not finished
    runs: list[Run] = []
    hints: list[Hint] = []
    checks: list[Check] = []

    @field_validator("exercise")
    @classmethod
    def _exercise(cls, name: str) -> str:
        if name not in EXERCISES:
            raise ValueError(f"no such exercise; there are {', '.join(EXERCISES)}")
        return name

    @field_validator("steps")
    @classmethod
    def _times(cls, steps: list[float]) -> list[float]:
        if not all(0 <= step < LAST for step in steps):
            raise ValueError("a time that can't be")
        return steps

    @model_validator(mode="after")
    def _hangs_together(self) -> Self:
        """Somebody may have edited the file: whoever reads on relies on this."""
        for number, run in enumerate(self.runs, 1):
            if len(run.passed) != len(self.of.stages) or not run.mornings:
                raise ValueError(f"run {number} is not whole")
            if run.against is not None and not 1 <= run.against < number:
                raise ValueError(f"run {number} is compared with a run that is not before it")
        for number, check in enumerate(self.checks, 1):
            if not len(check.passed) == len(check.reasons) == len(self.of.stages):
                raise ValueError(f"check {number} is not whole")
        return self

    @property
    def of(self) -> Exercise:
        """The exercise that this is the progress of."""
        return EXERCISES[self.exercise]

    @property
    def spent_s(self) -> float:
        """The time spent (s), without the pauses between sittings."""
        gaps = [later - before for before, later in zip(self.steps, self.steps[1:], strict=False)]
        return sum(gap for gap in gaps if 0 <= gap <= PAUSE_S)

    def spent_until_s(self, at: float) -> float:
        return self.model_copy(update={"steps": [step for step in self.steps if step <= at]}).spent_s

    def check_of(self, files: Written) -> Check | None:
        """The last check of files with these texts."""
        return next((check for check in reversed(self.checks) if check.written == files), None)

    @property
    def earlier(self) -> list[Written]:
        """The designs that there have been: the starting one, and that of each run."""
        return [Written(self.of.start), *(run.written for run in self.runs)]

    @property
    def passed(self) -> list[bool]:
        """The stages that the last run passed."""
        return self.runs[-1].passed if self.runs else [False] * len(self.of.stages)


def load(folder: Path) -> Progress:
    """The progress in a folder. Raises ConfigError, which says how to go on, if there is none or it can't be read."""
    path = folder / FILE
    if not path.exists():
        raise ConfigError(f"{folder}: no kata has been started here; {typed('start', folder)}")
    mend = "move the file away, and `coffee kata start` begins anew beside your design"
    try:
        data: Any = json.loads(read_text(path))
        json.dumps(data, ensure_ascii=False).encode()  # raises UnicodeEncodeError for half a character, which can't be kept
    except (ValueError, RecursionError):
        raise ConfigError(f"{path}: broken, it is not valid JSON; {mend}") from None
    written = data.get("kata") if isinstance(data, dict) else None
    if isinstance(written, int) and written > FORMAT:
        raise ConfigError(
            f"{path}: written by a newer version (format {written}, this one reads {FORMAT}); update coffee-please, or {mend}"
        )
    try:
        return Progress.model_validate(data)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(map(str, first["loc"]))
        raise ConfigError(f"{path}: broken, {where or 'the whole'}: {_problem(first)}; {mend}") from None


def _problem(error: Any) -> str:
    return "not the progress of a kata" if error["type"] == "model_type" and not error["loc"] else str(error["msg"])


def save(folder: Path, progress: Progress) -> None:
    """Write the file whole, or leave the old one. Raises ConfigError."""
    write_text(folder / FILE, progress.model_dump_json(indent=1) + "\n", replace=True)
