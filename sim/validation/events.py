"""Cases on events: how long they wait in the outbox, how often they are delivered, and how soon a backlog is gone."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np

from sim.ledger.records import Tables
from sim.validation.agreement import Estimated, Row, exactly, mean_of, proportion, quantile
from sim.validation.bare import Sections, bare_design, bare_world
from sim.validation.case import Case, Mornings


def outbox(*, read_s: float = 0.0, publish_s: float = 0.0) -> Sections:
    """An outbox polled every second.

    Delivery and payment workers take no time, so the provider is called at the moment at which the broker has the event.
    """
    return bare_design(
        "outbox",
        {
            "relay": {"poll_every": "1s", "batch": 100},
            "database": {"connections": 1000, "read": {"constant": f"{read_s:g}s"}},
            "broker": {"publish": {"constant": f"{publish_s:g}s"}},
            "payment": {"workers": 1000, "breaker": None, "retry": {"fixed": {"delay": "7d"}}},
        },
    )


def waited_s(tables: Tables) -> np.ndarray:
    """Seconds from each order's commit until the broker has its event, shape (orders,), in the order of the commits."""
    waits_s = np.empty(len(tables.orders))
    waits_s[tables.charges["order"]] = tables.charges["sent_s"] - tables.orders["created_s"][tables.charges["order"]]
    return waits_s


# The provider refuses every call, and the next try comes after the morning: so no order is settled, which writes a second row.
REFUSES: Sections = {"provider": {"failed": "100%"}}


def polled(name: str, per_s: float) -> Case:
    """If polls take no time, the wait is uniform over the period T, at any rate of events: P(visible after t) = t / T."""

    def measure(runs: Mornings) -> Iterator[Row]:
        waits = np.concatenate([waited_s(tables) for tables, _ in runs])
        yield Row("mean wait (s)", 0.5, mean_of(waits), 0.012)
        error = 1 / math.sqrt(12) * math.sqrt(0.8 / 4 / len(waits))
        yield Row("its standard deviation (s)", 1 / math.sqrt(12), Estimated(float(waits.std(ddof=1)), error), 0.012)
        yield Row("95th percentile (s)", 0.95, quantile(waits, 0.95, 1.0), 0.01)
        yield Row("P(visible after 0.3 s)", 0.3, proportion(waits <= 0.3, 0.3), 0.03)
        yield Row("waits longer than the period", 0.0, exactly((waits > 1 + 1e-6).sum()))

    return Case(
        name,
        f"outbox polled every second, {per_s:g} events/s",
        "U(0, T): T / 2, T / sqrt(12), .95 T; PBS t-visibility min(1, t / T)",
        bare_world(4_000, per_s, REFUSES),
        outbox(),
        measure,
        more=5,
        seed=0,
    )


def costly_poll() -> Case:
    """The relay sleeps T after a poll that takes c0, and the poll returns the rows that were there when it began."""

    def measure(runs: Mornings) -> Iterator[Row]:
        waits = np.concatenate([waited_s(tables) for tables, _ in runs])
        yield Row("mean wait (s)", 0.575, mean_of(waits), 0.012)

    return Case(
        "outbox-costly-poll",
        "outbox, T = 1 s, a poll of 50 ms",
        "(T + c0) / 2 + c0",
        bare_world(4_000, 20.0, REFUSES),
        outbox(read_s=0.05),
        measure,
        more=5,
        seed=0,
    )


def costly_publishing() -> Case:
    """Publishing takes 10 ms a message, which lengthens the cycle. A message is delivered when its own publishing ends."""

    def measure(runs: Mornings) -> Iterator[Row]:
        # Waits within a cycle depend on its length, so not the waits but the mornings are independent.
        waits = [waited_s(tables) for tables, _ in runs]
        yield Row("mean wait (s)", 0.7615, mean_of(np.array([wait.mean() for wait in waits])), 0.02)
        yield Row("95th percentile (s)", 1.216, mean_of(np.array([np.quantile(wait, 0.95) for wait in waits])), 0.02)

    return Case(
        "outbox-costly-publishing",
        "outbox, T = 1 s, 10 ms a message, 20 events/s",
        "simulated apart, 4 10^5 messages: mean .7615, p95 1.216",
        bare_world(1_000, 20.0, REFUSES),
        outbox(publish_s=0.01),
        measure,
        mornings=10,
        more=3,
        seed=0,
    )


def delivered(name: str, title: str, loyalty: Sections, *, forgets: bool) -> Case:
    """Each delivery is followed by another with probability d, so their number is geometrically distributed."""
    d = 0.3

    def measure(runs: Mornings) -> Iterator[Row]:
        awards = np.concatenate([evidence.audit.awarded for _, evidence in runs])
        if not forgets:
            yield Row("purchases with other than one award", 0.0, exactly((awards != 1).sum()))
            return
        yield Row("awards a purchase", 1 / (1 - d), mean_of(awards), 0.01)
        for k in (1, 2, 3):
            p = (1 - d) * d ** (k - 1)
            yield Row(f"P({k} award{'s' * (k > 1)})", p, proportion(awards == k, p), 0.07)

    return Case(
        name,
        f"naive, 30 % of the messages come again{title}",
        "geometric: 1 / (1 - d) deliveries of an event",
        bare_world(4_000, 10.0, {"faults": [{"duplicates": "broker", "p": "30%"}]}),
        bare_design("naive", {"loyalty": loyalty}),
        measure,
        more=4,
    )


def webhooks() -> Case:
    """A design that trusts webhooks publishes on each of them; each is followed by another with probability d."""
    d = 0.3

    def measure(runs: Mornings) -> Iterator[Row]:
        more = np.concatenate([evidence.audit.awarded for _, evidence in runs]) - 1
        yield Row("awards too many, a purchase", d / (1 - d), mean_of(more), 0.025)
        yield Row("P(at least one too many)", d, proportion(more >= 1, d), 0.025)

    provider = {"webhooks": {"delay": {"exponential": "1s"}, "duplicated": f"{d:.0%}"}}
    return Case(
        "webhooks",
        "idempotent that trusts webhooks, of which 30 % come again",
        "geometric: d / (1 - d) too many without an inbox",
        bare_world(8_000, 10.0, {"provider": provider}),
        bare_design("idempotent", {"payment": {"webhooks": "trusted"}}),
        measure,
        more=4,
    )


def crash_window() -> Case:
    """The only process crashes at random: purchases in the w seconds between charge and commit are charged without an order."""
    every_s, window_s = 60.0, 3.0

    def measure(runs: Mornings) -> Iterator[Row]:
        struck = np.concatenate([evidence.audit.charged - evidence.audit.ordered for _, evidence in runs])
        expected = 1 - math.exp(-window_s / every_s)
        # Customers come so rarely that no two of them meet the same crash: their flags are independent.
        yield Row("P(charged, and no order)", expected, proportion(struck == 1, expected), 0.10)

    crashes = {"crash": "checkout", "every": {"exponential": f"{every_s:g}s"}, "restart": "1ms"}
    return Case(
        "crash-window",
        "naive, a crash every exp(60 s), a provider whose answer comes 3 s after the charge",
        "crashes at rate c in a window of length w: 1 - exp(-c w)",
        bare_world(5_000, 1 / 20, {"provider": {"answer": {"constant": f"{window_s:g}s"}}, "faults": [crashes]}),
        bare_design("naive", {"payment": {"timeout": "1h"}}),
        measure,
        more=4,
    )


def backlog() -> Case:
    """After being down for D seconds, a relay works off its backlog beside new rows: this takes lambda D / (c - lambda).

    The relay carries at most 10 rows every 50 ms, which take no time: c = 200/s.
    """
    per_s, capacity, down_s, at_s = 120.0, 200.0, 20.0, 30.0

    def measure(runs: Mornings) -> Iterator[Row]:
        ends = []
        for tables, _ in runs:
            waits = waited_s(tables)
            late = tables.orders["created_s"][(waits > 0.2) & (tables.orders["created_s"] > at_s)]
            ends.append(late.max() - at_s - down_s)
        # The last order with a wait of more than 0.2 s comes a little before the backlog is gone: this is the difference.
        excess_s = 0.2 * capacity / (capacity - per_s)
        yield Row(
            "until the backlog is gone (s)", per_s * down_s / (capacity - per_s) - excess_s, mean_of(np.array(ends)), 0.05
        )

    knobs: dict[str, Any] = {
        "relay": {"poll_every": "50ms", "batch": 10},
        "database": {"connections": 1000},
        "payment": {"workers": 1000, "breaker": None, "retry": {"fixed": {"delay": "7d"}}},
    }
    down = {"crash": "relay", "at": "07:00:30", "restart": f"{down_s:g}s"}
    return Case(
        "backlog",
        "outbox, a relay of 200 rows/s that is down for 20 s, 120 events/s",
        "lambda D / (capacity - lambda)",
        bare_world(round(per_s * 120), per_s, {**REFUSES, "faults": [down]}),
        bare_design("outbox", knobs),
        measure,
        mornings=3,
        more=8,
    )


CASES = (
    polled("outbox-polled", 20.0),
    polled("outbox-polled-rare", 0.2),
    costly_poll(),
    costly_publishing(),
    delivered("deliveries", "", {}, forgets=True),
    delivered("deliveries-short-inbox", ", an inbox that forgets before they do", {"inbox": {"window": "29s"}}, forgets=True),
    delivered("deliveries-inbox", ", an inbox", {"inbox": {}}, forgets=False),
    webhooks(),
    crash_window(),
    backlog(),
)
