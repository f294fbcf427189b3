"""What a story says of rebalances, held messages, dead letters, agents and other cards; and which causes they have."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from sim.config.faults import Rebalance
from sim.explanation.trace import traced
from sim.ledger.causes import NAMES, causes
from sim.report.knobs import fault
from tests.worlds import design, judged, world

WORLD = """
name: told
clock: {{start: "07:00", duration: 10s, drain: 10min}}
customers:
  patience: {{constant: 1h}}
{customers}
provider:
  latency: {{constant: {latency}}}
{provider}
faults:
{faults}
"""
DEAD: dict[str, Any] = {"dead_letters": {"after": 2, "replay_every": "1min", "ids": "new"}}
AGENT = "  agents: {share: 100%, deadline: 3s, plans: 2, thinks: {constant: 500ms}, parallel: 2}"
OTHER = "  after_decline: {other_card: 100%}"
GIVEN: dict[str, Any] = {"app": {"agent_key": "given"}}
SAME: dict[str, Any] = {"app": {"other_card": "same_key"}}


def scenario(*faults: str, customers: str = "", provider: str = "", latency: str = "450ms") -> Any:
    said = "".join(f"  - {one}\n" for one in faults)
    return world(WORLD.format(customers=customers, provider=provider, faults=said, latency=latency))


@pytest.mark.parametrize(
    ("told_of", "chosen", "seed", "sentences"),
    [
        (
            scenario('{rebalance: loyalty, at: "07:00:02"}'), design("naive", {"broker": {"commit_every": "5s"}}), 0,
            ["loyalty: loses “order 0 CONFIRMED” in a rebalance: it had not acknowledged it"],
        ),
        (  # in hand
            scenario('{rebalance: loyalty, at: "07:00:01"}'), design("naive", {"loyalty": {"award": {"constant": "1s"}}}), 0,
            ["loyalty: loses “order 0 CONFIRMED” in a rebalance: it had not acknowledged it"],
        ),
        (
            scenario(), design("outbox", {"payment": {"after": "40s", "held_by": "worker"}}), 0,
            [
                "payment: takes “order 0 PENDING” and holds it for 40s, until it is due, unacknowledged",
                "payment: takes “order 0 PENDING” and holds it for 10s, until it is due, unacknowledged",
            ],
        ),
        (
            scenario(), design("outbox", {"payment": {"after": "40s"}}), 0,
            ["payment: the broker keeps “order 0 PENDING” for 40s, until it is due"],
        ),
        (
            scenario("{crash: loyalty, after: award, times: 2, restart: 1s}"), design("naive", {"broker": DEAD}), 0,
            [
                "loyalty: “order 0 CONFIRMED” goes to the dead-letter queue after 2 tries",
                "loyalty: “order 0 CONFIRMED” is replayed from the dead-letter queue, under a new id",
            ],
        ),
        (
            scenario("{crash: loyalty, after: award, times: 1, restart: 1s}"),
            design("naive", {"loyalty": {"inbox": {"by": "order"}}}), 0, ["loyalty: knows this order already: nothing to do"],
        ),
        (
            scenario(customers=AGENT, latency="4s"), design("idempotent", GIVEN), 0,
            [
                "customer: is an agent, and calls the payment tool 2 times at once, 6.50 USD",
                "app: request 1, key “new-1”", "app: request 2, key “new-2”",
                "customer: is an agent, and calls the payment tool 2 times at once, plan 2, 6.50 USD",
                "app: request 3, key “new-3”",
            ],
        ),
        (
            scenario(customers=OTHER, provider="  declined: 50%"), design("idempotent", SAME), 1,
            ["customer: types another card in; the key stays", "checkout: looks the key up: 402 card declined"],
        ),
        (
            scenario(customers=OTHER, provider="  declined: 50%"), design("idempotent"), 1,
            ["customer: types another card in", "app: request 2, key “new-2”"],
        ),
    ],
)  # fmt: skip
def test_the_story_says_so(told_of: Any, chosen: Any, seed: int, sentences: list[str]) -> None:
    """In these words, in this order."""
    lines = [f"{line.who}: {line.text}" for line in traced(told_of, chosen, seed, purchase=0)[1]]
    assert [line for line in lines if line in sentences] == sentences


def cause(told_of: Any, chosen: Any, seed: int = 0) -> tuple[str, str]:
    tables, evidence = judged(told_of, chosen, seed)
    return NAMES[causes(tables, evidence.audit, 1e9)[0]]


def test_causes() -> None:
    """Of the one purchase that there is."""
    lasting = {"broker": {"dead_letters": {"after": 2}}}
    assert cause(scenario('{outage: provider, at: "07:00", for: 5min}'), design("outbox", lasting)) == ("lost", "dead letter")
    assert cause(scenario(customers=AGENT, latency="4s"), design("naive")) == ("harmed", "planned again")
    again = scenario("{crash: loyalty, after: award, times: 1, restart: 1s}")
    assert cause(again, design("naive", {"broker": {"dead_letters": {"after": 1, "replay_every": "1min"}}})) == (
        "harmed", "points twice",
    )  # fmt: skip


def test_points_that_are_in_the_dead_letter_queue() -> None:
    """Loyalty is down when the message comes, which is no try; a consumer that throws it back has tried.

    Here the projector has failed with it: the stores differ, and the message is there for whoever looks.
    """
    chosen = design("naive", {"broker": {"dead_letters": {"after": 1}}})
    tables, evidence = judged(scenario("{crash: read_model, after: apply, restart: 1s}"), chosen)
    assert tables.dead_letters["consumer"].tolist() == [2]
    assert np.isnan(tables.dead_letters["replayed_s"]).all()
    assert not evidence.audit.under_awarded.any()


@pytest.mark.parametrize(
    ("what", "says"),
    [
        (
            {"rebalance": "all", "at": "07:15"},
            "rebalance of all consumers at 07:15: what was not acknowledged is delivered again",
        ),
        (
            {"rebalance": "read_model", "every": {"constant": "1min"}},
            "rebalance of read model again and again, after 1\xa0min: what was not acknowledged is delivered again",
        ),
    ],
)
def test_a_rebalance_in_words(what: dict[str, Any], says: str) -> None:
    assert fault(Rebalance.model_validate(what)) == says
