"""What automatic retries do to the load: amplification, budgets, and a collapse that outlives its cause."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from sim.config.design import merged
from sim.ledger.metrics import measure
from tests.theory.agreement import mean_of
from tests.theory.bare import bare_design, bare_world
from tests.worlds import judged, morning

TWO_RETRIES = {"fixed": {"delay": "1s", "attempts": 3}}


def requests_each(p_failed: float, purchases: int, app: dict[str, Any]) -> np.ndarray:
    world = bare_world(purchases, 10.0, {"provider": {"failed": f"{p_failed:.0%}"}})
    tables, _ = morning(world, bare_design("naive", {"app": {"retry": TWO_RETRIES, **app}}), 1)
    return np.bincount(tables.requests["purchase"], minlength=len(tables.purchases))


@pytest.mark.parametrize(("p", "expected"), [(0.2, 1.24), (0.5, 1.75)])
def test_retries_multiply_the_load(p: float, expected: float) -> None:
    """With two retries and failures of probability p, a purchase takes 1 + p + p^2 requests."""
    assert expected == pytest.approx(1 + p + p**2)
    mean_of(requests_each(p, 4_000, {})).check(expected, se_below=0.01, what=f"requests, p={p} R=2")


def test_retries_triple_the_load_of_an_outage() -> None:
    """When everything fails, two retries make exactly three requests of each purchase."""
    assert (requests_each(1.0, 500, {}) == 3).all()


@pytest.mark.parametrize("p", [0.2, 0.5, 1.0])
def test_retry_budget_caps_the_load(p: float) -> None:
    """A retry budget of 10 % keeps the load at 1.10 however much fails (SRE book); the 10 saved tokens are on top of that."""
    purchases = 4_000
    load = requests_each(p, purchases, {"retry_budget": "10%"})
    assert load.mean() == pytest.approx(1.10 + 10 / len(load), abs=0.002)


# Ten workers of 100 ms serve 100/s; the app waits 1 s and tries once more, at once. Bronson et al. (HotOS 2021) had a database
# of 300/s, likewise with 1 s and one retry: it recovers from any spell below 150/s, and at 280/s it never does.
CAPACITY_PER_S = 100.0


def after_slow_spell(share_of_capacity: float, knobs: dict[str, Any], *, spell: bool = True) -> tuple[float, float]:
    """A checkout ten times slower for 5 s, then 40 s to recover: share answered in the last 10 s, and collapsed_share."""
    per_s = share_of_capacity * CAPACITY_PER_S
    slow = {"slow": "checkout", "at": "07:00:05", "for": "5s", "times": "x10"}
    world = bare_world(round(per_s * 50), per_s, {"clock": {"drain": "5min"}, "faults": [slow] if spell else []})
    app = {"timeout": "1s", "retry": {"fixed": {"delay": "0s", "attempts": 2}}}
    checkout = {"workers": 10, "service": {"exponential": "100ms"}}
    design = bare_design("naive", merged({"app": app, "checkout": checkout}, knobs))
    tables, evidence = judged(world, design, 1)
    last = tables.purchases["submitted_s"] > 40.0
    answered = ~np.isnan(tables.purchases["acknowledged_s"][last])
    return float(answered.mean()), measure(evidence)["collapsed_share"]


def test_collapse_outlives_its_cause_above_the_threshold() -> None:
    """At mu / (1 + R) < lambda < mu a slow spell starts a collapse that lasts: half a minute later nobody is answered."""
    answered, collapsed = after_slow_spell(0.6, {})
    assert collapsed == 1.0
    assert answered < 0.01


def test_the_same_load_is_harmless_without_the_spell() -> None:
    """There are two steady states: the load that collapses was served before, with everybody answered."""
    answered, collapsed = after_slow_spell(0.6, {}, spell=False)
    assert collapsed == 0.0
    assert answered > 0.99


@pytest.mark.parametrize(
    ("share_of_capacity", "knobs"),
    [
        (0.4, {}),
        (0.6, {"checkout": {"deadline_drop": True}}),
        (0.6, {"checkout": {"queue_limit": 30}}),
        (0.6, {"app": {"retry_budget": "10%"}}),
    ],
    ids=["below the threshold", "deadline_drop", "queue_limit", "retry_budget"],
)
def test_what_prevents_the_collapse(share_of_capacity: float, knobs: dict[str, Any]) -> None:
    """Below mu / (1 + R), or when stale work isn't started, or not admitted, or retries are rationed, the system recovers."""
    answered, collapsed = after_slow_spell(share_of_capacity, knobs)
    assert collapsed == 0.0
    assert answered > 0.95
