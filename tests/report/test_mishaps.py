"""Mishaps in words: each kind has a clause, and says whose it is."""

from __future__ import annotations

import pytest

from sim.architectures import load_design
from sim.config.library import parse_scenario
from sim.config.mishaps import MISHAPS
from sim.report.combinations import last_word
from sim.report.mishaps import clause, mishap
from tests.world.test_mishaps import CALM

WORDS = {
    "{call: 1, is: refused}": "call 1 to the provider is refused",
    "{call: 2, is: slow, by: 30s}": "call 2 to the provider takes 30s longer",
    "{call: 1, is: late}": "call 1 to the provider is stuck for 1min, out of the provider’s sight",
    "{inquiry: 1, is: unanswered}": "question 1 to the provider goes unanswered",
    "{refund: 1, is: refused}": "refund 1 is refused",
    "{refund: 1, is: unanswered}": "refund 1 is made, and its answer is lost",
    "{request: 1, is: lost}": "request 1 is lost",
    "{answer: 3, is: late, by: 9s}": "answer 3 of the checkout comes 9s late",
    "{crash: payment, after: charge}": "a payment worker dies after step “charge”",
    "{crash: checkout, at: 20ms}": "an instance of the checkout dies 20ms after the first tap",
    "{errors: relay, after: publish, nth: 2}": "the relay throws an error after step “publish” (the 2nd time)",
    "{pause: checkout, after: claim, nth: 11}": "the checkout stands still for 1min after step “claim” (the 11th time)",
    "{slow: read_model, nth: 3}": "the status view takes 1min longer for its 3rd piece of work",
    "{message: 1, to: loyalty, is: repeated}": "message 1 to loyalty comes again",
    "{webhook: 1, is: twice}": "webhook 1 comes twice",
    "{customer: taps_again, at: 1us}": "the customer taps Pay again right after the first tap",
    "{customer: leaves, at: 527.616ms}": "the customer gives up 528ms after the first tap",
}


@pytest.mark.parametrize(("written", "words"), WORDS.items())
def test_what_happens(written: str, words: str) -> None:
    (made,) = parse_scenario(CALM + f"mishaps: [{written}]\n").mishaps
    assert clause(made) == words
    assert mishap(made) == f"{words} (customer 0)"


def test_every_kind_has_words() -> None:
    assert [kind for kind in MISHAPS if not any(written.startswith(f"{{{kind}:") for written in WORDS)] == []


@pytest.mark.slow
def test_the_last_word() -> None:
    assert last_word(load_design("naive")) == "One mishap breaks it: request 1 comes 1min late."
    assert last_word(load_design("outbox")).endswith("worlds with one customer and at most one mishap, none breaks a promise.")
    assert last_word(load_design("hasty-key"), 2).startswith("2 mishaps break it: call 1 to the provider is stuck for 1min")
