"""One colour a design, wherever it is drawn."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import cycle

# Okabe and Ito's palette, which people with any kind of colour vision can distinguish: https://jfly.uni-koeln.de/color/
COLOURS = {
    "naive": "#D55E00", "idempotent": "#0072B2", "outbox": "#009E73", "inquiry": "#CC79A7", "webhooks-first": "#E69F00",
}  # fmt: skip
VARIANTS = ("#8A5FBF", "#B8860B", "#3FA7D6", "#7A7A7A", "#A8324A", "#5B8C2A")  # designs of one's own, in order


def colours(names: Iterable[str]) -> dict[str, str]:
    """Design name -> colour. A built-in design has the same one everywhere, others take theirs in order."""
    spare = cycle(VARIANTS)
    return {name: COLOURS.get(name) or next(spare) for name in names}
