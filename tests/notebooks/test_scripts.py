from __future__ import annotations

import runpy
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import matplotlib
import matplotlib.pyplot as plt
import pytest

from tests.notebooks.claims import CLAIMS
from tests.notebooks.conftest import NOTEBOOKS, SCRIPTS
from tests.tiers import slow

WRONG: dict[str, tuple[Any, ...]] = {  # answers to each exercise that somebody might well give
    "01_first_morning": (2 * 2535.00, 217 * 6.50, 0),
    "02_retries": (0.30, 0.27, 0.40),
    "03_outbox": ("double_charge_rate", "loyalty_over_award_rate", "orphan_charge_rate"),
    "04_lag": (62.5, 250.0),
    "05_cost": (100.0, 1.0),
    "06_your_data": (2.05, 8.0),
}


@pytest.mark.parametrize("script", slow(SCRIPTS), ids=lambda script: script.stem)
def test_it_runs_and_its_exercise_knows_right_from_wrong(script: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the prose claims is so; the solution passes its exercise's check, and wrong answers don't."""
    matplotlib.use("Agg")
    monkeypatch.chdir(NOTEBOOKS)
    try:
        names = runpy.run_path(str(script))
    finally:
        plt.close("all")
    CLAIMS[script.stem](SimpleNamespace(**names))
    assert names["check"](names["solution"])
    for wrong in WRONG[script.stem]:
        with pytest.raises(AssertionError):
            names["check"](wrong)


def test_the_data_of_the_last_notebook_are_what_the_script_invents() -> None:
    """The committed files are synthetic, say so, and can be made anew to the last byte."""
    data = NOTEBOOKS / "data"
    for name, content in runpy.run_path(str(data / "synthesise.py"))["files"]().items():
        assert content.startswith("# Synthetic")
        assert (data / name).read_text(encoding="utf-8") == content
