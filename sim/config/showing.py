"""How Jupyter shows a scenario, a design or a result. A layer above sets `html`; nothing below knows which one it is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def _plain(_: Any) -> str | None:
    return None


html: Callable[[Any], str | None] = _plain  # of an object; None: IPython falls back to its repr
