"""What an exercise is: a task, a design to begin with, a world, stages, people, and the unseen mornings of its check."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sim.config.library import load_scenario
from sim.config.scenario import Scenario
from sim.experiment.altering import altered, changed
from sim.experiment.estimates import Status, holds

SEEN = 5  # mornings of a run, with seeds from 0 on
CHECKED = 4  # mornings of a check in each weather
UNSEEN_SEED = 1000  # the seed of a check's first morning, unless a teacher chooses another
COUNTS = ("no", "one", "two", "three", "four", "five", "six")


@dataclass(frozen=True)
class Stage:
    """A step of an exercise, with the world's objectives that belong to it. The learner predicts the first of them."""

    number: int
    title: str
    question: str  # the trade-off
    criteria: tuple[str, ...]
    outcome: str  # what a learner who has passed the stage can do
    price: str | None = None  # a metric that is shown with the stage and judged by nobody: what its usual answer costs
    points: int = 20  # of a check; those of an exercise are 100 in all
    beside: str = "outbox"  # a built-in design that passes the stage

    @property
    def leading(self) -> str:
        return self.criteria[0]


@dataclass(frozen=True)
class Weather:
    """A variant of an exercise's world that the learner hasn't seen."""

    name: str
    changes: Mapping[str, Any] = field(default_factory=dict)  # dotted key of the world -> value
    faults: tuple[Mapping[str, Any], ...] = ()  # besides those of the world

    def of(self, world: Scenario) -> Scenario:
        """The world in this weather. Its objectives are those of the world."""
        if not self.changes and not self.faults:
            return world
        other, _ = changed(world, [], self.changes)
        return altered(other, ("faults",), [*other.faults, *self.faults]) if self.faults else other


@dataclass(frozen=True)
class Exercise:
    """One guided exercise. Everything that commands, page and debrief say of it comes from here."""

    name: str
    title: str
    scenario: str  # in scenarios/
    folder: str  # where it is done unless another folder is named
    task: str
    choice: str  # what can be chosen and what can't, in short
    constraints: tuple[str, ...]  # the same, a line each
    start: str  # design.yaml at the beginning
    stages: tuple[Stage, ...]
    people: Mapping[str, tuple[str, ...]]  # who accepts what: person -> metrics
    weathers: tuple[Weather, ...]  # of a check
    about: str  # in a line: how long it takes, and what it is about
    afterwards: str = ""  # the name of the exercise that goes on from here

    @property
    def count(self) -> str:
        """`five`: how many stages there are."""
        return COUNTS[len(self.stages)]

    @property
    def most(self) -> int:
        """The points of a design that passes all stages."""
        return sum(stage.points for stage in self.stages)

    @property
    def metrics(self) -> tuple[str, ...]:
        """The objectives, stage by stage."""
        return tuple(metric for stage in self.stages for metric in stage.criteria)

    def seen(self) -> Scenario:
        """The world of every run."""
        return load_scenario(self.scenario)

    def unseen(self) -> list[tuple[str, Scenario]]:
        """The worlds of a check, by the names of their weathers."""
        world = self.seen()
        return [(weather.name, weather.of(world)) for weather in self.weathers]

    def passed(self, statuses: Mapping[str, Status]) -> list[bool]:
        """Whether each stage is passed: all of its objectives are met, if only so far. Few mornings make a lesson, no proof."""
        return [all(holds(statuses[metric]) for metric in stage.criteria) for stage in self.stages]

    def current(self, done: list[bool]) -> Stage | None:
        """The first stage that is not passed; None when all are."""
        return next((stage for stage, is_done in zip(self.stages, done, strict=True) if not is_done), None)

    def stage_of(self, metric: str) -> Stage:
        return next(stage for stage in self.stages if metric in stage.criteria)
