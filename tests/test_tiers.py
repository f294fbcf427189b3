"""Which tests run when: every one belongs to one tier, and the quick folders are first."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import pytest

from tests.conftest import FIRST, THEN, pytest_collection_modifyitems

TESTS = Path(__file__).parent


class Collected:
    """As much of a collected test as is asked about."""

    def __init__(self, file: str, *markers: str) -> None:
        self.nodeid, self.path, self.markers = file, TESTS / file, markers

    def get_closest_marker(self, name: str) -> str | None:
        return name if name in self.markers else None


def ordered(*items: Collected) -> list[str]:
    given = cast(Any, list(items))
    pytest_collection_modifyitems(given)
    return [item.nodeid for item in given]


def test_units_come_first_and_what_fills_up_the_end_last() -> None:
    """Whatever order the shuffle has left, which stays as it is among the tests of a group."""
    shuffled = ["test_wheel.py", "cli/test_b.py", "world/test_b.py", "docs/test_a.py", "kata/test_a.py", "config/test_a.py"]
    wanted = ["world/test_b.py", "config/test_a.py", "cli/test_b.py", "kata/test_a.py", "test_wheel.py", "docs/test_a.py"]
    assert ordered(*map(Collected, shuffled)) == wanted


def test_a_test_of_two_tiers_is_refused() -> None:
    """One of them must be taken away, and the message names the test; one tier or none is fine."""
    assert ordered(Collected("cli/test_a.py", "slow"), Collected("cli/test_b.py", "deep"), Collected("cli/test_c.py"))
    with pytest.raises(pytest.UsageError, match=r"either slow or deep, and not both: cli/test_both\.py"):
        ordered(Collected("cli/test_a.py", "slow"), Collected("cli/test_both.py", "slow", "deep"))


@pytest.mark.parametrize("folder", [*FIRST, *THEN])
def test_folders_with_a_place_are_there(folder: str) -> None:
    """A folder that was renamed would silently run at the end."""
    assert list((TESTS / folder).rglob("test_*.py"))
