"""A library that repeats calls by itself, with a fresh key each time, charges again whatever it had no answer to.

stripe/stripe-php#637: with automatic retries, the caller's own key was replaced for each try (fixed in 6.34.2).
"""

from __future__ import annotations

import numpy as np

from sim.architectures import parse_design
from sim.config.library import parse_scenario
from tests.cases import world
from tests.worlds import judged

SCENARIO = world("sdk-new-key")


def twice(key: str) -> tuple[float, int]:
    """The share of purchases that were charged more than once, and out of how many, in three mornings."""
    text = f"name: x\nfrom: idempotent\npayment: {{key: order, timeout: 5s, sdk: {{key: {key}}}}}\napp: {{timeout: 20s}}\n"
    counts = [judged(parse_scenario(SCENARIO), parse_design(text), seed)[1].audit.charged for seed in range(3)]
    charged = np.concatenate(counts)
    return float(np.mean(charged > 1)), len(charged)


def test_a_fresh_key_charges_twice_as_often_as_an_answer_is_lost() -> None:
    """3 % of the answers, within four standard errors."""
    for key in ("fresh", "none"):
        share, number = twice(key)
        assert abs(share - 0.03) < 4 * np.sqrt(0.03 * 0.97 / number)


def test_the_same_key_never_does() -> None:
    assert twice("same")[0] == 0.0
