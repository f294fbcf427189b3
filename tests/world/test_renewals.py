"""Charges that no customer waits for: a job that runs once, again, on two machines, or dies half way."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from sim.architectures import ARCHITECTURES
from sim.config.errors import ConfigError
from sim.config.library import parse_scenario
from sim.ledger.metrics import Evidence
from sim.ledger.records import Tables
from sim.world.cell import Cell
from tests.worlds import design, judged, world

NIGHT = """
name: night
clock: {start: "03:00", duration: 1h, drain: 1h}
traffic: {rate: 0}
renewals: {count: 100, at: "03:05"}
provider: {latency: {constant: 450ms}}
"""
AGAIN = NIGHT + 'faults: [{rerun: renewals, at: "03:30"}]\n'
EACH_S = 0.001 + 0.010 + 0.004 + 0.450 + 0.004 + 0.003  # look, compute, claim, charge, settle, publish
NEW_KEYS = {"key": "run", "looks_first": False}


def run(
    text: str, name: str = "idempotent", job: dict[str, Any] | None = None, cell: Cell | None = None, **knobs: Any
) -> tuple[Tables, Evidence]:
    chosen = design(name, {"renewal_job": job or {}, **knobs})
    return judged(world(text, arrivals=None), chosen, 0, *([] if cell is None else [cell]))


def harm(evidence: Evidence) -> dict[str, int]:
    audit = evidence.audit
    return {"twice": int((audit.charged > 1).sum()), "lost": evidence.tally.found["lost"], "orphans": int(audit.orphan.sum())}


CLEAN = {"twice": 0, "lost": 0, "orphans": 0}


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_each_is_charged_once_and_nobody_waits(name: str) -> None:
    """A hundred orders, charges and awards, by the same story as a request; no request, no poll, no wait."""
    tables, evidence = run(NIGHT, name)
    assert harm(evidence) == CLEAN
    assert evidence.audit.correct.sum() == len(tables.purchases) == 100
    assert (len(tables.requests), len(tables.reads)) == (0, 0)
    assert not any(value for key, value in evidence.metrics.items() if key.endswith("_rate") and not np.isnan(value))
    assert np.isnan(evidence.metrics["ack_latency_p50"])
    assert evidence.metrics["confirmed_share"] == evidence.metrics["acknowledged_share"] == 1
    assert not evidence.tally.causes, "none is late"


def test_one_after_the_other_from_their_hour_on() -> None:
    """The lag of each counts from 03:05: of the last of a hundred it is a hundred times what one takes, less the news of it."""
    tables, evidence = run(NIGHT)
    assert tables.purchases["submitted_s"].tolist() == [300.0] * 100
    lags = evidence.audit.confirmed_s - 300
    assert lags == pytest.approx(EACH_S * np.arange(1, 101) - 0.003)
    assert evidence.metrics["confirmation_lag_p99"] == pytest.approx(EACH_S * 99 - 0.003)


@pytest.mark.parametrize("name", ARCHITECTURES)
@pytest.mark.parametrize(
    ("job", "twice"),
    [({}, 0), ({"looks_first": False}, 0), (NEW_KEYS, 100), ({"key": "none", "looks_first": False}, 100), ({"key": "run"}, 0)],
)
def test_a_job_that_runs_again(name: str, job: dict[str, Any], twice: int) -> None:
    """A key that is the renewal's own, or a look before the charge, is enough; naive, which looks at no key, needs the look."""
    expected = 100 if name == "naive" and not job.get("looks_first", True) else twice
    assert harm(run(AGAIN, name, job)[1]) == CLEAN | {"twice": expected}


def test_two_machines_race_and_a_lock_keeps_one_out() -> None:
    """Both look at the same moment and find nothing. The lock has to last for as long as the job: 47 s."""
    assert harm(run(NIGHT, "naive", {"machines": 2})[1])["twice"] > 0
    unguarded = {"machines": 2, "looks_first": False, "key": "none"}
    assert harm(run(NIGHT, "idempotent", unguarded)[1]) == CLEAN | {"twice": 100}
    assert harm(run(NIGHT, "idempotent", unguarded | {"lock": "1min"})[1]) == CLEAN
    assert harm(run(NIGHT, "idempotent", {"machines": 2})[1]) == CLEAN


def test_a_lock_that_ends_before_the_job_keeps_nobody_out() -> None:
    """Run again after 20 s, when the first has done some 40 and its lock of 10 s is over: the second does them all."""
    soon = NIGHT + 'faults: [{rerun: renewals, at: "03:05:20"}]\n'
    unguarded = {"looks_first": False, "key": "none"}
    assert harm(run(soon, job=unguarded | {"lock": "1min"})[1]) == CLEAN
    assert harm(run(soon, job=unguarded | {"lock": "10s"})[1]) == CLEAN | {"twice": 100}


def test_a_job_that_dies_half_way_begins_at_the_start() -> None:
    """After 23 s it has done 48, and the next call is under way: with new keys and no look these 49 are charged once more."""
    dies = NIGHT + 'faults: [{crash: renewals, at: "03:05:23", restart: 10s}]\n'
    assert harm(run(dies, job=NEW_KEYS)[1]) == CLEAN | {"twice": 49}
    _, evidence = run(dies)
    assert harm(evidence) == CLEAN
    assert evidence.audit.confirmed_s.max() > 300 + 100 * EACH_S + 10 - 1


def test_a_death_after_a_step_and_one_when_all_is_done() -> None:
    """Right after the first commit: only that one is charged again. Long after the end: nothing happens."""
    dies = NIGHT + "faults: [{crash: renewals, after: commit, times: 1}]\n"
    assert harm(run(dies, job=NEW_KEYS)[1]) == CLEAN | {"twice": 1}
    late = NIGHT + 'faults: [{crash: renewals, at: "03:30", restart: 10s}]\n'
    assert harm(run(late, job=NEW_KEYS)[1]) == CLEAN


def test_what_was_refused_is_tried_again_in_another_round() -> None:
    """The provider is down for five minutes. A second round, ten minutes later, charges them; one round only loses them."""
    down = NIGHT + 'faults: [{outage: provider, at: "03:04", for: 5min}]\n'
    assert harm(run(down, job={"tries": 2})[1]) == CLEAN
    lost = run(down, job={"tries": 1}, completer={"after": "3h"})[1]
    assert harm(lost)["lost"] == 100


def test_cells_share_the_renewals() -> None:
    """Three cells: 34, 33 and 33."""
    assert [len(run(NIGHT, cell=Cell(number, 3))[0].purchases) for number in range(3)] == [34, 33, 33]


def test_customers_do_not_notice_the_job() -> None:
    """With renewals beside them, the same people do the same things: the draws of the others stay where they were."""
    text = NIGHT.replace("rate: 0", "rate: 20/min")
    with_job, _ = run(text)
    without, _ = run(text.replace('renewals: {count: 100, at: "03:05"}\n', ""))
    number = len(without.purchases)
    assert with_job.purchases["submitted_s"][:number].tolist() == without.purchases["submitted_s"].tolist()
    assert with_job.requests["sent_s"].tolist() == without.requests["sent_s"].tolist()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (NIGHT.replace("03:05", "06:00"), "renewals.at: outside of the simulated morning"),
        (AGAIN.replace("03:30", "03:01"), "before the renewals are due (03:05)"),
        (NIGHT.replace('renewals: {count: 100, at: "03:05"}', ""), "zero traffic"),
    ],
)
def test_mistakes(text: str, message: str) -> None:
    """A job outside of the morning, run again before its hour; a morning without anybody."""
    with pytest.raises(ConfigError, match=message.replace("(", r"\(").replace(")", r"\)")):
        parse_scenario(text)
