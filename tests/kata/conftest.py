"""The designs of the exercise are simulated once, however many tests look at them."""

import pytest

from tests.remembered import remembered


@pytest.fixture(autouse=True)
def once(remembered: None) -> None:
    """Grading has processes of its own, which remember nothing."""


__all__ = ["remembered"]
