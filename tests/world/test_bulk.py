"""Messages in bulk: what a rebalance or a death repeats, what is held, and what is dead. Tiny worlds, exact numbers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from sim.ledger.records import Tables
from tests.worlds import design, judged, world

TEN = tuple(range(10))  # a customer a second
SCENARIO = """
name: in-bulk
clock: {{start: "07:00", duration: 20s, drain: 10min}}
customers:
  patience: {{constant: 1h}}
provider:
  latency: {{constant: 450ms}}
faults:
{faults}
"""


def run(faults: list[str], knobs: dict[str, Any], *, name: str = "outbox", at: tuple[float, ...] = TEN) -> Tables:
    scenario = world(SCENARIO.format(faults="".join(f"  - {fault}\n" for fault in faults)), arrivals=at)
    return judged(scenario, design(name, knobs))[0]


def awards(tables: Tables) -> list[int]:
    """How often each purchase was awarded points."""
    return np.bincount(tables.awards["purchase"], minlength=len(tables.purchases)).tolist()


def charges(tables: Tables) -> list[int]:
    """How often each purchase was charged."""
    captured = ~np.isnan(tables.charges["captured_s"])
    return np.bincount(tables.charges["purchase"][captured], minlength=len(tables.purchases)).tolist()


NO_INBOX: dict[str, Any] = {"loyalty": {"inbox": None}}


def test_a_rebalance_repeats_what_was_handled_since_the_last_commit() -> None:
    """Offsets are committed 5 s after the first award: of the awards at 0.5 s, 1.5 s, … all up to the rebalance come again."""
    knobs = {"broker": {"commit_every": "5s"}}
    for at_s, repeated in ((4, 4), (5, 5), (7, 1), (8, 2)):
        tables = run([f'{{rebalance: loyalty, at: "07:00:{at_s:02d}"}}'], knobs, name="naive")
        assert awards(tables) == [*[1] * (at_s - repeated), *[2] * repeated, *[1] * (10 - at_s)]


def test_without_a_rebalance_nothing_is_repeated() -> None:
    for knobs in ({"commit_every": "5s"}, {"batch": 5, "commits": "after_batch"}, {"batch": 5}):
        for name in ("naive", "outbox"):
            assert awards(run([], {"broker": knobs, **NO_INBOX}, name=name)) == [1] * 10
            assert charges(run([], {"broker": knobs, "payment": {"key": "none"}} if name == "outbox" else {})) == [1] * 10


def test_a_message_that_is_acknowledged_by_itself_is_not_repeated() -> None:
    """At 4 s nothing is in the consumer's hand."""
    assert awards(run(['{rebalance: all, at: "07:00:04"}'], {}, name="naive")) == [1] * 10


def test_the_message_in_hand_is_repeated() -> None:
    """An award takes 400 ms."""
    knobs = {"loyalty": {"award": {"constant": "400ms"}}}
    for begins_s, times in ((0.1, [1] * 10), (0.4, [*[1] * 6, 2, *[1] * 3])):  # awards are made from 0.6 s on, or from 0.9 s on
        at = tuple(second + begins_s for second in TEN)
        assert awards(run(['{rebalance: loyalty, at: "07:00:07"}'], knobs, name="naive", at=at)) == times


@pytest.mark.parametrize(
    ("batch", "commits", "again"),
    [(1, "each", 1), (4, "each", 2), (4, "after_batch", 4), (9, "each", 7), (9, "after_batch", 9)],
)
def test_what_a_worker_has_not_acknowledged_is_delivered_again(batch: int, commits: str, again: int) -> None:
    """One worker takes the first of ten messages, and then a batch of those that wait, 460 ms each: at 2 s it has handled the
    second and the third message and has the fourth in hand. The rest of its batch goes to whoever comes next.
    """
    knobs = {"broker": {"batch": batch, "commits": commits}, "payment": {"workers": 1}}
    at = (0.0,) * 10
    tables, plain = (run(faults, knobs, at=at) for faults in (['{rebalance: payment, at: "07:00:02"}'], []))
    assert tables.counts["broker_delivered"] - plain.counts["broker_delivered"] == again
    assert charges(tables) == charges(plain) == [1] * 10


@pytest.mark.parametrize(("key", "times"), [("none", 2), ("order", 1)])
def test_a_second_worker_charges_for_the_message_in_hand_once_more(key: str, times: int) -> None:
    """Unless the provider is given a key. (The order arrives at 0.5 s; its charge takes 2 s.)"""
    text = SCENARIO.replace("450ms", "2s")
    scenario = world(text.format(faults='  - {rebalance: payment, at: "07:00:02"}'))
    assert charges(judged(scenario, design("outbox", {"payment": {"key": key}}))[0]) == [times]


def test_a_death_repeats_the_batch() -> None:
    """The one worker dies in its fourth charge: by the visibility timeout its whole batch of four comes again."""
    knobs = {"broker": {"batch": 4, "commits": "after_batch", "visibility": "30s"}, "payment": {"workers": 1}}
    at = (0.0,) * 10
    tables, plain = (run(faults, knobs, at=at) for faults in (['{crash: payment, at: "07:00:02", restart: 1s}'], []))
    assert tables.counts["broker_delivered"] - plain.counts["broker_delivered"] == 4
    assert charges(tables) == [1] * 10


def test_a_batch_that_takes_longer_than_the_visibility_comes_again() -> None:
    """Nine messages of 460 ms are handled after 4.2 s: those of them that wait for the commit come again after 3 s."""
    knobs = {"broker": {"batch": 9, "commits": "after_batch", "visibility": "3s"}, "payment": {"workers": 1}}
    tables = run([], knobs, at=(0.0,) * 10)
    assert tables.counts["broker_delivered"] - run([], {}, at=(0.0,) * 10).counts["broker_delivered"] == 9
    assert charges(tables) == [1] * 10


# Messages that are held until their hour


@pytest.mark.parametrize("hold_min", [10, 59, 61, 150, 290])
def test_a_held_message_is_charged_for_as_often_as_it_was_delivered(hold_min: int) -> None:
    """It is delivered when it is published, and again whenever the visibility ends: ceil(hold / visibility) times in all."""
    knobs = {
        "payment": {"after": f"{hold_min}min", "held_by": "worker", "key": "none"},
        "broker": {"visibility": "1h"},
        "recovery": {"reconcile_every": None},
    }
    scenario = world(SCENARIO.format(faults="").replace("faults:", "").replace("drain: 10min", "drain: 6h"))
    assert charges(judged(scenario, design("outbox", knobs))[0]) == [-(-hold_min // 60)]
    for change in ({"held_by": "broker"}, {"key": "order"}):
        closed = {**knobs, "payment": {**knobs["payment"], **change}}
        assert charges(judged(scenario, design("outbox", closed))[0]) == [1]


def test_what_a_process_holds_dies_with_it() -> None:
    """It comes again by the visibility timeout, late by up to as much, and is charged once."""
    knobs = {"payment": {"after": "5min", "held_by": "worker", "key": "none"}, "broker": {"visibility": "6min"}}
    tables = run(['{crash: payment, at: "07:01"}'], knobs, at=(0.0,))
    assert charges(tables) == [1]
    assert 360 < tables.charges["captured_s"][0] < 361 + 0.6


# Dead letters


def dead(tables: Tables) -> list[tuple[int, bool]]:
    """Whose messages went to the dead-letter queue, and whether they are still there."""
    letters = tables.dead_letters
    return list(zip(letters["purchase"].tolist(), np.isnan(letters["replayed_s"]).tolist(), strict=True))


def test_a_message_is_dead_after_so_many_tries() -> None:
    """The provider is down for as long as the tries take: the order is never charged, and its message is not lost."""
    knobs = {"broker": {"dead_letters": {"after": 3}}, "payment": {"retry": {"fixed": {"delay": "1s"}}, "breaker": None}}
    tables = run(['{outage: provider, at: "07:00:00", for: 1min}'], knobs, at=(0.0,))
    assert len(tables.charges) == 3
    assert charges(tables) == [0]
    assert dead(tables) == [(0, True)]
    assert tables.counts["messages_dead"] == 1


def test_a_replay_tries_as_often_again() -> None:
    """At 30 s, in the outage, and at 60 s, after it: then the order is charged."""
    letters = {"after": 3, "replay_every": "30s"}
    knobs = {"broker": {"dead_letters": letters}, "payment": {"retry": {"fixed": {"delay": "1s"}}, "breaker": None}}
    tables = run(['{outage: provider, at: "07:00:00", for: 50s}'], knobs, at=(0.0,))
    assert len(tables.charges) == 3 + 3 + 1
    assert charges(tables) == [1]
    assert dead(tables) == [(0, False), (0, False)]


def test_a_replay_at_an_hour_is_one() -> None:
    """At 07:01, after the outage, what is dead by then is tried again; what dies later stays, and at night nobody comes."""
    knobs = {"payment": {"retry": {"fixed": {"delay": "1s"}}, "breaker": None}}
    outages = ['{outage: provider, at: "07:00:00", for: 50s}', '{outage: provider, at: "07:02:00", for: 2min}']
    for at, left, charged in (("07:01", False, [1]), ("23:00", True, [0])):
        letters = {"after": 3, "replay_at": at}
        tables = run(outages, {"broker": {"dead_letters": letters}, **knobs}, at=(0.0,))
        assert dead(tables) == [(0, left)]
        assert charges(tables) == charged
        if not left:
            assert tables.dead_letters["replayed_s"].tolist() == [60.0]
    early = {"after": 3, "replay_at": "07:00:30"}
    tables = run(outages, {"broker": {"dead_letters": early}, **knobs}, at=(0.0,))
    assert dead(tables) == [(0, False), (0, True)], "tried three times more in the outage, and nobody comes a second time"
    both = {"after": 3, "replay_every": "45s", "replay_at": "07:00:30"}
    tables = run(outages, {"broker": {"dead_letters": both}, **knobs}, at=(0.0,))
    assert tables.dead_letters["replayed_s"].tolist()[:2] == [30.0, 45.0]


@pytest.mark.parametrize(
    ("inbox", "ids", "times"),
    [(None, "same", 2), ({}, "same", 1), ({}, "new", 2), ({"by": "order"}, "new", 1), ({"by": "order"}, "same", 1)],
)
def test_a_replay_under_new_ids_passes_an_inbox_of_ids(inbox: dict[str, Any] | None, ids: str, times: int) -> None:
    """Loyalty awards the points, dies before it can say so, and the message is dead at once; then it is replayed."""
    letters = {"after": 1, "replay_every": "1min", "ids": ids}
    knobs = {"broker": {"dead_letters": letters}, "loyalty": {"inbox": inbox}}
    tables = run(["{crash: loyalty, after: award, times: 1}"], knobs, at=(0.0,), name="naive")
    assert awards(tables) == [times]
    assert dead(tables) == [(0, False)]


def test_without_a_replay_points_may_be_missing_for_ever() -> None:
    """A consumer that is down for long is not at fault, and no try of it; one that dies at each try is."""
    knobs = {"broker": {"dead_letters": {"after": 2}, "visibility": "1s"}}
    tables = run(["{crash: read_model, after: apply, restart: 1s}"], knobs, at=(0.0,), name="naive")
    assert dead(tables) == [(0, True)]
