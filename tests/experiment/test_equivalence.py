"""Equivalence of paired shares: intervals as published, and verdicts by the margin."""

from __future__ import annotations

import numpy as np
import pytest

from sim.experiment.equivalence import CONFIDENCE, Pairs, judged, newcombe, wilson


@pytest.mark.parametrize(
    ("table", "low", "high"),
    [
        ((36, 12, 2, 0), 0.0569, 0.3404),  # Newcombe, Statistics in Medicine 17 (1998), method 10
        ((36, 14, 0, 0), 0.1528, 0.4167),
        ((20, 12, 2, 16), 0.0562, 0.3292),
        ((20, 14, 0, 16), 0.1441, 0.3966),
    ],
)
def test_published_intervals(table: tuple[int, int, int, int], low: float, high: float) -> None:
    """Published of first less second; with the worlds changed the interval is the same with the other sign."""
    both, first, second, neither = table
    assert newcombe(Pairs(both, second, first, neither), 0.95) == pytest.approx((low, high), abs=5e-5)
    assert newcombe(Pairs(both, first, second, neither), 0.95) == pytest.approx((-high, -low), abs=5e-5)


def test_an_altman_example() -> None:
    """Altman and others, Statistics with Confidence (2000): 14, 5, 0 and 22 of 41 give 0.122, 0.011 to 0.226."""
    pairs = Pairs(14, 0, 5, 22)
    assert pairs.difference == pytest.approx(0.122, abs=5e-4)
    assert newcombe(pairs, 0.95) == pytest.approx((0.011, 0.226), abs=6e-4)


def test_wilson() -> None:
    """81 of 263 and 1 of 29: Newcombe, Statistics in Medicine 17 (1998), 857; ends are exact where nothing or all was seen."""
    assert wilson(81, 263, 0.95) == pytest.approx((0.2553, 0.3662), abs=5e-5)
    assert wilson(1, 29, 0.95) == pytest.approx((0.0061, 0.1718), abs=5e-5)
    assert wilson(0, 20, 0.95) == pytest.approx((0, 0.1611), abs=5e-5)
    assert wilson(20, 20, 0.95) == pytest.approx((0.8389, 1), abs=5e-5)
    with pytest.raises(ValueError, match="1 events of 0"):
        wilson(1, 0)


def test_verdicts_by_the_margin() -> None:
    """The whole interval within it, beyond it, or neither; an end on the margin is neither."""
    assert judged((-0.01, 0.015), 0.02) == "equivalent"
    assert judged((0.005, 0.015), 0.02) == "equivalent"  # it excludes 0, and is small all the same
    assert judged((0.021, 0.05), 0.02) == "different"
    assert judged((-0.05, -0.021), 0.02) == "different"
    assert judged((0.01, 0.03), 0.02) == "undecided"
    assert judged((-0.03, 0.03), 0.02) == "undecided"
    assert judged((0.0, 0.02), 0.02) == "undecided"


def test_few_things_are_never_the_same() -> None:
    """Without any disagreement: ten things can't be equivalent within 2 points, a thousand are."""
    assert judged(newcombe(Pairs(0, 0, 0, 10)), 0.02) == "undecided"
    assert judged(newcombe(Pairs(0, 0, 0, 1000)), 0.02) == "equivalent"


def test_the_error_is_kept() -> None:
    """Where the difference is the margin itself, at most about one in twenty trials says "equivalent", and one "different".

    4,000 trials of 600 pairs, 5 % of them flagged in both: 2.9 standard errors of 5 % are one point; the method itself is
    approximate by some tenths of one.
    """
    margin, rng = 0.03, np.random.default_rng(0)
    trials = rng.multinomial(600, [0.05, 0.01, 0.01 + margin, 0.94 - 0.01 - margin], size=4000)
    verdicts = [judged(newcombe(Pairs(*map(int, trial)), CONFIDENCE), margin) for trial in trials]
    assert 0.02 < verdicts.count("equivalent") / len(trials) < 0.065
    assert 0.02 < verdicts.count("different") / len(trials) < 0.065
