"""Cases on who repeats, how wide a guard is, what is used up, and payments finished elsewhere or cancelled too soon."""

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


def last_one_twice() -> Case:
    """Two customers after one another share what suffices for one of them; the shop looks, charges, and then takes."""
    rate_per_s, work_s = 0.5, 2.0

    def measure(runs: Mornings) -> Iterator[Row]:
        expected = 1 - math.exp(-rate_per_s * work_s)
        flags = np.concatenate([evidence.audit.oversold[1 : len(evidence.audit.oversold) // 2 * 2 : 2] for _, evidence in runs])
        yield Row("P(the second of a pair is sold it, too)", expected, proportion(flags, expected), 0.03)

    return Case(
        "last-one-twice",
        "idempotent that looks and then takes; a payment takes 2 s, and somebody comes every 2 s",
        "P(a gap < the time from look to taking) = 1 - exp(-rate * time)",
        bare_world(6_000, rate_per_s, {
            "accounts": {"table": {"balance": 1, "shared_by": 2}},
            "provider": {"latency": {"constant": f"{work_s:g}s"}},
        }),
        bare_design("idempotent", {
            "completer": {"after": "5h"}, "taking": {"guard": "check_then_take", "when": "at_settlement"},
        }),
        measure,
        more=6,
        seed=9,
    )  # fmt: skip


def held_message(name: str, hold_s: float, visible_s: float) -> Case:
    """A message that a worker holds until its hour is delivered again whenever its visibility ends; all copies charge."""

    def measure(runs: Mornings) -> Iterator[Row]:
        each = charged(runs)
        yield Row("charges of each purchase", math.ceil(hold_s / visible_s), exactly(each.mean()))
        yield Row("purchases with another number", 0.0, exactly((each != math.ceil(hold_s / visible_s)).sum()))

    return Case(
        name,
        f"outbox without a provider key; charges are due after {hold_s:g} s, a message stays hidden for {visible_s:g} s",
        "ceil(hold / visibility)",
        bare_world(200, 1.0, {"provider": {"latency": {"constant": "1s"}}}),  # so that nobody has heard yet that it is paid
        bare_design("outbox", {
            "broker": {"visibility": f"{visible_s:g}s"}, "relay": {"poll_every": "1ms"},
            "payment": {"key": "none", "after": f"{hold_s:g}s", "held_by": "worker", "workers": 2000, "breaker": None},
        }),
        measure,
    )  # fmt: skip


def agent(name: str, latency_s: float, late: str) -> Case:
    """An agent calls with a new key, waits for its deadline, thinks, and calls again, four times at most."""
    deadline_s, thinking_s, plans = 30.0, 5.0, 4

    def measure(runs: Mornings) -> Iterator[Row]:
        needed = math.ceil(latency_s / (deadline_s + thinking_s)) if late == "taken" else plans
        expected = 1 if latency_s <= deadline_s else min(plans, needed)
        each = charged(runs)
        yield Row("charges of each purchase", expected, exactly(each.mean()))
        yield Row("purchases with another number", 0.0, exactly((each != expected).sum()))

    agents = {"share": "100%", "deadline": "30s", "thinks": {"constant": "5s"}, "plans": plans, "late": late}
    return Case(
        name,
        f"agents with a deadline of 30 s that think for 5 s, late answers {late}; a payment takes {latency_s:g} s",
        "1 if latency <= deadline; else all plans, or ceil(latency / (deadline + thinking)) of them if late answers are taken",
        bare_world(200, 1.0, {"customers": {"agents": agents}, "provider": {"latency": {"constant": f"{latency_s:g}s"}}}),
        bare_design("idempotent", {
            "app": {"agent_key": "given"}, "payment": {"timeout": "1h"}, "claim": {"lock": "1d"}, "completer": {"after": "5h"},
        }),
        measure,
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
    last_one_twice(),
    held_message("held-message", 1000.0, 300.0),
    held_message("held-message-visible-longer", 1000.0, 1200.0),
    agent("agent", 40.0, "ignored"),
    agent("agent-late", 80.0, "taken"),
    agent("agent-in-time", 25.0, "ignored"),
)  # fmt: skip
