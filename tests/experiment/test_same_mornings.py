"""Every design meets the same people and the same provider, so a change that does nothing changes nothing."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from sim.config.library import parse_scenario
from sim.config.scenario import Scenario
from sim.experiment.compare import compare
from sim.experiment.effort import Effort
from sim.ledger.records import Tables
from sim.vocabulary import METRICS
from tests.worlds import design, morning

ROUGH = """
name: rough
clock: {start: "07:00", duration: 5min, drain: 15min}
traffic: {shape: {"07:00": 60/min, "07:03": 180/min, "07:05": 60/min}}
customers:
  patience: {lognormal: {median: 4s, sigma: 0.8}}
  double_tap: {p: 5%}
network: {request_lost: 1%, answer_lost: 1%}
provider: {declined: 5%, failed: 3%, ambiguous: 3%}
"""
FAULTS = """
faults:
  - {brownout: provider, at: "07:02", for: 1min, failed: 10%, ambiguous: 20%}
  - {crash: checkout, at: "07:04", restart: 10s}
  - {duplicates: broker, p: 2%}
"""


@pytest.fixture(scope="module")
def runs() -> dict[str, Tables]:
    """One rough morning without bad weather (which depends on when a call is made), with every design."""
    return {
        name: morning(parse_scenario(ROUGH), design(name, constant=False), 7)[0] for name in ("naive", "idempotent", "outbox")
    }


@pytest.mark.parametrize("name", ["idempotent", "outbox"])
def test_designs_meet_the_same_people(runs: dict[str, Tables], name: str) -> None:
    """The same customers come at the same moments with the same cards, whatever the design does."""
    for column in ("submitted_s", "good_card"):
        np.testing.assert_array_equal(runs["naive"].purchases[column], runs[name].purchases[column])


@pytest.mark.parametrize("name", ["idempotent", "outbox"])
def test_designs_meet_the_same_provider(runs: dict[str, Tables], name: str) -> None:
    """A customer's first charge takes the same time and ends the same way, however many calls others have made."""

    def first_calls(tables: Tables) -> tuple[np.ndarray, np.ndarray]:
        purchase, row = np.unique(tables.charges["purchase"], return_index=True)
        took_s = np.full(len(tables.purchases), np.nan)
        took_s[purchase] = (tables.charges["captured_s"] - tables.charges["sent_s"])[row]
        outcome = np.full(len(tables.purchases), -1)
        outcome[purchase] = tables.charges["outcome"][row]
        return took_s, outcome

    (our_s, our_outcome), (their_s, their_outcome) = first_calls(runs["naive"]), first_calls(runs[name])
    called = (our_outcome >= 0) & (their_outcome >= 0)  # a lost request may leave one of them without a call
    assert called.mean() > 0.95
    np.testing.assert_allclose(our_s[called], their_s[called], atol=1e-9)  # NaN, not charged, must agree as well
    np.testing.assert_array_equal(our_outcome[called], their_outcome[called])
    assert np.isnan(our_s[called]).any()


# Knobs that cannot matter: a broker without redeliveries has no use for a visibility timeout, an inbox of seven days none for
# eight.
NO_OPS: list[tuple[str, dict[str, Any]]] = [
    ("naive", {}),
    ("idempotent", {}),
    ("outbox", {}),
    ("naive", {"broker": {"visibility": "31s"}}),
    ("idempotent", {"broker": {"visibility": "31s"}}),
    ("outbox", {"loyalty": {"inbox": {"window": "8d"}}}),
]


@pytest.mark.parametrize(("name", "change"), NO_OPS, ids=[f"{name} {change or 'renamed'}" for name, change in NO_OPS])
def test_change_that_does_nothing_changes_nothing(name: str, change: dict[str, Any]) -> None:
    """A design under another name, or with a knob turned that has no effect here: the paired difference is exactly 0."""
    weather = FAULTS.replace("  - {duplicates: broker, p: 2%}\n", "") if "broker" in change else FAULTS
    scenario: Scenario = parse_scenario(ROUGH + weather)
    twin = design(name, change, constant=False).model_copy(update={"name": "twin"})
    comparison = compare(scenario, [design(name, constant=False), twin], Effort(2, jobs=1))
    assert comparison.results["twin"].values("purchases").min() > 100
    for metric, difference in comparison.paired("twin").items():
        ours, theirs = comparison.results[name].values(metric), comparison.results["twin"].values(metric)
        np.testing.assert_array_equal(ours, theirs, err_msg=metric)  # also where it is never, and a difference no number
        expected = (0.0, 0.0, 0.0) if np.isfinite(ours).all() else (None, None, None)
        if not ours.any():  # what never happened, as it is in both, may still differ
            expected = (0.0, None, None)
        assert (difference.difference, difference.low, difference.high) == expected, metric
    finite = [metric for metric in METRICS if np.isfinite(comparison.results[name].values(metric)).all()]
    assert len(finite) > len(METRICS) / 2
