"""Charging with a key: when the provider is asked first, told by a shop that only notes what it is asked to do."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from sim.architectures.charging import charge
from sim.config.design import KeyedPayment
from sim.vocabulary import Outcome
from sim.world.database import Order


def steps(
    *, now: float, inquired: Outcome = Outcome.FAILED, charged: Outcome = Outcome.CAPTURED, knobs: dict[str, Any] | None = None,
    unheard: tuple[float, ...] = (), spent: bool = False,
) -> tuple[list[str], Outcome]:  # fmt: skip
    """What is done for an order of second 1000 whose key lasts 500 s, and what is known then.

    `unheard`: when the calls began that nobody has heard the end of. `spent`: an error has been heard with the key.
    """
    order = Order(7, 0, 0, 650, 1000.0)
    order.unheard, order.key_is_spent = unheard, spent
    done: list[str] = []

    def step(name: str, outcome: Outcome | None) -> Any:
        def story(order: Order) -> Any:
            assert order.id == 7
            done.append(name)
            yield
            return outcome

        return story

    def renew_key(_: Order, key: object, *, lands_within_s: float) -> Any:
        assert key == 7
        done.append("renew")
        yield
        return not order.may_still_be_charged(now, lands_within_s)

    shop = SimpleNamespace(
        env=SimpleNamespace(now=now),
        inquire=step("ask", inquired),
        charge=step("charge", charged),
        renew_key=renew_key,
    )
    payment = KeyedPayment.model_validate({"key_lasts": "500s", **(knobs or {})})
    story = charge(shop, order, payment)  # type: ignore[arg-type]
    try:
        while True:
            next(story)
    except StopIteration as end:
        return done, end.value


def test_an_old_key_is_asked_about_first() -> None:
    """From the moment that the key may be forgotten; what was charged or is being worked on is not charged again."""
    assert steps(now=1499.0) == (["charge"], Outcome.CAPTURED)
    assert steps(now=1500.0) == (["ask", "charge"], Outcome.CAPTURED)
    for outcome in (Outcome.CAPTURED, Outcome.DECLINED, Outcome.CONFLICT, Outcome.UNKNOWN):
        assert steps(now=1501.0, inquired=outcome) == (["ask"], outcome)


@pytest.mark.parametrize("charged", [Outcome.CAPTURED, Outcome.DECLINED, Outcome.UNKNOWN, Outcome.FAILED, Outcome.CONFLICT])
def test_whatever_is_no_error_is_told_as_it_is(charged: Outcome) -> None:
    """Nobody asks about it, and the key stays."""
    assert steps(now=1001.0, charged=charged) == (["charge"], charged)


def test_an_error_is_asked_about_and_the_key_renewed_if_nothing_was_charged() -> None:
    """Unless the design goes on with the old key, whatever it replays."""
    assert steps(now=1001.0, charged=Outcome.ERROR) == (["charge", "ask", "renew"], Outcome.FAILED)
    assert steps(now=1001.0, charged=Outcome.ERROR, inquired=Outcome.CAPTURED) == (["charge", "ask"], Outcome.CAPTURED)
    assert steps(now=1001.0, charged=Outcome.ERROR, knobs={"after_error": "same_key"}) == (["charge"], Outcome.ERROR)


def test_no_new_key_while_an_earlier_call_may_still_land() -> None:
    """Nothing was charged *so far*: the order stays unknown until no call can land any more."""
    broken = {"charged": Outcome.ERROR, "knobs": {"lands_within": "100s"}}
    assert steps(now=1200.0, unheard=(1101.0,), **broken) == (["charge", "ask", "renew"], Outcome.UNKNOWN)
    assert steps(now=1200.0, unheard=(1100.0,), **broken) == (["charge", "ask", "renew"], Outcome.FAILED)
    assert steps(now=1200.0, unheard=(1050.0, 1150.0), **broken) == (["charge", "ask", "renew"], Outcome.UNKNOWN)


def test_a_forgotten_key_is_not_sent_again_while_an_earlier_call_may_still_land() -> None:
    """To the provider that has forgotten it, the old key is a new one."""
    knobs = {"lands_within": "100s"}
    assert steps(now=1500.0, unheard=(1401.0,), knobs=knobs) == (["ask"], Outcome.UNKNOWN)
    assert steps(now=1500.0, unheard=(1400.0,), knobs=knobs) == (["ask", "charge"], Outcome.CAPTURED)


def test_nobody_calls_with_a_spent_key() -> None:
    """Whoever waits for a new key asks, and takes it as soon as no call with the old one can land any more."""
    knobs = {"lands_within": "100s"}
    assert steps(now=1200.0, unheard=(1101.0,), spent=True, knobs=knobs) == (["ask", "renew"], Outcome.UNKNOWN)
    assert steps(now=1200.0, unheard=(1100.0,), spent=True, knobs=knobs) == (["ask", "renew"], Outcome.FAILED)
    assert steps(now=1200.0, inquired=Outcome.CAPTURED, spent=True) == (["ask"], Outcome.CAPTURED)
