"""The references of the benchmark do the same work as the simulator: nobody is faster by doing less."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from sim.config.design import merged
from sim.config.library import parse_scenario
from sim.validation.agreement import Estimated, mean_of
from sim.world.morning import Morning
from tests.bench.references import Counted, bare_retries, plain_simpy
from tests.bench.speed import RETRY_DESIGN, RETRY_MODEL, Plain

RUNS, PER_S, CUSTOMERS = 30, 9.0, 540  # more than the eight servers can do, so that many try again and some give up


def ours(seed: int) -> Counted:
    scenario = parse_scenario(RETRY_MODEL.replace("rate: 5/s", f"rate: {PER_S:g}/s").replace("duration: 1h", "duration: 1min"))
    tables = Morning(scenario, Plain.model_validate(merged(RETRY_DESIGN, {})), seed).run()
    failed = tables.purchases["acknowledged_s"]
    return Counted(len(tables.purchases), len(tables.requests), int(np.isnan(failed).sum()))


def shares(run: Callable[[int], Counted], what: str) -> Estimated:
    return mean_of(np.array([getattr(counted, what) / counted.customers for counted in map(run, range(RUNS))]))


@pytest.mark.parametrize("what", ["requests", "gave_up"])
@pytest.mark.parametrize("reference", [bare_retries, plain_simpy])
def test_the_same_model_three_times(reference: Callable[..., Counted], what: str) -> None:
    """Requests a customer and the share that gives up agree within three standard errors of both."""
    theirs = shares(lambda seed: reference(CUSTOMERS, seed + 1, per_s=PER_S), what)
    mine = shares(ours, what)
    both = Estimated(mine.value, float(np.hypot(mine.se, theirs.se)))
    both.check(theirs.value, se_below=0.15, what=what)
    assert theirs.value > (0.01 if what == "gave_up" else 1.1)
