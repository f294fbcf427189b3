"""Double charges in closed form: what retries do to a provider that sometimes charges and says nothing.

A charge attempt is ambiguous (charged, answer lost) with probability q and cleanly refused with probability e; the app tries at
most R times more. Formulas: domain.md, 1.7.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy import stats

from sim.config.scenario import Scenario
from tests.theory.agreement import Estimated, mean_of
from tests.theory.bare import bare_design, bare_world
from tests.worlds import morning

# q, e, R, mornings of 5,000 purchases: more where the event is rare
CASES = [(0.02, 0.0, 2, 4), (0.02, 0.05, 2, 4), (0.10, 0.20, 2, 2), (0.30, 0.10, 3, 2)]


def flaky(purchases: int, q: float, e: float, *, ttl: str = "1d") -> Scenario:
    provider = {"ambiguous": f"{q:.0%}", "failed": f"{e:.0%}", "keys": {"ttl": ttl}}
    return bare_world(purchases, 20.0, {"provider": provider})


def knobs(retries: int) -> dict[str, Any]:
    """The server stops waiting for the provider after 1 s and says "failed"; the app tries again 1 s later."""
    return {"app": {"retry": {"fixed": {"delay": "1s", "attempts": retries + 1}}}, "payment": {"timeout": "1s"}}


def proportion(flags: np.ndarray) -> Estimated:
    return mean_of(flags.astype(float))


@pytest.mark.parametrize(("q", "e", "retries", "mornings"), CASES)
def test_naive_double_charges_as_often_as_the_closed_form_says(q: float, e: float, retries: int, mornings: int) -> None:
    """Without a key: E[charges], P(none), P(two or more) and P(app says "failed") are those of independent attempts."""
    calls = retries + 1
    again = q + e
    none = e**calls
    expected_charges = (1 - e) * (1 - again**calls) / (1 - again)
    doubled = 1 - none - (1 - again) * (1 - e**calls) / (1 - e) - calls * q * e**retries

    world, design = flaky(5_000, q, e), bare_design("naive", knobs(retries))
    runs = [morning(world, design, seed) for seed in range(mornings)]
    charged = np.concatenate([audit.charged for _, audit in runs])
    failed = np.concatenate([tables.purchases["told_failed"] for tables, _ in runs])
    case = f"q={q} e={e} R={retries}"
    mean_of(charged).check(expected_charges, se_below=0.01, what=f"{case} E[charges]")
    proportion(charged >= 2).check(doubled, se_below=0.05, what=f"{case} P(two or more)")
    for what, flags, p in (("P(none)", charged == 0, none), ("P(failed shown)", failed == 1, again**calls)):
        # So few events are expected in some cases that the normal interval fails: the exact binomial test of the count.
        assert stats.binomtest(int(flags.sum()), len(flags), p).pvalue > 0.003, f"{case} {what}: {p}, {flags.mean()}"


@pytest.mark.parametrize("name", ["idempotent", "outbox"])
def test_stable_provider_key_charges_nobody_twice(name: str) -> None:
    """In the worst of those weathers, with the same app, a key that stays the same charges exactly nobody twice."""
    changes: dict[str, Any] = knobs(3)
    if name == "outbox":
        changes["payment"] = {**changes["payment"], "workers": 1000, "retry": {"fixed": {"delay": "1s"}}, "breaker": None}
    _, audit = morning(flaky(5_000, 0.30, 0.10), bare_design(name, changes), 1)
    assert (audit.charged > 1).sum() == 0
    assert (audit.charged == 1).mean() > 0.99  # and not by charging nobody


def p_second_charge(q: float, gaps_s: list[np.ndarray], ttl_s: float, *, draws: int = 400_000) -> float:
    """P(the key is forgotten while its answers are being lost), by drawing the gaps between calls; its own error is negligible.

    Each answer is lost with probability q, that of a replay too; the caller asks again until one arrives. The gaps from call
    to call are drawn from the arrays in turn, the last one for all later calls.
    """
    rng = np.random.default_rng(1)
    age_s, chance, total = np.zeros(draws), np.full(draws, q), 0.0
    for turn in range(20):
        age_s = age_s + rng.choice(gaps_s[min(turn, len(gaps_s) - 1)], draws)
        forgotten = age_s >= ttl_s
        total += float(np.where(forgotten, chance, 0.0).mean())
        chance = np.where(forgotten, 0.0, chance * q)
    return total


def test_key_forgotten_before_the_completer_asks_again() -> None:
    """idempotent with a short-lived provider key: second charges happen when the key is older than its TTL at the next call.

    The gap: 1 s until the server stops waiting, 10 s until the order counts as stuck, then U(0, 5 s) until the next round.
    """
    q, ttl_s = 0.30, 12.0
    completer = {"every": "5s", "after": "10s", "batch": 1000}
    design = bare_design("idempotent", {**knobs(2), "completer": completer})
    _, audit = morning(flaky(6_500, q, 0.0, ttl=f"{ttl_s}s"), design, 1)
    expected = p_second_charge(q, [np.linspace(11.0, 16.0, 1001), np.array([15.0])], ttl_s)
    proportion(audit.charged >= 2).check(expected, se_below=0.03, what="idempotent, TTL 12 s: P(two or more)")


def test_key_forgotten_before_the_payment_worker_asks_again() -> None:
    """outbox with a short-lived provider key: likewise, with gaps of 1 s + U(0, 10 s)."""
    q, ttl_s = 0.30, 5.0
    payment = {"timeout": "1s", "workers": 1000, "breaker": None, "retry": {"full_jitter": {"base": "10s", "cap": "10s"}}}
    _, audit = morning(flaky(6_500, q, 0.0, ttl=f"{ttl_s}s"), bare_design("outbox", {"payment": payment}), 2)
    expected = p_second_charge(q, [np.linspace(1.0, 11.0, 1001)], ttl_s)
    proportion(audit.charged >= 2).check(expected, se_below=0.03, what="outbox, TTL 5 s: P(two or more)")
