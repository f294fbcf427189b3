"""Worlds in which one kind of trouble comes thick, and what must be seen to happen in each."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import yaml

from sim.architectures import parse_design
from sim.config.design import Design, merged
from sim.config.library import parse_scenario
from sim.config.scenario import Scenario
from sim.ledger.records import PROXY, SDK, Tables
from sim.vocabulary import Answer, Fate, Outcome

BASE: dict[str, Any] = {
    "name": "oracle",
    "clock": {"start": "07:00", "duration": "2min", "drain": "20min"},
    "traffic": {"rate": "2/s"},
}


@dataclass(frozen=True)
class World:
    """What differs from the usual, and what must then be seen to happen."""

    scenario: dict[str, Any]
    design: dict[str, Any] = field(default_factory=dict)
    keyed: dict[str, Any] = field(default_factory=dict)  # knobs of idempotent only
    happens: tuple[str, ...] = ()
    happens_to_naive: tuple[str, ...] = ()
    happens_to_keyed: tuple[str, ...] = ()


def strikes(kind: str, component: str, p: str, **more: Any) -> list[dict[str, Any]]:
    """After every step that a worker can take."""
    return [{kind: component, "after": step, "p": p, **more} for step in ("insert", "claim", "charge", "commit", "publish")]


WORLDS = {
    "calm": World({}, happens=("confirmed", "seen")),
    "impatient": World(
        {
            "customers": {
                "patience": {"lognormal": {"median": "4s", "sigma": 0.8}},
                "double_tap": {"p": "20%"},
                "reaction": {"exponential": "2s"},
            },
            "provider": {"latency": {"lognormal": {"median": "2s", "sigma": 0.8}}, "declined": "5%"},
        },
        {"app": {"timeout": "3s"}, "payment": {"timeout": "4s"}},
        happens=("retry", "second tap", "unheard answer", "gone"),
        happens_to_naive=("double charge", "told failed"),
        happens_to_keyed=("replay", "in flight"),
    ),
    "keys-of-all-scopes": World(
        {"customers": {"double_tap": {"p": "50%"}, "changes_basket": {"p": "50%"}}, "provider": {"ambiguous": "30%"}},
        {"app": {"key": "submission", "timeout": "4s", "retry": {"equal_jitter": {"attempts": 4}}}},
        {"payment": {"key": "none"}, "claim": {"ttl": "20s", "fingerprint": False}},
        happens=("double charge", "retry"),
    ),
    "flaky-provider": World(
        {
            "customers": {"double_tap": {"p": "20%"}},
            "provider": {
                "declined": "8%",
                "failed": "15%",
                "ambiguous": "15%",
                "errored": "5%",
                "answer": {"exponential": "300ms"},
                "late": {"p": "10%", "by": {"exponential": "40s"}},
            },
        },
        {"recovery": {"reconcile_every": "45s", "grace": "10s"}},
        {"payment": {"after_error": "same_key"}, "claim": {"stores_failures": True}},
        happens=("refused charge", "unknown outcome", "late charge", "declined"),
        happens_to_naive=("double charge", "refund"),
        happens_to_keyed=("error replayed",),
    ),
    "provider-weather": World(
        {
            "customers": {"double_tap": {"p": "10%", "gap": "800ms"}},
            "provider": {"keys": {"ttl": "30s", "in_flight": "wait", "stores_errors": False}, "errored": "5%"},
            "faults": [
                {"brownout": "provider", "at": "07:00:30", "for": "40s", "failed": "5%", "ambiguous": "10%", "errored": "8%"},
                {"brownout": "provider", "every": {"exponential": "1min"}, "for": {"exponential": "30s"}, "latency": "x2"},
                {"outage": "provider", "every": {"exponential": "40s"}, "for": {"exponential": "5s"}},
            ],
        },
        keyed={"payment": {"after_error": "same_key"}},
        happens=("refused charge", "unknown outcome", "retry", "told failed"),
        happens_to_naive=("double charge",),
    ),
    "lossy-network": World(
        {"network": {"latency": {"exponential": "80ms"}, "request_lost": "6%", "answer_lost": "8%"}},
        {"app": {"retry": {"exponential": {"attempts": 4}}}},
        happens=("lost request", "retry", "unheard answer"),
        happens_to_naive=("double charge",),
        happens_to_keyed=("replay",),
    ),
    "dying-workers": World(
        {
            "customers": {"double_tap": {"p": "10%"}},
            "faults": [
                *strikes("crash", "checkout", "4%", restart="7s"),
                *strikes("crash", "completer", "10%", times=3),
                {"crash": "checkout", "at": "07:00:50", "restart": "9s"},
                {"crash": "checkout", "every": {"exponential": "30s"}, "restart": "4s"},
            ],
        },
        {"checkout": {"instances": 2, "workers": 5, "queue_limit": 8}},
        {"claim": {"lock": "5s"}},
        happens=("crash", "crash of an instance", "retry", "refused request", "work for the dead"),
        happens_to_naive=("double charge",),
        happens_to_keyed=("completion",),
    ),
    "bounded-queue": World(
        {"provider": {"rate_limit": "1.5/s"}, "customers": {"patience": {"exponential": "6s"}}},
        {
            "checkout": {
                "workers": 3,
                "instances": 1,
                "queue_limit": 4,
                "deadline_drop": True,
                "service": {"exponential": "1s"},
            },
            "app": {"timeout": "3s", "retry_budget": "30%"},
        },
        happens=("refused request", "retry", "refused charge", "dropped at the deadline"),
    ),
    "stale-view": World(
        {
            "customers": {
                "reorder_when_stale": {"after": "15s", "p": "80%"},
                "changes_basket": {"p": "50%"},
                "polling": {"give_up": "40s"},
                "after_patience": {"tap_again": "50%", "refresh": "50%", "leave": 0},
                "patience": {"exponential": "3s"},
            },
            "provider": {"latency": {"exponential": "1s"}},
            "faults": [
                {"outage": "read_model", "at": "07:01", "for": "30s"},
                {"slow": "loyalty", "at": "07:00:30", "for": "20s", "times": "x80"},
                {"duplicates": "broker", "p": "20%"},
            ],
        },
        {"broker": {"publish": {"exponential": "50ms"}, "visibility": "7s"}},
        happens=("stale read", "second tap", "repeated award"),
        happens_to_naive=("double charge",),
        happens_to_keyed=("mismatch",),
    ),
    "expired-locks": World(
        {
            "provider": {"keys": {"ttl": "10s", "in_flight": "wait", "mismatch": "replay"}},
            "faults": [
                *strikes("pause", "checkout", "10%", **{"for": "17s"}),
                *strikes("pause", "completer", "10%", **{"for": "9s"}),
            ],
        },
        {"read_model": {"inline": True}, "checkout": {"workers": 40}},
        {"claim": {"lock": "4s"}, "completer": {"every": "2s", "after": "1s", "batch": 2}},
        happens=("pause", "retry", "double charge"),
        happens_to_keyed=("completion", "take-over"),
    ),
    "too-few-servers": World(  # the plain model of timeouts and retries, with 8 exponential servers of mean 1 s
        {"traffic": {"rate": "10/s"}, "clock": {"duration": "20s"}, "customers": {"max_submissions": 1}},
        {
            "app": {"timeout": "4s", "retry": {"full_jitter": {"attempts": 3}}},
            "checkout": {"workers": 8, "instances": 1, "service": {"exponential": "1s"}, "queue_limit": None},
        },
        happens=("retry", "unheard answer", "work for the dead"),
    ),
    "paid-at-the-provider": World(
        {
            "provider": {
                "declined": "10%",
                "ambiguous": "15%",
                "challenge": {
                    "p": "70%",
                    "takes": {"exponential": "8s"},
                    "abandoned": "10%",
                    "returns": "80%",
                    "returns_twice": "30%",
                    "lasts": "25s",
                },
            },
            "customers": {
                "patience": {"exponential": "4s"},
                "after_patience": {"tap_again": "40%", "refresh": "40%", "leave": "20%"},
            },
            "network": {"answer_lost": "5%"},
            "faults": [
                {"outage": "provider", "at": "07:00:50", "for": "15s"},
                *strikes("crash", "checkout", "3%", restart="2s"),
                {"crash": "checkout", "after": "inquire", "p": "20%", "restart": "1s"},
                {"pause": "completer", "after": "inquire", "p": "20%", "for": "3s"},
            ],
        },
        {"recovery": {"reconcile_every": "30s", "grace": "10s"}, "checkout": {"workers": 30}},
        happens=("challenge", "return", "second return", "declined", "crash", "retry"),
        happens_to_naive=("refund",),
        happens_to_keyed=("completion",),
    ),
    "repeaters": World(
        {
            "provider": {"latency": {"exponential": "1500ms"}, "failed": "10%", "ambiguous": "10%", "errored": "5%"},
            "network": {"request_lost": "3%", "answer_lost": "3%"},
            "customers": {"patience": {"exponential": "6s"}},
            "faults": [
                *strikes("crash", "checkout", "4%", restart="2s"),
                *strikes("pause", "checkout", "4%", **{"for": "5s"}),
            ],
        },
        {
            "app": {"timeout": "9s"},
            "proxy": {"timeout": "2500ms", "tries": 3, "on": ["timeout", "unavailable"]},
            "payment": {
                "timeout": "4s",
                "sdk": {
                    "tries": 3,
                    "timeout": "2s",
                    "key": "fresh",
                    "delay": "300ms",
                    "on": ["timeout", "failed", "error", "conflict"],
                },
            },
            "checkout": {"workers": 8, "queue_limit": 3},
        },
        {"payment": {"after_error": "same_key"}},
        happens=("repeat by a proxy", "repeat by a library", "double charge", "refused request", "crash", "pause"),
    ),
    "repeaters-with-keys": World(
        {
            "provider": {"latency": {"exponential": "1500ms"}, "failed": "10%", "ambiguous": "10%", "errored": "5%"},
            "faults": [{"outage": "provider", "at": "07:01", "for": "10s"}],
        },
        {
            "proxy": {"timeout": "2s", "tries": 4, "late": "taken"},
            "payment": {"timeout": "2s", "sdk": {"tries": 4, "key": "same"}},
            "checkout": {"workers": 30, "deadline_drop": True},
        },
        {"payment": {"after_error": "same_key"}},
        happens=("repeat by a proxy", "repeat by a library", "unknown outcome"),
        happens_to_keyed=("in flight",),
    ),
    "slow-shop": World(
        {
            "faults": [
                {"slow": "database", "every": {"exponential": "40s"}, "for": {"exponential": "10s"}, "times": "x30"},
                {"outage": "database", "at": "07:01:10", "for": "12s"},
                {"slow": "checkout", "at": "07:00:20", "for": "20s", "times": "x100"},
            ]
        },
        {"database": {"connections": 2}, "app": {"timeout": "5s"}},
        happens=("retry", "unheard answer"),
        happens_to_naive=("double charge",),
        happens_to_keyed=("replay", "in flight"),
    ),
}


def files(world: World, name: str) -> tuple[Scenario, Design]:
    keyed = world.keyed if name == "idempotent" else {}
    design = {"from": name, "name": name, **merged(world.design, keyed)}
    scenario = merged(BASE, world.scenario)
    scenario["traffic"] = world.scenario.get("traffic", BASE["traffic"])  # of one kind
    return parse_scenario(yaml.safe_dump(scenario)), parse_design(yaml.safe_dump(design))


def happened(tables: Tables) -> Counter[str]:
    """How often what the worlds are made for really happened."""
    requests, charges, orders, purchases = tables.requests, tables.charges, tables.orders, tables.purchases
    captured = ~np.isnan(charges["captured_s"])
    per_purchase = np.bincount(charges["purchase"][captured])
    answered = ~np.isnan(requests["answered_s"])
    at_work = {struck.component for struck in tables.crashes}
    errors = Counter(charges["order"][charges["outcome"] == Outcome.ERROR].tolist())
    calls = list(zip(charges["order"].tolist(), charges["sent_s"].tolist(), strict=True))
    first_s = dict(reversed(calls))
    later = [sent_s - first_s[order] for order, sent_s in calls]
    counts = {
        "confirmed": ~np.isnan(orders["confirmed_s"]),
        "seen": ~np.isnan(purchases["seen_s"]),
        "gone": ~np.isnan(purchases["left_s"]),
        "told failed": purchases["told_failed"],
        "second tap": purchases["submissions"] > 1,
        "declined": charges["outcome"] == Outcome.DECLINED,
        "retry": requests["attempt"] > 1,
        "unheard answer": ~answered & (requests["fate"] != Fate.LOST),
        "lost request": requests["fate"] == Fate.LOST,
        "refused request": requests["answer"] == Answer.UNAVAILABLE,
        "dropped at the deadline": requests["fate"] == Fate.DROPPED,
        "replay": (requests["fate"] == Fate.REPLAYED) & (requests["answer"] == Answer.CONFIRMED),
        "in flight": requests["answer"] == Answer.CONFLICT,
        "mismatch": requests["answer"] == Answer.MISMATCH,
        "double charge": per_purchase > 1,
        "refused charge": charges["outcome"] == Outcome.FAILED,
        "unknown outcome": charges["outcome"] == Outcome.UNKNOWN,
        "late charge": charges["captured_s"] > charges["answered_s"],
        "refund": ~np.isnan(charges["refunded_s"]),
        "error replayed": np.array([times > 1 for times in errors.values()]),
        "stale read": tables.reads["stale"],
        "repeated award": np.bincount(tables.awards["order"]) > 1,
        "crash": np.array([bool(one.step) and not one.pause_s for one in tables.crashes]),
        "crash of an instance": np.array([not one.step for one in tables.crashes]),
        "pause": np.array([one.pause_s > 0 for one in tables.crashes]),
        "work for the dead": (requests["fate"] == Fate.EXECUTED) & ~answered,
        "completion": np.array(["completer" in at_work]),
        "take-over": np.array(later) > 4.0,
        "challenge": charges["outcome"] == Outcome.CHALLENGED,
        "return": np.array([len(tables.returns) > 0]),
        "second return": np.bincount(tables.returns["purchase"], minlength=1) > 1,
        "repeat by a proxy": tables.repeats["who"] == PROXY,
        "repeat by a library": tables.repeats["who"] == SDK,
    }
    return Counter({what: int(np.sum(flags)) for what, flags in counts.items()})
