"""Cases on who repeats in between, how wide a guard is, and payments that are finished elsewhere or cancelled too soon."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from sim.validation.agreement import Row, exactly, proportion
from sim.validation.bare import Sections, bare_design, bare_world
from sim.validation.case import Case, Mornings
from sim.validation.payments import charged


def never_finished() -> Case:
    """A customer pays at the provider. Nobody looks after the order if neither the customer nor the webhook comes back."""
    stays_away, lost = 0.2, 0.3

    def measure(runs: Mornings) -> Iterator[Row]:
        confirmed = np.concatenate([~np.isnan(tables.orders["confirmed_s"]) for tables, _ in runs])
        yield Row("paid orders that are never finished", stays_away * lost, proportion(~confirmed, stays_away * lost), 0.06)
        yield Row("purchases not charged exactly once", 0.0, exactly((charged(runs) != 1).sum()))

    provider = {
        "challenge": {"takes": {"exponential": "20s"}, "returns": f"{1 - stays_away:.0%}"},
        "webhooks": {"lost": f"{lost:.0%}"},
    }
    return Case(
        "never-finished",
        "webhooks-first without completer and reconciler; 20 % stay away, 30 % of the webhooks are lost",
        "two independent paths: P(no return) P(webhook lost)",
        bare_world(6_000, 5.0, {"provider": provider}),
        bare_design("webhooks-first", {"completer": {"after": "5h"}}),
        measure,
        more=6,
        seed=6,
    )


def repeated_post(name: str, work_s: float, tries: int, late: str) -> Case:
    """A proxy sends the same POST to another worker each time it has waited in vain; every try does all of the work.

    The first answer ends it if it may come late. If a try's connection is closed with its timeout, each is as slow as the first
    one, so that all are made.
    """
    waits_s = 10.0

    def measure(runs: Mornings) -> Iterator[Row]:
        needed = math.ceil(work_s / waits_s)
        expected = min(needed, tries) if late == "taken" or needed == 1 else tries
        each = charged(runs)
        yield Row("charges of the purchase that has the fewest", expected, exactly(each.min()))
        yield Row("charges of the purchase that has the most", expected, exactly(each.max()))

    return Case(
        name,
        f"naive behind a proxy that waits {waits_s:g} s, {tries} tries, late answers {late}; the work takes {work_s:g} s",
        "ceil(work / timeout), up to its tries; or all of them if work takes longer than the timeout and late answers are lost",
        bare_world(200, 1.0, {"provider": {"latency": {"constant": f"{work_s:g}s"}}}),
        bare_design("naive", {
            "payment": {"timeout": "1h"}, "proxy": {"timeout": f"{waits_s:g}s", "tries": tries, "late": late},
        }),
        measure,
    )  # fmt: skip


def raced(name: str, title: str, guard: str, source: str, mean_s: float, world: Sections, database: Sections) -> Case:
    """Everybody taps twice, 2 s apart; who gets through the guard pays twice: P(an exponential time of that mean > 2 s)."""
    gap_s = 2.0

    def measure(runs: Mornings) -> Iterator[Row]:
        expected = math.exp(-gap_s / mean_s)
        yield Row("P(charged twice)", expected, proportion(charged(runs) == 2, expected), 0.05)
        yield Row("purchases charged more often", 0.0, exactly((charged(runs) > 2).sum()))

    customers = {"double_tap": {"p": "100%", "gap": f"{gap_s:g}s"}, "max_submissions": 2}
    return Case(
        name,
        title,
        source,
        bare_world(7_000, 10.0, {"customers": customers, **world}),
        bare_design("idempotent", {
            "app": {"key": "purchase"}, "claim": {"guard": guard, "lock": "1d"}, "payment": {"timeout": "1h"},
            "completer": {"after": "5h"}, "database": database,
        }),
        measure,
        more=6,
        seed=7,
    )  # fmt: skip


def cancelled_though_paid() -> Case:
    """Every answer is lost and the news of it comes by webhook; a timer gives up each order that looks unpaid after 60 s.

    The app looks at whole seconds after the tap, and the timer gives up within a tenth after 60 s: so it is seen at 61 s.
    """
    timer_s, look_s, news_s = 60.0, 1.0, 30.0

    def measure(runs: Mornings) -> Iterator[Row]:
        expected = math.exp(-(timer_s + look_s) / news_s)
        told = np.concatenate([tables.purchases["told_failed"] == 1 for tables, _ in runs])
        yield Row("P(told: failed, though paid)", expected, proportion(told, expected), 0.06)
        confirmed = np.concatenate([~np.isnan(tables.orders["confirmed_s"]) for tables, _ in runs])
        yield Row("orders that the news does not confirm in the end", 0.0, exactly((~confirmed).sum()))

    provider = {"ambiguous": "100%", "webhooks": {"delay": {"exponential": f"{news_s:g}s"}}}
    return Case(
        "cancelled-though-paid",
        "idempotent with a timer that cancels after 60 s; the news of the payment takes exp(30 s)",
        "P(news later than the timer, and the app's next look) = exp(-(timer + 1 s) / mean)",
        bare_world(6_000, 5.0, {"provider": provider, "customers": {"polling": {"every": f"{look_s:g}s"}}}),
        bare_design("idempotent", {
            "payment": {"timeout": "1s", "webhooks": "checked"},
            "completer": {"after": "5h"},
            "recovery": {"cancel_after": f"{timer_s:g}s", "cancel_every": "0.1s", "asks_first": False},
        }),
        measure,
        more=6,
        seed=8,
    )  # fmt: skip


CASES = (
    never_finished(),
    repeated_post("repeated-post", 25.0, 5, "taken"),
    repeated_post("repeated-post-tries", 95.0, 3, "taken"),
    repeated_post("repeated-post-unheard", 25.0, 5, "ignored"),
    repeated_post("repeated-post-patient", 9.0, 5, "ignored"),
    raced("replica-lag", "idempotent that looks keys up in a replica with a lag of exp(1 s); everybody taps twice",
          "check_then_insert", "P(lag > the gap between two taps) = exp(-gap / mean)", 1.0,
          {"provider": {"latency": {"constant": "30s"}}}, {"replica": {"lag": {"exponential": "1s"}, "reads": ["claim"]}}),
    raced("check-pay-mark", "idempotent that marks keys after the payment, which takes exp(3 s); everybody taps twice",
          "check_then_mark", "P(payment > the gap between two taps) = exp(-gap / mean)", 3.0,
          {"provider": {"latency": {"exponential": "3s"}}}, {}),
    cancelled_though_paid(),
)  # fmt: skip
