"""Who is faster: the provider, or the patience of those who wait for it? Shares are among the cases of `sim.validation`."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from sim.validation.cases import CASES
from sim.validation.payments import p_impatient
from tests.theory.bare import bare_design, bare_world
from tests.worlds import morning


@pytest.mark.parametrize(("name", "slower"), [("timeout", 1), ("timeout-3s-brownout", 10)])
def test_latencies_have_the_distribution_asked_for(name: str, slower: int) -> None:
    """What the provider took is lognormal with the file's median and sigma, and so many times longer in a brownout."""
    case = CASES[name]
    tables, _ = morning(case.scenario, case.chosen, case.seed)
    took_s = (tables.charges["captured_s"] - tables.charges["sent_s"]) / slower
    assert stats.kstest((np.log(took_s) - math.log(0.45)) / 0.6, "norm").pvalue > 0.01


@pytest.mark.parametrize(("median_s", "expected"), [(0.45, 0.0642), (4.5, 0.4499)])
def test_impatience_reference_values(median_s: float, expected: float) -> None:
    """Patience exp(8 s) against the default latency, calm and ten times slower (domain.md 1.7)."""
    assert p_impatient(median_s, 8.0) == pytest.approx(expected, abs=5e-5)


def test_double_tap_is_a_slip_of_the_finger_and_no_decision_to_leave() -> None:
    """Whoever may not tap again still waits for the answer when the finger slips: paid at 450 ms, after a slip at 300 ms."""
    customers = {"double_tap": {"p": "100%", "gap": "300ms"}, "max_submissions": 1}
    world = bare_world(20, 1.0, {"customers": customers, "provider": {"latency": {"constant": "450ms"}}})
    tables, audit = morning(world, bare_design("naive"), 1)
    assert (audit.charged == 1).all()
    assert np.isnan(tables.purchases["left_s"]).all()
    assert not np.isnan(tables.purchases["acknowledged_s"]).any()
