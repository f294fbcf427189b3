"""Cases on what retries, patience and timeouts lead to when the provider is slow, or charges and its answer is lost.

A charge attempt is ambiguous (charged, answer lost) with probability q and cleanly refused with probability e; the app retries
at most R times.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from statistics import NormalDist
from typing import Any

import numpy as np

from sim.config.design import merged
from sim.validation.agreement import Estimated, Row, exactly, mean_of, proportion
from sim.validation.bare import Sections, bare_design, bare_world
from sim.validation.case import Case, Mornings
from sim.vocabulary import Outcome
from sim.world.streams import Streams

ATTEMPTS = "independent attempts: E = (1-e)(1-(q+e)^(R+1)) / (1-(q+e)), P(0) = e^(R+1), P(>=2), P(fail) = (q+e)^(R+1)"
LATENCY = {"lognormal": {"median": "450ms", "sigma": 0.6}}  # the provider's default: mean .539 s, p95 1.207 s


def flaky(purchases: int, q: float, e: float, *, ttl: str = "1d") -> Sections:
    provider = {"ambiguous": f"{q:.0%}", "failed": f"{e:.0%}", "keys": {"ttl": ttl}}
    return bare_world(purchases, 20.0, {"provider": provider})


def retrying(retries: int) -> Sections:
    """The server stops waiting for the provider after 1 s and says "failed"; the app tries again 1 s later."""
    return {"app": {"retry": {"fixed": {"delay": "1s", "attempts": retries + 1}}}, "payment": {"timeout": "1s"}}


def charged(runs: Mornings) -> np.ndarray:
    """The number of charges of each purchase, all mornings together."""
    return np.concatenate([evidence.audit.charged for _, evidence in runs])


def double_charge(name: str, q: float, e: float, retries: int, *, mornings: int = 2, more: int = 10) -> Case:
    """Without a key at the provider, every attempt is a separate charge."""
    calls, again = retries + 1, q + e

    def measure(runs: Mornings) -> Iterator[Row]:
        none = e**calls
        doubled = 1 - none - (1 - again) * (1 - e**calls) / (1 - e) - calls * q * e**retries
        each = charged(runs)
        failed = np.concatenate([tables.purchases["told_failed"] for tables, _ in runs]) == 1
        yield Row("charges a purchase", (1 - e) * (1 - again**calls) / (1 - again), mean_of(each), 0.01)
        yield Row("P(charged twice or more)", doubled, proportion(each >= 2, doubled), 0.08)
        for what, flags, p in (("P(never charged)", each == 0, none), ("P(told: failed)", failed, again**calls)):
            if p >= 0.001:  # enough events for a normal interval
                yield Row(what, p, proportion(flags, p), 0.35)

    title = f"naive, q {q:g}, e {e:g}, {retries} retries"
    world, design = flaky(5_000, q, e), bare_design("naive", retrying(retries))
    return Case(name, title, ATTEMPTS, world, design, measure, mornings=mornings, more=more, seed=0)


def stable_key(name: str, architecture: str) -> Case:
    """The worst of the `double_charge` worlds and the same app, but with a key that stays the same over retries."""

    def measure(runs: Mornings) -> Iterator[Row]:
        yield Row("purchases charged twice", 0.0, exactly((charged(runs) > 1).sum()))

    changes: dict[str, Any] = retrying(3)
    if architecture == "outbox":
        patient = {"workers": 1000, "retry": {"fixed": {"delay": "1s"}}, "breaker": None}
        changes = {**changes, "payment": {**changes["payment"], **patient}}
    world, design = flaky(5_000, 0.30, 0.10), bare_design(architecture, changes)
    title = f"{architecture}, q .3, e .1, 3 retries, a key that stays the same"
    return Case(name, title, "published semantics of idempotency keys: a repeated call is answered, not done again",
                world, design, measure, more=4)  # fmt: skip


def p_second_charge(q: float, gaps_s: list[np.ndarray], ttl_s: float, *, draws: int = 400_000) -> float:
    """P(the provider forgets the key while answers are still being lost), computed from `draws` random gaps between calls.

    Each answer, also a replayed one, is lost with probability q; the caller calls again until one arrives. The nth gap is drawn
    from the nth array, all later ones from the last array. The sampling error is negligible.
    """
    rng = Streams(1).generator("second charge")
    age_s, chance, total = np.zeros(draws), np.full(draws, q), 0.0
    for turn in range(20):
        age_s = age_s + rng.choice(gaps_s[min(turn, len(gaps_s) - 1)], draws)
        forgotten = age_s >= ttl_s
        total += float(np.where(forgotten, chance, 0.0).mean())
        chance = np.where(forgotten, 0.0, chance * q)
    return total


def forgotten_key(name: str, title: str, design: Sections, gaps_s: list[np.ndarray], ttl_s: float, *, seed: int) -> Case:
    """A second charge is made if the key is older than its TTL at the next call."""
    q = 0.30

    def measure(runs: Mornings) -> Iterator[Row]:
        expected = p_second_charge(q, gaps_s, ttl_s)
        yield Row("P(charged twice or more)", expected, proportion(charged(runs) >= 2, expected), 0.04)

    world = flaky(6_500, q, 0.0, ttl=f"{ttl_s:g}s")
    return Case(name, title, "renewal argument: P(the key is older than its TTL while answers are still being lost)",
                world, design, measure, more=8, seed=seed)  # fmt: skip


# The gaps of COMPLETER: 1 s until the server stops waiting, 10 s until the order is stuck, U(0, 5 s) until the next round.
COMPLETER = bare_design("idempotent", {**retrying(2), "completer": {"every": "5s", "after": "10s", "batch": 1000}})
JITTER = {"full_jitter": {"base": "10s", "cap": "10s"}}
WORKERS = bare_design("outbox", {"payment": {"timeout": "1s", "workers": 1000, "breaker": None, "retry": JITTER}})


def refresh_race(name: str, latency_s: float, patience_s: float, *, purchases: int) -> Case:
    """Patience is exponential with mean m, the provider's latency exponential with mean l; who refreshes pays twice."""

    def measure(runs: Mornings) -> Iterator[Row]:
        expected = latency_s / (latency_s + patience_s)
        refreshed = np.concatenate([tables.purchases["submissions"] >= 2 for tables, _ in runs])
        yield Row("P(refreshes before the answer)", expected, proportion(refreshed, expected), 0.05)
        yield Row("purchases charged otherwise than once a submission", 0.0, exactly((charged(runs) != 1 + refreshed).sum()))

    customers = {
        "patience": {"exponential": f"{patience_s:g}s"},
        "after_patience": {"tap_again": 0, "refresh": "100%", "leave": 0},
        "max_submissions": 2,
    }
    return Case(
        name,
        f"naive, patience exp({patience_s:g} s), provider exp({latency_s:g} s)",
        "two exponential clocks: l / (l + m)",
        bare_world(purchases, 10.0, {"customers": customers, "provider": {"latency": {"exponential": f"{latency_s:g}s"}}}),
        bare_design("naive", {"payment": {"timeout": "1h"}}),
        measure,
        more=8,
        seed=3,
    )


def impatience(name: str, slower: int, expected: float, *, purchases: int) -> Case:
    """Patience is exp(8 s), and the provider's latency the default one, or `slower` times as long."""

    def measure(runs: Mornings) -> Iterator[Row]:
        exact = p_impatient(0.45 * slower, 8.0)
        assert abs(exact - expected) < 5e-4
        again = np.concatenate([tables.purchases["submissions"] >= 2 for tables, _ in runs])
        yield Row("P(taps again before the answer)", exact, proportion(again, exact), 0.06)

    customers = {
        "patience": {"exponential": "8s"},
        "after_patience": {"tap_again": "100%", "refresh": 0, "leave": 0},
        "max_submissions": 2,
    }
    world = {"customers": customers, "provider": {"latency": LATENCY}, "faults": [brownout(slower)] if slower > 1 else []}
    return Case(
        name,
        f"naive, patience exp(8 s), provider lognormal (450 ms, .6){f' times {slower}' if slower > 1 else ''}",
        "P(patience < latency), integrated numerically",
        bare_world(purchases, 10.0, world),
        bare_design("naive", {"payment": {"timeout": "1h"}}),
        measure,
        more=6,
        seed=5,
    )


def p_impatient(median_s: float, patience_s: float) -> float:
    """P(M < L) for patience M, exponential, and latency L, lognormal with sigma .6: E[1 - exp(-L / m)] over quantiles of L."""
    normal = NormalDist()
    z = np.array([normal.inv_cdf((i + 0.5) / 20_000) for i in range(20_000)])
    return float(np.mean(1 - np.exp(-median_s * np.exp(0.6 * z) / patience_s)))


def brownout(slower: int) -> Sections:
    return {"brownout": "provider", "at": "07:00", "for": "10h", "latency": f"x{slower}"}


def timeout(name: str, timeout_s: float, slower: int, *, purchases: int) -> Case:
    """After a timeout the outcome is unknown to the shop, but the card is charged all the same."""

    def measure(runs: Mornings) -> Iterator[Row]:
        expected = 1 - NormalDist().cdf(math.log(timeout_s / (0.45 * slower)) / 0.6)
        unknown = np.concatenate([tables.charges["outcome"] == Outcome.UNKNOWN for tables, _ in runs])
        yield Row(f"P(no answer within {timeout_s:g} s)", expected, proportion(unknown, expected), 0.06)
        yield Row("purchases not charged exactly once", 0.0, exactly((charged(runs) != 1).sum()))

    changes = {"provider": {"latency": LATENCY}, "faults": [brownout(slower)] if slower > 1 else []}
    return Case(
        name,
        f"naive, timeout {timeout_s:g} s, provider lognormal (450 ms, .6){f' times {slower}' if slower > 1 else ''}",
        "P(L > timeout) of a lognormal",
        bare_world(purchases, 10.0, changes),
        bare_design("naive", {"payment": {"timeout": f"{timeout_s:g}s"}}),
        measure,
        more=6,
        seed=4,
    )


def detection() -> Case:
    """A charge whose answer was lost is found by the reconciler, which compares with the provider's ledger every P.

    If it does so in the second in which the server still waits, the order is open, and is confirmed instead of refunded.
    """
    period_s, waits_s = 60.0, 1.0

    def measure(runs: Mornings) -> Iterator[Row]:
        after_s = np.concatenate([tables.charges["refunded_s"] - tables.charges["captured_s"] for tables, _ in runs])
        found_s = after_s[~np.isnan(after_s)]
        yield Row("share given back", 1 - waits_s / period_s, proportion(~np.isnan(after_s), 1 - waits_s / period_s), 0.01)
        yield Row("from the charge to its refund (s)", (waits_s + period_s) / 2, mean_of(found_s), 0.03)
        expected = (period_s - waits_s) / math.sqrt(12)
        error = expected * math.sqrt(0.8 / 4 / len(found_s))  # its variance is (kurtosis - 1) / 4n of its square; kurtosis 9/5
        yield Row("its standard deviation (s)", expected, Estimated(float(np.std(found_s, ddof=1)), error), 0.03)

    recovery = {"reconcile_every": f"{period_s:g}s", "grace": "0s"}
    return Case(
        "detection",
        "naive with a reconciler every 60 s; every answer is lost",
        "a look every P: the wait for it is uniform",
        bare_world(3_000, 1.0, {"provider": {"ambiguous": "100%"}}),
        bare_design("naive", merged(retrying(0), {"recovery": recovery})),
        measure,
        more=4,
    )


CASES = (
    double_charge("double-charge-rare", 0.02, 0.0, 2, mornings=4),
    double_charge("double-charge-refusals", 0.02, 0.05, 2, mornings=4),
    double_charge("double-charge", 0.10, 0.20, 2),
    double_charge("double-charge-often", 0.30, 0.10, 3),
    stable_key("stable-key-idempotent", "idempotent"),
    stable_key("stable-key-outbox", "outbox"),
    forgotten_key("forgotten-key-completer", "idempotent, q .3, the provider forgets keys after 12 s", COMPLETER,
                  [np.linspace(11.0, 16.0, 1001), np.array([15.0])], 12.0, seed=1),
    forgotten_key("forgotten-key-worker", "outbox, q .3, the provider forgets keys after 5 s", WORKERS,
                  [np.linspace(1.0, 11.0, 1001)], 5.0, seed=2),
    refresh_race("refresh-race", 0.5, 8.0, purchases=12_000),
    refresh_race("refresh-race-slow", 6.0, 8.0, purchases=4_000),
    impatience("impatience", 1, 0.0642, purchases=8_000),
    impatience("impatience-brownout", 10, 0.4499, purchases=4_000),
    timeout("timeout", 1.0, 1, purchases=9_000),
    timeout("timeout-3s-brownout", 3.0, 10, purchases=3_000),
    timeout("timeout-5s-brownout", 5.0, 10, purchases=4_000),
    timeout("timeout-10s-brownout", 10.0, 10, purchases=8_000),
    detection(),
)  # fmt: skip
