"""What is said about a run is true of it, and its hints lead on."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from sim.architectures import parse_design
from sim.kata.advice import RULES, advice, got_worse
from sim.kata.attempt import simulated
from sim.kata.check import check
from sim.kata.exercises import EXERCISES, FIRST
from sim.kata.helping import _to_type
from sim.kata.look import Look
from sim.kata.moves import moved
from tests.kata.designs import NEARLY, PASSES
from tests.tiers import slow

START = PATH = FIRST.start
KEYED = START.replace("from: naive", "from: idempotent").replace("key: none", "key: purchase")
OUTBOX = KEYED.replace("from: idempotent", "from: outbox")
FRESH = OUTBOX.replace("cache: 2min", "cache: 0s")
EXACT = FRESH.replace("inbox: none", "inbox: {window: 7d}")


@cache
def look_at(text: str) -> Look:
    world, design = FIRST.seen(), parse_design(text)
    return Look(world, design, simulated(world, design))


def said_of(text: str) -> tuple[Look, str, str, tuple[str, str, str]]:
    look = look_at(text)
    said = advice(look, FIRST, FIRST.current(FIRST.passed({o.metric: o.status for o in look.result.objectives})))
    assert said is not None
    return look, said.rule, said.finding, said.hints


@pytest.mark.slow
@pytest.mark.parametrize(
    ("text", "rule", "last_hint"),
    [
        (START, "naive_orders", "from: idempotent"),
        (START.replace("from: naive", "from: idempotent"), "app_key", "key: purchase"),
        (KEYED.replace("key: purchase", "key: submission"), "app_key", "key: purchase"),
        (KEYED, "waits_for_the_provider", "from: outbox"),
        (OUTBOX, "cached_view", "cache: 0s"),
        (FRESH, "no_inbox", "inbox: {window: 7d}"),
        (FRESH.replace("inbox: none", "inbox: {window: 10s}"), "short_inbox", "inbox: {window: 7d}"),
        (EXACT, "idle_workers", "workers: 8"),
        (NEARLY, "idle_workers", "workers: 8"),
        ("from: outbox\npayment: {key: none}", "provider_key", "key: order"),
        ("from: outbox\nclaim: {ttl: 1s}", "forgets_keys", "ttl: none"),
        ("from: outbox\npayment: {workers: 8}", "payment_backlog", "workers: 24"),
        ("from: outbox\nrelay: {marks: before}", "careless_relay", "marks: after"),
        (f"{PASSES}database: {{connections: 400}}", "idle_database", "connections: 16"),
    ],
)  # fmt: skip
def test_the_rule_that_speaks_is_the_one_that_stands_in_the_way(text: str, rule: str, last_hint: str) -> None:
    """Each design is told what is the matter with it, and the strongest hint says what to write."""
    _, found, _, hints = said_of(text)
    assert found == rule
    assert f"`{last_hint}`" in hints[2]
    assert last_hint not in hints[0]


@pytest.mark.parametrize("text", slow([START, KEYED, OUTBOX, FRESH, EXACT], but=[KEYED]))
def test_what_happened_is_no_advice(text: str) -> None:
    """A finding names no knob, no other design and no cause: why it happened is for the learner to say."""
    _, _, finding, hints = said_of(text)
    assert "`" not in finding
    assert not set(re.findall(r"`(\w+\.\w+)`", hints[1])) & set(re.findall(r"[\w.]+", finding))
    assert not any(word in finding for word in ("because", "idempotent", "outbox", "cache", "inbox", "retr"))


@pytest.mark.slow
def test_following_the_hints_leads_to_a_passing_design() -> None:
    """From the starting design, doing what each strongest hint says: one line at a time, to the end."""
    text, steps = START, 0
    while True:
        look = look_at(text)
        said = advice(look, FIRST, FIRST.current(FIRST.passed({o.metric: o.status for o in look.result.objectives})))
        if said is None:
            break
        steps += 1
        assert steps <= 8, said.rule
        written = re.search(r"`(\w+): (.*)`", said.hints[2])
        assert written is not None
        text, changed = re.subn(rf"(?m)^(\s*){written[1]}: [^#\n]*", rf"\g<1>{written[1]}: {written[2]} ", text, count=1)
        assert changed == 1
    assert steps == 6
    graded = check(parse_design(text), FIRST)
    assert graded.score == 100, graded.reasons


def test_a_witness_is_somebody_who_was_harmed() -> None:
    """The counts in the sentence are those of the tables of that morning."""
    look = look_at(START)
    match = re.match(r"Customer (\d+) of morning (\d+), .*?: .*, (\d+) charges", look.witness("double_charge_rate"))
    assert match is not None
    assert int(match[3]) > 1
    assert look.witness("loyalty_over_award_rate").startswith("Customer ")
    assert look_at("from: outbox").witness("double_charge_rate") == ""


@pytest.mark.slow
def test_what_got_worse_is_what_the_differences_say() -> None:
    """From idempotent to outbox people are told sooner and confirmed later, and both are said."""
    before, now = (look_at(f"from: {name}").result for name in ("idempotent", "outbox"))
    said = got_worse(FIRST, [s.metrics for s in before.summaries], [s.metrics for s in now.summaries])
    assert any(line.startswith("confirmation_lag_p50 (no objective) +") for line in said)
    assert not any(line.startswith("ack_latency_p95") for line in said)
    assert not got_worse(FIRST, [s.metrics for s in now.summaries], [s.metrics for s in now.summaries])


def test_moves_are_judged_by_the_mornings() -> None:
    """Infinite values are compared morning by morning; an interval that holds zero is not clear."""
    inf = np.inf
    assert moved("ack_latency_p95", np.array([inf, 5, 5]), np.array([1.0, 1, 1])) == "better"
    assert moved("ack_latency_p95", np.array([1.0, 1, 1]), np.array([inf, 1, 1])) == "worse"
    assert moved("confirmed_share", np.array([0.90, 0.80, 0.85]), np.array([0.95, 0.86, 0.90])) == "better"
    assert moved("confirmed_share", np.array([0.9, 0.8]), np.array([0.95, 0.8])) == "not clear", (
        "alike, and no interval says so"
    )
    assert moved("ack_latency_p95", np.array([1.0, 2]), np.array([2.0, 1])) == "not clear"
    assert moved("ack_latency_p95", np.array([np.nan, 2]), np.array([np.nan, 2])) == "same"
    assert moved("cost_per_1000", np.array([10.0, 11, 12, 10]), np.array([12.0, 13, 14, 9.9])) == "not clear"


def test_every_stage_has_rules() -> None:
    """No stage is left to the general one."""
    assert {name: set(rules) for name, rules in RULES.items()} == {
        exercise.name: {stage.number for stage in exercise.stages} for exercise in EXERCISES.values()
    }
    assert all(len(rules) >= 2 for stages in RULES.values() for rules in stages.values())


def test_the_commands_of_a_hint_can_be_typed_from_beside_the_folder() -> None:
    """Whatever its name; a file that is only spoken of keeps its name."""
    hint = "`coffee kata why` shows one. Look in the report: `coffee compare kata design.yaml outbox`."
    typed = _to_type(hint, Path("sp ace"))
    assert (
        typed == "`coffee kata why 'sp ace'` shows one. Look in the report: `coffee compare kata 'sp ace/design.yaml' outbox`."
    )
    assert _to_type("In design.yaml: `from: outbox`", Path("mine")) == "In design.yaml: `from: outbox`"


@pytest.mark.slow
def test_what_is_certain_is_named_before_more_workers() -> None:
    """A relay that polls every two minutes is why news is late, although orders also wait for payment workers in a brownout."""
    look, rule, _, _ = said_of("from: outbox\ncheckout: {workers: 8}\nrelay: {poll_every: 2min}\n")
    assert rule == "slow_relay"
    pool = look.pool("payment")
    assert pool is not None
    assert pool.queueing > 0.01
