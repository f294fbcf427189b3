"""At-least-once delivery: how often an event comes, and what it does to loyalty points."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy import stats

from tests.theory.agreement import mean_of
from tests.theory.bare import bare_design, bare_world
from tests.worlds import morning


def awards_each(p_duplicate: float, loyalty: dict[str, Any]) -> np.ndarray:
    faults = [{"duplicates": "broker", "p": f"{p_duplicate:.0%}"}]
    _, audit = morning(bare_world(4_000, 10.0, {"faults": faults}), bare_design("naive", {"loyalty": loyalty}), 1)
    return audit.awarded


# A window shorter than the 30 s until redelivery has forgotten the event when it comes again.
@pytest.mark.parametrize("loyalty", [{}, {"inbox": {"window": "29s"}}], ids=["no inbox", "inbox forgets"])
def test_awards_without_a_memory_are_geometric(loyalty: dict[str, Any]) -> None:
    """Each delivery is followed by another with probability d: 1 / (1 - d) awards a purchase, geometrically distributed."""
    d = 0.3
    awards = awards_each(d, loyalty)
    mean_of(awards).check(1 / (1 - d), se_below=0.01, what="awards, d=.3")
    observed = np.bincount(np.minimum(awards, 6), minlength=7)[1:]
    expected = len(awards) * np.append((1 - d) * d ** np.arange(5), d**5)
    assert stats.chisquare(observed, expected).pvalue > 0.01


def test_inbox_awards_exactly_once() -> None:
    """With an inbox that remembers, every purchase has exactly one award."""
    assert (awards_each(0.3, {"inbox": {}}) == 1).all()
