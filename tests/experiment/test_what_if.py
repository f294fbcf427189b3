"""What to change first: single changes of a design on the same mornings, and which of them clearly help."""

from __future__ import annotations

import math

import pytest

from sim.architectures import load_design, parse_design
from sim.config.errors import ConfigError
from sim.config.library import parse_scenario
from sim.experiment.effort import Effort
from sim.experiment.what_if import LOOKED_AT, WhatIf, said, steps, what_if

CROWD = parse_scenario("""
name: crowd
clock: {start: "07:00", duration: 2min, drain: 2min}
traffic: {rate: 90/min}
customers: {patience: {constant: 25s}, after_patience: {tap_again: 0%, refresh: 0%, leave: 100%}}
provider: {latency: {constant: 1s}}
""")
# A worker is held for a second, so one of them serves a customer a second, and the rate is 1.5. The view is far slower still.
STARVED = parse_design("""
name: starved
from: idempotent
app: {timeout: 20s, retry: {never: true}}
checkout: {workers: 1, instances: 1, queue_limit: 6, deadline_drop: true}
read_model: {apply: {constant: 2s}}
""")


def changes(name: str) -> set[str]:
    return {f"{known.name}={value}" for known, value in steps(load_design(name))}


def test_one_step_of_each_knob() -> None:
    """A pool doubled; other numbers halved and doubled; each other word; a switch turned; what may be left out left out."""
    found = changes("outbox")
    assert {"checkout.workers=32", "payment.workers=48", "database.connections=32"} <= found
    assert not {"checkout.workers=8", "payment.workers=12", "database.connections=8"} & found
    assert {"app.timeout=4s", "app.timeout=16s", "app.key=none", "app.key=request", "app.key=submission"} <= found
    assert {"read_model.inline=True", "loyalty.inbox=none", "payment.breaker=none", "relay.marks=before"} <= found
    assert not [change for change in found if change.startswith(("name", "summary", "app.key=purchase"))]


@pytest.mark.parametrize("name", ["naive", "idempotent", "outbox", "inquiry", "autoscaled", "no-inbox"])
def test_every_step_can_be_simulated(name: str) -> None:
    """Each is a legal design of its own, once."""
    found = [(known.name, str(value)) for known, value in steps(load_design(name))]
    assert len(set(found)) == len(found) > 20


@pytest.fixture(scope="module")
def found() -> WhatIf:
    return what_if(CROWD, STARVED, Effort(mornings=5, jobs=1))


@pytest.mark.slow
def test_what_to_change_first_is_found_out(found: WhatIf) -> None:
    """The view has the longest queue by far and nobody is lost to it: the pool that turns people away is what to enlarge."""
    helping = [one for one in found.clear if said(one, "confirmed_share") == "better"]
    most = max(helping, key=lambda one: one.differences["confirmed_share"].difference or 0.0)
    assert (most.input.name, most.value) == ("checkout.workers", "2")
    assert (most.differences["confirmed_share"].difference or 0.0) > 0.2
    assert found.clear[0].differences["cost_per_1000"].difference == min(
        one.differences["cost_per_1000"].difference or 0.0 for one in found.clear
    )
    view = [one for one in found.effects if one.input.name == "read_model.apply"]
    assert len(view) == 2
    assert not [one for one in view if said(one, "confirmed_share")]


@pytest.mark.slow
def test_changes_as_a_frame(found: WhatIf) -> None:
    """A row a change and metric, with what is said of it; those that move nothing come last."""
    assert len(found.changes) == len(found.effects) * len(LOOKED_AT)
    assert len(found.clear) + len(found.unclear) == len(found.effects)
    row = found.changes.loc[("checkout.workers", "2", "confirmed_share")]
    assert (row["was"], row["said"]) == ("1", "better")
    assert row["low"] <= row["difference"] <= row["high"]
    assert not math.isnan(row["low"])


def test_four_mornings_are_not_enough() -> None:
    with pytest.raises(ConfigError, match="mornings"):
        what_if(CROWD, STARVED, Effort(mornings=4))
