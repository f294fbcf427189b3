"""A database that fails instead of waiting: errors of its own, a timeout, and connections held across the provider's call."""

from __future__ import annotations

from typing import Any

import pytest

from sim.ledger.records import Tables
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
BY_ITSELF: dict[str, Any] = {"app": {"retry": {"never": True}}, "recovery": {"reconcile_every": None}}
TOLD = ("request", "charge", "order", "crash", "error")


def happened(
    architecture: str, more: str, knobs: dict[str, Any] | None = None, *, arrivals: tuple[float, ...] = (0.0,)
) -> list[str]:
    """What happens to requests, charges and orders, with an app that asks once; nobody refunds anything."""
    return lines(made(architecture, more, knobs, arrivals=arrivals))


def made(architecture: str, more: str, knobs: dict[str, Any] | None = None, *, arrivals: tuple[float, ...] = (0.0,)) -> Tables:
    chosen = design(architecture, {**BY_ITSELF, **(knobs or {})})
    return morning(world(ONE + more, arrivals=arrivals), chosen)[0]


def lines(tables: Tables) -> list[str]:
    return [line for line in timeline(tables) if line.split()[1] in TOLD and "visible" not in line]


def test_a_write_that_is_rolled_back_leaves_nothing_and_its_caller_hears_500() -> None:
    """The first transaction fails: there is no order, no charge; the answer is there 20 ms after the 4 ms of the work."""
    assert happened("naive", "faults: [{errors: database, times: 1}]\n") == [
        "0.000 request 0 sent",
        "0.034 error database after write",
        "0.054 request 0 answered FAILED",
    ]


def test_a_commit_whose_answer_is_lost_is_done_all_the_same() -> None:
    """The card is charged and the order confirmed, and the app is told that it failed; nobody publishes the order."""
    fault = 'faults: [{errors: database, on: writes, how: committed, at: "07:00:01", for: 1min}]\n'
    lines = happened("naive", fault, arrivals=(0.7,))
    assert lines == [
        "0.700 request 0 sent",
        "0.734 charge 0 of order 0 sent",
        "0.734 order 0 created",
        "1.184 charge 0 captured",
        "1.184 charge 0 known CAPTURED",
        "1.188 order 0 confirmed",
        "1.188 error database after write",
        "1.208 request 0 answered FAILED",
    ]


def test_reads_alone_may_fail() -> None:
    """With `check_first` the key is looked up before it is inserted; only the look fails."""
    assert happened("idempotent", "faults: [{errors: database, on: reads, times: 1}]\n", {"claim": {"check_first": True}}) == [
        "0.000 request 0 sent",
        "0.031 error database after read",
        "0.051 request 0 answered FAILED",
    ]


def test_a_payment_that_can_not_be_written_is_charged_again_and_again() -> None:
    """Each delivery charges and can't write that down; and the relay can't mark the order, so it publishes it once more."""
    fault = 'faults: [{errors: database, on: writes, at: "07:00:01", for: 3s}]\n'
    lines = happened("outbox", fault, {"payment": {"key": "none"}}, arrivals=(0.7,))
    assert [line for line in lines if "captured" in line or "error" in line or "confirmed" in line] == [
        "1.009 error database after write",  # the relay's mark
        "1.460 charge 0 captured",
        "1.464 error database after write",  # the payment worker's outcome
        "2.517 error database after write",
        "2.968 charge 1 captured",
        "2.972 error database after write",
        "4.476 charge 2 captured",
        "4.480 order 0 confirmed",
    ]


def test_a_loop_survives_a_database_that_fails() -> None:
    """The relay's polls fail for three seconds; it starts again after each, and publishes when they are over."""
    fault = 'faults: [{errors: database, on: reads, at: "07:00:01", for: 3s}]\n'
    lines = happened("outbox", fault, arrivals=(0.9,))
    assert [line for line in lines if "error" in line] == [
        "1.002 error database after read",
        "2.503 error database after read",
    ]
    assert "4.012 charge 0 of order 0 sent" in lines


ONE_CONNECTION = {"connections": 1, "timeout": "300ms"}


def test_who_waits_too_long_for_a_connection_gets_an_error_and_no_work_is_done() -> None:
    """One connection, 200 ms a write, three at once, 300 ms of patience: the second's work is half done then, and commits;
    the third would begin 100 ms later, and does nothing.
    """
    knobs = {"database": {**ONE_CONNECTION, "write": {"constant": "200ms"}}}
    tables = made("naive", "", knobs, arrivals=(0.0, 0.0, 0.0))
    assert [line for line in lines(tables) if "created" in line or "answered" in line][:3] == [
        "0.230 order 0 created",
        "0.350 request 1 answered FAILED",
        "0.350 request 2 answered FAILED",
    ]
    assert len(tables.orders) == 2


def test_who_waits_too_long_for_their_own_work_gets_an_error_and_it_commits() -> None:
    """A write of 400 ms, and a timeout of 300: told to have failed at 330 ms, in the database at 430."""
    tables = made("naive", "", {"database": {**ONE_CONNECTION, "write": {"constant": "400ms"}}})
    assert lines(tables) == ["0.000 request 0 sent", "0.350 request 0 answered FAILED", "0.430 order 0 created"]


@pytest.mark.parametrize("held", [False, True])
def test_a_connection_is_held_across_the_call_only_where_the_design_says_so(held: bool) -> None:
    """One connection, two customers, a call of 450 ms: where it is held, the second can't even insert an order before."""
    knobs = {"database": {"connections": 1}, "payment": {"in_transaction": held}}
    sent = [line for line in happened("naive", "", knobs, arrivals=(0.0, 0.1)) if "of order" in line]
    assert sent == ["0.034 charge 0 of order 0 sent", f"{'0.492' if held else '0.134'} charge 1 of order 1 sent"]


def test_a_process_that_dies_gives_its_connection_back() -> None:
    """Killed while it holds the one connection: 5 s later the next customer finds it free."""
    knobs = {"database": {"connections": 1}, "payment": {"in_transaction": True}, "checkout": {"instances": 1}}
    more = 'faults: [{crash: checkout, at: "07:00:01", restart: 1s}]\n'
    lines = happened("naive", more, knobs, arrivals=(0.8, 5.0))
    assert [line for line in lines if "of order" in line] == [
        "0.834 charge 0 of order 0 sent",
        "5.034 charge 1 of order 1 sent",
    ]


def test_held_connections_serve_as_fast_as_others() -> None:
    """Where no call is made while a connection is held, both kinds of pool give every visit the same time."""
    plain, held = (
        made("outbox", "", {"payment": {"in_transaction": it}, "database": {"connections": 1}}, arrivals=(0.0, 0.001, 0.002))
        for it in (False, True)
    )
    assert plain.requests["answered_s"].tolist() == pytest.approx(held.requests["answered_s"].tolist())
