"""Tracing: a morning that takes notes is the same morning, and the notes say what happened."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from sim.architectures import ARCHITECTURES, design_names, load_design
from sim.config.library import load_scenario
from sim.explanation.moments import StoryLine, folded
from sim.explanation.story import Explanation, tell
from sim.explanation.trace import _charged, traced
from sim.explanation.witness import Witness, find
from sim.ledger.records import Tables
from sim.report.story import line
from tests.worlds import ONE_CUSTOMER, design, judged, world

WILD = """
name: wild
clock: {start: "07:00", duration: 1min, drain: 20min}
traffic: {rate: 60/min}
customers:
  patience: {lognormal: {median: 4s, sigma: 0.8}}
  double_tap: {p: 20%}
  reorder_when_stale: {after: 20s, p: 50%}
  changes_basket: {p: 50%}
network: {request_lost: 5%, answer_lost: 5%}
provider:
  declined: 5%
  failed: 5%
  ambiguous: 10%
  errored: 5%
  late: {p: 3%}
  webhooks: {duplicated: 20%, failures: true}
  refunds: {failed: 20%}
  challenge: {abandoned: 10%, returns: 80%}
faults:
  - {crash: checkout, at: "07:00:30", restart: 5s}
  - {crash: checkout, after: charge, p: 10%}
  - {crash: payment, after: commit, p: 10%}
  - {crash: relay, after: publish, p: 5%, times: 3}
  - {pause: checkout, after: claim, for: 40s, p: 5%}
  - {duplicates: broker, p: 10%}
"""


def facts(tables: Tables) -> dict[str, Any]:
    names = ("purchases", "requests", "charges", "orders", "awards", "reads", "holds", "captures", "refunds")
    columns = {f"{name}.{key}": values for name in names for key, values in getattr(tables, name).columns().items()}
    return {key: np.nan_to_num(values, nan=-1.0).tolist() for key, values in columns.items()} | tables.counts


@pytest.mark.parametrize("name", design_names())
def test_a_traced_morning_is_the_same_morning(name: str) -> None:
    """Whatever happens in it: every table and every count, with notes taken on any purchase."""
    scenario, chosen = world(WILD, arrivals=None), load_design(name)
    plain = facts(judged(scenario, chosen)[0])
    for purchase in (0, 7, 23):
        tables, moments = traced(scenario, chosen, 0, purchase=purchase)
        assert facts(tables) == plain
        assert len(moments) > 3


STORY = """
07:00:00.000 customer → app: taps Pay, 6.50 USD [customer: is waiting]
07:00:00.000 app → checkout: request 1, key “cart” []
07:00:00.034 checkout → database: claims the key with order 0 [database: order 0 PENDING]
07:00:00.034 checkout → provider: charges 6.50 USD, key “order-0” []
07:00:00.484 provider: takes 6.50 USD from the card [provider: charged 1×]
07:00:00.484 provider → checkout: captured []
07:00:00.488 checkout → database: order 0 is CONFIRMED [database: order 0 CONFIRMED]
07:00:00.488 checkout: dies right after the step “commit” []
07:00:00.488 loyalty: VIOLATION: this customer got no loyalty points []
07:00:08.000 app: stops waiting for request 1 after 8s []
07:00:09.000 app → checkout: request 2, attempt 2, key “cart” []
07:00:09.034 checkout → database: looks the key up: 201 paid []
07:00:09.034 checkout → app: request 2: 201 paid []
07:00:09.054 app → customer: shows “paid” [customer: has paid 6.50 USD, awaits one order]
07:00:12.054 app → status view: asks for order 0: not there yet (200 times in 9.9 min) []
"""


def test_the_story_of_one_customer_line_by_line() -> None:
    """A crash between the commit and the news of it: who did what, when, and what each believed afterwards."""
    scenario = world(ONE_CUSTOMER + "faults: [{crash: checkout, after: commit, times: 1}]\n")
    chosen = design("idempotent")
    witness = find(scenario, chosen)
    assert isinstance(witness, Witness)
    explanation = Explanation(scenario, chosen, witness, tell(scenario, chosen, witness), [])
    told = [line(explanation, moment) for moment in explanation.moments]
    assert [f"{at} {who}: {what} [{belief}]" for at, who, what, belief in told] == STORY.strip().splitlines()


UNHEARD = {
    "ambiguous: 100%": ["07:00:00.484 captured (lost on the way)", "07:00:05.034 has no answer after 5s: unknown"],
    "answer: {constant: 9s}": [
        "07:00:05.034 has no answer after 5s: unknown",
        "07:00:09.484 captured (nobody is listening any more)",
    ],
}


@pytest.mark.parametrize("trouble", UNHEARD)
def test_what_became_of_an_answer_that_was_not_heard(trouble: str) -> None:
    """Money was taken and the shop doesn't know: the answer was lost, or came too late."""
    scenario = world(f"{ONE_CUSTOMER}  {trouble}\n")
    chosen = design("naive", {"app": {"retry": {"never": True}}})
    _, moments = traced(scenario, chosen, 0, purchase=0)
    explanation = Explanation(scenario, chosen, Witness(0, 0, (), 0, struck=False), moments, [])
    told = [line(explanation, moment) for moment in moments]
    assert [f"{at} {what}" for at, _, what, _ in told if "captured" in what or "unknown" in what][:2] == UNHEARD[trouble]


def test_without_latency_an_answer_is_told_before_what_it_does() -> None:
    """A network that takes no time: the request leaves before it is worked on, and its answer is heard."""
    scenario = world(ONE_CUSTOMER + "network: {latency: {constant: 0s}}\n")
    _, lines = traced(scenario, design("naive"), 0, purchase=0)
    told = [(line.who, line.text) for line in lines if line.who in ("app", "checkout")]
    assert [text for _, text in told if "request 1" in text] == ["request 1, no key", "request 1: 201 paid"]
    assert told[0] == ("app", "request 1, no key")
    assert told.index(("checkout", "request 1: 201 paid")) < told.index(("app", "shows “paid”"))


def test_a_view_without_a_projector_tells_nothing_of_its_own() -> None:
    """It is the order database: nothing arrives there, least of all at the end of the morning."""
    _, lines = traced(world(ONE_CUSTOMER), design("naive", {"read_model": {"inline": True}}), 0, purchase=0)
    assert [line.text for line in lines if line.who == "read_model"] == []


def test_who_is_told_is_named() -> None:
    """The outbox tells payment workers of an order, and loyalty of a payment; the status view hears of both."""
    scenario, chosen = world(), design("outbox")
    _, moments = traced(scenario, chosen, 0, purchase=0)
    assert [(moment.text, moment.to) for moment in moments if moment.text.startswith("tells")] == [
        ("tells the payment workers and the status view: order 0 PENDING", "payment"),
        ("tells loyalty and the status view: order 0 CONFIRMED", "loyalty"),
    ]


def test_a_relay_that_dies_with_the_order_in_its_batch_is_told() -> None:
    """The row of one customer is lost although the crash strikes at another's: without that crash the story has no cause."""
    scenario, chosen = load_scenario("w08"), load_design("mark-before-publish")
    witness = find(scenario, chosen)
    assert isinstance(witness, Witness)
    (crash,) = [moment for moment in tell(scenario, chosen, witness) if moment.kind == "crash"]
    assert (crash.who, crash.text) == ("relay", "dies right after the step “publish” of another order in the same batch")


def test_what_goes_round_and_round_is_told_once() -> None:
    """From three rounds on, and only if nothing comes of it; what differs in a word is something new."""

    def cycle(at_s: float, answer: str = "refused") -> list[StoryLine]:
        ask = StoryLine(at_s, "completer", "charges", "provider", "message", until_s=at_s)
        return [ask, StoryLine(at_s + 1, "provider", answer, "completer", "answer", until_s=at_s + 1)]

    twice = [*cycle(0), *cycle(10)]
    assert folded(twice) == twice
    often = folded([*cycle(0), *cycle(10), *cycle(20), *cycle(30, "captured")])
    assert [(m.at_s, m.text, m.times, m.until_s) for m in often] == [
        (0, "charges", 3, 20), (1, "refused", 3, 21), (30, "charges", 1, 30), (31, "captured", 1, 31),
    ]  # fmt: skip
    believed = [replace(moment, belief=("provider", "charged 1×")) for moment in [*cycle(0), *cycle(10), *cycle(20)]]
    assert folded(believed) == believed


def test_a_long_outage_is_a_short_story() -> None:
    """A completer that gets the same stored error sixty times in a quarter of an hour."""
    scenario, chosen = load_scenario("w06"), load_design("same-key-for-ever")
    witness = find(scenario, chosen)
    assert isinstance(witness, Witness)
    moments = tell(scenario, chosen, witness)
    assert len(moments) < 20
    assert max(moment.times for moment in moments if moment.who == "completer") > 50


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_moments_are_in_order_and_speak_of_what_the_tables_hold(name: str) -> None:
    """As many captures, requests and awards are told as the ledgers have; time runs forward."""
    scenario = load_scenario("windows/w05-unknown-outcome")
    witness = find(scenario, load_design(name), purchase=3)
    assert isinstance(witness, Witness)
    tables, moments = traced(scenario, load_design(name), 0, purchase=3)
    times = [moment.at_s for moment in moments]
    assert times == sorted(times)
    requests = int((tables.requests["purchase"] == 3).sum())
    captured = int((~np.isnan(tables.charges["captured_s"][tables.charges["purchase"] == 3])).sum())
    assert sum(moment.text.startswith("request ") and moment.who == "app" for moment in moments) == requests
    assert sum(moment.text.startswith("takes ") for moment in moments) == captured


def test_a_part_that_is_given_back_is_told_as_a_part() -> None:
    """Whole charges are counted; where a part of one goes back the amounts are said, and not that all was refunded."""
    assert _charged([650], []) == "charged 1×"
    assert _charged([650, 650], [650]) == "charged 2×, refunded 1×"
    assert _charged([650], [300]) == "charged 1×, refunded 3 USD of 6.50 USD"
    assert _charged([10_000], [6_000, 6_000]) == "charged 1×, refunded 120 USD of 100 USD"
