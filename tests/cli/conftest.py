"""Fixtures of the command line's tests."""

import pytest

from tests.cli.coffee import tiny
from tests.remembered import remembered


@pytest.fixture(autouse=True)
def terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """As wide everywhere as it is here."""
    monkeypatch.setenv("COLUMNS", "100")


__all__ = ["remembered", "tiny"]
