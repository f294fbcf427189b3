"""The mornings that the learner sees, and those of the check, which have other seeds and faults at other times."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sim.config.library import load_scenario
from sim.config.scenario import Scenario
from sim.experiment.altering import altered, changed

NAME = "kata"  # in scenarios/
SEEN = 5  # mornings of a run, with seeds from 0 on
CHECKED = 4  # mornings of a check in each weather
UNSEEN_SEED = 1000  # the seed of a check's first morning, unless a teacher chooses another


@dataclass(frozen=True)
class Weather:
    """A variant of the exercise's world that the learner hasn't seen."""

    name: str
    scenario: Scenario


def seen() -> Scenario:
    """The world of every run."""
    return load_scenario(NAME)


def unseen() -> list[Weather]:
    """The worlds of a check. Their objectives are those of the world that the learner sees."""
    world = seen()
    return [
        Weather("other mornings", world),
        Weather(
            "faults at other times, and a longer brownout",
            _with(
                world,
                {"faults[0].at": "07:18", "faults[0].for": "8min", "faults[1].at": "07:05", "faults[2].at": "07:12"},
            ),
        ),
        Weather(
            "messages that come again late",
            _with(
                world,
                {"faults[0].at": "07:11", "faults[8].p": "3%"},
                {"crash": "loyalty", "after": "award", "p": "1%", "restart": "75s"},
            ),
        ),
        Weather(
            "1.5 times as many customers",
            _with(
                world,
                {
                    "traffic.shape": {"07:00": "28/min", "07:10": "72/min", "07:25": "72/min", "07:40": "16/min"},
                    "faults[0].at": "07:14",
                    "faults[1].at": "07:30",
                },
            ),
        ),
    ]


def _with(world: Scenario, changes: Mapping[str, Any], *more: Mapping[str, Any]) -> Scenario:
    """The world with the values of `changes` at its keys, and `more` faults."""
    other, _ = changed(world, [], changes)
    return altered(other, ("faults",), [*other.faults, *more]) if more else other
