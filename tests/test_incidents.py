"""Published outages as scenarios: what their headers say was simulated is what is simulated."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache

import numpy as np
import pytest

from sim.architectures import load_design, reported
from sim.config.library import FOLDER, load_scenario, names
from sim.experiment.statistics import t_quantile
from sim.ledger.metrics import Evidence
from sim.ledger.violations import VIOLATIONS
from sim.vocabulary import Outcome
from tests.tiers import slow
from tests.worlds import judged

INCIDENTS = [name for name in names() if name.startswith("incidents/")]
PARTS = ["What was reported", "What is assumed", "What the simulation says"]


@pytest.mark.parametrize("name", INCIDENTS)
def test_every_header_says_what_is_reported_assumed_and_simulated(name: str) -> None:
    """Three parts in this order, who says so, and the command that gives the numbers; the file has the sources' addresses."""
    header = (FOLDER / f"{name}.yaml").read_text(encoding="utf-8").split("name: ")[0]
    assert all(line.startswith("#") for line in header.splitlines())
    assert [line[2:] for line in header.splitlines() if line[2:] in PARTS] == PARTS
    assert re.search(r"[Ss]tated\s+#?\s*by|secondary\s+#?\s*source", header.split(PARTS[1])[0])
    short = name.removeprefix("incidents/")
    assert f"coffee compare {short}" in header
    world = load_scenario(short)
    assert world.name == short
    assert world.reported is not None
    assert all(address.startswith("https://") for address in world.reported.at)


def share(flags: Callable[[Evidence], np.ndarray]) -> Callable[[Evidence], float]:
    return lambda evidence: float(flags(evidence).mean())


def never(evidence: Evidence) -> np.ndarray:
    return np.isinf(evidence.tally.lags["confirmation"])


def charged_twice(evidence: Evidence) -> np.ndarray:
    return evidence.audit.charged > 1


def paid_for_nothing(evidence: Evidence) -> np.ndarray:
    return evidence.audit.orphan


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
MORE = {
    "cancelled-while-paid": 12,
    "late-news-of-a-failure": 12,
    "outbox-id-gap": 6,
    "oversold": 12,
}  # mornings, for what is rare
TWICE = {  # incident -> the header's share of purchases that are charged twice or more, as it was reported
    "checked-at-the-start": 0.051,
    "twilio-2013-07-18": 0.38,
    "key-per-screen": 0.138,
    "lock-of-ten-seconds": 0.76,
    "proxy-sends-again": 0.16,
    "reload-and-pay-again": 0.14,
    "replica-behind": 0.15,
    "try-again-at-the-till": 0.028,
    "library-takes-new-keys": 0.028,
}
CLAIMS += [(incident, f"{incident}/as-reported", share(charged_twice), figure) for incident, figure in TWICE.items()]
WITHOUT_COFFEE = {"cancelled-while-paid": 0.0047, "late-news-of-a-failure": 0.023}
CLAIMS += [(incident, f"{incident}/as-reported", share(paid_for_nothing), said) for incident, said in WITHOUT_COFFEE.items()]
CLAIMS += [
    ("cancelled-while-paid", "cancelled-while-paid/as-reported", share(lambda e: e.audit.misinformed), 0.019),
    ("webhook-and-return", "webhook-and-return/as-reported", share(lambda e: e.audit.ordered > 1), 0.65),
    ("outbox-id-gap", "outbox-id-gap/as-reported", share(never), 0.0022),
    ("oversold", "oversold/as-reported", lambda e: e.metrics["oversold_rate"], 0.0094),
    ("held-until-its-hour", "held-until-its-hour/as-reported", share(lambda e: e.audit.charged == 5), 1.0),
    ("points-for-each-news", "points-for-each-news/as-reported", share(lambda e: e.audit.over_awarded), 0.10),
]


@cache
def mornings(incident: str, name: str) -> list[Evidence]:
    """Other mornings than the header's."""
    scenario, design = load_scenario(f"incidents/{incident}"), load_design(name)
    return [judged(scenario, design, seed)[1] for seed in range(100, 100 + MORE.get(incident, MORNINGS))]


SMALL = {*TWICE, "webhook-and-return", "held-until-its-hour", "points-for-each-news"} - {
    "twilio-2013-07-18"
}  # incidents that are simulated within a second
QUICK = {(STRIPE, "naive"), (SQUARE, "naive"), (VISA, "no-app-retries"), (TWO, "naive"), (TWO, "waits-two-seconds")}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("incident", "name", "what", "said"),
    [pytest.param(*claim, marks=() if claim[:2] in QUICK or claim[0] in SMALL else pytest.mark.slow) for claim in CLAIMS],
)
def test_the_figures_of_a_header(incident: str, name: str, what: Callable[[Evidence], float], said: float) -> None:
    """On other mornings than the header's: the figure lies within the interval, or is zero on every morning."""
    values = np.array([what(evidence) for evidence in mornings(incident, name)])
    half = t_quantile(0.99865, len(values) - 1) * float(values.std(ddof=1)) / len(values) ** 0.5  # three standard errors
    assert abs(values.mean() - said) <= half + 0.01 * said  # and the header's own rounding
    assert half <= said  # it could tell the figure from none, or from twice as much


MENDED = {  # incident -> the harm that its mended design spares everybody; the others' figures are in CLAIMS
    name: world.reported.hurts
    for name in (incident.removeprefix("incidents/") for incident in INCIDENTS)
    if (world := load_scenario(name)).reported is not None and reported(world) and name not in (STRIPE, SQUARE, VISA)
}


@pytest.mark.parametrize("incident", slow(list(MENDED), but=SMALL))
def test_as_reported_somebody_is_hurt_and_as_mended_nobody(incident: str) -> None:
    """In just the ways that the file says."""
    world = load_scenario(incident)
    found = {}
    for name in reported(world):
        evidence = judged(world, load_design(name), 3)[1]
        found[name.rpartition("/")[2]] = {kind for kind in MENDED[incident] if VIOLATIONS[kind].flags(evidence).any()}
    assert found == {"as-reported": set(MENDED[incident]), "as-mended": set()}


@pytest.mark.parametrize("incident", [STRIPE, SQUARE, VISA])
def test_where_nobody_told_what_they_changed_the_design_beside_it_helps(incident: str) -> None:
    """Fewer go without, and nobody is charged twice more often."""
    world = load_scenario(incident)
    before, after = (judged(world, load_design(name), 3)[1] for name in reported(world))
    assert never(after).sum() < never(before).sum()
    assert charged_twice(after).sum() <= charged_twice(before).sum()


def test_everybody_within_the_five_minutes_is_charged_twice_and_nobody_else() -> None:
    """With a timeout of two seconds against three, and the shop's database knows of no payment."""
    tables, evidence = judged(load_scenario(f"incidents/{TWO}"), load_design("waits-two-seconds"))
    submitted = tables.purchases["submitted_s"]
    inside = (submitted > 601) & (submitted < 896)
    outside = (submitted < 599) | (submitted > 901)
    assert (evidence.audit.charged[inside] == 2).all()
    assert (evidence.audit.charged[outside] == 1).all()
    assert (evidence.audit.ordered[inside] == 0).all()
