"""The moment of a harm: from when on it was wrong and stayed so, and not when the money moved or the story ends."""

from __future__ import annotations

from math import inf
from pathlib import Path

import numpy as np
import pytest

from sim.architectures import load_design
from sim.config.design import Design
from sim.config.library import load_scenario, parse_scenario
from sim.config.scenario import Scenario
from sim.explanation.moments import StoryLine
from sim.explanation.onset import unconfirmed_s, violated_s
from sim.explanation.story import Explanation, tell
from sim.explanation.witness import Witness, find
from tests.worlds import ONE_CUSTOMER, design, judged, world

UNCONFIRMED = """
name: unconfirmed
clock: {start: "07:00", duration: 2min, drain: 20min}
traffic: {times: ["07:00", "07:00:00", "07:00:00", "07:00:00", "07:00:00", "07:00:00"]}
customers: {patience: {constant: 1h}}
provider: {latency: {constant: 500ms}, webhooks: {delay: {uniform: [1s, 10min]}, failures: true}}
faults:
  - {brownout: provider, at: "07:00", for: 1s, latency: x1, failed: 100%, ambiguous: 0%}
"""
REFUNDS = """from sim.architectures.naive import Naive


class Mine(Naive):
    def refund_all(self, shop):
        done = 0
        while True:
            yield shop.sleep(300.0)
            for row in range(done, len(shop.provider.charges)):
                yield from shop.refund(row)
            done = len(shop.provider.charges)

    def set_up(self, shop):
        shop.background("clerk", self.refund_all)
"""


def around(scenario: Scenario, chosen: Design, kind: str) -> tuple[list[str], list[str]]:
    """What is told just before the violation, and all that is told after it."""
    witness = find(scenario, chosen, kind=kind)
    assert isinstance(witness, Witness)
    texts = [("VIOLATION" if moment.kind == "violation" else moment.text) for moment in tell(scenario, chosen, witness)]
    place = texts.index("VIOLATION")
    return texts[max(place - 2, 0) : place], texts[place + 1 :]


@pytest.mark.parametrize("kind", ["orphan_charge", "never_confirmed"])
def test_an_order_that_is_confirmed_no_longer(kind: str) -> None:
    """Paid, confirmed, shown as paid, and eight minutes later overwritten by a late webhook: that is the moment of the harm."""
    before, after = around(parse_scenario(UNCONFIRMED), load_design("trusted-webhooks"), kind)
    assert [text.partition(" order")[0] for text in before] == ["overwrites", "tells the status view:"]
    assert [text for text in after if "takes" in text or "paid" in text] == []


def test_a_charge_whose_order_was_never_confirmed() -> None:
    """From the moment at which the money was taken."""
    before, _ = around(world(ONE_CUSTOMER + "  ambiguous: 100%\n"), design("naive"), "orphan_charge")
    assert before[-1] == "takes 6.50 USD from the card"


def test_a_paid_order_whose_money_is_given_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The coffee is unpaid from the refund on, five minutes after the confirmation, and not from the end of the story on."""
    monkeypatch.chdir(tmp_path)
    Path("mine.py").write_text(REFUNDS, encoding="utf-8")
    before, after = around(world(), load_design("mine.py"), "unpaid_order")
    assert before[-1] == "gives 6.50 USD back"
    assert after == []
    witness = find(world(), load_design("mine.py"), kind="unpaid_order")
    assert isinstance(witness, Witness)
    [moment] = [m for m in tell(world(), load_design("mine.py"), witness) if m.kind == "violation"]
    assert moment.at_s == pytest.approx(300.45, abs=0.001)  # when the provider has done it


def test_another_basket_is_paid_than_is_shown() -> None:
    """The app shows the bigger basket as paid: that is the lie, and not the last look at the status view."""
    before, after = around(load_scenario("w15"), load_design("no-fingerprint"), "wrong_amount")
    assert before[-1] == "shows “paid”"
    assert [text.partition(":")[0] for text in after] == ["asks for order 1"]


def test_told_that_it_failed_and_charged_later() -> None:
    """Nothing is charged yet when the app says that it failed; the lie begins with the charge."""
    text = ONE_CUSTOMER.replace("450ms", "7s")
    knobs = {"app": {"retry": {"never": True}}}
    leavers = text.replace("1h}", "1h}\n  after_patience: {leave: 100%, tap_again: 0%, refresh: 0%}")
    before, _ = around(world(leavers), design("naive", knobs), "misinformed")
    assert before[-1] == "takes 6.50 USD from the card (its caller has stopped waiting)"
    before, _ = around(world(leavers.replace("7s", "450ms") + "  ambiguous: 100%\n"), design("naive", knobs), "misinformed")
    assert before[-1] == "shows “payment failed”"


def test_told_that_nothing_is_left_and_charged_all_the_same() -> None:
    """A proxy sends the request again: the second try finds too little, and the first charges the card after that was shown."""
    text = ONE_CUSTOMER.replace("450ms", "3s") + "accounts: {gift-card: {balance: 1000, takes: 650, shared_by: 1}}\n"
    knobs = {"proxy": {"timeout": "1s"}, "app": {"retry": {"never": True}}}
    before, _ = around(world(text), design("naive", knobs), "misinformed")
    assert before == ["takes 6.50 USD from the card", "captured"]


def test_points_for_an_order_that_is_confirmed_no_longer() -> None:
    """One award, and in the end no order that earns it: too much from when the order is overwritten."""
    scenario, chosen = parse_scenario(UNCONFIRMED), load_design("trusted-webhooks")
    witness = find(scenario, chosen, kind="orphan_charge")
    assert isinstance(witness, Witness)
    assert "over_award" in witness.kinds
    moments = tell(scenario, chosen, witness)
    tables, _ = judged(scenario, chosen, witness.seed)
    undone_s = unconfirmed_s(moments)
    assert violated_s(tables, moments, "over_award", witness.purchase) == undone_s
    assert undone_s > tables.awards["awarded_s"].max()


def test_the_second_of_what_should_be_one() -> None:
    """The second capture, the second confirmed order, the second award; what never came has no moment."""
    tables, _ = judged(world(), design("outbox"))
    assert violated_s(tables, [], "never_confirmed", 0) is None
    assert violated_s(tables, [], "under_award", 0) is None
    scenario, chosen = load_scenario("windows/w01-double-tap"), load_design("naive")
    witness = find(scenario, chosen)
    assert isinstance(witness, Witness)
    tables, _ = judged(scenario, chosen)
    for kind, times in {
        "double_charge": tables.charges["captured_s"][tables.charges["purchase"] == witness.purchase],
        "duplicate_order": tables.orders["confirmed_s"][tables.orders["purchase"] == witness.purchase],
        "over_award": tables.awards["awarded_s"][tables.awards["purchase"] == witness.purchase],
    }.items():
        assert violated_s(tables, [], kind, witness.purchase) == np.sort(times)[1]


def test_when_an_order_was_confirmed_no_longer() -> None:
    """The last time that one was; never, if all that were confirmed have stayed so."""

    def wrote(at_s: float, order: int, status: str) -> StoryLine:
        return StoryLine(at_s, "checkout", "", "database", belief=("database", f"order {order} {status}"))

    story = [wrote(1, 0, "CONFIRMED"), wrote(2, 1, "FAILED"), wrote(3, 1, "CONFIRMED"), wrote(4, 0, "FAILED")]
    assert unconfirmed_s(story) == 4
    assert unconfirmed_s([*story, wrote(5, 0, "CONFIRMED"), wrote(6, 1, "UNKNOWN")]) == 6
    assert unconfirmed_s(story[:3]) == -inf


@pytest.mark.parametrize(
    ("start", "at_s", "text"),
    [
        ("07:15", 31.2041, "07:15:31.204"),
        ("23:59", 59.9996, "next day 00:00:00.000"),
        ("10:00", 28 * 3600 + 0.118, "next day 14:00:00.118"),
        ("00:00", 2 * 86400 + 60, "2 days later 00:01:00.000"),
    ],
)
def test_the_clock_goes_round_at_midnight(start: str, at_s: float, text: str) -> None:
    """What comes after it says so."""
    scenario = world(ONE_CUSTOMER.replace('"07:00"', f'"{start}"'))
    assert Explanation(scenario, design("naive"), Witness(0, 0, (), 0, struck=False), [], []).clock(at_s) == text
