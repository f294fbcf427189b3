"""Retry policies, budgets and breakers."""

from __future__ import annotations

import pytest

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
