"""Parametrised tests of which some examples are quick and the others are for the slow tests."""

from __future__ import annotations

from collections.abc import Container, Iterable
from typing import Any

import pytest


def slow(values: Iterable[Any], *, but: Container[Any] = ()) -> list[Any]:
    """All the values, marked as slow but for these."""
    return [value if value in but else pytest.param(value, marks=pytest.mark.slow) for value in values]
