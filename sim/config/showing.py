"""How Jupyter shows a scenario, a design or a result. A layer above sets `html` and `plots`; nothing below knows which one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def _plain(_: Any) -> str | None:
    return None


html: Callable[[Any], str | None] = _plain  # of an object; None: IPython falls back to its repr
plots: Callable[[Any], Any]  # the charts of a result, as methods; the result's annotation says of which type they are


class Shown:
    """Shows itself as a card in Jupyter."""

    def _repr_html_(self) -> str | None:
        return html(self)
