"""For each rule a world, a design that it warns of, a design that it doesn't, and the harm that tells them apart in a run."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import yaml

from sim.architectures import load_design, parse_design
from sim.config.design import Design
from sim.config.library import load_scenario, parse_scenario
from sim.config.scenario import Scenario
from sim.ledger.metrics import Evidence
from sim.ledger.records import Tables
from sim.ledger.violations import VIOLATIONS
from sim.validation.bare import bare_design, bare_world
from sim.validation.overload import AT_ONCE
from tests.worlds import design

Knobs = dict[str, Any]
Measure = Callable[[Tables, Evidence], float]


def purchases(*kinds: str) -> Measure:
    """How many purchases were harmed in any of these ways."""
    return lambda _, e: float(np.logical_or.reduce([VIOLATIONS[kind].flags(e) for kind in kinds]).sum())


def metric(name: str) -> Measure:
    return lambda _, e: float(e.metrics[name])


def calls_each(tables: Tables, _: Evidence) -> float:
    """Calls that the provider got for a purchase, on average."""
    return len(tables.charges["purchase"]) / len(tables.purchases)


DOUBLE, NEVER, POINTS = purchases("double_charge"), purchases("never_confirmed"), purchases("over_award", "under_award")


class Case(NamedTuple):
    """`harm` is at least `warned_at_least` with the first design and at most `quiet_at_most` with the second."""

    rule: str
    world: str  # a bundled name, or the text of a file
    warned: Design
    quiet: Design
    harm: Measure
    warned_at_least: float = 1.0
    quiet_at_most: float = 0.0

    @property
    def scenario(self) -> Scenario:
        return parse_scenario(self.world) if "\n" in self.world else load_scenario(self.world)


def of(name: str, knobs: Knobs | None = None) -> Design:
    return design(name, knobs, constant=False)


def quarter(**sections: Any) -> str:
    """Fifteen minutes at 30 a minute of people who wait for an hour, and what else is said."""
    base: Knobs = {
        "name": "quarter",
        "clock": {"start": "07:00", "duration": "15min", "drain": "15min"},
        "traffic": {"rate": "30/min"},
        "customers": {"patience": {"constant": "1h"}, "after_patience": {"tap_again": "100%", "refresh": 0, "leave": 0}},
        "provider": {"latency": {"uniform": ["300ms", "600ms"]}},
    }
    for section, value in sections.items():
        base[section] = {**base[section], **value} if isinstance(base.get(section), dict) and section != "traffic" else value
    return yaml.safe_dump(base)


def spell(share: float) -> str:
    """A checkout of 100/s that is ten times slower for 5 s, and 45 s to recover in (sim.validation.overload)."""
    fault = {"slow": "checkout", "at": "07:00:05", "for": "5s", "times": "x10"}
    return yaml.safe_dump(bare_world(round(share * 5000), share * 100, {"clock": {"drain": "30s"}, "faults": [fault]}))


def crowded(**changes: Any) -> Design:
    knobs: Knobs = {
        "app": {"timeout": "1s", "retry": AT_ONCE},
        "checkout": {"workers": 10, "service": {"exponential": "100ms"}},
    }
    for section, value in changes.items():
        knobs[section] = {**knobs.get(section, {}), **value}
    return parse_design(yaml.safe_dump(bare_design("naive", knobs)))


FIXED = {"fixed": {"delay": "1s", "attempts": 3}}
NEW_KEY: Knobs = {"retry_on": ["timeout"], "on_conflict": "new_key"}
THREE_LAYERS: Knobs = {"app": {"key": "none", "retry": FIXED}, "payment": {"retry": FIXED, "breaker": None}}
IMPATIENT_APP: Knobs = {"timeout": "2s", "retry": {"fixed": {"delay": "500ms", "attempts": 3}}}

CASES = (
    Case("no-key", "w2", of("outbox", {"app": {"key": "none"}}), of("outbox"), DOUBLE),
    Case("no-key", "w1", of("idempotent", {"app": {"key": "request"}}), of("idempotent"), DOUBLE),
    Case("no-key", "w3", of("naive", {"app": {"key": "purchase"}}), of("idempotent"), DOUBLE),
    Case("key-per-tap", "w3", of("idempotent", {"app": {"key": "submission"}}), of("idempotent"), DOUBLE),
    Case("key-per-page", "w3", of("idempotent", {"app": {"key": "page"}}), of("idempotent"), DOUBLE),
    Case("agents-make-keys", "w33", load_design("agent-keys"), of("idempotent"), DOUBLE),
    Case("key-outlives-card", "w34", load_design("same-key-other-card"), of("idempotent"), NEVER),
    Case("key-outlives-card", "w34", of("outbox", {"app": {"other_card": "same_key"}}), of("outbox"), NEVER),
    Case("new-key-after-conflict", "w1", of("idempotent", {"app": NEW_KEY}), of("idempotent"), DOUBLE),
    Case("key-forgotten", "w2", of("idempotent", {"claim": {"ttl": "5s"}}), of("idempotent", {"claim": {"ttl": "5h"}}), DOUBLE),
    Case("key-forgotten", "w2", of("outbox", {"claim": {"ttl": "5s"}}), of("outbox", {"claim": {"ttl": "5h"}}), DOUBLE),
    Case("check-then-insert", "w14", of("idempotent", {"claim": {"guard": "check_then_insert"}}), of("idempotent"), DOUBLE),
    Case("check-then-insert", "w24", of("idempotent", {"claim": {"guard": "check_then_mark"}}), of("idempotent"), DOUBLE),
    Case("reads-behind", "w25", load_design("reads-behind"), load_design("check-then-mark"), DOUBLE),
    Case(
        "no-fingerprint", "w15", of("idempotent", {"claim": {"fingerprint": False}}), of("idempotent"),
        purchases("wrong_amount"),
    ),
    Case(
        "failures-stored", quarter(provider={"failed": "10%"}), of("idempotent", {"claim": {"stores_failures": True}}),
        of("idempotent"), NEVER,
    ),
    Case(
        "app-gives-up-first", quarter(provider={"latency": {"constant": "3s"}}),
        of("idempotent", {"app": {"key": "none", "timeout": "2s"}}), of("idempotent", {"app": {"key": "none"}}), DOUBLE,
    ),
    Case(
        "app-gives-up-first", "w5", of("idempotent", {"app": {"key": "none", "timeout": "2s"}}),
        of("idempotent", {"app": {"key": "none"}}), DOUBLE,
    ),
    Case(
        "app-gives-up-first", quarter(provider={"latency": {"constant": "3s"}}),
        of("naive", {"app": {"timeout": "2s"}}), of("naive"), DOUBLE,
    ),
    Case(  # as patient as the shop is too impatient: its answer has yet to reach the app
        "app-gives-up-first", quarter(provider={"ambiguous": "5%"}),
        of("idempotent", {"app": {"key": "none", "timeout": "5s"}}), of("idempotent", {"app": {"key": "none"}}), DOUBLE,
    ),
    Case("proxy-repeats", "w17", load_design("proxy-repeats"), of("naive", {"proxy": {"timeout": "6s"}}), DOUBLE),
    Case(
        "lock-too-short", quarter(provider={"latency": {"constant": "4s"}}),
        of("idempotent", {"app": IMPATIENT_APP, "payment": {"key": "none"}, "claim": {"lock": "3s"}}),
        of("idempotent", {"app": IMPATIENT_APP, "payment": {"key": "none"}}), DOUBLE,
    ),
    Case(
        "lock-too-short", quarter(provider={"latency": {"constant": "4s"}}),
        of("outbox", {"payment": {"key": "none"}, "broker": {"visibility": "3s"}}), of("outbox", {"payment": {"key": "none"}}),
        DOUBLE,
    ),
    Case(  # a key at the provider closes it, whatever the lock
        "lock-too-short", quarter(provider={"latency": {"constant": "4s"}}),
        of("idempotent", {"app": IMPATIENT_APP, "payment": {"key": "none"}, "claim": {"lock": "3s"}}),
        of("idempotent", {"app": IMPATIENT_APP, "claim": {"lock": "3s"}}), DOUBLE,
    ),
    Case(  # a worker dies before it charges, so there is nothing to reconcile; people look for ten minutes
        "lock-too-long", quarter(faults=[{"crash": "checkout", "after": "claim", "p": "5%"}]),
        of("idempotent", {"claim": {"lock": "1h"}}), of("idempotent"), NEVER,
    ),
    Case(  # it has charged, and without a reconciler nobody finds out
        "lock-too-long", "w4", of("idempotent", {"claim": {"lock": "2h"}, "recovery": {"reconcile_every": None}}),
        of("idempotent", {"recovery": {"reconcile_every": None}}), NEVER,
    ),
    Case("no-provider-key", "w5", of("outbox", {"payment": {"key": "none"}}), of("outbox"), DOUBLE),
    Case("no-provider-key", "w4", of("outbox", {"payment": {"key": "attempt"}}), of("outbox"), DOUBLE),
    Case("no-provider-key", quarter(provider={"keys": "none", "ambiguous": "3%"}), of("idempotent"), of("inquiry"), DOUBLE),
    Case(  # in the hand of a worker
        "no-provider-key", "w30", of("outbox", {"payment": {"key": "none"}}), of("outbox"), DOUBLE,
    ),
    Case("held-too-long", "w31", load_design("holds-until-due"), load_design("delayed-by-the-broker"), DOUBLE),
    Case(
        "held-too-long", "w31", load_design("holds-until-due"),
        of("outbox", {"payment": {"after": "2min", "held_by": "worker"}, "broker": {"visibility": "3min"}}), DOUBLE,
    ),
    Case("library-takes-keys", "w18", load_design("library-new-keys"), load_design("library-same-key"), DOUBLE),
    Case("asks-without-a-key", "w12", of("inquiry"), of("inquiry", {"completer": {"after": "3min"}}), DOUBLE),
    Case("asks-too-early", "w13", of("inquiry"), of("inquiry", {"completer": {"after": "3min"}}), DOUBLE),
    Case("provider-forgets-first", "w11", of("outbox"), of("outbox", {"payment": {"key_lasts": "20min"}}), DOUBLE),
    Case("provider-forgets-first", "w11", of("idempotent"), of("idempotent", {"payment": {"webhooks": "checked"}}), DOUBLE),
    Case("same-key-after-error", "w6", of("outbox", {"payment": {"after_error": "same_key"}}), of("outbox"), NEVER),
    Case("new-key-too-soon", "w16", of("outbox", {"payment": {"lands_within": "60s"}}), of("outbox"), DOUBLE),
    Case("new-key-too-soon", "w16", of("idempotent", {"payment": {"lands_within": "0s"}}), of("idempotent"), DOUBLE),
    Case("timeout-told-as-failure", "w5", of("naive"), of("idempotent"), DOUBLE),
    Case(
        "timeout-too-short", quarter(), of("naive", {"payment": {"timeout": "500ms"}}),
        of("naive", {"payment": {"timeout": "2s"}}), DOUBLE,
    ),
    Case(
        "timeout-too-short", quarter(provider={"answer": {"constant": "2s"}}), of("outbox", {"payment": {"timeout": "2500ms"}}),
        of("outbox"), metric("confirmation_lag_p95"), 25.0, 5.0,
    ),
    Case(
        "unknown-left-behind", "w5", of("naive"), of("naive", {"recovery": {"reconcile_every": "60s"}}),
        metric("double_charge_rate_net"), 0.005,
    ),
    Case("unknown-left-behind", "w6", of("outbox", {"payment": {"retry": {"never": True}}}), of("outbox"), NEVER),
    Case(
        "cancels-without-asking", "w26", load_design("cancels-unpaid"), load_design("asks-before-cancelling"),
        purchases("misinformed"),
    ),
    Case(
        "nobody-refunds", "w13", of("inquiry", {"recovery": {"reconcile_every": None}}), of("inquiry"),
        metric("double_charge_rate_net"), 0.005,
    ),
    Case(
        "webhooks-trusted", "w9", of("idempotent", {"payment": {"webhooks": "trusted"}}),
        of("idempotent", {"payment": {"webhooks": "checked"}}), POINTS,
    ),
    Case(
        "webhooks-trusted", "w10", of("idempotent", {"payment": {"webhooks": "trusted"}}),
        of("idempotent", {"payment": {"webhooks": "checked"}}), purchases("orphan_charge", "never_confirmed"),
    ),
    Case(
        "finishes-apart", "w21", of("idempotent", {"payment": {"webhooks": "checked", "finishes": "each_path"}}),
        of("idempotent", {"payment": {"webhooks": "checked"}}), purchases("duplicate_order"),
    ),
    Case(
        "relies-on-the-return", "w22", of("naive"), of("naive", {"recovery": {"reconcile_every": "60s"}}),
        purchases("orphan_charge"),
    ),
    Case(
        "believes-the-return", quarter(provider={"declined": "20%"}),
        of("webhooks-first", {"payment": {"returns": "believed"}}), of("webhooks-first"), purchases("unpaid_order"),
    ),
    Case(
        "holds-left-behind", "w23",
        of("outbox", {"payment": {"key": "none", "capture": {}}, "recovery": {"reconcile_every": None}}),
        of("outbox", {"payment": {"capture": {}}, "recovery": {"reconcile_every": None}}), purchases("blocked"),
    ),
    Case(  # 3 x 3 x 3, exactly
        "retries-multiply",
        quarter(provider={"failed": "100%"}, network={"answer_lost": "100%"}, traffic={"rate": "2/min"},
                customers={"max_submissions": 3}),
        of("outbox", THREE_LAYERS), of("outbox", {**THREE_LAYERS, "app": {"key": "purchase", "retry": FIXED}}),
        calls_each, 27.0, 3.0,
    ),
    Case(
        "endless-retries", spell(0.4), crowded(app={"retry": {"fixed": {"delay": "0s"}}}),
        crowded(app={"retry": {"fixed": {"delay": "0s"}}, "retry_budget": "10%"}), metric("collapsed_share"),
    ),
    Case(
        "sells-what-is-gone", "w27", load_design("sells-the-last-twice"), of("idempotent"), purchases("oversold"),
    ),
    Case(
        "reservation-too-short", "w28", load_design("short-reservations"),
        of("idempotent", {"taking": {"reserve": {"for": "10min"}}}), purchases("oversold"),
    ),
    Case(  # each card that is declined takes something away for good
        "keeps-what-nobody-buys", quarter(accounts={"stock": 300}, provider={"declined": "30%"}),
        of("idempotent", {"taking": {"gives_back": "never"}}), of("idempotent"), NEVER,
    ),
    Case("renews-again", "w29", load_design("renews-by-run"), of("idempotent"), DOUBLE),
    Case(
        "renews-again", "w29", of("naive", {"renewal_job": {"machines": 2}}),
        of("naive", {"renewal_job": {"machines": 2, "lock": "1h"}}), DOUBLE,
    ),
    Case("dual-write", "w7", of("outbox", {"payment": {"news": "direct"}}), of("outbox"), POINTS),
    Case("dual-write", "w7", of("idempotent"), of("idempotent", {"payment": {"webhooks": "trusted"}}), POINTS),
    Case("marks-before-publishing", "w8", of("outbox", {"relay": {"marks": "before"}}), of("outbox"), NEVER),
    Case(
        "finds-by-id", quarter(faults=[{"slow": "database", "at": "07:00", "for": "15min", "times": "x50"}]),
        of("outbox", {"relay": {"finds": "by_id"}}), of("outbox"), NEVER,
    ),
    Case("no-inbox", "w8", of("outbox", {"loyalty": {"inbox": None}}), of("outbox"), POINTS),
    Case("no-inbox", "w8", of("outbox", {"loyalty": {"inbox": None, "inline": True}}), of("outbox"), POINTS),
    Case(
        "no-inbox", quarter(faults=[{"duplicates": "broker", "p": "3%"}]), of("idempotent"),
        of("idempotent", {"loyalty": {"inbox": {}}}), POINTS,
    ),
    Case("inbox-forgets", "w8", of("outbox", {"loyalty": {"inbox": {"window": "10s"}}}), of("outbox"), POINTS),
    Case(
        "inbox-forgets", quarter(faults=[{"duplicates": "broker", "p": "3%"}]),
        of("outbox", {"loyalty": {"inbox": {"window": "25s"}}}), of("outbox", {"loyalty": {"inbox": {"window": "10min"}}}),
        POINTS,
    ),
    Case("inbox-forgets", "w32", of("outbox", {"loyalty": {"inbox": {"window": "10s"}}}), of("outbox"), POINTS),
    Case(
        "acknowledges-late", "w30", of("outbox", {"loyalty": {"inbox": None}, "broker": {"commit_every": "10s"}}),
        of("outbox", {"loyalty": {"inbox": None}}), POINTS, 50.0, 20.0,
    ),
    Case(
        "acknowledges-late", "w30",
        of("idempotent", {"loyalty": {"award": {"constant": "35ms"}}, "broker": {"batch": 50, "commits": "after_batch"}}),
        of("idempotent", {"loyalty": {"award": {"constant": "35ms"}}, "broker": {"batch": 50}}), POINTS, 60.0, 50.0,
    ),
    Case("replay-passes-inbox", "w32", load_design("replays-dead-letters"), load_design("inbox-by-order"), POINTS),
    Case(
        "replay-passes-inbox", "w32", load_design("replays-dead-letters"),
        of("outbox", {"broker": {"dead_letters": {"after": 3, "replay_every": "5min", "ids": "same"}}}), POINTS,
    ),
    Case(
        "dead-letters-left", quarter(faults=[{"outage": "provider", "at": "07:05", "for": "5min"}]),
        of("outbox", {"broker": {"dead_letters": {"after": 3}}}),
        of("outbox", {"broker": {"dead_letters": {"after": 3, "replay_every": "5min"}}}), NEVER,
    ),
    Case(
        "dead-letters-left", quarter(faults=[{"outage": "provider", "at": "07:05", "for": "5min"}]),
        of("outbox", {"broker": {"dead_letters": {"after": 3, "replay_at": "23:00"}}}),
        of("outbox", {"broker": {"dead_letters": {"after": 3, "replay_at": "07:15"}}}), NEVER,
    ),
    Case(
        "slow-relay", quarter(objectives={"confirmation_lag_p99": "4s"}), of("outbox", {"relay": {"poll_every": "10s"}}),
        of("outbox"), metric("confirmation_lag_p99"), 9.0, 4.0,
    ),
    Case(
        "slow-relay", quarter(objectives={"read_model_lag_p95": "4s"}), of("outbox", {"relay": {"poll_every": "10s"}}),
        of("outbox", {"relay": {"poll_every": "10s"}, "read_model": {"inline": True}}), metric("read_model_lag_p95"), 9.0, 4.0,
    ),
    Case(
        "inline-loyalty", quarter(faults=[{"outage": "loyalty", "at": "07:05", "for": "5min"}]),
        of("outbox", {"loyalty": {"inline": True}}), of("outbox"), metric("confirmation_lag_p99"), 200.0, 10.0,
    ),
    Case(
        "inline-loyalty", quarter(faults=[{"outage": "loyalty", "at": "07:05", "for": "5min"}]),
        of("idempotent", {"loyalty": {"inline": True}}), of("idempotent"), metric("ack_latency_p99"), 7.0, 2.0,
    ),
    Case(
        "stale-view",
        quarter(provider={"latency": {"constant": "4s"}}, customers={"reorder_when_stale": {"after": "90s", "p": "50%"}}),
        of("outbox", {"app": {"key": "none"}, "read_model": {"cache": "2min"}}), of("outbox", {"app": {"key": "none"}}), DOUBLE,
    ),
    Case(
        "overloaded", quarter(traffic={"rate": "5/s"}), of("idempotent", {"checkout": {"workers": 2}}), of("idempotent"),
        metric("ack_latency_p95"), 5.0, 1.0,
    ),
    Case(
        "overloaded", quarter(traffic={"rate": "5/s"}), of("outbox", {"payment": {"workers": 2}}), of("outbox"),
        metric("confirmation_lag_p95"), 30.0, 3.0,
    ),
    Case(
        "overloaded", quarter(traffic={"rate": "5/s"}), of("outbox", {"relay": {"batch": 4}}), of("outbox"),
        metric("confirmation_lag_p95"), 30.0, 3.0,
    ),
    Case(
        "overloaded", quarter(traffic={"rate": "5/s"}),
        of("outbox", {"relay": {"batch": 8}, "loyalty": {"inline": True, "award": {"constant": "120ms"}}}), of("outbox"),
        metric("confirmation_lag_p95"), 30.0, 3.0,
    ),
    Case(
        "overloaded", quarter(traffic={"rate": "5/s"}), of("outbox", {"read_model": {"apply": {"exponential": "110ms"}}}),
        of("outbox"), metric("read_model_lag_p95"), 30.0, 3.0,
    ),
    Case(
        "queue-outlasts-patience", spell(0.6), crowded(), crowded(checkout={"queue_limit": 30}), metric("collapsed_share"),
    ),
    Case(
        "queue-outlasts-patience", spell(0.6), crowded(), crowded(checkout={"deadline_drop": True}), metric("collapsed_share"),
    ),
    Case("answer-waits-for-provider", "morning-rush", of("idempotent"), of("outbox"), metric("ack_latency_p95"), 1.2, 1.0),
    Case(
        "breaker-opens-by-chance", quarter(provider={"failed": "2%"}),
        of("outbox", {"payment": {"breaker": {"failures": "5%"}}}), of("outbox"), metric("confirmation_lag_p95"), 8.0, 3.0,
    ),
    Case(
        "breaker-opens-too-late", quarter(faults=[{"outage": "provider", "at": "07:05", "for": "1min"}]),
        of("outbox", {"payment": {"breaker": {"window": 5000}}}), of("outbox"), calls_each, 1.3, 1.15,
    ),
    Case(
        "completer-falls-behind",
        quarter(
            traffic={"rate": "2/s"}, customers={"after_patience": {"tap_again": 0, "refresh": 0, "leave": "100%"}},
            faults=[{"outage": "provider", "at": "07:05", "for": "3min", "how": "hangs"}],
        ),
        # 360 orders, and 1 every 5 s in the 22 minutes that are left: 264 of them; 2 every 5 s are through after 15 minutes
        of("idempotent", {"completer": {"batch": 1}}), of("idempotent", {"completer": {"batch": 2}}), NEVER, 80.0,
    ),
    Case(
        "calls-in-a-transaction", "w20", load_design("call-in-transaction"),
        of("naive", {"database": {"connections": 4, "timeout": "2s"}}), DOUBLE,
    ),
    Case(
        "scales-by-cpu",
        quarter(traffic={"rate": "1/s"}, faults=[{"brownout": "provider", "at": "07:02", "for": "13min", "latency": "x10"}]),
        of("idempotent", {"checkout": {"workers": 2, "autoscale": {"min": 2, "max": 64, "measures": "cpu"}}}),
        of("idempotent", {"checkout": {"workers": 2, "autoscale": {"min": 2, "max": 64}}}),
        metric("ack_latency_p50"), 30.0, 10.0,
    ),
)  # fmt: skip

GIVES_UP: Knobs = {"payment": {"retry": {"never": True}}}
GIVES_UP_ALONE: Knobs = {**GIVES_UP, "recovery": {"reconcile_every": None}}
# Beyond the bundled variants: designs whose open windows depend on two knobs at once.
FURTHER: tuple[tuple[str, Knobs], ...] = (
    ("outbox", {"app": {"key": "none"}}),
    ("outbox", {"app": {"key": "submission"}}),
    ("outbox", {"claim": {"fingerprint": False}}),
    ("outbox", {"claim": {"ttl": "5s"}}),
    ("outbox", GIVES_UP),
    ("outbox", GIVES_UP_ALONE),
    ("outbox", {"loyalty": {"inbox": {"window": "25s"}}}),
    ("idempotent", {"app": {"key": "none"}}),
    ("idempotent", {"app": {"key": "request", "timeout": "2s"}}),
    ("idempotent", {"app": {"key": "submission"}, "claim": {"stores_failures": True}}),
    ("idempotent", {"claim": {"ttl": "20s"}}),
    ("idempotent", {"payment": {"key": "attempt"}}),
    ("inquiry", {"app": {"key": "none"}}),
    ("naive", {"recovery": {"reconcile_every": "60s"}}),
)
