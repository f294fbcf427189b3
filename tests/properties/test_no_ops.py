"""A change that does nothing changes nothing: in any drawn world, in every metric and all else that is kept."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from sim.config.writing import written
from sim.experiment.compare import compare
from sim.experiment.effort import Effort
from sim.vocabulary import METRICS, Fate
from tests.properties.fingerprints import fingerprint_of
from tests.properties.world import Data, World
from tests.properties.worlds import for_all, tiers, worlds

MORE_COSTS_MORE = {"infra_cost_per_1000", "cost_per_1000", "monthly_cost", "unused_capacity_share"}
COLD: Data = {"name": "drawn", "from": "naive"}


def changed(design: Data, section: str, knobs: Data) -> Data:
    return {**design, section: {**design.get(section, {}), **knobs}}


def written_out(world: World) -> World:
    """Both files with every default said."""
    scenario, design = world.read()
    return World(written(scenario), {**written(design), "from": world.design["from"]}, world.seed)


@pytest.mark.parametrize("examples", tiers(25, 300))
def test_defaults_that_are_said(examples: int) -> None:
    """A scenario and a design that say every default they had left out are the same morning to the last bit."""

    def holds(world: World) -> None:
        assert fingerprint_of(written_out(world)) == fingerprint_of(world)

    for_all(examples, holds, worlds)


@pytest.mark.parametrize("examples", tiers(20, 300))
def test_another_name(examples: int) -> None:
    """A design under another name, in a scenario under another name: every paired difference is exactly 0."""

    def holds(world: World) -> None:
        twin = World({**world.scenario, "summary": "the same"}, {**world.design, "name": "twin", "summary": "the same"}, 0)
        assert_no_difference(world, twin, set(METRICS))

    for_all(examples, holds, worlds)


def assert_no_difference(world: World, twin: World, metrics: set[str]) -> None:
    """The twin against the original on two mornings: the values are the same, and where they are finite they differ by 0."""
    scenario, design = world.read()
    other = twin.read()[1].model_copy(update={"name": "twin"})
    comparison = compare(scenario, [design, other], Effort(2, world.seed, jobs=1))
    for metric, difference in comparison.paired("twin").items():
        if metric in metrics:
            ours, theirs = comparison.results[design.name].values(metric), comparison.results["twin"].values(metric)
            np.testing.assert_array_equal(ours, theirs, err_msg=metric)
            counted = ours[~np.isnan(ours)]
            if len(counted) and np.isfinite(counted).all():
                assert difference.difference == 0.0, metric
                assert (difference.low, difference.high) in ((0.0, 0.0), (None, None)), metric


# Where it is idle -> (section, knob), and the metrics that know of capacity that nobody uses
IDLE: dict[str, tuple[str, str, set[str]]] = {
    "checkout": ("checkout", "workers", set(METRICS) - MORE_COSTS_MORE),
    "payment": ("payment", "workers", set(METRICS) - MORE_COSTS_MORE),
    "database": ("database", "connections", set(METRICS)),  # of one database instance, which is paid for as a whole
}


def steady(world: World) -> World:
    """Without crashes and autoscalers: they take workers away, so that a queue may form that had not been there."""
    faults = [fault for fault in world.scenario.get("faults", []) if "crash" not in fault]
    design = {
        name: {key: value for key, value in section.items() if key != "autoscale"} if isinstance(section, dict) else section
        for name, section in world.design.items()
    }
    return World({**world.scenario, "faults": faults}, design, world.seed)


@pytest.mark.parametrize("examples", tiers(60, 300))
@pytest.mark.parametrize("station", IDLE)
def test_idle_capacity(station: str, examples: int) -> None:
    """Where nobody ever queued, more capacity changes nothing but what it costs."""
    section, knob, metrics = IDLE[station]
    idle = 0

    def holds(world: World) -> None:
        nonlocal idle
        world = steady(world)
        mornings = [World(world.scenario, world.design, world.seed + n).simulated()[0] for n in range(2)]
        longest = [record.queue_max for tables in mornings for record in tables.stations if record.name == station]
        if longest and not any(longest):
            idle += 1
            more = getattr(getattr(world.read()[1], section), knob) + 7
            assert_no_difference(world, World(world.scenario, changed(world.design, section, {knob: more}), 0), metrics)

    for_all(examples, holds, worlds)
    assert idle > 1


@pytest.mark.parametrize("examples", tiers(20, 300))
def test_room_in_the_queue(examples: int) -> None:
    """Where nobody was turned away, a queue with more room changes nothing at all."""
    roomy = 0

    def holds(world: World) -> None:
        nonlocal roomy
        world = steady(world)
        mornings = [World(world.scenario, world.design, world.seed + n).simulated()[0] for n in range(2)]
        limit = world.read()[1].checkout.queue_limit
        if limit is not None and not any((tables.requests["fate"] == Fate.REJECTED).any() for tables in mornings):
            roomy += 1
            design = changed(world.design, "checkout", {"queue_limit": limit + 1})
            assert_no_difference(world, World(world.scenario, design, 0), set(METRICS))

    for_all(examples, holds, worlds)
    assert roomy > examples / 5


def test_a_change_that_does_something_is_noticed() -> None:
    """One worker less where they were all at work, and both what is kept and some difference tell."""
    scenario: dict[str, Any] = {
        "name": "busy",
        "clock": {"start": "07:00", "duration": "1min", "drain": "5min"},
        "traffic": {"rate": "30/min"},
    }
    design = {**COLD, "checkout": {"workers": 2, "instances": 1, "service": {"constant": "1s"}}}
    world, fewer = (World(scenario, changed(design, "checkout", {"workers": workers}), 1) for workers in (2, 1))
    assert fingerprint_of(world) != fingerprint_of(fewer)
    with pytest.raises(AssertionError):
        assert_no_difference(world, fewer, set(METRICS))
