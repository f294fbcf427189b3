from __future__ import annotations

import runpy
from pathlib import Path
from typing import Any

import matplotlib
import matplotlib.pyplot as plt
import pytest

from tests.notebooks.conftest import NOTEBOOKS, SCRIPTS

WRONG: dict[str, tuple[Any, ...]] = {  # answers to each exercise that somebody might well give
    "01_first_morning": (2 * 2535.00, 217 * 6.50, 0),
    "02_retries": (0.30, 0.27, 0.40),
    "03_outbox": ("double_charge_rate", "loyalty_over_award_rate", "orphan_charge_rate"),
}


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.stem)
def test_it_runs_and_its_exercise_knows_right_from_wrong(script: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the prose claims is asserted by the script; the solution passes its exercise's check, and wrong answers don't."""
    matplotlib.use("Agg")
    monkeypatch.chdir(NOTEBOOKS)
    try:
        names = runpy.run_path(str(script))
    finally:
        plt.close("all")
    assert names["check"](names["solution"])
    for wrong in WRONG[script.stem]:
        with pytest.raises(AssertionError):
            names["check"](wrong)
