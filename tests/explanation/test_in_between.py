"""The story tells of errors, of connections that are cut, of a database that fails, and of whoever repeats by itself."""

from __future__ import annotations

from typing import Any

import pytest

from sim.explanation.trace import traced
from tests.worlds import ONE_CUSTOMER, design, world

ONCE: dict[str, Any] = {"app": {"timeout": "5min", "retry": {"never": True}}, "payment": {"timeout": "5min"}}
LEAVES = "{constant: 1h}\n  after_patience: {tap_again: 0%, refresh: 0%, leave: 100%}"
ONE = ONE_CUSTOMER.replace("{constant: 1h}", LEAVES)
SLOW = ONE.replace("450ms", "25s")


def told(scenario: str, name: str, knobs: dict[str, Any], *who: str) -> list[str]:
    """What these parties do or are told, each as `who (to): text`."""
    _, moments = traced(world(scenario), design(name, knobs), 0, purchase=0)
    return [f"{m.who}{f' ({m.to})' if m.to else ''}: {m.text}" for m in moments if m.who in who or m.to in who]


def test_a_proxy_is_a_party() -> None:
    assert told(SLOW, "naive", {**ONCE, "proxy": {"timeout": "10s", "tries": 2}}, "proxy") == [
        "proxy (checkout): hears nothing, and sends request 1 by itself, time 2",
        "proxy (app): request 1: 504 nobody answers",
        "checkout (proxy): request 1: 201 paid (the proxy has stopped waiting)",
        "checkout (proxy): request 1: 201 paid (the proxy has stopped waiting)",
    ]


def test_a_client_library_calls_again() -> None:
    payment = {"timeout": "10s", "sdk": {"key": "fresh", "tries": 2}}
    knobs = {**ONCE, "payment": payment, "completer": {"after": "1h"}, "recovery": {"reconcile_every": None}}
    assert told(SLOW, "idempotent", knobs, "provider") == [
        "checkout (provider): charges 6.50 USD, key “order-0”",
        "checkout (provider): charges 6.50 USD, key “order-0”, renewed",
        "provider: takes 6.50 USD from the card (its caller has stopped waiting)",
        "provider: takes 6.50 USD from the card (its caller has stopped waiting)",
    ]
    assert "checkout: its client library calls again by itself after “no answer”, time 2" in told(
        SLOW, "idempotent", knobs, "checkout"
    )


@pytest.mark.parametrize(
    ("fault", "lines"),
    [
        (
            "{crash: checkout, after: charge, times: 1, how: resets}",
            ["checkout: dies right after the step “charge”", "checkout (app): request 1: the connection is cut"],
        ),
        (
            "{errors: checkout, after: charge, times: 1}",
            ["checkout: throws an error right after the step “charge”", "checkout (app): request 1: 500 internal error"],
        ),
    ],
)
def test_how_a_process_ends(fault: str, lines: list[str]) -> None:
    assert told(f"{ONE}faults: [{fault}]\n", "naive", ONCE, "checkout")[-2:] == lines


@pytest.mark.parametrize(
    ("how", "line"),
    [
        ("rolled_back", "database: the write fails, and nothing is done"),
        ("committed", "database: the write is done, and the answer is lost"),
    ],
)
def test_a_database_fails(how: str, line: str) -> None:
    faults = f"faults: [{{errors: database, on: writes, how: {how}, times: 1}}]\n"
    assert told(ONE + faults, "naive", ONCE, "database")[-1] == line


def test_a_payment_worker_gives_an_order_up() -> None:
    """Its transaction fails: no step has struck it, and the message comes again."""
    faults = 'faults: [{errors: database, on: writes, at: "07:00:01", for: 1s}]\n'
    scenario = ONE.replace("450ms", "1s") + faults
    lines = told(scenario, "outbox", {"app": ONCE["app"]}, "payment")
    assert "payment: gives order 0 up with an error" in lines
    assert any("the broker delivers “order 0 PENDING” again" in line for line in lines)
