"""Faults that come and go by themselves: alternating renewal in continuous time."""

from __future__ import annotations

import numpy as np
from scipy import stats

from sim.validation.agreement import mean_of
from sim.vocabulary import Outcome
from tests.theory.bare import bare_design, bare_world
from tests.worlds import morning

UP_S, DOWN_S = 3600.0, 1800.0
OUTAGES = {"outage": "provider", "every": {"exponential": "1h"}, "for": {"exponential": "30min"}}


def test_random_outages_take_their_share_of_the_time() -> None:
    """Up for exp(G), down for exp(B), starting up: P(down at t) = pi (1 - e^-rt), pi = B / (G + B), r = 1/G + 1/B."""
    world = bare_world(2, 1.0, {"clock": {"duration": "2d", "drain": 0}, "traffic": {"rate": "3/d"}, "faults": [OUTAGES]})
    runs = [morning(world, bare_design("naive"), seed)[0] for seed in range(50)]
    down = np.array([sum(end - begin for _, begin, end in tables.faults) / tables.horizon_s for tables in runs])
    rate, horizon_s = 1 / UP_S + 1 / DOWN_S, runs[0].horizon_s
    expected = DOWN_S / (UP_S + DOWN_S) * (1 - (1 - np.exp(-rate * horizon_s)) / (rate * horizon_s))
    mean_of(down).check(expected, se_below=0.03, what="share of the time down, G=1h B=30min")

    # Gaps and durations of complete spells (the horizon cuts the last one short, which favours short ones by 1 in 32).
    spells = [np.array([(begin, end) for _, begin, end in tables.faults if end < tables.horizon_s]) for tables in runs]
    gaps = np.concatenate([those[1:, 0] - those[:-1, 1] for those in spells])
    lasted = np.concatenate([those[:, 1] - those[:, 0] for those in spells])
    assert stats.kstest(gaps, "expon", args=(0, UP_S)).pvalue > 0.01
    assert stats.kstest(lasted, "expon", args=(0, DOWN_S)).pvalue > 0.01


def test_calls_are_refused_within_the_recorded_spells_and_only_there() -> None:
    """What `faults` says is what the calls met: refused from begin to end of a spell, captured at all other times."""
    world = bare_world(3_000, 3_000 / 36_000, {"faults": [OUTAGES]})
    tables, _ = morning(world, bare_design("naive"), 2)
    sent_s = tables.charges["sent_s"]
    down = np.zeros(len(sent_s), dtype=bool)
    for _, begin_s, end_s in tables.faults:
        down |= (sent_s >= begin_s) & (sent_s < end_s)
    assert 0 < down.sum() < len(down)
    np.testing.assert_array_equal(tables.charges["outcome"], np.where(down, Outcome.FAILED, Outcome.CAPTURED))


def test_scheduled_fault_is_recorded_at_its_clock_time() -> None:
    """A fault at a clock time begins then and lasts as long as it says; one that goes on is cut at the horizon."""
    faults = [
        {"brownout": "provider", "at": "07:15", "for": "15min"},
        {"slow": "database", "at": "07:50", "for": "1h"},
    ]
    world = bare_world(10, 10 / 3600.0, {"clock": {"drain": "10min"}, "faults": faults})
    tables, _ = morning(world, bare_design("naive"), 1)
    assert tables.faults == [("brownout provider", 900.0, 1800.0), ("slow database", 3000.0, 4200.0)]
