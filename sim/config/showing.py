"""How Jupyter shows a scenario, a design or a result. A layer above sets `html`, so that no layer below imports it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def _plain(_: Any) -> str | None:
    return None


html: Callable[[Any], str | None] = _plain  # the HTML of an object; None: IPython falls back to the object's repr
