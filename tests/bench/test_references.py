"""The references of the benchmark do the same work as the simulator: nobody is faster by doing less."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import numpy as np
import pytest

from sim.config.design import merged
from sim.config.library import parse_scenario
from sim.ledger.records import Tables
from sim.validation.agreement import Estimated, mean_of
from sim.world.morning import Morning
from tests.bench.references import Counted, bare_retries, plain_simpy
from tests.bench.speed import RETRY_DESIGN, RETRY_MODEL, Plain
from tests.tiers import slow

RUNS, PER_S, CUSTOMERS = 30, 9.0, 540  # more than the eight servers can do, so that many try again and some give up


@cache
def ours() -> list[Counted]:
    scenario = parse_scenario(RETRY_MODEL.replace("rate: 5/s", f"rate: {PER_S:g}/s").replace("duration: 1h", "duration: 1min"))
    design = Plain.model_validate(merged(RETRY_DESIGN, {}))
    return [counted(Morning(scenario, design, seed).run()) for seed in range(RUNS)]


def counted(tables: Tables) -> Counted:
    failed = tables.purchases["acknowledged_s"]
    return Counted(len(tables.purchases), len(tables.requests), int(np.isnan(failed).sum()))


@cache
def theirs(reference: Callable[..., Counted]) -> list[Counted]:
    return [reference(CUSTOMERS, seed + 1, per_s=PER_S) for seed in range(RUNS)]


def share(runs: list[Counted], what: str) -> Estimated:
    return mean_of(np.array([getattr(run, what) / run.customers for run in runs]))


@pytest.mark.parametrize("what", ["requests", "gave_up"])
@pytest.mark.parametrize("reference", slow([bare_retries, plain_simpy], but=[bare_retries]))
def test_the_same_model_three_times(reference: Callable[..., Counted], what: str) -> None:
    """Requests a customer and the share that gives up agree within three standard errors of both."""
    other, mine = share(theirs(reference), what), share(ours(), what)
    both = Estimated(mine.value, float(np.hypot(mine.se, other.se)))
    both.check(other.value, se_below=0.15, what=what)
    assert other.value > (0.01 if what == "gave_up" else 1.1)
