"""The second exercise: its lessons are measured, its hints lead on, and what is tuned to the seen mornings is caught."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pytest

from sim.architectures import parse_design
from sim.config.errors import ConfigError
from sim.kata.advice import advice
from sim.kata.attempt import attempt, begin, predictions, simulated
from sim.kata.check import Graded, check
from sim.kata.exercises import FIRST, SECOND
from sim.kata.folder import exercise_of
from sim.kata.grading import grade
from sim.kata.look import Look
from sim.kata.progress import load
from sim.kata.saying import Advice

AT_LAST = (
    SECOND.start.replace("guard: check_then_take", "guard: atomic")
    .replace("when: at_settlement", "when: at_request")
    .replace("key: run", "key: period")
    .replace("agent_key: given", "agent_key: derived")
    .replace("by: message", "by: order")
)


@cache
def look_at(text: str) -> Look:
    world, design = SECOND.seen(), parse_design(text)
    return Look(world, design, simulated(world, design))


@cache
def graded(text: str) -> Graded:
    return check(parse_design(text), SECOND)


def stages_of(text: str) -> list[bool]:
    return SECOND.passed({o.metric: o.status for o in look_at(text).result.objectives})


def replaced(old: str, new: str, text: str = AT_LAST) -> str:
    assert text.count(old) == 1
    return text.replace(old, new)


@pytest.mark.slow
def test_it_begins_with_everything_to_do_and_ends_with_nothing() -> None:
    """The starting design fails each stage, here and in the check; with five lines changed it has all points."""
    assert stages_of(SECOND.start) == [False] * 3
    assert graded(SECOND.start).passed == [False] * 3
    assert stages_of(AT_LAST) == [True] * 3
    assert graded(AT_LAST).score == 100, graded(AT_LAST).reasons


@pytest.mark.slow
def test_following_the_hints_literally_leads_to_a_passing_design() -> None:
    """Each strongest hint is written as it says; the metric that its finding is about gets better, or its stage is passed."""
    text, rules = SECOND.start, []
    while True:
        look = look_at(text)
        given = advice(look, SECOND, SECOND.current(stages_of(text)))
        if given is None:
            break
        rules.append(given.rule)
        assert "`" not in given.finding, "what happened, and no advice"
        written = re.search(r"`(\w+): (.*)`", given.hints[2])
        assert written is not None
        assert written[0] not in given.hints[0]
        text, changed = re.subn(rf"(?m)^(\s*){written[1]}: [^#\n]*", rf"\g<1>{written[1]}: {written[2]} ", text, count=1)
        assert changed == 1
        after = look_at(text)
        metric = next(metric for metric in SECOND.metrics if look.missed(metric))
        value, now = look.value(metric).mean, after.value(metric).mean
        assert value is not None
        assert now is not None
        assert now < value
    assert rules == [
        "looks_and_takes", "takes_after_the_answer", "a_key_for_each_run", "a_key_for_each_call", "numbers_and_not_orders",
    ]  # fmt: skip
    assert parse_design(text) == parse_design(AT_LAST)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("text", "rule", "says", "leads_to"),
    [
        (replaced("from: outbox", "from: idempotent"), "answers_after_the_payment", "from: outbox", AT_LAST),
        (
            replaced("window: 7d", "window: 5min"), "forgets_too_soon", "inbox: {window: 7d, by: order}", AT_LAST,
        ),
        (
            replaced("replay_every: 5min, ids: new", "ids: new"), "laid_aside_for_ever",
            "dead_letters: {after: 3, replay_every: 5min, ids: same}", replaced("ids: new", "ids: same"),
        ),
        (
            replaced("key: period", "key: none"), "a_key_for_each_run", "key: period", AT_LAST,
        ),
    ],
)  # fmt: skip
def test_other_detours_have_hints_that_lead_back(text: str, rule: str, says: str, leads_to: str) -> None:
    """Each is told what is the matter with it, and a design that does what the hint says passes."""
    look = look_at(text)
    stage = next(stage for stage in SECOND.stages if rule in {given.rule for given in _all(look, stage.number)})
    given = next(given for given in _all(look, stage.number) if given.rule == rule)
    assert f"`{says}`" in given.hints[2]
    assert stages_of(text) != [True] * 3
    assert stages_of(leads_to) == [True] * 3


def _all(look: Look, stage: int) -> list[Advice]:
    from sim.kata.second_advice import RULES

    return [given for rule in RULES[stage] if (given := rule(look)) is not None]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("text", "stage", "metrics"),
    [
        (replaced("guard: atomic", "guard: check_then_take"), 1, {"oversold_rate"}),
        (
            replaced("looks_first: false", "looks_first: true", replaced("key: period", "key: run")),
            2, {"double_charge_rate", "duplicate_order_rate"},
        ),
        (replaced("window: 7d", "window: 20min"), 3, {"loyalty_over_award_rate"}),
    ],
    ids=["a gap of milliseconds", "a look that comes too early", "an inbox that outlasts these mornings"],
)  # fmt: skip
def test_what_passes_the_seen_mornings_and_not_the_check(text: str, stage: int, metrics: set[str]) -> None:
    """A narrower gap is a gap: each passes all stages of the runs, and the check says where it is still open."""
    assert stages_of(text) == [True] * 3
    found = graded(text)
    assert not found.passed[stage - 1]
    assert {reason.split()[0] for reason in found.reasons[stage - 1]} == metrics


@pytest.mark.slow
def test_what_narrows_and_does_not_close() -> None:
    """A lock helps against two machines at once and not against a second run; acknowledging each leaves a few; both fail."""
    locked = replaced("looks_first: false", "looks_first: false\n  lock: 10min", replaced("key: period", "key: run"))
    assert stages_of(locked)[1] is False
    each = replaced("after_batch", "each", replaced("by: order", "by: message"))
    batch = replaced("by: order", "by: message")
    few, many = (look_at(text).value("loyalty_over_award_rate").mean for text in (each, batch))
    assert few is not None
    assert many is not None
    assert 0 < few < many / 10


@pytest.mark.slow
def test_who_is_told_of_is_one_of_the_most() -> None:
    """A gift card's victim is a customer; of double charges first the renewals, which are most, then the agents."""
    assert look_at(SECOND.start).witness("oversold_rate").startswith("Customer ")
    told = look_at(SECOND.start).witness("double_charge_rate")
    assert re.match(r"Renewal \d+ of morning \d+, due at 07:20: 2 orders, 2 charges, \d loyalty awards\.$", told), told
    mended = replaced("key: run", "key: period", SECOND.start)
    assert re.match(r"Agent \d+ of morning 0, .*: 2 plans, ", look_at(mended).witness("double_charge_rate"))


@pytest.mark.slow
def test_a_folder_keeps_which_exercise_it_is(tmp_path: Path) -> None:
    """Runs, predictions and stages are its own; the other exercise is refused there."""
    progress = begin(tmp_path, SECOND, now=0.0)
    assert (tmp_path / "design.yaml").read_text(encoding="utf-8") == SECOND.start
    assert (tmp_path / "brief.md").read_text(encoding="utf-8").startswith("# The kata's second morning\n")
    made = attempt(tmp_path, progress, predicted={}, now=1.0, clock=lambda: 2.0)
    assert made.stage == SECOND.stages[0]
    again = load(tmp_path)
    assert (again.of, again.passed) == (SECOND, [False] * 3)
    assert exercise_of(again, None) == exercise_of(again, "second") == SECOND
    assert (exercise_of(None, None), exercise_of(None, "second")) == (FIRST, SECOND)
    with pytest.raises(ConfigError, match="the second exercise is under way in this folder"):
        exercise_of(again, "first")
    with pytest.raises(ConfigError, match='expected first or second \\(got "secnd"\\); did you mean "second"'):
        exercise_of(None, "secnd")
    with pytest.raises(ConfigError, match='"cost_per_1000" is no objective'):
        predictions(["cost_per_1000=better"], SECOND, "")


@pytest.mark.slow
def test_a_class_is_graded_by_the_points_of_its_exercise(tmp_path: Path) -> None:
    """Thirty, forty and thirty; what the first exercise would give is not asked."""
    (tmp_path / "ada.yaml").write_text(AT_LAST, encoding="utf-8")
    (tmp_path / "ben.yaml").write_text(replaced("window: 7d", "window: 5min"), encoding="utf-8")
    grades = grade(tmp_path, exercise=SECOND, seed=1000, timeout_s=120.0)
    assert [(one.submission, one.points) for one in grades] == [("ada", (30, 40, 30)), ("ben", (30, 40, 0))]
