"""A plugin of the pytest that mutmut runs: a mutant meets the fastest tests first, so that most are found within a second."""

from __future__ import annotations

import json
from math import inf
from pathlib import Path

import pytest

STATISTICS = Path("mutmut-stats.json")  # in the folder of the mutants, which is the current one


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Sort by the seconds that mutmut has measured, as soon as it has."""
    if STATISTICS.exists():
        seconds = json.loads(STATISTICS.read_text(encoding="utf-8"))["duration_by_test"]
        items.sort(key=lambda item: seconds.get(item.nodeid, inf))
