"""Somebody in between who repeats: a proxy before the checkout, and the provider's client library. One customer at a time."""

from __future__ import annotations

from math import ceil
from typing import Any

import pytest

from sim.ledger.records import PROXY, SDK, Tables
from sim.vocabulary import Fate
from tests.worlds import design, morning, timeline, world

ONE = """
name: one-customer
clock: {start: "07:00", duration: 2min, drain: 10min}
customers:
  patience: {constant: 1h}
  after_patience: {tap_again: 0%, refresh: 0%, leave: 100%}
provider:
  latency: {constant: LATENCY}
"""
PATIENT: dict[str, Any] = {"app": {"timeout": "5min", "retry": {"never": True}}, "payment": {"timeout": "5min"}}
TOLD = ("request", "charge", "order", "crash", "error")


def made(
    architecture: str, knobs: dict[str, Any], *, latency: str = "25s", more: str = "", arrivals: tuple[float, ...] = (0.0,)
) -> Tables:
    """A morning with an app that waits long and asks once."""
    text = ONE.replace("LATENCY", latency) + more
    return morning(world(text, arrivals=arrivals), design(architecture, {**PATIENT, **knobs}))[0]


def lines(tables: Tables) -> list[str]:
    return [line for line in timeline(tables) if line.split()[1] in TOLD and "visible" not in line]


def test_a_proxy_sends_the_same_request_again_while_the_first_is_at_work() -> None:
    """A call of 25 s, a proxy that waits 10 s, three times: three orders, three charges, and a 504 after 30 s."""
    tables = made("naive", {"proxy": {"timeout": "10s"}})
    assert lines(tables) == [
        "0.000 request 0 sent",
        "0.034 charge 0 of order 0 sent",
        "0.034 order 0 created",
        "10.034 charge 1 of order 1 sent",
        "10.034 order 1 created",
        "20.034 charge 2 of order 2 sent",
        "20.034 order 2 created",
        "25.034 charge 0 captured",
        "25.034 charge 0 known CAPTURED",
        "25.038 order 0 confirmed",
        "30.040 request 0 answered UNAVAILABLE",
        "35.034 charge 1 captured",
        "35.034 charge 1 known CAPTURED",
        "35.038 order 1 confirmed",
        "45.034 charge 2 captured",
        "45.034 charge 2 known CAPTURED",
        "45.038 order 2 confirmed",
    ]
    assert tables.repeats["who"].tolist() == [PROXY, PROXY]
    assert tables.repeats["sent_s"].tolist() == pytest.approx([10.02, 20.02])
    assert tables.counts["copies_served"] == 2


def test_a_late_answer_that_is_taken_ends_it() -> None:
    """The answer to the first try, at 25.041 s, goes to the app; the third try is under way by then."""
    tables = made("naive", {"proxy": {"timeout": "10s", "late": "taken"}})
    assert "25.061 request 0 answered CONFIRMED" in lines(tables)
    assert len(tables.charges) == 3


@pytest.mark.parametrize("work_s", [3, 9.9, 10.1, 25, 31, 49, 51, 100])
@pytest.mark.parametrize("tries", [1, 3, 5])
def test_executions_of_a_repeated_request(work_s: float, tries: int) -> None:
    """The first answer that is taken ends it: ceil(work / timeout) executions, `tries` at most. Ignored: 1, or all of them."""
    executions = min(ceil(work_s / 10), tries)
    for late, expected in (("taken", executions), ("ignored", 1 if work_s < 10 else tries)):
        tables = made("naive", {"proxy": {"timeout": "10s", "tries": tries, "late": late}}, latency=f"{work_s:g}s")
        assert len(tables.charges) == expected


def test_a_proxy_that_waits_longer_than_the_work_takes_repeats_nothing() -> None:
    """A morning with such a proxy is the same, time for time, as one without."""
    plain, proxied = (made("naive", knobs) for knobs in ({}, {"proxy": {"timeout": "26s"}}))
    assert lines(plain) == lines(proxied)


def test_nothing_is_sent_for_an_app_that_has_hung_up() -> None:
    """The app waits 8 s, the proxy 10: its client has closed the connection by then."""
    tables = made("naive", {"proxy": {"timeout": "10s"}, "app": {"timeout": "8s", "retry": {"never": True}}})
    assert len(tables.charges) == 1
    assert len(tables.repeats) == 0


def test_a_key_stays_the_same_through_a_proxy() -> None:
    """The second try finds the first at work: 409 at once, no second charge."""
    tables = made("idempotent", {"proxy": {"timeout": "10s"}, "claim": {"lock": "1min"}})
    assert [line for line in lines(tables) if "answered" in line] == ["10.054 request 0 answered CONFLICT"]
    assert len(tables.charges) == 1


def test_a_connection_that_is_cut_is_sent_again_at_once() -> None:
    """The process dies after the charge and cuts its connection: the proxy sends the request to the next worker in no time."""
    knobs = {"proxy": {"timeout": "60s"}, "checkout": {"workers": 2, "instances": 2}}
    fault = "faults: [{crash: checkout, after: charge, times: 1, how: resets}]\n"
    assert [
        line for line in lines(made("naive", knobs, latency="450ms", more=fault)) if "of order" in line or "ans" in line
    ] == [
        "0.034 charge 0 of order 0 sent",
        "0.498 charge 1 of order 1 sent",
        "0.975 request 0 answered CONFIRMED",
    ]


@pytest.mark.parametrize(("on", "answer"), [(["unavailable"], "0.040 request 0"), (["timeout"], "0.040 request 0")])
def test_a_503_is_passed_on_after_the_last_try(on: list[str], answer: str) -> None:
    """Nobody is up: the proxy tries three times at once, or once, and passes the 503 on. It is one rejected request."""
    fault = 'faults: [{outage: checkout, at: "07:00", for: 5min}]\n'
    tables = made("naive", {"proxy": {"on": on}}, more=fault)
    assert lines(tables)[1:] == [f"{answer} answered UNAVAILABLE"]
    assert tables.requests["fate"].tolist() == [Fate.REJECTED]
    assert len(tables.repeats) == (2 if on == ["unavailable"] else 0)


def test_a_request_has_the_fate_of_the_try_that_came_farthest() -> None:
    """The checkout hangs for the first try and works for the second."""
    fault = 'faults: [{outage: checkout, at: "07:00", for: 5s, how: hangs}]\n'
    tables = made("naive", {"proxy": {"timeout": "10s"}}, latency="450ms", more=fault)
    assert tables.requests["fate"].tolist() == [Fate.EXECUTED]
    assert tables.counts["copies_served"] == 0
    assert "10.511 request 0 answered CONFIRMED" in lines(tables)


def test_a_proxy_says_that_nobody_has_answered() -> None:
    """A checkout that hangs for both tries: a lost request gets no answer, and this one gets a 504."""
    fault = 'faults: [{outage: checkout, at: "07:00", for: 5min, how: hangs}]\n'
    tables = made("naive", {"proxy": {"timeout": "10s", "tries": 2}}, more=fault)
    assert lines(tables) == ["0.000 request 0 sent", "20.040 request 0 answered UNAVAILABLE"]
    assert tables.requests["fate"].tolist() == [Fate.REJECTED]


# The provider's client library

AMBIGUOUS = '  ambiguous: 0%\nfaults: [{brownout: provider, at: "07:00", for: 3s, latency: x1, ambiguous: 100%}]\n'


def library(key: str, payment_key: str = "order", **more: Any) -> Tables:
    """The answer to the first call is lost; the library repeats it after its timeout of 5 s and half a second."""
    payment = {"timeout": "5s", "key": payment_key, "sdk": {"key": key, **more}}
    return made("idempotent", {"payment": payment}, latency="450ms", more=AMBIGUOUS)


@pytest.mark.parametrize(("key", "charges"), [("same", 1), ("fresh", 2), ("none", 2)])
def test_a_library_that_repeats_with_another_key_charges_twice(key: str, charges: int) -> None:
    tables = library(key)
    assert [line for line in lines(tables) if "of order" in line] == [
        "0.034 charge 0 of order 0 sent",
        "5.534 charge 1 of order 0 sent",
    ]
    assert sum("captured" in line for line in lines(tables)) == charges
    assert (tables.repeats["who"].tolist(), tables.repeats["row"].tolist()) == ([SDK], [1])


def test_a_library_repeats_only_after_what_it_is_told_to() -> None:
    """Not after a timeout, and not if it has a single try: the shop's own completer calls again, with the order's key."""
    for knobs in ({"on": ["error"]}, {"tries": 1}):
        assert len(library("fresh", **knobs).repeats) == 0


def test_a_library_has_a_timeout_of_its_own() -> None:
    """2 s a try instead of 5."""
    tables = library("same", timeout="2s")
    assert [line for line in lines(tables) if "of order" in line][1] == "2.534 charge 1 of order 0 sent"


def test_a_conflict_never_outlasts_the_first_call() -> None:
    """The first call ends after 450 ms. A second, 440 ms later, is refused after 10 ms, not after the usual 50."""
    times = "faults: []\n"
    payment = {"timeout": "440ms", "sdk": {"delay": "0s", "tries": 2, "key": "same"}}
    tables = made("idempotent", {"payment": payment, "completer": {"every": "1h"}}, latency="450ms", more=times)
    assert lines(tables)[5:7] == ["0.484 charge 0 captured", "0.484 charge 1 known CONFLICT"]
