"""Agents plan again at their deadline: how often they pay is a matter of the deadline and of how long a payment takes."""

from __future__ import annotations

from math import ceil
from typing import Any

import numpy as np
import pytest

from tests.worlds import design, judged, world

WORLD = """
name: agents
clock: {{start: "07:00", duration: 10s, drain: 60min}}
customers:
  patience: {{constant: 1s}}  # which agents have not
  after_patience: {{tap_again: 100%, refresh: 0%, leave: 0%}}
  double_tap: {{p: 100%, gap: 50ms}}
  agents: {{share: 100%, deadline: 30s, plans: {plans}, thinks: {{constant: 5s}}, parallel: {parallel}, late: {late}}}
provider:
  latency: {{constant: {latency_s}s}}
"""
PATIENT: dict[str, Any] = {"app": {"timeout": "1h"}, "payment": {"timeout": "1h"}}
DEADLINE_S, THINKS_S = 30.0, 5.0
AROUND_S = 0.02 + 0.01 + 0.004 + 0.004 + 0.003 + 0.02  # the network, the shop's own work, two transactions, the news


def charged(
    latency_s: float, *, name: str = "naive", plans: int = 4, parallel: int = 1, late: str = "ignored", **app: Any
) -> int:
    text = WORLD.format(plans=plans, parallel=parallel, late=late, latency_s=latency_s)
    knobs = {**PATIENT, "app": {**PATIENT["app"], **app}}
    return int(judged(world(text), design(name, knobs))[1].audit.charged[0])


@pytest.mark.parametrize("latency_s", [10, 29, 31, 34, 40, 69, 75, 200])
@pytest.mark.parametrize("parallel", [1, 3])
def test_an_agent_that_throws_late_answers_away_pays_for_every_plan(latency_s: float, parallel: int) -> None:
    """Each plan waits as long as the one before and hears as little: one plan if the payment is in time, else all of them."""
    in_time = latency_s + AROUND_S <= DEADLINE_S
    for plans in (1, 2, 4):
        assert charged(latency_s, plans=plans, parallel=parallel) == parallel * (1 if in_time else plans)


@pytest.mark.parametrize("latency_s", [10, 29, 31, 34, 36, 40, 69, 71, 75, 200])
@pytest.mark.parametrize("parallel", [1, 3])
def test_an_agent_that_hears_late_answers_plans_until_the_first_comes(latency_s: float, parallel: int) -> None:
    """Plan k begins (k - 1) (deadline + thinking) after the first, unless its answer is there: ceil(L / (d + t)) plans."""
    plans = ceil((latency_s + AROUND_S) / (DEADLINE_S + THINKS_S))
    for most in (1, 2, 4):
        assert charged(latency_s, plans=most, parallel=parallel, late="taken") == parallel * min(plans, most)


def test_charges_are_a_deadline_and_a_thought_apart() -> None:
    """As in the reports: 32 s to 37 s with a deadline of 30 s."""
    text = WORLD.format(plans=4, parallel=1, late="ignored", latency_s=40).replace("{constant: 5s}", "{uniform: [2s, 7s]}")
    sent_s = judged(world(text), design("naive", PATIENT))[0].charges["sent_s"]
    gaps = np.diff(sent_s)
    assert len(gaps) == 3
    assert ((gaps >= 32.0) & (gaps <= 37.0)).all()


@pytest.mark.parametrize("late", ["ignored", "taken"])
def test_what_closes_it(late: str) -> None:
    """A key that is derived from the cart; an answer before the payment; a look at the order before the next plan."""
    assert charged(75, name="idempotent", late=late, agent_key="given") > 1
    assert charged(75, name="idempotent", late=late) == 1
    assert charged(75, name="outbox", late=late, agent_key="given") == 1
    assert charged(75, name="idempotent", late=late, agent_key="given", before_retry="look") == 1
    assert charged(75, name="naive", late=late, before_retry="look") == 1


def test_calls_at_the_same_time_are_not_told_apart_by_a_look() -> None:
    """Only by a key of the cart."""
    assert charged(1, name="idempotent", parallel=2, agent_key="given", before_retry="look") == 2
    assert charged(1, name="idempotent", parallel=2) == 1


def test_an_own_retry_of_the_tool_keeps_the_key_of_its_call() -> None:
    """The tool waits 8 s for an answer that takes 10 s, and asks again with the key that the agent gave: it is in flight."""
    text = WORLD.format(plans=4, parallel=2, late="taken", latency_s=10)
    tables, evidence = judged(world(text), design("idempotent", {"app": {"agent_key": "given"}, "payment": {"timeout": "1h"}}))
    assert evidence.audit.charged[0] == 2
    assert tables.purchases["submissions"][0] == 1
    assert len(tables.requests) > 2


def test_a_share_of_the_customers_are_agents() -> None:
    """The others are people, the same ones as without agents."""
    text = WORLD.format(plans=2, parallel=1, late="ignored", latency_s=0.1)
    mixed, people = (text.replace("share: 100%", f"share: {share}") for share in ("30%", "0%"))
    at = tuple(second / 40 for second in range(400))
    (some, _), (none, _) = (judged(world(each, arrivals=at), design("naive", {})) for each in (mixed, people))
    agents = some.purchases["agent"] == 1
    assert abs(agents.mean() - 0.3) < 4 * (0.3 * 0.7 / 400) ** 0.5
    assert (some.purchases["submissions"][agents] == 1).all()
    assert (none.purchases["submissions"] > 1).all()
    assert (some.purchases["submissions"][~agents] > 1).all()
