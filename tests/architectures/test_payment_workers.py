"""The outbox design's payment workers while the provider fails, call by call. A call takes 450 ms, a delivery 5 ms."""

from __future__ import annotations

from typing import Any

import pytest

from sim.ledger.records import Tables
from sim.vocabulary import Outcome, Status
from tests.worlds import ONE_CUSTOMER, design, morning, timeline, world

ONE_TAP = ONE_CUSTOMER.replace("{constant: 1h}", "{constant: 1h}\n  max_submissions: 1\n  polling: {every: 10min}")
ERRORED = ONE_TAP.replace("450ms}", "450ms}\n  errored: 100%")
AT_TWO = {"failures": "100%", "window": 2, "open": "10s"}


def paid(text: str, payment: dict[str, Any]) -> Tables:
    return morning(world(text), design("outbox", {"payment": payment, "recovery": {"reconcile_every": None}}))[0]


def calls(tables: Tables) -> list[str]:
    return [line for line in timeline(tables) if "charge" in line and "captured" not in line]


def brownout(what: str, seconds: int) -> str:
    return ONE_TAP + f'faults: [{{brownout: provider, at: "07:00", for: {seconds}s, latency: x1, {what}: 100%}}]\n'


def test_a_refused_call_is_repeated_until_the_provider_is_well() -> None:
    """A refusal that will be repeated is not written down: the order stays open, and is paid in the end."""
    tables = paid(brownout("failed", 8), {"breaker": None, "retry": {"fixed": {"delay": "5s"}}})
    assert calls(tables) == [
        "0.509 charge 0 of order 0 sent",
        "0.959 charge 0 known FAILED",
        "5.964 charge 1 of order 0 sent",
        "6.414 charge 1 known FAILED",
        "11.419 charge 2 of order 0 sent",
        "11.869 charge 2 known CAPTURED",
    ]
    assert list(tables.orders["status"]) == [Status.CONFIRMED]


def test_a_breaker_asks_again_when_it_may_and_no_sooner() -> None:
    """Two refusals open it for 10 s. A worker that comes half a second early is sent away until then."""
    tables = paid(brownout("failed", 15), {"breaker": AT_TWO, "retry": {"fixed": {"delay": "9500ms"}}})
    assert calls(tables) == [
        "0.509 charge 0 of order 0 sent",
        "0.959 charge 0 known FAILED",
        "10.464 charge 1 of order 0 sent",
        "10.914 charge 1 known FAILED",
        "20.919 charge 2 of order 0 sent",
        "21.369 charge 2 known CAPTURED",
    ]


@pytest.mark.parametrize(
    ("text", "outcome"),
    [(brownout("failed", 99), "FAILED"), (brownout("ambiguous", 99), "UNKNOWN"), (ERRORED, "ERROR")],
)
def test_whatever_tells_nothing_opens_the_breaker(text: str, outcome: str) -> None:
    """Refused, unanswered or broken down: after two of them nobody calls for 10 s, although a second would be the turn."""
    knobs = {"breaker": AT_TWO, "key": "none", "after_error": "same_key", "retry": {"fixed": {"delay": "1s", "attempts": 3}}}
    tables = paid(text, knobs)
    assert [line.split()[-1] for line in calls(tables) if "known" in line] == [outcome] * 3
    sent, answered = tables.charges["sent_s"], tables.charges["answered_s"]
    assert sent[1] - answered[0] < 1.1
    assert sent[2] - answered[1] > 10.0


@pytest.mark.parametrize("declined", [False, True])
def test_what_is_known_keeps_the_breaker_closed(declined: bool) -> None:
    """Captured and declined are answers: three customers in turn are charged, each in the second in which they come."""
    text = ONE_TAP.replace("450ms}", "450ms}\n  declined: 100%") if declined else ONE_TAP
    knobs = {"payment": {"breaker": AT_TWO}, "recovery": {"reconcile_every": None}}
    tables, _ = morning(world(text, arrivals=(0.0, 2.0, 4.0)), design("outbox", knobs))
    assert [int(time_s) for time_s in tables.charges["sent_s"]] == [0, 2, 4]


def test_a_call_from_before_the_opening_does_not_decide_the_trial() -> None:
    """The first call hangs; the next two are refused and open the breaker; the trial is out when the first one's time is up. So
    the trial closes the breaker, and what waits for it is charged.
    """
    text = (
        ONE_TAP
        + """faults:
      - {brownout: provider, at: "07:00", for: 1s, latency: x1, ambiguous: 100%}
      - {brownout: provider, at: "07:00:01", for: 2s, latency: x1, failed: 100%}
      - {brownout: provider, at: "07:00:04", for: 2s, latency: x4}
    """
    )
    payment = {"breaker": {**AT_TWO, "open": "2s"}, "retry": {"fixed": {"delay": "1s"}}}
    knobs = {"payment": payment, "recovery": {"reconcile_every": None}}
    tables, _ = morning(world(text, arrivals=(0.0, 1.0, 1.5)), design("outbox", knobs))
    told = [Outcome(outcome).name for outcome in tables.charges["outcome"]]
    assert told == ["UNKNOWN", "FAILED", "FAILED", "CAPTURED", "CAPTURED", "CAPTURED"]
    assert [round(time_s, 1) for time_s in tables.charges["sent_s"].tolist()] == [0.5, 1.5, 2.0, 4.5, 6.5, 6.5]
    assert [round(time_s, 1) for time_s in tables.charges["answered_s"].tolist()] == [5.5, 2.0, 2.5, 6.3, 6.9, 7.0]


def test_a_message_is_done_when_somebody_else_has_settled_its_order() -> None:
    """A webhook that comes before our answer: the worker whose call went unanswered asks for no other delivery."""
    hooked = ONE_TAP.replace("450ms}", "450ms}\n  ambiguous: 100%\n  webhooks: {delay: {constant: 1s}}")
    tables = paid(hooked, {"webhooks": "checked", "retry": {"fixed": {"delay": "1s", "attempts": 4}}})
    assert calls(tables) == ["0.509 charge 0 of order 0 sent", "5.509 charge 0 known UNKNOWN"]
    assert tables.counts["broker_delivered"] == 4  # the order and its confirmation, each to the view and to whom it concerns


def test_payment_workers_that_nobody_needs_leave() -> None:
    """With an autoscaler; without one all four are paid for all the time."""
    scale = {"min": 1, "max": 8, "every": "15s", "cool_down": "1min"}
    paid_s = []
    for knobs in ({"workers": 4}, {"workers": 4, "autoscale": scale}):
        tables = paid(ONE_TAP.replace("10s, drain: 10min", "10min, drain: 10s"), knobs)
        [station] = [station for station in tables.stations if station.name == "payment"]
        paid_s.append(station.provisioned_s / tables.worked_s)
    assert paid_s[0] == 4
    assert 1 < paid_s[1] < 4
