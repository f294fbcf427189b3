"""What an architecture tells the app, and keeps of an order, for everything that the provider may say.

Two requests with the app's key. The first one's answer comes too late, or (outbox, which answers at once) its process dies
before it answers; the second one comes when all has been done that will be. Nobody else finds anything out.
"""

from __future__ import annotations

from typing import Any

import pytest

from sim.vocabulary import Answer, Fate, Outcome, Status
from tests.worlds import ONE_CUSTOMER, design, morning, world

ONE_TAP = ONE_CUSTOMER.replace("{constant: 1h}", "{constant: 1h}\n  max_submissions: 1\n  polling: {every: 10min}")
ALONE: dict[str, Any] = {"recovery": {"reconcile_every": None}}
KNOBS: dict[str, dict[str, Any]] = {
    "naive": {},
    "idempotent": {"completer": {"every": "1h"}},
    "inquiry": {"completer": {"every": "1h"}},
    "outbox": {"payment": {"retry": {"never": True}}},
}

# what the provider does -> the answer in time, the answer to the second request (NONE: too late as well), orders, charges
SAID: dict[str, dict[str, tuple[str, str, list[str], list[str]]]] = {
    "naive": {
        "": ("CONFIRMED", "EXECUTED NONE", ["CONFIRMED"] * 2, ["CAPTURED"] * 2),
        "declined": ("DECLINED", "EXECUTED NONE", ["DECLINED"] * 2, ["DECLINED"] * 2),
        "failed": ("FAILED", "EXECUTED NONE", ["FAILED"] * 2, ["FAILED"] * 2),
        "ambiguous": ("FAILED", "EXECUTED NONE", ["FAILED"] * 2, ["UNKNOWN"] * 2),
        "errored": ("FAILED", "EXECUTED NONE", ["FAILED"] * 2, ["ERROR"] * 2),
    },
    "idempotent": {
        "": ("CONFIRMED", "REPLAYED CONFIRMED", ["CONFIRMED"], ["CAPTURED"]),
        "declined": ("DECLINED", "REPLAYED DECLINED", ["DECLINED"], ["DECLINED"]),
        "failed": ("FAILED", "EXECUTED NONE", ["FAILED"], ["FAILED"] * 2),
        "ambiguous": ("PENDING", "REPLAYED PENDING", ["UNKNOWN"], ["UNKNOWN"]),
        "errored": ("PENDING", "REPLAYED PENDING", ["UNKNOWN"], ["ERROR"]),
    },
    "inquiry": {
        "": ("CONFIRMED", "REPLAYED CONFIRMED", ["CONFIRMED"], ["CAPTURED"]),
        "declined": ("DECLINED", "REPLAYED DECLINED", ["DECLINED"], ["DECLINED"]),
        "failed": ("FAILED", "EXECUTED NONE", ["FAILED"], ["FAILED"] * 2),
        "ambiguous": ("PENDING", "REPLAYED PENDING", ["UNKNOWN"], ["UNKNOWN"]),
        "errored": ("PENDING", "REPLAYED PENDING", ["UNKNOWN"], ["ERROR"]),
    },
    "outbox": {
        "": ("PENDING", "REPLAYED CONFIRMED", ["CONFIRMED"], ["CAPTURED"]),
        "declined": ("PENDING", "REPLAYED DECLINED", ["DECLINED"], ["DECLINED"]),
        "failed": ("PENDING", "REPLAYED PENDING", ["FAILED"], ["FAILED"]),
        "ambiguous": ("PENDING", "REPLAYED PENDING", ["UNKNOWN"], ["UNKNOWN"]),
        "errored": ("PENDING", "REPLAYED PENDING", ["UNKNOWN"], ["ERROR"]),
    },
}


@pytest.mark.parametrize("does", ["", "declined", "failed", "ambiguous", "errored"])
@pytest.mark.parametrize("name", SAID)
def test_what_is_said_and_what_is_kept(name: str, does: str) -> None:
    """Unknown is told as pending by all but naive; what is known is told again, and what was refused is tried again."""
    in_time, again, states, known = SAID[name][does]
    provider = ONE_TAP.replace("450ms}", f"450ms}}\n  {does}: 100%") if does else ONE_TAP
    tables, _ = morning(world(provider), design(name, {**ALONE, **KNOBS[name], "app": {"retry": {"never": True}}}))
    assert [Answer(answer).name for answer in tables.requests["answer"]] == [in_time]

    late = {**ALONE, **KNOBS[name], "app": {"timeout": "100ms", "retry": {"fixed": {"delay": "10s", "attempts": 2}}}}
    if name == "outbox":
        provider += "faults: [{crash: checkout, after: accept, times: 1}]\n"
    tables, _ = morning(world(provider), design(name, late))
    assert f"{Fate(tables.requests['fate'][1]).name} {Answer(tables.requests['answer'][1]).name}" == again
    assert [Status(status).name for status in tables.orders["status"]] == states
    assert [Outcome(outcome).name for outcome in tables.charges["outcome"]] == known


@pytest.mark.parametrize("name", ["idempotent", "inquiry", "outbox"])
def test_the_same_key_with_another_basket(name: str) -> None:
    """Who changes the basket and pays again is told of the mismatch, and nothing is done."""
    changed = """
name: changed-basket
clock: {start: "07:00", duration: 10s, drain: 10min}
customers:
  patience: {uniform: [200ms, 5s]}
  after_patience: {tap_again: 0%, refresh: 100%, leave: 0%}
  changes_basket: {p: 100%}
"""
    tables, audit = morning(world(changed), design(name, {"checkout": {"service": {"constant": "500ms"}}}), seed=4)
    second = tables.requests["submission"].argmax()
    assert (Fate(tables.requests["fate"][second]), Answer(tables.requests["answer"][second])) == (
        Fate.REPLAYED,
        Answer.MISMATCH,
    )
    assert tables.purchases["shown_cents"][0] == tables.charges["cents"][0]  # the app shows what the key stands for
    assert (audit.charged[0], audit.ordered[0], audit.mistaken[0]) == (1, 1, False)


def test_a_refused_call_says_nothing_about_an_earlier_one() -> None:
    """A worker stands still with its claim; another takes over, and the answer to its charge is lost. What the first one is
    told when it goes on, a refusal, is not the truth: still pending. The app, which hears of nothing else, watches the order.
    """
    two_taps = (
        ONE_CUSTOMER.replace("{constant: 1h}", "{constant: 1h}\n  max_submissions: 2\n  double_tap: {p: 100%, gap: 2s}")
        + """
network: {answer_lost: 50%}
faults:
  - {pause: checkout, after: claim, for: 10s, times: 1}
  - {brownout: provider, at: "07:00:00", for: 9s, latency: x1, ambiguous: 100%}
  - {brownout: provider, at: "07:00:09", for: 9s, latency: x1, failed: 100%}
"""
    )
    app = {"timeout": "1min", "retry": {"never": True}}
    knobs = {**ALONE, "app": app, "claim": {"lock": "1s"}, "completer": {"every": "1h"}}
    tables, audit = morning(world(two_taps), design("idempotent", knobs), seed=0)
    assert [Outcome(outcome).name for outcome in tables.charges["outcome"]] == ["UNKNOWN", "FAILED"]
    assert [Answer(answer).name for answer in tables.requests["answer"]] == ["PENDING", "NONE"]
    assert tables.reads["read_s"][0] == pytest.approx(10.508 + 3.0)
    assert (tables.orders["status"][0], tables.purchases["told_failed"][0], audit.charged[0]) == (Status.UNKNOWN, 0, 1)


def test_who_takes_over_asks_before_charging_without_a_key() -> None:
    """A worker of the inquiry design dies after the charge; the next request takes over, asks, and is told of the charge."""
    died = ONE_TAP + "faults: [{crash: checkout, after: charge, times: 1}]\n"
    tables, audit = morning(world(died), design("inquiry", {**ALONE, "claim": {"lock": "5s"}, "completer": {"every": "1h"}}))
    assert [Answer(answer).name for answer in tables.requests["answer"]] == ["NONE", "CONFIRMED"]
    assert audit.confirmed_s[0] == pytest.approx(9.034 + 0.450 + 0.004)
    assert (audit.charged[0], audit.ordered[0]) == (1, 1)
