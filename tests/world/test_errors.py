"""Crashes that cut their connections, and processes that throw an error and live on: one customer, event by event."""

from __future__ import annotations

from typing import Any

import pytest

from sim.config.errors import ConfigError
from sim.config.library import parse_scenario
from sim.vocabulary import Fate
from tests.worlds import design, morning, timeline, world

ONE = """
name: one-customer
clock: {start: "07:00", duration: 2min, drain: 10min}
customers:
  patience: {constant: 1h}
  after_patience: {tap_again: 0%, refresh: 0%, leave: 100%}
provider:
  latency: {constant: 450ms}
"""
ONCE: dict[str, Any] = {"app": {"retry": {"never": True}}}
ONE_WORKER: dict[str, Any] = {**ONCE, "checkout": {"workers": 1, "instances": 1}}
TOLD = ("request", "charge", "order", "crash", "error")


def told(
    architecture: str, fault: str, knobs: dict[str, Any] | None = None, *, arrivals: tuple[float, ...] = (0.0,)
) -> list[str]:
    """What happens to requests, charges and orders, and what strikes, with an app that asks once; nobody refunds anything."""
    chosen = design(architecture, {"recovery": {"reconcile_every": None}, **ONCE, **(knobs or {})})
    tables, _ = morning(world(f"{ONE}faults: [{fault}]\n", arrivals=arrivals), chosen)
    return [line for line in timeline(tables) if line.split()[1] in TOLD and "visible" not in line]


UP_TO_THE_CHARGE = [
    "0.000 request 0 sent",
    "0.034 charge 0 of order 0 sent",
    "0.034 order 0 created",
    "0.484 charge 0 captured",
    "0.484 charge 0 known CAPTURED",
]


def test_a_process_that_vanishes_is_silent() -> None:
    """The app waits for its timeout of 8 s; nothing has come by then."""
    lines = told("naive", "{crash: checkout, after: charge}")
    assert lines == [*UP_TO_THE_CHARGE, "0.484 crash checkout after charge"]


def test_a_process_that_resets_its_connections_is_heard_at_once() -> None:
    """20 ms after its death, over the network, the app has what it takes for a 503."""
    lines = told("naive", "{crash: checkout, after: charge, how: resets}")
    assert lines == [*UP_TO_THE_CHARGE, "0.484 crash checkout after charge", "0.504 request 0 answered UNAVAILABLE"]


def test_an_instance_that_resets_its_connections_is_heard_by_all_who_wait() -> None:
    """The crash of a whole instance cuts the request that it works on, and the one that waits before it."""
    fault = '{crash: checkout, at: "07:00:01", how: resets, restart: 5s}'
    own = {**ONCE, "checkout": {"workers": 1, "instances": 1, "queue": "per_instance"}}
    tables, _ = morning(world(f"{ONE}faults: [{fault}]\n", arrivals=(0.7, 0.8)), design("naive", own))
    assert tables.requests["fate"].tolist() == [Fate.EXECUTED, Fate.DROPPED]
    lines = told("naive", fault, own, arrivals=(0.7, 0.8))
    assert [line for line in lines if "answered" in line or "crash" in line] == [
        "1.000 crash checkout after ",
        "1.020 request 0 answered UNAVAILABLE",
        "1.020 request 1 answered UNAVAILABLE",
    ]


def test_nobody_waits_for_an_answer_of_the_relay() -> None:
    with pytest.raises(ConfigError, match=r"how: nobody waits for an answer of the relay; leave it out"):
        parse_scenario("name: x\nfaults: [{crash: relay, after: publish, how: resets}]\n")


def test_a_handler_that_throws_answers_500_and_its_worker_takes_the_next_request() -> None:
    """One worker: the first request is charged and fails; the second, which waits for the worker, is served right after."""
    lines = told("naive", "{errors: checkout, after: charge, times: 1}", ONE_WORKER, arrivals=(0.0, 0.1))
    assert lines == [
        "0.000 request 0 sent",
        "0.034 charge 0 of order 0 sent",
        "0.034 order 0 created",
        "0.100 request 1 sent",
        "0.484 charge 0 captured",
        "0.484 charge 0 known CAPTURED",
        "0.484 error checkout after charge",
        "0.498 charge 1 of order 1 sent",
        "0.498 order 1 created",
        "0.504 request 0 answered FAILED",
        "0.948 charge 1 captured",
        "0.948 charge 1 known CAPTURED",
        "0.952 order 1 confirmed",
        "0.975 request 1 answered CONFIRMED",
    ]


def test_a_payment_worker_that_throws_gets_the_message_again() -> None:
    """After `broker.visibility`, 30 s from the first delivery at 0.509, as after a death; its worker has lived on."""
    lines = told("outbox", "{errors: payment, after: charge, times: 1}", {"payment": {"key": "none", "workers": 1}})
    assert [line for line in lines if "charge" in line] == [
        "0.509 charge 0 of order 0 sent",
        "0.959 charge 0 captured",
        "0.959 charge 0 known CAPTURED",
        "0.959 error payment after charge",
        "30.514 charge 1 of order 0 sent",
        "30.964 charge 1 captured",
        "30.964 charge 1 known CAPTURED",
    ]


def test_a_loop_that_throws_starts_again_after_a_second() -> None:
    """A relay that throws after each publication publishes the order every 1.5 s and 4 ms: a second, its poll, its work."""
    lines = told("outbox", '{errors: relay, after: publish, at: "07:00", for: 3s}')
    struck = [float(line.split()[0]) for line in lines if "error relay" in line]
    assert struck == pytest.approx([0.504, 2.008])


def test_errors_end_with_their_span() -> None:
    """A bad deploy of a minute from 07:00:10 on: who comes before it or after it is served."""
    fault = '{errors: checkout, after: insert, at: "07:00:10", for: 1min}'
    lines = told("naive", fault, arrivals=(9.0, 11.0, 69.0, 71.0))
    answers = [line.split(maxsplit=1)[1] for line in lines if "answered" in line]
    assert answers == [
        "request 0 answered CONFIRMED",
        "request 1 answered FAILED",
        "request 2 answered FAILED",
        "request 3 answered CONFIRMED",
    ]


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        ("{errors: checkout}", "errors: after which step? add after:, like after: charge"),
        ("{errors: checkout, after: charge, on: writes}", "on: only the database has this; leave it out"),
        ("{errors: database, after: commit}", "after: the database takes no steps; leave it out"),
        ('{errors: database, at: "07:15"}', "at: give also for:, how long it lasts"),
        ("{errors: database, for: 10min}", "for: give either at: (a clock time) or every: (a distribution) with it"),
    ],
)
def test_what_an_error_can_not_be(fault: str, message: str) -> None:
    with pytest.raises(ConfigError) as told_of:
        parse_scenario(f"name: x\nfaults: [{fault}]\n")
    assert message in str(told_of.value)


def test_a_brownout_has_a_key_of_the_same_name() -> None:
    """`errors: 8%` of a brownout is a share of its calls, wherever it stands."""
    scenario = parse_scenario("name: x\nfaults: [{errors: 8%, brownout: provider, at: '07:15', for: 1min}]\n")
    assert scenario.faults[0].failed == 0.04
