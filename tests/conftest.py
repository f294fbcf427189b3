"""What holds for all tests: their tiers, their order, and the examples of property tests.

Property tests take as long as they take (a busy machine is no counter-example) and draw the same examples every time.
A shell that runs something in the background has it ignore Ctrl-C, and so would whatever that starts; tests press it.
"""

from __future__ import annotations

import signal
from pathlib import Path

import pytest
from hypothesis import settings

signal.signal(signal.SIGINT, signal.default_int_handler)

settings.register_profile("same", deadline=None, derandomize=True, database=None)
settings.load_profile("same")

TIERS = ("slow", "deep")  # and the quick tests, which are marked with neither
FIRST = ("config", "ledger", "world", "architectures")  # a failing unit test is known within a minute
THEN = (
    "theory",
    "properties",
    "experiment",
    "explanation",
    "failure_windows",
    "counterexamples",
    "report",
    "kata",
    "cli",
    "lab",
    "page",
)  # fmt: skip  costly; small ones fill up the end


def place(path: Path) -> int:
    """When the tests of a file run: with the units, with what is costly, or at the end."""
    folders = path.relative_to(Path(__file__).parent).parts
    return 0 if folders[0] in FIRST else 1 if folders[0] in THEN else 2


@pytest.hookimpl(trylast=True)  # after the shuffle
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put quick folders first, each group in the random order that it has; refuse a test of two tiers."""
    torn = [item.nodeid for item in items if all(item.get_closest_marker(tier) for tier in TIERS)]
    if torn:
        raise pytest.UsageError(f"a test is either slow or deep, and not both: {', '.join(torn)}")
    items.sort(key=lambda item: place(item.path))
