"""Published outages as scenarios: what their headers say was simulated is what is simulated."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache

import numpy as np
import pytest

from sim.architectures import load_design
from sim.config.library import FOLDER, load_scenario, names
from sim.experiment.statistics import t_quantile
from sim.ledger.metrics import Evidence
from sim.vocabulary import Outcome
from tests.worlds import judged

INCIDENTS = [name for name in names() if name.startswith("incidents/")]
PARTS = ["What was reported", "What is assumed", "What the simulation says"]


@pytest.mark.parametrize("name", INCIDENTS)
def test_every_header_says_what_is_reported_assumed_and_simulated(name: str) -> None:
    """Three parts in this order, a source with its address, and the command that gives the numbers."""
    header = (FOLDER / f"{name}.yaml").read_text(encoding="utf-8").split("name: ")[0]
    assert all(line.startswith("#") for line in header.splitlines())
    assert [line[2:] for line in header.splitlines() if line[2:] in PARTS] == PARTS
    reported = header.split(PARTS[1])[0]
    assert re.search(r"https://\S+", reported)
    assert re.search(r"[Ss]tated by|secondary\s+#?\s*source", reported)
    short = name.removeprefix("incidents/")
    assert f"coffee compare {short}" in header
    assert load_scenario(short).name == short


def share(flags: Callable[[Evidence], np.ndarray]) -> Callable[[Evidence], float]:
    return lambda evidence: float(flags(evidence).mean())


def never(evidence: Evidence) -> np.ndarray:
    return np.isinf(evidence.tally.lags["confirmation"])


def charged_twice(evidence: Evidence) -> np.ndarray:
    return evidence.audit.charged > 1


def refused_calls(evidence: Evidence) -> np.ndarray:
    return evidence.tables.charges["outcome"] == Outcome.FAILED


def per_person_against_per_payment(evidence: Evidence) -> float:
    return float(never(evidence).mean() / refused_calls(evidence).mean())


STRIPE, SQUARE, VISA, TWO = "stripe-2019-07-10", "square-2023-02-06", "visa-europe-2018-06-01", "two-second-timeout"
CLAIMS: list[tuple[str, str, Callable[[Evidence], float], float]] = [  # incident, design, what, and the header's figure
    (STRIPE, "naive", share(never), 0.066),
    (STRIPE, "naive", share(charged_twice), 0.035),
    (STRIPE, "idempotent", share(never), 0.054),
    (STRIPE, "idempotent", share(charged_twice), 0.0),
    (STRIPE, "outbox", share(never), 0.0),
    (SQUARE, "naive", share(charged_twice), 0.24),
    (SQUARE, "idempotent", share(charged_twice), 0.0),
    (SQUARE, "idempotent", lambda e: e.metrics["ack_latency_p95"], 9.4),
    (SQUARE, "outbox", lambda e: e.metrics["ack_latency_p95"], 0.075),
    (VISA, "no-app-retries", share(refused_calls), 0.104),
    (VISA, "no-app-retries", share(never), 0.056),
    (VISA, "no-app-retries", per_person_against_per_payment, 0.537),
    (TWO, "waits-two-seconds", share(charged_twice), 0.16),
    (TWO, "naive", share(charged_twice), 0.0),
]
MORNINGS = 4


@cache
def mornings(incident: str, name: str) -> list[Evidence]:
    """Other mornings than the header's."""
    scenario, design = load_scenario(f"incidents/{incident}"), load_design(name)
    return [judged(scenario, design, seed)[1] for seed in range(100, 100 + MORNINGS)]


QUICK = {(STRIPE, "naive"), (SQUARE, "naive"), (VISA, "no-app-retries"), (TWO, "naive"), (TWO, "waits-two-seconds")}


@pytest.mark.parametrize(
    ("incident", "name", "what", "said"),
    [pytest.param(*claim, marks=() if claim[:2] in QUICK else pytest.mark.slow) for claim in CLAIMS],
)
def test_the_figures_of_a_header(incident: str, name: str, what: Callable[[Evidence], float], said: float) -> None:
    """On other mornings than the header's: the figure lies within the interval, or is zero on every morning."""
    values = np.array([what(evidence) for evidence in mornings(incident, name)])
    half = t_quantile(0.99865, MORNINGS - 1) * float(values.std(ddof=1)) / MORNINGS**0.5  # three standard errors
    assert abs(values.mean() - said) <= half + 0.01 * said  # and the header's own rounding
    assert half <= said  # it could tell the figure from none, or from twice as much


def test_everybody_within_the_five_minutes_is_charged_twice_and_nobody_else() -> None:
    """With a timeout of two seconds against three, and the shop's database knows of no payment."""
    tables, evidence = judged(load_scenario(f"incidents/{TWO}"), load_design("waits-two-seconds"))
    submitted = tables.purchases["submitted_s"]
    inside = (submitted > 601) & (submitted < 896)
    outside = (submitted < 599) | (submitted > 901)
    assert (evidence.audit.charged[inside] == 2).all()
    assert (evidence.audit.charged[outside] == 1).all()
    assert (evidence.audit.ordered[inside] == 0).all()
