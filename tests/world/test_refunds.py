"""Refunds at the provider itself: what is given back, answered and told, call by call."""

from __future__ import annotations

from typing import Any

import pytest

from sim.config.mishaps import GivenBack
from sim.vocabulary import Outcome
from sim.world.provider import WEBHOOKS
from tests.world.till import LATENCY_S, Till


def charged(**knobs: Any) -> Till:
    """Both customers have paid, and it is 200 s."""
    till = Till(**knobs)
    for number in range(2):
        assert till.charge(number)[0] is Outcome.CAPTURED
    assert till.env.now == 200.0
    return till


def test_a_cent_can_be_given_back_and_no_more_than_is_left() -> None:
    till = charged()
    assert till.wait(till.provider.refund(1, 1, caller="reconciler")) == (Outcome.REFUNDED, 200.0 + LATENCY_S)
    assert till.wait(till.provider.refund(1, 750, caller="reconciler")) == (Outcome.FAILED, 300.0 + LATENCY_S)
    assert till.wait(till.provider.refund(1, 0))[0] is Outcome.FAILED
    assert till.charges.refunded_s[1] != till.charges.refunded_s[1]  # NaN: some is left
    assert till.wait(till.provider.refund(1))[0] is Outcome.REFUNDED
    assert till.charges.refunded_s[1] == 500.0 + LATENCY_S
    assert [*till.refunds.cents] == [1, 749]
    assert till.heard.refunds == [
        ("refunded", "reconciler", 1, 1), ("refused", "reconciler", 1, 750), ("refused", "checkout", 1, 0),
        ("refunded", "checkout", 1, 749),
    ]  # fmt: skip


def test_a_key_is_one_refund() -> None:
    """A repeat gives nothing back, whether the first is under way or over, and takes a call's time."""
    till = charged()
    till.provider.refund(0, 100, "mine")
    till.env.run(until=200.5)
    assert till.wait(till.provider.refund(0, 100, "mine")) == (Outcome.REFUNDED, 200.5 + LATENCY_S)
    assert till.wait(till.provider.refund(0, 100, "mine"))[0] is Outcome.REFUNDED
    assert till.wait(till.provider.refund(0, 100, "another"))[0] is Outcome.REFUNDED
    assert [*till.refunds.cents] == [100, 100]


def test_whoever_looks_and_then_acts_sees_what_is_done_by_then() -> None:
    """A provider that doesn't lock sees an earlier refund from the moment on at which it is done."""
    for at_s, said in ((200.0 + LATENCY_S - 0.001, Outcome.REFUNDED), (200.0 + LATENCY_S, Outcome.FAILED)):
        till = charged(refunds={"check": "look_then_act"})
        till.provider.refund(0)
        till.env.run(until=at_s)
        assert till.wait(till.provider.refund(0))[0] is said
    assert till.provider.unlocked
    locked = charged()
    assert not locked.provider.unlocked
    locked.provider.refund(0)
    assert locked.wait(locked.provider.refund(0))[0] is Outcome.FAILED


def test_every_refund_has_a_fate_of_its_own() -> None:
    till = charged(refunds={"failed": "40%", "unanswered": "30%"})
    fate = till.streams.uniform("provider.refund.fate")
    said = [till.wait(till.provider.refund(0, 1))[0] for _ in range(20)]
    fates = [fate(0, turn) for turn in range(20)]
    assert said == [Outcome.FAILED if one < 0.4 else Outcome.UNKNOWN if one < 0.7 else Outcome.REFUNDED for one in fates]
    assert set(said) == {Outcome.FAILED, Outcome.UNKNOWN, Outcome.REFUNDED}
    assert len(till.refunds) == sum(outcome is not Outcome.FAILED for outcome in said)


@pytest.mark.parametrize(
    ("how", "said", "given_back"), [("refused", Outcome.FAILED, False), ("unanswered", Outcome.UNKNOWN, True)]
)
def test_a_mishap_strikes_the_refund_that_it_names(how: str, said: Outcome, given_back: bool) -> None:
    """The second customer's; where mishaps are given, the shares say nothing about that one."""
    mishap = GivenBack.model_validate({"refund": 1, "is": how, "purchase": 1})
    till = charged(mishaps=[mishap], refunds={"failed": "0%", "unanswered": "0%"})
    assert till.wait(till.provider.refund(0))[0] is Outcome.REFUNDED
    assert till.wait(till.provider.refund(1))[0] is said
    assert [*till.refunds.purchase] == ([0, 1] if given_back else [0])


def test_news_of_every_refund_is_late_by_a_draw_of_its_own() -> None:
    """A webhook's delay is drawn by the number of the refund that it tells of."""
    till = charged(listens=True, webhooks={"moves": True})
    delay_s = till.streams.times("provider.webhook.delay", till.knobs.webhooks.delay)
    for cents in (100, 200):
        till.wait(till.provider.refund(1, cents, order=till.orders[1]))
    till.env.run(until=5000.0)
    assert [(order.id, at_s) for order, outcome, at_s in till.news if outcome is Outcome.REFUNDED] == [
        (1, pytest.approx(200.0 + LATENCY_S + delay_s(1, WEBHOOKS * 1_000_000))),
        (1, pytest.approx(300.0 + LATENCY_S + delay_s(1, WEBHOOKS * 1_000_001))),
    ]
