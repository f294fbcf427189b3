"""The log of a twin gives back the scenario that it was run with: a simulated morning stands in for the real one."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from sim.architectures import load_design, parse_design
from sim.config.library import parse_scenario
from sim.documents.text import csv_text
from sim.measured.files import read_log
from sim.measured.fit import Fit, fit
from sim.measured.fitted import Fitted
from sim.measured.line import End
from sim.real.twin.log import COLUMNS, log_of
from tests.measured.known import DESIGN, SCENARIO, TRUE
from tests.real.twin.standins import live, made

SEEDS = range(3)
# What only a line of the checkout tells is not in this log. `provider.failed` and the others rest on calls, as in any log.
TOLD = {key: truth for key, truth in TRUE.items() if not key.startswith(("network.", "checkout."))}
EXACT = {"app.timeout": 4.0, "payment.timeout": 3.0}
MOST_MISSED = (
    7  # 10 intervals of 95 % in each of 3 mornings: of 30, so many or more miss the truth 6 times in 10,000 (binomial)
)
FARTHEST = 4.3 / 1.96  # as in tests/measured: half intervals by which an estimate is off once in 65,000 times
FIRST = "traffic.steps.07:00"


def fitted(folder: Path, seed: int) -> Fit:
    scenario, design = parse_scenario(SCENARIO), parse_design(DESIGN)
    tables = live(scenario, design, seed, instead=None).tables
    path = folder / f"log-{seed}.csv"
    path.write_text(csv_text(log_of(tables, scenario, design), COLUMNS), encoding="utf-8")
    return fit(read_log([path]), load_design("outbox"))


def test_the_scenario_is_given_back(tmp_path: Path) -> None:
    """Of three mornings no more intervals miss the truth than 95 % allow, none by far, and the clocks of ours are exact."""
    missed, looked_at = [], 0
    for seed in SEEDS:
        found = {".".join(one.key): one for one in fitted(tmp_path, seed).found if isinstance(one, Fitted)}
        found = {FIRST if key.startswith(FIRST) else key: one for key, one in found.items()}
        for key, exact in EXACT.items():
            assert found[key].value == pytest.approx(exact, rel=1e-6), key
        for key, truth in TOLD.items():
            one = found[key]
            assert isinstance(one.value, float)
            assert one.low is not None
            assert one.high is not None
            looked_at += 1
            if not one.low <= truth <= one.high:
                missed.append((seed, key))
            half = one.high - one.value if truth > one.value else one.value - one.low
            assert abs(truth - one.value) <= FARTHEST * half or key == "app.retry.full_jitter.base", (seed, key, one.comment)
    assert looked_at == len(SEEDS) * len(TOLD) == 30
    assert len(missed) < MOST_MISSED, missed


def test_what_the_log_has_not_is_said_to_be_assumed(tmp_path: Path) -> None:
    """There is no line of the checkout's, so that nothing is said of the network and of its own time."""
    made_of = fitted(tmp_path, 0)
    assumed = {".".join(one.key): one.why for part in ("scenario", "design") for one in made_of.assumed(part)}  # type: ignore[arg-type]
    assert "both sides know" in assumed["network.latency"]
    assert "checkout handled well: 0" in assumed["checkout.service"]


def test_who_leaves_has_waited_until_then(tmp_path: Path) -> None:
    """A customer who leaves after 2 s has cancelled; one who stays has waited in vain for the app's 4 s; a charge is a line."""
    scenario, design = parse_scenario(SCENARIO), parse_design(DESIGN)
    tables = made([1, 0, 0])
    for name, values in {
        "purchase": [0, 1, 2], "submission": [1, 1, 1], "attempt": [1, 1, 1], "fate": [3, 0, 0], "answer": [201, 0, 0],
        "sent_s": [0.0, 1.0, 2.0], "answered_s": [1.0, np.nan, np.nan],
    }.items():  # fmt: skip
        getattr(tables.requests, name).extend(values)
    tables.purchases.left_s[1] = 3.0
    path = tmp_path / "log.csv"
    rows = log_of(tables, scenario, design)
    path.write_text(csv_text(rows, COLUMNS), encoding="utf-8")
    log = read_log([path])
    assert [(line.end, line.duration_s) for line in log.requests] == [
        (End.OK, 1.0),
        (End.CANCELLED, 2.0),
        (End.TIMEOUT, 4.0),
    ]
    assert [(line.start_s, line.charged_s) for line in log.calls] == [(25200.2, 25200.8)]
    assert [row["start"] for row in rows] == sorted(row["start"] for row in rows)
