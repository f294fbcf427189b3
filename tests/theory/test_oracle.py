"""The simulator and a plain event loop that shares no code with it agree event for event, in good weather and in bad."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from functools import reduce
from random import Random
from typing import Any

import pandas as pd
import pytest

from sim.architectures import load_design
from sim.config.design import merged
from sim.config.library import load_scenario
from sim.ledger.records import Tables
from sim.world.morning import Morning
from tests.theory.oracle import Oracle
from tests.theory.oracle.records import Order
from tests.theory.oracle.stores import STATUS_AFTER
from tests.theory.oracle.workers import Job, Pool
from tests.theory.oracle.worlds import WORLDS, World, files, happened
from tests.tiers import slow

LONG = ("repeaters", "repeaters-with-keys", "expired-locks", "provider-weather", "flaky-provider")  # and alike quick ones
ROUNDING_S = 1e-9  # sums of the same times in another order


def differences(tables: Tables, oracle: Oracle) -> list[str]:
    """Every column that differs, and where first: row by row, in the order in which things happened."""
    found = []
    frames = {**tables.frames(), "repeats": pd.DataFrame(tables.repeats.columns())}
    for name in ("purchases", "requests", "charges", "orders", "awards", "reads", "returns", "repeats"):
        frame, rows = frames[name], getattr(oracle, {"repeats": "repeated"}.get(name, name))
        if len(frame) != len(rows):
            found.append(f"{name}: {len(frame)} rows, not {len(rows)}")
        for column in frame:
            pairs = list(zip(frame[column].tolist(), (getattr(row, column) for row in rows), strict=False))
            first = next((row for row, (ours, theirs) in enumerate(pairs) if not same(ours, theirs)), None)
            if first is not None:
                found.append(f"{name}.{column}: row {first}: {pairs[first][0]!r}, not {pairs[first][1]!r}")
    ours, theirs = ([vars(one) for one in crashes] for crashes in (tables.crashes, oracle.crashes))
    if len(ours) != len(theirs):
        found.append(f"crashes: {len(ours)}, not {len(theirs)}")
    elif not all(same(a[key], b[key]) for a, b in zip(ours, theirs, strict=True) for key in a):
        found.append("crashes")
    return found


def same(ours: Any, theirs: Any) -> bool:
    if isinstance(theirs, float):
        return abs(ours - theirs) <= ROUNDING_S or (ours != ours and theirs != theirs)
    return ours == theirs or (theirs is None and ours != ours)


@pytest.mark.parametrize("architecture", ["naive", "idempotent"])
@pytest.mark.parametrize("name", slow(WORLDS, but=WORLDS.keys() - LONG))
def test_the_oracle_agrees(name: str, architecture: str) -> None:
    """Every row of every table is the same, and what the world was made for really happened in it."""
    world = WORLDS[name]
    scenario, design = files(world, architecture)
    seen: Counter[str] = Counter()
    for seed in range(3):
        tables = Morning(scenario, design, seed).run()
        assert differences(tables, Oracle(scenario, design, seed).run()) == []
        seen += happened(tables)
    special = world.happens_to_naive if architecture == "naive" else world.happens_to_keyed
    assert [what for what in (*world.happens, *special) if not seen[what]] == []


@pytest.mark.parametrize("architecture", slow(["naive", "idempotent"], but=["naive"]))
def test_the_oracle_agrees_on_the_morning_rush(architecture: str) -> None:
    """The built-in scenario as it is: about 3,000 purchases with a brownout, an outage and crashes."""
    scenario, design = load_scenario("morning-rush"), load_design(architecture)
    for seed in (1, 2):
        tables = Morning(scenario, design, seed).run()
        assert differences(tables, Oracle(scenario, design, seed).run()) == []
        seen = happened(tables)
        assert min(seen[what] for what in ("retry", "second tap", "crash", "crash of an instance", "refused charge")) > 0
        assert (seen["double charge"] > 100) == (architecture == "naive")


SPOILED_DESIGN: dict[str, dict[str, Any]] = {
    "another timeout of the app": {"app": {"timeout": "8.1s"}},
    "another timeout of the payment": {"payment": {"timeout": "1s"}},
    "one worker less": {"checkout": {"workers": 4}},
    "a longer lock": {"claim": {"lock": "6s"}},
}


@pytest.mark.parametrize("what", SPOILED_DESIGN)
def test_another_knob_is_noticed(what: str) -> None:
    """The oracle is told of another design than the simulator."""
    world = WORLDS["dying-workers"]
    scenario, design = files(world, "idempotent")
    _, other = files(replace(world, keyed=merged(world.keyed, SPOILED_DESIGN[what])), "idempotent")
    tables = Morning(scenario, design, 0).run()
    assert differences(tables, Oracle(scenario, other, 0).run())
    assert differences(tables, Oracle(scenario, design, 1).run())


def nobody_dies(self: Oracle, job: Job, step: str, go_on: Callable[[Job], None]) -> None:
    self.go_on(job, go_on)


def last_word_counts(self: Oracle, order: Order, outcome: str) -> bool:
    self.change(order, STATUS_AFTER[outcome])
    return True


def first_worker_first(self: Oracle, pool: Pool) -> None:
    pool.idle.sort(reverse=True)
    hand_out(self, pool)


hand_out = Oracle.hand_out
# Which rule of the oracle is spoiled, how, in which world, for which architecture.
SPOILED_RULES: dict[str, tuple[str, Callable[..., Any], str, str]] = {
    "nobody dies": ("took", nobody_dies, "dying-workers", "naive"),
    "what was said last counts": ("note", last_word_counts, "flaky-provider", "idempotent"),
    "the provider forgets its keys": ("first_call", lambda self, order: None, "provider-weather", "idempotent"),
    "the provider has no rate limit": ("token", lambda self: True, "bounded-queue", "naive"),
    "the first idle worker is taken": ("hand_out", first_worker_first, "dying-workers", "naive"),
    "no slip of the finger": ("tap_by_mistake", lambda self, *_: None, "impatient", "naive"),
    "no completer": ("look_for_stuck_orders", lambda self: None, "dying-workers", "idempotent"),
    "no reconciler": ("reconcile", lambda self: None, "flaky-provider", "naive"),
    "no repeats": ("repeats", lambda self, *_: False, "repeaters", "naive"),
    "who comes back is believed": ("inquire", lambda self, order: ("captured", 0.4), "paid-at-the-provider", "naive"),
    "payments wait for ever": ("give_up", lambda self, charge: None, "paid-at-the-provider", "idempotent"),
    "no view": ("project", lambda self, *_: None, "calm", "naive"),
}


@pytest.mark.parametrize("what", SPOILED_RULES)
def test_another_rule_is_noticed(what: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The oracle plays by another rule than the simulator."""
    name, rule, world, architecture = SPOILED_RULES[what]
    monkeypatch.setattr(Oracle, name, rule)
    scenario, design = files(WORLDS[world], architecture)
    assert differences(Morning(scenario, design, 0).run(), Oracle(scenario, design, 0).run())


def test_what_is_left_out_is_refused() -> None:
    """A world that the oracle doesn't know is no agreement."""
    scenario, design = files(World({"faults": [{"spike": "traffic", "at": "07:01", "for": "20s"}]}), "naive")
    with pytest.raises(AssertionError):
        Oracle(scenario, design, 0)


@pytest.mark.parametrize("seed", [*range(20), 1008, 1132])  # the last: somebody taps again while their way back is retried
def test_the_oracle_agrees_when_worlds_are_mixed(seed: int) -> None:
    """Troubles that come together: three of the worlds laid over each other."""
    random = Random(seed)
    mixed = [WORLDS[name] for name in random.sample(sorted(WORLDS), 3)]
    scenario = reduce(merged, (world.scenario for world in mixed))
    scenario["faults"] = [fault for world in mixed for fault in world.scenario.get("faults", [])]
    keyed = reduce(merged, (world.keyed for world in mixed), {"payment": {"after_error": "same_key"}})
    world = World(scenario, reduce(merged, (world.design for world in mixed)), keyed)
    chosen = files(world, random.choice(["naive", "idempotent"]))
    assert differences(Morning(*chosen, seed).run(), Oracle(*chosen, seed).run()) == []


def test_draws_do_not_run_out() -> None:
    """A customer who orders 400 times meets fresh luck every time, of processes that stand still and of events on their way."""
    stubborn = World(
        {
            "traffic": {"times": ["07:00"]},
            "customers": {"patience": {"constant": "1h"}, "max_submissions": 1},
            "provider": {"failed": "100%"},
            "faults": [{"pause": "checkout", "after": "insert", "for": "50ms", "p": "10%"}],
        },
        {"app": {"retry": {"fixed": {"delay": "100ms", "attempts": 400}}}, "broker": {"publish": {"exponential": "30ms"}}},
    )
    scenario, design = files(stubborn, "naive")
    tables = Morning(scenario, design, 1).run()
    assert len(tables.orders) == 400
    found = differences(tables, Oracle(scenario, design, 1).run())
    assert found == ["requests.attempt: row 127: 127, not 128"]  # where that column of the table ends
