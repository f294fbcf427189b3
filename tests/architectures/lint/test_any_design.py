"""What holds for the warnings of any design in any scenario."""

from __future__ import annotations

import re

import pytest

from sim.architectures.lint import RULES, Hazard, lint
from sim.config.bundled import names
from sim.experiment.altering import has
from tests.properties.world import World
from tests.properties.worlds import for_all, tiers, worlds

NO_NUMBER = re.compile(r"\b(nan|inf|None)\b")


@pytest.mark.parametrize("examples", tiers(150, 1000))
def test_warnings_are_sound(examples: int) -> None:
    """They come in the order of the rules, name knobs that the design has, say numbers, and open no window but the rule's."""

    def holds(world: World) -> None:
        scenario, design = world.read()
        for hazards in (lint(design), lint(design, scenario)):
            assert hazards == sorted(hazards, key=lambda hazard: list(RULES).index(hazard.rule))
            assert len(set(hazards)) == len(hazards)
            for hazard in hazards:
                assert hazard.knob == "from" or has(design, hazard.knob.split("."))
                assert not NO_NUMBER.search(str(hazard))
                assert set(hazard.windows) <= set(RULES[hazard.rule].windows)
                assert hazard.reason == RULES[hazard.rule].reason

    for_all(examples, holds, worlds)


def test_windows_are_those_that_there_are() -> None:
    """In order, and every one of them is opened by some rule."""
    known = [f"W{int(name[1:3])}" for name in names("windows")]
    for rule in RULES.values():
        assert list(rule.windows) == [window for window in known if window in rule.windows]
    assert {window for rule in RULES.values() for window in rule.windows} == set(known)


def test_one_line() -> None:
    """As `coffee run` prints it."""
    assert str(Hazard("no-key", "app.key", "no key", "why", ("W1", "W2"))) == "no-key (app.key): no key [W1, W2]"
    assert str(Hazard("slow-relay", "relay.poll_every", "slow", "why", ())) == "slow-relay (relay.poll_every): slow"
