"""The rate at which an open window hurts is the probability that the window itself has, since nothing else goes wrong there."""

from __future__ import annotations

import pytest

from sim.architectures import load_design
from sim.config.library import load_scenario, names
from sim.experiment.statistics import beta_quantile
from sim.ledger.violations import VIOLATIONS
from tests.worlds import judged

# window, design, kind of harm -> its probability for one purchase
RATES = {
    ("w01", "naive", "double_charge"): 0.05,  # every double tap
    ("w02", "naive", "double_charge"): 0.05,  # every lost answer: with no clean errors, P(two or more) is P(lost) exactly
    ("w02", "forgetful-keys", "double_charge"): 0.05,
    ("w04", "naive", "double_charge"): 0.02,
    ("w04", "no-provider-key", "double_charge"): 0.02,
    ("w05", "naive", "double_charge"): 0.03,
    ("w05", "no-provider-key", "double_charge"): 0.03,
    ("w06", "same-key-for-ever", "never_confirmed"): 0.03,
    ("w07", "idempotent", "under_award"): 0.02,
    ("w07", "dual-write", "under_award"): 0.02,
    ("w09", "trusted-webhooks", "over_award"): 0.05,
    ("w12", "naive", "double_charge"): 0.02,
    ("w12", "no-provider-key", "double_charge"): 0.02,
    ("w13", "naive", "double_charge"): 0.03,
    ("w13", "inquiry", "double_charge"): 0.03,
    ("w14", "naive", "double_charge"): 0.05,
}
MORNINGS = 4
CONFIDENCE = 0.9973  # three standard errors


@pytest.mark.parametrize(("window", "name", "kind"), RATES)
def test_the_harm_has_the_probability_of_its_cause(window: str, name: str, kind: str) -> None:
    """Clopper and Pearson's interval over some 2,400 purchases, which are independent here, covers the window's probability."""
    scenario = load_scenario(next(known for known in names() if known.startswith(f"windows/{window}")))
    flags = [VIOLATIONS[kind].flags(judged(scenario, load_design(name), seed)[1]) for seed in range(MORNINGS)]
    n, harmed = sum(map(len, flags)), int(sum(flag.sum() for flag in flags))
    tail = (1 - CONFIDENCE) / 2
    low, high = beta_quantile(tail, harmed, n - harmed + 1), beta_quantile(1 - tail, harmed + 1, n - harmed)
    assert low <= RATES[window, name, kind] <= high
    assert high - low < RATES[window, name, kind]  # it could tell the double of it, or nothing at all
