from __future__ import annotations

import runpy
from pathlib import Path
from types import SimpleNamespace

import pytest

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"
SCRIPTS = sorted(NOTEBOOKS.glob("[0-9]*.py"))


@pytest.fixture(scope="session")
def builder() -> SimpleNamespace:
    """`notebooks/build.py`, which isn't in a package."""
    return SimpleNamespace(**runpy.run_path(str(NOTEBOOKS / "build.py")))
