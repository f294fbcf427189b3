"""Every case with a known answer agrees with it, and a case can disagree."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sim.config.library import parse_scenario
from sim.validation.agreement import Estimated, Row, exactly
from sim.validation.case import checked
from sim.validation.cases import CASES, GROUPS
from tests.tiers import slow


def test_every_case_has_a_name_of_its_own() -> None:
    """Two cases of one name would be one case."""
    assert len(CASES) == sum(map(len, GROUPS.values()))


LONG = {  # and alike others that are quick
    "wait-distribution", "mm1-half", "mm5", "mm10", "call-centre", "arrivals-profile", "deliveries-short-inbox",
    "coverage-mean", "coverage-difference", "coverage-quantile", "coverage-rare", "coverage-rate", "coverage-zero",
    "backlog", "outages", "outbox-costly-publishing", "arrivals-shape", "never-finished", "retries-outage",
    "double-charge-often", "double-charge-rare", "double-charge-refusals", "arrivals-spike", "crash-window",
    "cancelled-though-paid",
}  # fmt: skip


@pytest.mark.parametrize("name", slow(CASES, but=CASES.keys() - LONG))
def test_case(name: str) -> None:
    """Within three standard errors of what theory says, and the standard error is small enough to mean something."""
    rows = checked(CASES[name]).rows
    assert rows
    assert [row for row in rows if not row.agrees] == []


def test_what_agreement_means() -> None:
    """Three standard errors and no more, a bound on the noise, and to rounding where nothing is left to chance."""
    assert Row("", 1.0, Estimated(1.029, 0.01), 0.01).status == "agrees"
    assert Row("", 1.0, Estimated(1.031, 0.01), 0.01).status == "differs"
    assert Row("", 1.0, Estimated(0.969, 0.01), 0.01).status == "differs"
    assert Row("", 1.0, Estimated(1.0, 0.02), 0.01).status == "too noisy to prove anything"
    assert Row("", 3.0, exactly(3.0)).status == "agrees"
    assert Row("", 3.0, exactly(3.0001)).status == "differs"
    assert Row("", 0.0, exactly(1)).status == "differs"
    assert Row("", 1.0, Estimated(1.5, 0.01), 0.01, at_least=True).status == "agrees"
    assert Row("", 1.0, Estimated(0.9, 0.01), 0.01, at_least=True).status == "differs"
    with pytest.raises(AssertionError, match=r"differs; wait: expected 1, simulated 2 ± 0\.1"):
        Estimated(2.0, 0.1).check(1.0, se_below=0.2, what="wait")


# What is changed in the world behind the formula's back -> a case that must notice
SPOILED = {
    "mm1": {"traffic": {"rate": "0.75/s"}},
    "double-charge": {"provider": {"ambiguous": "8%", "failed": "20%"}},
    "retries-50": {"provider": {"failed": "45%"}},
    "deliveries": {"faults": [{"duplicates": "broker", "p": "25%"}]},
    "arrivals-spike": {"faults": [{"spike": "traffic", "at": "07:10", "for": "5min", "times": "x3"}]},
    "below-threshold": {"faults": [{"slow": "checkout", "at": "07:00:05", "for": "45s", "times": "x10"}]},
}


@pytest.mark.parametrize("name", SPOILED)
def test_a_case_can_disagree(name: str) -> None:
    """With another world than the formula's, the case says so."""
    case = CASES[name]
    assert not checked(replace(case, world={**case.world, **SPOILED[name]})).agrees


@pytest.mark.parametrize("name", CASES)
def test_a_case_is_a_scenario_and_a_design_as_in_files(name: str) -> None:
    """Nothing is set up behind the files' back: their text is all that is simulated."""
    case = CASES[name]
    assert parse_scenario(case.scenario_text) == case.scenario
    assert case.chosen.name
