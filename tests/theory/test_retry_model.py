"""The plain timeout-and-retry model agrees with a bare event loop that shares no code with the simulator."""

from __future__ import annotations

import numpy as np
import pytest

from sim.validity.agreement import Estimated, mean_of
from tests.theory.retry_model import bare_loop, retry_model
from tests.worlds import morning

MORNINGS = 30


# As the model stands, where giving up is too rare to count, and overloaded, where most customers give up.
@pytest.mark.parametrize(("per_s", "duration_s"), [(5.0, 60.0), (16.0, 12.0)], ids=["calm", "overloaded"])
def test_retry_model_agrees_with_a_bare_event_loop(per_s: float, duration_s: float) -> None:
    """Requests per purchase and the share that gives up agree within three standard errors of both."""
    scenario, design = retry_model(per_s=per_s, duration_s=duration_s)
    requests, gave_up = np.empty(MORNINGS), np.empty(MORNINGS)
    for seed in range(MORNINGS):
        tables, _ = morning(scenario, design, seed)
        requests[seed] = len(tables.requests) / len(tables.purchases)
        gave_up[seed] = np.isfinite(tables.purchases["left_s"]).mean()
    loops = [bare_loop(seed, per_s=per_s, duration_s=duration_s) for seed in range(10 * MORNINGS)]
    theirs = mean_of(np.array([loop.requests / loop.customers for loop in loops]))
    both(mean_of(requests), theirs).check(theirs.value, se_below=0.02, what=f"retry model, {per_s}/s: requests per purchase")
    theirs = mean_of(np.array([loop.gave_up / loop.customers for loop in loops]))
    if theirs.value < 1e-3:
        assert gave_up.mean() < 1e-3
    else:
        both(mean_of(gave_up), theirs).check(theirs.value, se_below=0.03, what=f"retry model, {per_s}/s: gave up")


def both(ours: Estimated, theirs: Estimated) -> Estimated:
    """Our estimate with the noise of either side."""
    return Estimated(ours.value, float(np.hypot(ours.se, theirs.se)))
