"""A script is asked only where one of its mishaps waits."""

from __future__ import annotations

import pytest

from sim.config.mishaps import Point
from sim.counterexamples.recorder import Recorder
from sim.world.script import Script
from tests.worlds import world

MISHAPS = """
mishaps:
  - {call: 1, is: late}
  - {crash: payment, after: charge}
  - {customer: leaves, at: 2s}
"""


@pytest.mark.parametrize(
    ("questions", "asked"),
    [
        ([("call",)], True),
        ([("refund",), ("call",)], True),
        ([("step", "payment")], True),
        ([("step", "payment", "charge")], True),
        ([("step", "loyalty")], False),
        ([("step", "payment", "settle")], False),
        ([("request",), ("answer",)], False),
        ([("work", "database")], False),
    ],
)
def test_about(questions: list[Point], asked: bool) -> None:
    mishaps = world(f"name: scripted{MISHAPS}").mishaps
    script, recorder = Script(mishaps), Recorder(mishaps)
    assert script.about(*questions) is (script if asked else None)
    assert recorder.about(*questions) is recorder  # it wants to know of all


def test_nothing_planned() -> None:
    assert Script([]).about(("call",), ("request",)) is None
