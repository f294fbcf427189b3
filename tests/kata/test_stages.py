"""The exercise's world shows each stage's trouble, and the built-in designs stand where the exercise says."""

from __future__ import annotations

import pytest

from sim.architectures import load_design, parse_design
from sim.kata.attempt import simulated
from sim.kata.brief import as_text
from sim.kata.check import check
from sim.kata.exercise import Exercise
from sim.kata.exercises import EXERCISES, FIRST
from tests.kata.designs import NEARLY, PASSES

OUTBOX_AS_STARTED = FIRST.start.replace("from: naive", "from: outbox").replace("key: none", "key: purchase")


def stages_of(text: str) -> list[bool]:
    result = simulated(FIRST.seen(), parse_design(text))
    return FIRST.passed({objective.metric: objective.status for objective in result.objectives})


@pytest.mark.parametrize("exercise", EXERCISES.values(), ids=EXERCISES)
def test_every_objective_belongs_to_one_stage_and_one_person(exercise: Exercise) -> None:
    """Stages and people share out the objectives of the world, and leave none out; the points are a hundred."""
    objectives = sorted(exercise.seen().objectives)
    assert sorted(exercise.metrics) == objectives
    assert sorted(metric for metrics in exercise.people.values() for metric in metrics) == objectives
    assert all(metric in as_text(exercise) for metric in objectives)
    assert [stage.number for stage in exercise.stages] == list(range(1, len(exercise.stages) + 1))
    assert exercise.most == 100


@pytest.mark.slow
@pytest.mark.parametrize(
    ("design", "expected"),
    [
        ("from: naive", [False, False, False, False, True]),  # idle machines are not its trouble: it has the usual 16 workers
        ("from: idempotent", [True, False, False, False, False]),
        (NEARLY, [True, True, True, True, False]),  # its checkout's workers are those of a design that waits for the provider
        (PASSES, [True] * 5),
    ],
)
def test_built_in_designs_stand_where_the_exercise_says(design: str, expected: list[bool]) -> None:
    """Naive fails correctness, idempotent fails responsiveness, outbox passes everything when it is sized."""
    found = stages_of(design)
    if design == "from: naive":
        assert found[:4] == expected[:4]
    else:
        assert found == expected


def test_the_starting_design_fails_everything() -> None:
    """There is something to do in every stage."""
    assert stages_of(FIRST.start) == [False] * 5


@pytest.mark.slow
def test_another_architecture_alone_is_not_enough() -> None:
    """What the starting file says about the view, the points and the workers stays wrong in outbox, so no stage is skipped."""
    assert stages_of(OUTBOX_AS_STARTED) == [True, True, False, False, False]


def test_more_workers_do_not_answer_sooner() -> None:
    """The obvious change for stage 2 is the wrong one: idempotent waits for the provider, not for a worker."""
    assert not stages_of("from: idempotent\ncheckout: {workers: 400}")[1]


@pytest.mark.slow
def test_whoever_saves_in_the_wrong_place_sees_what_fails_first() -> None:
    """Fewer payment workers cost less too; then the backlog of the brownout is confirmed too late, so stage 3 is lost."""
    assert stages_of(f"{PASSES}payment: {{workers: 8}}\n") == [True, True, False, True, True]


@pytest.mark.slow
def test_a_sized_outbox_passes_the_check_and_the_others_do_not() -> None:
    """Also on mornings and in weather that nobody has seen."""
    graded = check(parse_design(PASSES), FIRST)
    assert graded.passed == [True] * 5, graded.reasons
    assert graded.score == 100
    assert check(load_design("idempotent"), FIRST).passed[:2] == [True, False]
    naive = check(load_design("naive"), FIRST)
    assert naive.passed[:4] == [False] * 4
    assert [reason.split()[0] for reason in naive.reasons[0]] == list(FIRST.stages[0].criteria), "each objective once"
    assert all(reason.endswith("(other mornings; all others too)") for reason in naive.reasons[0])


@pytest.mark.slow
@pytest.mark.parametrize(
    ("tuned", "stage", "metrics"),
    [
        ("loyalty: {inbox: {window: 60s}}", 4, ["loyalty_over_award_rate"]),
        ("payment: {workers: 16}", 3, ["stale_read_rate", "confirmation_lag_p99"]),
    ],
)
def test_a_design_tuned_to_the_seen_mornings_is_caught(tuned: str, stage: int, metrics: list[str]) -> None:
    """An inbox that just outlasts the repeats of five known mornings, and just enough payment workers, pass those only."""
    design = f"{PASSES}{tuned}\n"
    assert stages_of(design) == [True] * 5
    graded = check(parse_design(design), FIRST)
    assert graded.passed == [number != stage for number in range(1, 6)]
    assert {reason.split()[0] for reason in graded.reasons[stage - 1]} <= set(metrics)


@pytest.mark.parametrize("exercise", EXERCISES.values(), ids=EXERCISES)
def test_unseen_weather_has_the_same_objectives_at_other_times(exercise: Exercise) -> None:
    """The check moves the faults and keeps the limits."""
    world, unseen = exercise.seen(), exercise.unseen()
    assert all(other.objectives == world.objectives for _, other in unseen)
    assert all(other.faults != world.faults for _, other in unseen[1:])
