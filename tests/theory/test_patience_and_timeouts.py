"""Who is faster: the provider, or the patience of those who wait for it?"""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from sim.vocabulary import Outcome
from tests.theory.agreement import mean_of
from tests.theory.bare import bare_design, bare_world
from tests.worlds import morning

LOGNORMAL = {"lognormal": {"median": "450ms", "sigma": 0.6}}


def slower_than(seconds: float, *, median_s: float = 0.45) -> float:
    """P(L > seconds) of the lognormal above."""
    return float(stats.norm.sf(math.log(seconds / median_s) / 0.6))


@pytest.mark.parametrize(("latency_s", "patience_s", "reference"), [(0.5, 8.0, 0.058824), (6.0, 8.0, 0.428571)])
def test_refresh_race(latency_s: float, patience_s: float, reference: float) -> None:
    """Exponential patience of mean m, exponential provider of mean l: a share of l / (l + m) refreshes, and pays twice."""
    expected = latency_s / (latency_s + patience_s)
    assert expected == pytest.approx(reference, abs=1e-6)
    world = bare_world(
        12_000 if expected < 0.1 else 4_000,
        10.0,
        {
            "customers": {
                "patience": {"exponential": f"{patience_s}s"},
                "after_patience": {"tap_again": 0, "refresh": "100%", "leave": 0},
                "max_submissions": 2,
            },
            "provider": {"latency": {"exponential": f"{latency_s}s"}},
        },
    )
    tables, audit = morning(world, bare_design("naive", {"payment": {"timeout": "1h"}}), 3)
    refreshed = tables.purchases["submissions"] >= 2
    mean_of(refreshed.astype(float)).check(expected, se_below=0.04, what=f"refresh race ({latency_s}, {patience_s})")
    np.testing.assert_array_equal(audit.charged, 1 + refreshed)


@pytest.mark.parametrize(
    ("timeout_s", "slower", "purchases", "reference"),
    [(1.0, 1, 9_000, None), (3.0, 10, 3_000, 0.7504), (5.0, 10, 4_000, 0.4303)],
)
def test_provider_timeout(timeout_s: float, slower: int, purchases: int, reference: float | None) -> None:
    """The share of calls that end unknown is P(L > timeout), calm or ten times slower; every one of them charges the card."""
    expected = slower_than(timeout_s, median_s=0.45 * slower)
    assert reference is None or expected == pytest.approx(reference, abs=5e-5)
    brownout = {"brownout": "provider", "at": "07:00", "for": "10h", "latency": f"x{slower}"}
    world = bare_world(purchases, 10.0, {"provider": {"latency": LOGNORMAL}, "faults": [brownout] if slower > 1 else []})
    tables, audit = morning(world, bare_design("naive", {"payment": {"timeout": f"{timeout_s}s"}}), 4)
    unknown = tables.charges["outcome"] == Outcome.UNKNOWN
    mean_of(unknown.astype(float)).check(expected, se_below=0.04, what=f"P(L > {timeout_s}) x{slower}")
    assert (audit.charged == 1).all()  # late successes
    known_s = (tables.charges["captured_s"] - tables.charges["sent_s"]) / slower
    assert stats.kstest((np.log(known_s) - math.log(0.45)) / 0.6, "norm").pvalue > 0.01


def test_double_tap_is_a_slip_of_the_finger_and_no_decision_to_leave() -> None:
    """Whoever may not tap again still waits for the answer when the finger slips: paid at 450 ms, after a slip at 300 ms."""
    customers = {"double_tap": {"p": "100%", "gap": "300ms"}, "max_submissions": 1}
    world = bare_world(20, 1.0, {"customers": customers, "provider": {"latency": {"constant": "450ms"}}})
    tables, audit = morning(world, bare_design("naive"), 1)
    assert (audit.charged == 1).all()
    assert np.isnan(tables.purchases["left_s"]).all()
    assert not np.isnan(tables.purchases["acknowledged_s"]).any()
