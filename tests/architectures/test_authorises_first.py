"""outbox with `payment.capture`: the card is authorised before the answer, and the money taken when the coffee is made."""

from __future__ import annotations

from textwrap import dedent
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from sim.architectures import ARCHITECTURES
from sim.config.library import parse_scenario
from sim.ledger.promises import no_money_is_blocked
from sim.vocabulary import Status
from tests.architectures.test_promises import WEATHER, weathers
from tests.worlds import ONE_CUSTOMER, design, judged, morning, timeline, world

LATER: dict[str, Any] = {"payment": {"capture": {"after": "1min"}}}
NO_RECONCILER: dict[str, Any] = {"recovery": {"reconcile_every": None}}
ONE_TRY = ONE_CUSTOMER.replace("{constant: 1h}", "{constant: 1h}\n  max_submissions: 1")
LOST = ONE_TRY + 'faults: [{brownout: provider, at: "07:00", for: 300ms, latency: x1, ambiguous: 100%}]\n'


def told(text: str, knobs: dict[str, Any]) -> list[str]:
    return timeline(judged(world(text), design("outbox", knobs))[0])


def test_the_answer_waits_for_the_bank_and_the_money_for_the_coffee() -> None:
    """Authorised at 0.484, confirmed and answered; taken a minute after the confirmation."""
    assert (
        told(ONE_CUSTOMER, LATER)
        == dedent(
            """\
        0.000 request 0 sent
        0.034 charge 0 of order 0 sent
        0.034 order 0 created
        0.484 charge 0 known AUTHORISED
        0.484 charge 0 held
        0.488 order 0 confirmed
        0.508 request 0 answered CONFIRMED
        0.522 award for order 0
        0.549 order 0 visible
        3.508 purchase 0 seen
        60.943 charge 0 captured
        60.943 charge 0 held no more"""
        ).splitlines()
    )


def test_a_declined_card_is_told_at_once() -> None:
    """Nobody is told yes and then no: what outbox answers before it has asked the bank."""
    declined = world(ONE_CUSTOMER + "  declined: 100%\n")
    _, answered_early = morning(declined, design("outbox"))
    tables, asked_first = morning(declined, design("outbox", LATER))
    assert (answered_early.retracted.tolist(), asked_first.retracted.tolist()) == ([True], [False])
    assert list(tables.orders["status"]) == [Status.DECLINED]


def test_a_process_that_dies_with_the_authorisation_in_its_head_is_made_up_for() -> None:
    """A payment worker authorises once more with the same key, and hears that the money is held."""
    text = ONE_TRY + "faults: [{crash: checkout, after: authorise, times: 1}]\n"
    lines = [line for line in told(text, {**LATER, **NO_RECONCILER}) if "charge" in line or "confirmed" in line]
    assert lines == [
        "0.034 charge 0 of order 0 sent",
        "0.484 charge 0 known AUTHORISED",
        "0.484 charge 0 held",
        "5.039 charge 1 of order 0 sent",
        "5.489 charge 1 known AUTHORISED",
        "5.493 order 0 confirmed",
        "65.948 charge 0 captured",
        "65.948 charge 0 held no more",
    ]


@pytest.mark.parametrize("struck", ["capture", "authorise"])
def test_a_capture_that_nobody_heard_the_end_of_is_made_once(struck: str) -> None:
    """The payment worker dies after it: the next delivery is told that the money is taken."""
    text = ONE_TRY + f"faults: [{{crash: payment, after: {struck}, times: 1}}]\n"
    tables, evidence = judged(world(text), design("outbox", {**LATER, **NO_RECONCILER}))
    assert evidence.audit.charged.tolist() == [1]
    assert evidence.audit.correct.tolist() == [True]
    assert [int(cents) for cents in tables.holds["captured_cents"]] == [650]


def test_an_authorisation_beside_another_is_released_by_the_reconciler() -> None:
    """Without a key the answer that was lost is a second hold; only the reconciler lets the first one go."""
    no_key: dict[str, Any] = {"payment": {"key": "none", "capture": {"after": "1min"}}}
    _, forgotten = morning(world(LOST), design("outbox", {**no_key, **NO_RECONCILER}))
    assert (forgotten.blocked.tolist(), forgotten.charged.tolist()) == ([1], [1])
    tables, looked = morning(world(LOST), design("outbox", no_key))
    assert (looked.blocked.tolist(), looked.charged.tolist()) == ([0], [1])
    assert sorted(tables.holds["voided_cents"].tolist()) == [0, 650]


def test_an_order_that_is_given_up_lets_its_money_go() -> None:
    """One try without an answer, and the order is left unknown: the reconciler finds the money, confirms, and captures."""
    once: dict[str, Any] = {"payment": {"capture": {"after": "1min"}, "retry": {"never": True}}}
    _, left = morning(world(LOST), design("outbox", {**once, **NO_RECONCILER, "app": {"retry": {"never": True}}}))
    assert left.correct.tolist() == [True]  # the payment worker asked with the same key
    _, found = morning(world(LOST), design("outbox", once))
    assert found.correct.tolist() == [True]


@settings(max_examples=15, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck), phases=[Phase.generate])
@given(weather=weathers, seed=st.integers(0, 1000))
def test_its_promises_hold_under_every_weather(weather: dict[str, Any], seed: int) -> None:
    """Those of outbox, and that no money is blocked for nothing."""
    text = WEATHER.format(**weather) + f"  - {{crash: checkout, after: authorise, p: {weather['p']}%, restart: 5s}}\n"
    text += f"  - {{crash: payment, after: capture, p: {weather['p']}%, restart: 5s}}\n"
    chosen = design("outbox", {"payment": {"capture": {"after": "3min"}}}, constant=False)
    _, audit = morning(parse_scenario(text), chosen, seed)
    for promise in (*ARCHITECTURES["outbox"].promises, no_money_is_blocked):
        broken = promise(audit)
        assert not len(broken), f"{promise.__name__}: {broken[:5]}"


def test_two_keys_for_one_payment_block_money() -> None:
    """The mutant of that promise: without a key and a reconciler, bad weather leaves money behind."""
    bad = {**dict.fromkeys(("patience", "gap", "lost", "failed", "slow", "p"), 5), "ambiguous": 30}
    text = WEATHER.format(**bad, in_flight="conflict", down="provider", step="commit")
    chosen = design("outbox", {"payment": {"key": "none", "capture": {}}, **NO_RECONCILER}, constant=False)
    assert len(no_money_is_blocked(morning(parse_scenario(text), chosen)[1]))
