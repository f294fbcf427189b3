"""How much is simulated, and where: what cannot be is said before anything is simulated."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from sim.config.errors import ArgumentError
from sim.experiment.effort import LAST_SEED, Effort, in_words


def test_the_seeds_are_those_of_the_mornings() -> None:
    """The first is the seed, the others follow; numbers from an array are numbers, too."""
    assert list(Effort(mornings=3, seed=7).seeds) == [7, 8, 9]
    assert list(Effort(mornings=np.int64(2)).seeds) == [0, 1]  # type: ignore[arg-type]
    assert list(Effort(mornings=np.int8(10), seed=np.uint8(250)).seeds) == list(range(250, 260))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("numbers", "argument", "message"),
    [
        ({"mornings": 0}, "mornings", "expected a whole number from 1 to 1,000,000 (got 0)"),
        ({"mornings": "3"}, "mornings", "expected a whole number from 1 to 1,000,000 (got '3')"),
        ({"seed": -1}, "seed", "expected a whole number of at least 0 (got -1)"),
        ({"seed": LAST_SEED, "mornings": 2}, "seed", f"too large for 2 mornings (got {LAST_SEED})"),
        ({"cells": 0}, "cells", "expected a whole number from 1 to 10,000 (got 0)"),
        ({"cells": 1_000_000}, "cells", "expected a whole number from 1 to 10,000 (got 1000000)"),
        ({"jobs": 0}, "jobs", "expected a whole number of at least 1 (got 0)"),
        ({"engine": "lokal"}, "engine", 'expected local, serial or dask:tcp://HOST:PORT (got "lokal"); did you mean "local"?'),
    ],
)
def test_an_effort_that_cannot_be(numbers: dict[str, Any], argument: str, message: str) -> None:
    """There is no such value; the error names the argument apart from what is wrong with it."""
    with pytest.raises(ArgumentError) as error:
        Effort(**numbers)
    assert (error.value.argument, error.value.message) == (argument, message)


def test_the_last_seed_can_be_used() -> None:
    """It is the largest that a store can hold."""
    assert list(Effort(mornings=1, seed=LAST_SEED).seeds) == [2**63 - 1]


def test_what_divides_no_morning_refuses_cells() -> None:
    """Rather than to ignore that they were asked for; and one morning is too few where an interval is needed."""
    Effort(mornings=2).check(fewest=2)
    for effort, argument in ((Effort(cells=2), "cells"), (Effort(mornings=1), "mornings")):
        with pytest.raises(ArgumentError) as error:
            effort.check(fewest=2)
        assert error.value.argument == argument


def test_mornings_in_words() -> None:
    """One is no plural, and thousands have a comma."""
    assert [in_words(number) for number in (1, 2, 1500)] == ["1 morning", "2 mornings", "1,500 mornings"]
