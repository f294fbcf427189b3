"""Retry policies, budgets and breakers."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.config.design import Breaker as BreakerKnobs
from sim.config.design import Retry
from sim.world.retry import Breaker, Budget, policy


@pytest.mark.parametrize(
    ("retry", "delays"),
    [
        ({"never": True}, [None, None]),
        ({"fixed": {"delay": "2s", "attempts": 3}}, [2.0, 2.0, None]),
        ({"exponential": {"base": "1s", "cap": "3s", "attempts": 4}}, [1.0, 2.0, 3.0, None]),
        ({"full_jitter": {"base": "1s", "cap": "3s"}}, [0.5, 1.0, 1.5, 1.5]),
        ({"equal_jitter": {"base": "1s", "cap": "3s"}}, [0.75, 1.5, 2.25, 2.25]),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_policies(retry: dict[str, object], delays: list[float | None]) -> None:
    """Delays after the first, second, … failure, at the middle of the jitter."""
    chosen = policy(Retry.model_validate(retry))
    assert [chosen.delay_s(attempt, 0.5) for attempt in range(1, len(delays) + 1)] == delays


def test_a_budget_allows_a_share_of_first_requests() -> None:
    """Ten tokens to begin with, then one retry for every ten first requests."""
    budget = Budget(0.1)
    assert sum(budget.allows() for _ in range(50)) == 10
    allowed = 0
    for _ in range(1000):
        budget.first()
        allowed += budget.allows()
    assert allowed == pytest.approx(100, abs=1)


def test_without_a_budget_everything_is_allowed() -> None:
    """None means no limit."""
    assert all(Budget(None).allows() for _ in range(1000))


def opened(at: float = 0.0) -> Breaker:
    breaker = Breaker(BreakerKnobs.model_validate({"failures": "50%", "window": 4, "open": "10s"}))
    for failed in (False, True, False, True):
        assert breaker.wait_s(at) == 0.0
        breaker.note(at, failed=failed)
    return breaker


def test_a_breaker_opens_and_asks_to_wait() -> None:
    """At half of the last four calls failed, callers are told when to come back."""
    breaker = opened()
    assert (breaker.wait_s(1.0), breaker.wait_s(9.0)) == (9.0, 1.0)


def test_one_trial_decides() -> None:
    """After the pause a single call goes through: its success closes the breaker, its failure opens it again."""
    breaker = opened()
    assert breaker.wait_s(10.0) == 0.0
    assert breaker.wait_s(10.5) > 0.0
    breaker.note(11.0, failed=True)
    assert breaker.wait_s(12.0) == 9.0
    assert breaker.wait_s(21.0) == 0.0
    breaker.note(22.0, failed=False)
    assert breaker.wait_s(22.0) == 0.0


def test_calls_from_before_the_opening_do_not_close_it() -> None:
    """A late success of an old call is no trial."""
    breaker = opened()
    breaker.note(1.0, failed=False)
    assert breaker.wait_s(2.0) == 8.0


def test_a_trial_that_never_reports_back_does_not_keep_it_open() -> None:
    """The caller on trial may die; after another pause the next one tries."""
    breaker = opened()
    assert breaker.wait_s(10.0) == 0.0
    assert breaker.wait_s(19.0) == 1.0
    assert breaker.wait_s(20.0) == 0.0


QUICK = BreakerKnobs.model_validate({"failures": "50%", "window": 2, "open": "1s"})


def test_a_straggler_is_no_trial() -> None:
    """Five calls begin at 0 s; two fail and open the breaker. An old call's success while the trial is out closes nothing, and
    an old call's failure opens nothing; the trial's own result does.
    """
    breaker = Breaker(QUICK)
    for failed in (True, True):
        breaker.note(0.1, failed=failed, begun_s=0.0)
    assert breaker.wait_s(1.2) == 0.0
    breaker.note(1.3, failed=False, begun_s=0.0)
    assert breaker.wait_s(1.3) == pytest.approx(0.9)
    breaker.note(1.4, failed=True, begun_s=0.0)
    assert breaker.wait_s(1.4) == pytest.approx(0.8)
    breaker.note(1.5, failed=False, begun_s=1.2)
    assert breaker.wait_s(1.5) == 0.0


def test_stragglers_do_not_open_it_again() -> None:
    """After the trial's success the failures of calls from before the opening do not count; those of new calls do."""
    breaker = Breaker(QUICK)
    for failed in (True, True):
        breaker.note(0.1, failed=failed, begun_s=0.0)
    assert breaker.wait_s(1.1) == 0.0
    breaker.note(1.2, failed=False, begun_s=1.1)
    for _ in range(5):
        breaker.note(5.0, failed=True, begun_s=0.0)
    assert breaker.wait_s(5.0) == 0.0
    for _ in range(2):
        breaker.note(6.0, failed=True, begun_s=5.0)
    assert breaker.wait_s(6.0) == 1.0


def test_a_trial_slower_than_the_pause_still_decides() -> None:
    """Where every call takes longer than the pause, the first trial's success closes the breaker although others are out."""
    breaker = Breaker(QUICK)
    for failed in (True, True):
        breaker.note(0.0, failed=failed, begun_s=0.0)
    assert [breaker.wait_s(at) for at in (1.0, 2.0, 3.0)] == [0.0, 0.0, 0.0]
    breaker.note(3.5, failed=False, begun_s=1.0)
    assert breaker.wait_s(3.5) == 0.0
    for trial_s in (2.0, 3.0):
        breaker.note(4.0, failed=True, begun_s=trial_s)  # too late: the breaker has closed since
    assert breaker.wait_s(4.0) == 0.0


calls = st.lists(st.tuples(st.integers(0, 40), st.integers(1, 60), st.booleans()), max_size=40)


@given(calls, st.sampled_from(["500ms", "1s", "3s"]), st.integers(1, 5))
def test_any_interleaving(drawn: list[tuple[int, int, bool]], pause: str, window: int) -> None:
    """However calls overlap: it opens only on enough failures of calls begun since it closed, it closes only on the success of
    a trial, and within a pause it lets no more than one trial go.
    """
    knobs = BreakerKnobs.model_validate({"failures": "50%", "window": window, "open": pause})
    breaker = Breaker(knobs)
    events = sorted([(0.25 * at, 1, n) for n, (at, _, _) in enumerate(drawn)])
    going: list[tuple[float, int, float, bool]] = []  # (ends, number, began, whether on trial)
    closed_s, is_open, trials, since = -1.0, False, [], []
    while events or going:
        if going and (not events or min(going)[0] <= events[0][0]):
            end_s, number, begun_s, on_trial = min(going)
            going.remove(min(going))
            failed = drawn[number][2]
            breaker.note(end_s, failed=failed, begun_s=begun_s)
            if is_open and on_trial and begun_s > closed_s and not failed:
                is_open, closed_s, since = False, end_s, []
            elif not is_open and begun_s >= closed_s:
                since = [*since, failed][-window:]
                if len(since) == window and sum(since) >= window / 2:
                    is_open, trials = True, [end_s]
            elif is_open and on_trial and failed and begun_s > closed_s:
                trials.append(end_s)
            assert (breaker._open_until_s is not None) == is_open
            continue
        at_s, _, number = events.pop(0)
        if breaker.wait_s(at_s) == 0.0:
            if is_open:
                assert at_s >= trials[-1] + knobs.open, "no trial within a pause"
                trials.append(at_s)
            going.append((at_s + 0.1 * drawn[number][1], number, at_s, is_open))
