"""Crashes at a moment of the clock: who died over a purchase is told, and no answer is heard by the dead."""

from __future__ import annotations

from typing import Any

import pytest

from sim.config.design import Design
from sim.explanation.moments import StoryLine
from sim.explanation.trace import traced
from tests.worlds import ONE_CUSTOMER, design, world

SLOW = ONE_CUSTOMER.replace("450ms", "2s")


def told(chosen: Design, component: str, at: str, text: str = SLOW, restart: str = "5s") -> list[StoryLine]:
    """The story of one customer, who comes at 07:00, with a crash of a component."""
    faults = f'faults: [{{crash: {component}, at: "07:00:{at}", restart: {restart}}}]\n'
    return traced(world(text + faults), chosen, 0, purchase=0)[1]


def deaths(moments: list[StoryLine]) -> list[tuple[float, str, str]]:
    return [(moment.at_s, moment.who, moment.text) for moment in moments if moment.kind == "crash"]


def answers(moments: list[StoryLine]) -> list[tuple[str | None, str, str]]:
    """Of the provider: to whom, how it arrives, and what it says."""
    return [(line.to, line.kind, line.text) for line in moments if line.who == "provider" and line.kind in ("answer", "lost")]


LOST = ("lost", "captured (nobody is listening any more)")
NO_KEY: dict[str, Any] = {"payment": {"key": "none"}}


def test_payment_workers_die_with_a_call_under_way() -> None:
    """The card is charged, nobody hears of it, and the broker delivers the message again: the second charge has a cause."""
    moments = told(design("outbox", NO_KEY), "payment", "01")
    assert deaths(moments) == [(1.0, "payment", "dies at its work on order 0")]
    assert answers(moments) == [("payment", *LOST), ("payment", "answer", "captured")]


def test_a_checkout_instance_dies_with_a_call_under_way() -> None:
    """Its request is gone; the answer that comes a second later finds nobody."""
    moments = told(design("naive"), "checkout", "01")
    assert deaths(moments) == [(1.0, "checkout", "its instance dies, and request 1 too")]
    assert answers(moments) == [("checkout", *LOST), ("checkout", "answer", "captured")]


def test_both_requests_of_an_instance_die() -> None:
    """Each of them is told."""
    text = SLOW.replace("customers:", "customers:\n  double_tap: {p: 100%, gap: 100ms}")
    moments = told(design("naive", {"checkout": {"instances": 1}}), "checkout", "01", text)
    assert [text for _, _, text in deaths(moments)] == [f"its instance dies, and request {n} too" for n in (1, 2)]


def test_a_completer_dies_while_it_asks() -> None:
    """An inquiry's answer is not heard by the dead either."""
    text = SLOW + "  ambiguous: 100%\n"
    knobs = {"completer": {"every": "5s", "after": "10s"}, "payment": {"timeout": "5s"}}
    asked_s = next(m.at_s for m in traced(world(text), design("inquiry", knobs), 0, purchase=0)[1] if "asks what" in m.text)
    moments = told(design("inquiry", knobs), "completer", f"{int(asked_s) + 1:02d}", text)
    [(at_s, who, what)] = deaths(moments)
    assert (who, what) == ("completer", "dies while it waits for the provider")
    assert asked_s < at_s < asked_s + 2


def test_a_relay_dies_with_the_row_in_its_batch() -> None:
    """A slow database: the relay has published the row and waits until it is marked; the dead relay's mark still commits."""
    knobs = {"database": {"write": {"constant": "1s"}}, "relay": {"poll_every": "500ms"}}
    moments = told(design("outbox", knobs), "relay", "02")
    assert deaths(moments) == [(2.0, "relay", "dies, with a row of this order in the batch that it works on")]


def test_a_reconciler_dies_over_a_transaction() -> None:
    """Its transaction commits all the same, and the news of it is lost: nobody else tells of the order."""
    text = SLOW + "  ambiguous: 100%\n"
    knobs = {"database": {"write": {"constant": "4s"}}, "recovery": {"reconcile_every": "10s", "grace": "0s"}}
    moments = told(design("outbox", {**knobs, "payment": {"retry": {"never": True}}}), "reconciler", "12", text, "20s")
    assert deaths(moments) == [(12.0, "reconciler", "dies while it waits for the database")]


@pytest.mark.parametrize(("component", "at_s", "rest"), [("loyalty", 2.5, "4.5s"), ("read_model", 0.5, "4.5s")])
def test_a_consumer_that_is_down_lets_the_event_wait(component: str, at_s: float, rest: str) -> None:
    """Nothing is lost, so it is told as a pause, from when on the event has to wait for it."""
    moments = told(design("naive"), component, f"{int(at_s):02d}")
    paused = [(moment.at_s, moment.who, moment.text) for moment in moments if moment.kind == "pause"]
    assert [(who, text.partition("another ")[0]) for _, who, text in paused] == [(component, "is dead for ")]
    assert deaths(moments) == []


@pytest.mark.parametrize("component", ["checkout", "payment", "relay", "completer", "reconciler", "loyalty", "read_model"])
def test_a_crash_that_struck_nothing_of_the_purchase_is_not_told(component: str) -> None:
    """When the order is paid, shown and rewarded, whoever dies has nothing of it in hand."""
    for name in ("naive", "idempotent", "outbox", "inquiry"):
        moments = told(design(name), component, "30")
        assert [moment for moment in moments if moment.kind in ("crash", "pause")] == []
