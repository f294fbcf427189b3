"""A payment that the customer finishes at the provider, event by event: who comes back, who doesn't, and what the shop hears.

Times are constant: network 20 ms one way, computing 10 ms, a transaction 4 ms, a call to the provider 450 ms, a webhook 2 s,
and 20 s at the provider.
"""

from __future__ import annotations

from typing import Any

import pytest

from sim.config.scenario import Scenario
from sim.explanation.trace import traced
from sim.ledger.metrics import Evidence
from sim.ledger.records import Tables
from sim.vocabulary import Outcome, Status
from tests.worlds import design, judged, timeline, world

TEXT = """
name: one-customer
clock: {start: "07:00", duration: 10s, drain: 40min}
customers: {patience: {constant: 1h}PEOPLE}
provider:
  latency: {constant: 450ms}
  webhooks: {delay: {constant: 2s}}
  challenge: {p: 100%, takes: {constant: 20s}MORE}
"""
EVERY = ("naive", "idempotent", "outbox", "inquiry", "webhooks-first")


def one(more: str = "", people: str = "") -> Scenario:
    return world(TEXT.replace("MORE", f", {more}" if more else "").replace("PEOPLE", f", {people}" if people else ""))


def found(name: str, more: str = "", knobs: dict[str, Any] | None = None, people: str = "") -> tuple[Tables, Evidence]:
    return judged(one(more, people), design(name, knobs))


def test_the_customer_pays_and_comes_back() -> None:
    """The money is taken when they have finished, and the shop asks the provider when they are back."""
    tables, _ = found("idempotent")
    assert timeline(tables) == [
        "0.000 request 0 sent",
        "0.034 charge 0 of order 0 sent",
        "0.034 order 0 created",
        "0.484 charge 0 known CHALLENGED",
        "0.511 request 0 answered REDIRECT",
        "20.511 request 1 sent",
        "20.511 charge 0 captured",
        "20.996 order 0 confirmed",
        "21.014 award for order 0",
        "21.019 request 1 answered CONFIRMED",
        "21.024 order 0 visible",
        "24.019 purchase 0 seen",
    ]
    assert tables.returns["request"].tolist() == [1]


@pytest.mark.parametrize("name", EVERY)
def test_every_architecture_serves_a_challenged_customer(name: str) -> None:
    """One charge, one order, one award; a page that is loaded twice changes nothing."""
    for more in ("", "returns_twice: 100%"):
        tables, evidence = found(name, more)
        assert evidence.audit.correct.tolist() == [True]
        assert tables.orders["status"].tolist() == [Status.CONFIRMED]


@pytest.mark.parametrize("name", EVERY)
def test_a_customer_who_never_returns_needs_somebody_who_looks(name: str) -> None:
    """naive hears of the payment from nobody; the others from a webhook, or from the provider when they ask."""
    _, evidence = found(name, "returns: 0%")
    assert evidence.audit.orphan.tolist() == [name == "naive"]
    assert evidence.audit.charged.tolist() == [1]


def test_a_webhook_finishes_the_order_of_a_customer_who_never_returns() -> None:
    """Two seconds after the payment, in a transaction of its own."""
    tables, evidence = found("idempotent", "returns: 0%", {"payment": {"webhooks": "checked"}})
    assert timeline(tables)[5:7] == ["20.511 charge 0 captured", "22.515 order 0 confirmed"]
    assert evidence.audit.correct.tolist() == [True]


@pytest.mark.parametrize("name", ["idempotent", "outbox", "inquiry", "webhooks-first"])
def test_what_is_abandoned_is_declined_after_its_time(name: str) -> None:
    """Nothing is charged, and the order is settled when the shop learns of it."""
    tables, evidence = found(name, "abandoned: 100%, lasts: 5min")
    assert evidence.audit.charged.tolist() == [0]
    assert tables.orders["status"].tolist() == [Status.DECLINED]
    assert tables.purchases["good_card"].tolist() == [0]
    assert tables.orders["changed_s"][0] > 300


def test_what_is_finished_too_late_is_not_charged() -> None:
    """The payment lasts ten seconds, and the customer takes twenty."""
    tables, evidence = found("idempotent", "lasts: 10s")
    assert evidence.audit.charged.tolist() == [0]
    assert tables.orders["status"].tolist() == [Status.DECLINED]


def test_a_lost_answer_is_made_up_for_by_the_status_view() -> None:
    """outbox answers before the bank asks for more: the app learns of it when it polls, and sends the customer then."""
    tables, _ = found("outbox")
    assert [line for line in timeline(tables) if "request" in line or "captured" in line] == [
        "0.000 request 0 sent",
        "0.054 request 0 answered PENDING",
        "23.054 request 1 sent",
        "23.054 charge 0 captured",
        "23.559 request 1 answered CONFIRMED",
    ]


def test_an_authorisation_can_be_challenged_too() -> None:
    """The money is held when the customer has finished, and taken later."""
    tables, evidence = found("outbox", knobs={"payment": {"capture": {"after": "1min"}}})
    assert tables.charges["outcome"].tolist()[0] == Outcome.CHALLENGED
    assert tables.holds["authorised_s"].tolist() == [pytest.approx(20.508)]
    assert evidence.audit.correct.tolist() == [True]


def test_whoever_loses_patience_on_the_way_back_loads_the_page_again() -> None:
    """They have paid, so they don't pay again; and the second time the shop has the answer."""
    people = "after_patience: {tap_again: 50%, refresh: 50%, leave: 0%}"
    scenario = world(TEXT.replace("MORE", "").replace("{constant: 1h}PEOPLE", "{constant: 600ms}, " + people))
    slow = scenario.provider.model_copy(update={"latency": scenario.provider.latency.model_copy(update={"constant": 0.55})})
    tables, evidence = judged(scenario.model_copy(update={"provider": slow}), design("idempotent"))
    assert len(tables.returns) >= 2
    assert evidence.audit.charged.tolist() == evidence.audit.ordered.tolist() == [1]


def test_the_story_tells_of_the_way_to_the_provider_and_back() -> None:
    """In plain sentences."""
    _, lines = traced(one(), design("webhooks-first"), 0, purchase=0)
    told = [line.text for line in lines]
    for text in (
        "begins a payment of 6.50 USD, key “order-0”",
        "request 1: 303 finish the payment at the provider",
        "sends the customer to the provider, to pay for order 0",
        "finishes the payment of order 0",
        "takes 6.50 USD from the card",
        "comes back from the provider, having paid for order 0",
        "request 2, key “cart”, back from the payment of order 0",
        "asks what became of order 0",
    ):
        assert text in told


def test_a_world_without_a_challenge_draws_nothing_for_it() -> None:
    """The same morning, whatever the other keys of the challenge say."""
    plain = one().model_copy(
        update={"provider": one().provider.model_copy(update={"challenge": type(one().provider.challenge)()})}
    )
    other = plain.provider.challenge.model_copy(update={"returns": 0.5, "abandoned": 0.5})
    changed = plain.model_copy(update={"provider": plain.provider.model_copy(update={"challenge": other})})
    assert timeline(judged(plain, design("outbox"))[0]) == timeline(judged(changed, design("outbox"))[0])
