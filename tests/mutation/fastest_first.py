"""A plugin of the pytest that mutmut runs, so that most mutants are found out within a second.

A mutant meets the fastest tests first; and a drawn world that shows it needn't become as small as possible.
"""

from __future__ import annotations

import json
from math import inf
from pathlib import Path

import pytest
from hypothesis import Phase, settings

STATISTICS = Path("mutmut-stats.json")  # in the folder of the mutants, which is the current one


def pytest_collection() -> None:
    """Load a profile over that of `tests/conftest.py`, before the tests' modules are imported."""
    settings.register_profile("unshrunk", settings.get_profile("same"), phases=(Phase.explicit, Phase.generate))
    settings.load_profile("unshrunk")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Sort by the seconds that mutmut has measured, as soon as it has."""
    if STATISTICS.exists():
        seconds = json.loads(STATISTICS.read_text(encoding="utf-8"))["duration_by_test"]
        items.sort(key=lambda item: seconds.get(item.nodeid, inf))
