"""Many mornings as one line and a band: the median morning, and where the middle 80 % of them lie."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np


class Spread(NamedTuple):
    """Three values a step, shape (steps,); NaN where no morning has one, inf where that many never got there."""

    low: np.ndarray
    median: np.ndarray
    high: np.ndarray


def spread(mornings: Sequence[np.ndarray]) -> Spread:
    """Order statistics step by step over mornings of shape (steps,); no interpolation, so that inf stays inf.

    With fewer than ten mornings the band reaches from the lowest to the highest.
    """
    values = np.sort(np.stack([np.asarray(morning, dtype=float) for morning in mornings]), axis=0)  # NaN comes last
    n = (~np.isnan(values)).sum(axis=0)
    cut = n // 10
    steps = np.arange(values.shape[1])
    last = np.maximum(n - 1, 0)
    return Spread(
        low=values[np.minimum(cut, last), steps],
        median=values[np.maximum(np.ceil(n / 2).astype(int) - 1, 0), steps],
        high=values[np.maximum(last - cut, 0), steps],
    )


def band_text(n: int) -> str:
    """What the band is, in words."""
    if n == 1:
        return "1 morning"
    if n < 10:
        return f"line: median of {n} mornings, band: from the lowest to the highest"
    return f"line: median of {n} mornings, band: the middle 80 % of them"
